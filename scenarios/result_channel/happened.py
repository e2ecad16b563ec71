"""When an agent example counts: what must be in its history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...harness.values.history import History

Counts = Callable[[History], str | None]


def happened(kind: str, times: int = 1, **values: Any) -> Counts:
    """So many entries of that kind; ``values`` are what it must hold (a tuple: one of them)."""

    def fits(data: Any) -> bool:
        return all(data.get(name) in (value if isinstance(value, tuple) else (value,)) for name, value in values.items())

    def check(history: History) -> str | None:
        found = sum(1 for entry in history.of_kind(kind) if fits(entry.data))
        if found >= times:
            return None
        wanted = ", ".join(f"{name} {value}" for name, value in values.items())
        return f"precondition never met: {found} of {times} times {kind} {wanted}".rstrip()

    return check


def all_of(*checks: Counts) -> Counts:
    def check(history: History) -> str | None:
        return next((reason for one in checks if (reason := one(history)) is not None), None)

    return check


def came_back(times: int = 1) -> Counts:
    """The agent has connected again so often before the last drop."""

    def check(history: History) -> str | None:
        hellos = 0
        for entry in history.of_kind("frame", "final-look"):
            if entry.kind == "final-look":
                break
            hellos += entry.data["type"] == "agent.hello"
        return None if hellos > times else f"precondition never met: {hellos} hellos, not more than {times}"

    return check
