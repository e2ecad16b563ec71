"""What a scenario is: about 25 lines that say what is played, which requirements it can judge and when an example counts.

A scenario draws a `Case` (workload, faults, config) with Hypothesis and names the play that performs it. The play is
shared by the scenarios of a contract and role; it is in the scenarios folder because it names the fake servers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis.strategies import SearchStrategy

from ..values.case import Case
from ..values.history import History
from ..values.requirement import split_roles
from ..worlds.base import Quota, Scene

if TYPE_CHECKING:
    from .cast import Cast


DEFAULT_QUOTA = Quota()


@dataclass(frozen=True)
class Setting:
    """What a scenario may look at when it draws: the profile, the world, what the target declared, and its options.

    ``roles``: those of the scenario that the target plays. ``options`` are the plain options of the target from the
    configuration file (for a server named by URL: its ids).
    """

    profile: str
    world: str
    capabilities: tuple[str, ...]
    options: Mapping[str, str]
    roles: tuple[str, ...] = ()


def always(history: History) -> str | None:
    """Every example counts."""
    return None


@dataclass(frozen=True)
class Scenario:
    """``draw`` -> strategy of cases; ``play`` performs one; ``counts`` returns why an example does not count, or None.

    ``role``: what is under test; ``a+b`` where either or both may be. ``judges``: the requirements it can judge; a finding of
    another requirement is a finding all the same.
    """

    name: str
    contract: str
    role: str
    summary: str
    profiles: tuple[str, ...]
    judges: tuple[str, ...]
    draw: Callable[[Setting], SearchStrategy[Case]]
    play: Callable[[Scene, Cast], Awaitable[None]]
    counts: Callable[[History], str | None] = always
    worlds: tuple[str, ...] = ("sim", "loopback")
    quota: Quota = DEFAULT_QUOTA
    internal: bool = False
    operations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Verb -> JSON Schema of its arguments, for every operation that the play performs: what a repro file may hold."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema of the config of its cases."""

    @property
    def roles(self) -> tuple[str, ...]:
        return split_roles(self.role)
