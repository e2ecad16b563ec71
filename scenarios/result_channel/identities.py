"""Task, attempt and agent ids that mean something in a URL or look alike, and bases with paths and slashes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from ..drawing import BASE_SUFFIXES, URL_SPECIAL_IDS
from .base import agent_scenario
from .draws import BRISK, OLD, Timing, case, drop, task, timings, until
from .scripts import script, write

JUDGES = ("AUTH-1", "ENV-1", "FIN-4", "HTTP-1", "DLV-2", "SEQ-1", "SEQ-3", "RPL-1")
AGENT_IDS = ("agent-1", "a|b|c", "agent/1?x=%2F#y", "A" * 200)
ALIKE = (("a-b", "c"), ("a", "b-c"))
"""Two attempts that are one to whoever joins their ids."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, base: str, agent: str, name: str, attempt: str, old: bool) -> Case:
        chosen: dict[str, Any] = {"task": name, "attempt": OLD if old else attempt}
        one = script([write(0, "out\n"), write(5, "err\n", "stderr"), write(60, "more\n")], 3)
        workload: list[Operation] = [task(one, via="poll" if old else "socket", **chosen)]
        workload += [until("reported", **chosen)] if old else [until("output", **chosen), drop("rst"), until("acked", **chosen)]
        return case("identities", setting, workload, timing=timing, base=base, agent_id=agent, delivery=not old)

    names = st.sampled_from(URL_SPECIAL_IDS)
    return st.builds(
        build, timings(setting, BRISK), st.sampled_from(BASE_SUFFIXES), st.sampled_from(AGENT_IDS), names, names, st.booleans()
    )


def draw_alike(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, pairs: list[tuple[str, str]], crash: bool, pause_ms: int) -> Case:
        some = (
            script([write(0, "one\n"), write(pause_ms, "two\n")]),
            script([write(0, "three\n"), write(pause_ms, "four\n")], 3),
        )
        ids: list[dict[str, Any]] = [{"task": name, "attempt": attempt} for name, attempt in pairs]
        workload: list[Operation] = []
        for given, chosen in zip(some, ids, strict=False):
            workload += [task(given, **chosen), until("output", **chosen), *([("crash", {})] if crash else []), until("acked", **chosen)]
        return case("look-alikes", setting, workload, timing=timing)

    pairs = st.sampled_from((ALIKE, (("t", "1"), ("t", "2")), (("t", "1"), ("u", "1")), (("t:1", "2"), ("t", "1:2"))))
    return st.builds(build, timings(setting, BRISK), pairs, st.booleans(), st.integers(100, 300))


IDENTITIES = agent_scenario("identities", "ids and bases that mean something in a URL", JUDGES, draw)
LOOK_ALIKES = agent_scenario(
    "look-alikes",
    "attempts whose ids are one when they are joined",
    ("ENV-1", "FIN-2", "FIN-4", "DLV-2", "SEQ-1", "SEQ-2"),
    draw_alike,
)
