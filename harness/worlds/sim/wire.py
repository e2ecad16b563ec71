"""The wire of the simulation: the two transports of one connection, with a link (or nothing) between them.

What an end writes goes to the link as ``received``, in the turn after it was written and as one segment. What the link
sends arrives at the other end in segments of its own, one a turn of the loop. Without a link, bytes go straight across.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from ..wire import OTHER, Cancellable, Connection, Side, Wire
from .segments import FIN, RST

if TYPE_CHECKING:
    from .loop import SimLoop
    from .transport import SimTransport


class Leg(Enum):
    """What the link has done to one side."""

    OPEN = "open"
    CLOSED = "closed"
    """FIN was sent; what that side still sends is answered by a reset, as by a socket that was closed."""
    RESET = "reset"


class SimWire(Wire):
    """``connection`` is set once the link has accepted."""

    __slots__ = ("_ends", "_finished", "_legs", "_loop", "connection")

    connection: Connection

    def __init__(self, loop: SimLoop, client: SimTransport, server: SimTransport) -> None:
        self._loop = loop
        self._ends: dict[Side, SimTransport] = {"client": client, "server": server}
        self._legs: dict[Side, Leg] = {"client": Leg.OPEN, "server": Leg.OPEN}
        self._finished: dict[Side, bool] = {"client": False, "server": False}
        client.attach(self, "client", server)
        server.attach(self, "server", client)

    # --- for the link

    def send(self, side: Side, data: bytes) -> None:
        if data and self._legs[side] is Leg.OPEN and not self._finished[side]:
            self._ends[side].deliver(data)

    def finish(self, side: Side) -> None:
        if self._legs[side] is Leg.OPEN and not self._finished[side]:
            self._finished[side] = True
            self._ends[side].deliver(FIN)

    def close(self, side: Side) -> None:
        if self._legs[side] is Leg.OPEN:
            self.finish(side)
            self._legs[side] = Leg.CLOSED
            self._ends[side].release()

    def reset(self, side: Side) -> None:
        if self._legs[side] is not Leg.RESET:
            self._legs[side] = Leg.RESET
            self._ends[side].deliver(RST)
            self._ends[side].release()

    def pause(self, side: Side) -> None:
        self._ends[side].hold()

    def resume(self, side: Side) -> None:
        self._ends[side].release()

    def call_later(self, milliseconds: float, callback: Callable[[], None]) -> Cancellable:
        return self._loop.call_later(milliseconds / 1_000, callback, context=self._loop.harness_context)

    def server_address(self) -> object:
        return self._ends["client"].local_address

    # --- for the transports

    def from_end(self, side: Side, data: bytes) -> None:
        """``side`` sent ``data``."""
        leg = self._legs[side]
        if leg is Leg.OPEN:
            self.connection.received(side, data)
        elif leg is Leg.CLOSED:
            self.reset(side)

    def end_finished(self, side: Side) -> None:
        if self._legs[side] is Leg.OPEN:
            self.connection.finished(side)

    def end_was_reset(self, side: Side) -> None:
        if self._legs[side] is Leg.OPEN:
            self._legs[side] = Leg.RESET
            self.connection.was_reset(side)


class Straight:
    """The connection of a listener that has no link: everything goes straight across."""

    __slots__ = ("_wire",)

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def received(self, side: Side, data: bytes) -> None:
        self._wire.send(OTHER[side], data)

    def finished(self, side: Side) -> None:
        self._wire.finish(OTHER[side])

    def was_reset(self, side: Side) -> None:
        self._wire.reset(OTHER[side])
