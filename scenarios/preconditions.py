"""When an example counts: each looks at a history and returns None, or the reason why its precondition was not met."""

from __future__ import annotations

from collections.abc import Callable

from ..harness.values.history import History


def injected(*names: str) -> Callable[[History], str | None]:
    """The example counts only if one of these faults was really injected."""

    def check(history: History) -> str | None:
        if any(entry.data["fault"] in names for entry in history.of_kind("fault")):
            return None
        return f"precondition never met: none of the faults {', '.join(names)} was injected"

    return check


def any_injected(history: History) -> str | None:
    """The example counts only if a fault was really injected."""
    return None if any(True for _ in history.of_kind("fault")) else "precondition never met: no fault was injected"
