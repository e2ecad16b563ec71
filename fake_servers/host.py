"""What a fake server needs from its surroundings. A scene offers all of it; `PlainHost` is an ordinary server without a harness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..harness.faults.base import Fault, Position


class Recorder(Protocol):
    def add(self, kind: str, **data: Any) -> object:
        """Writes down what was observed."""


class FaultPlan(Protocol):
    def concerning(self, position: Position) -> Sequence[tuple[int, Fault]]:
        """(index into the plan, fault) for every fault that sits at this request."""

    def injected(self, index: int, **where: Any) -> None:
        """Told for each fault that really acted."""

    def when_healed(self, callback: Callable[[], None]) -> None:
        """Calls back once, when nothing is to go wrong any more."""

    def crash_target(self) -> None:
        """The target is to die now."""


class Secrets(Protocol):
    def add(self, secret: str, tag: str) -> None:
        """From now on ``secret`` stands as ``<tag>`` in the record."""


class Host(Protocol):
    @property
    def history(self) -> Recorder: ...

    @property
    def plan(self) -> FaultPlan: ...

    @property
    def secrets(self) -> Secrets: ...

    def request_number(self, peername: object, server: str) -> tuple[int, int]:
        """(request, connection) of the request that has just arrived from ``peername``."""

    async def restart_server(self, server: str) -> None:
        """Resets every connection of that server."""


class _Nothing:
    """No history, and a plan without faults."""

    def add(self, kind: str, **data: Any) -> None:
        return None

    def concerning(self, position: Position) -> Sequence[tuple[int, Fault]]:
        return ()

    def injected(self, index: int, **where: Any) -> None:
        return None

    def when_healed(self, callback: Callable[[], None]) -> None:
        return None

    def crash_target(self) -> None:
        return None


class _NoSecrets:
    """Nothing is written down, so nothing has to be kept out of it."""

    def add(self, secret: str, tag: str) -> None:
        return None


class PlainHost:
    """A host without history and faults: the server is then an ordinary one, for real use in real time."""

    def __init__(self) -> None:
        self.history = self.plan = _Nothing()
        self.secrets = _NoSecrets()
        self._requests = 0

    def request_number(self, peername: object, server: str) -> tuple[int, int]:
        self._requests += 1
        return self._requests, 0

    async def restart_server(self, server: str) -> None:
        """Nobody asks for it where there are no faults."""
