"""The plan of faults in action: which fault concerns which request, what was really injected, and the healing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from ..faults.base import Fault, Position
from ..values.history import History


class ActivePlan:
    """The faults of one example. After `heal` it names no faults any more and the links let go of what they hold."""

    def __init__(self, faults: Sequence[Fault], history: History) -> None:
        self._faults = tuple(faults)
        self._history = history
        self._on_heal: list[Callable[[], None]] = []
        self.injected_count: Counter[str] = Counter()
        self.healed = False
        self.on_crash: Callable[[], None] = lambda: None
        """Called by a link or a server that was told to crash the target; set by the play."""

    def concerning(self, position: Position) -> list[tuple[int, Fault]]:
        """(index into the plan, fault) for every fault that sits at this request."""
        if self.healed:
            return []
        return [(index, fault) for index, fault in enumerate(self._faults) if fault.matches(position)]

    def connecting(self, connection: int) -> tuple[int, Fault] | None:
        """The fault that refuses this connection, if any."""
        if self.healed:
            return None
        for index, fault in enumerate(self._faults):
            if fault.connecting(connection) is not None:
                return index, fault
        return None

    def injected(self, index: int, **where: Any) -> None:
        """Records that a fault really acted; only such faults count."""
        name = self._faults[index].name
        self.injected_count[name] += 1
        self._history.add("fault", index=index, fault=name, **where)

    def crash_target(self) -> None:
        self.on_crash()

    def when_healed(self, callback: Callable[[], None]) -> None:
        self._on_heal.append(callback)

    def heal(self) -> None:
        """From here on nothing goes wrong any more: first safety, then liveness."""
        if self.healed:
            return
        self.healed = True
        self._history.add("heal")
        for callback in self._on_heal:
            callback()
