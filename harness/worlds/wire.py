"""One connection between a client and a server, as the link acts on it. Each world has its own implementation.

The wire tells a `LinkConnection` what each side does (``received``, ``finished``, ``was_reset``); the link tells the
wire what to do. Back-pressure of a slow receiver is the wire's own business; `pause` is for faults.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal, Protocol

Side = Literal["client", "server"]

OTHER: dict[Side, Side] = {"client": "server", "server": "client"}


class Cancellable(Protocol):
    def cancel(self) -> None: ...


class Wire(ABC):
    @abstractmethod
    def send(self, side: Side, data: bytes) -> None:
        """Hands ``data`` to the peer on that side, in order."""

    @abstractmethod
    def finish(self, side: Side) -> None:
        """FIN towards that side, behind what was sent before. It may still send."""

    @abstractmethod
    def close(self, side: Side) -> None:
        """Ends that side's connection in order: FIN behind what was sent, and nothing more is read from it."""

    @abstractmethod
    def reset(self, side: Side) -> None:
        """RST towards that side; what was sent before is delivered first where the world decides that (``sim``)."""

    @abstractmethod
    def pause(self, side: Side) -> None:
        """Stop reading what that side sends, so that its writes fill up."""

    @abstractmethod
    def resume(self, side: Side) -> None: ...

    @abstractmethod
    def call_later(self, milliseconds: float, callback: Callable[[], None]) -> Cancellable: ...

    @abstractmethod
    def server_address(self) -> object:
        """The peer name under which the server sees this connection (what `Scene.request_number` is asked with)."""


class Connection(Protocol):
    """What the wire drives: the link's view of one connection (see ``link.py``)."""

    def received(self, side: Side, data: bytes) -> None: ...

    def finished(self, side: Side) -> None: ...

    def was_reset(self, side: Side) -> None: ...
