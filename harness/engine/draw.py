"""Cases out of a scenario: Hypothesis draws them, seeded; nothing is run here.

Drawing and running are kept apart on purpose. The cases of a batch depend on nothing but the seed, so they can be run
by any number of processes in any order with the same findings, and replaying or shrinking one needs no Hypothesis.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity

from ..values.case import Case
from .scenario import Scenario, Setting


def derived_seed(*parts: object) -> int:
    """A 32-bit seed from names and numbers, the same in every process."""
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def draw_cases(scenario: Scenario, setting: Setting, seed: int, count: int) -> list[Case]:
    """At most ``count`` cases (fewer when the scenario has no more), each with a seed of its own."""
    cases: list[Case] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(scenario.draw(setting))
    def collect(case: Case) -> None:
        cases.append(case)

    collect()
    return [replace(case, seed=derived_seed(seed, number)) for number, case in enumerate(cases)]
