"""When a socket was over, and what the agent has surely read on it. Nothing is judged here.

A pong proves that the ping, and all before it, has arrived. Libraries answer pings by themselves, though, while the application reads
from a queue. So what stood before a ping is *surely* read only where the agent had to go on reading and had the time for it: no frame on
which it must close stands before that (`Socket.is_void`), and the agent stayed on that socket, and ran, for a while behind the pong. A
frame that was caused by what was said proves it at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from ..wire import Wire
from .sockets import DURABLE, Moment, Socket
from .tasks import Pause

COMMIT_MS = 250
"""What an agent may take from the arrival of a frame until it has acted on it: read it from its queue, and written to its disk."""


@dataclass(frozen=True)
class End:
    """The first sign that a socket is over. ``by_agent``: it came from the agent. ``is_close``: it is a close frame."""

    entry: int
    at_us: int
    by_agent: bool
    is_close: bool = False


def _end_of(socket: Socket, wire: Wire) -> End | None:
    found = [End(each.entry, each.at_us, each.by == "agent", True) for each in socket.controls if each.what == "close"][:1]
    connection = wire.connections.get(socket.connection)
    if connection is not None and connection.closed_us is not None:
        found.append(End(connection.closed_entry, connection.closed_us, connection.closed_by == "target"))
    if socket.over_entry is not None and socket.over_us is not None:
        found.append(End(socket.over_entry, socket.over_us, socket.over_by == "agent"))
    settled = wire.settled
    seen = (end for end in found if settled is None or end.entry < settled.number)  # behind it the harness lets go of the agent
    return min(seen, key=lambda end: end.entry, default=None)


class Proofs:
    """``slack_us``: how long the agent must have lived on behind a pong."""

    def __init__(self, sockets: list[Socket], pauses: list[Pause], wire: Wire, allowance_us: int) -> None:
        self.slack_us = COMMIT_MS * 1000 + allowance_us
        self._pauses = pauses
        self._ends = {socket.number: _end_of(socket, wire) for socket in sockets}
        self._next = {socket.number: following for socket, following in pairwise(sockets)}

    def end_of(self, socket: Socket) -> End | None:
        """None: nothing of the kind was seen."""
        return self._ends[socket.number]

    def read(self, socket: Socket, entry: int) -> Moment | None:
        """The pong behind what was said at ``entry``, where the agent has surely read that; None: nothing proves it."""
        pong = None if socket.is_void(entry) else socket.pong_behind(entry)
        return pong if pong is not None and self._stayed(socket, entry, pong) else None

    def active(self, socket: Socket) -> Moment | None:
        """From when on the agent has surely read the matching hello_ack: a while behind a pong, or at an output or a final behind it."""
        ack = socket.hello_ack
        if ack is None:
            return None
        shown = next((frame for frame in socket.frames if frame.entry > ack.entry and frame.type in DURABLE), None)
        pong = self.read(socket, ack.entry)
        return earliest(
            Moment(shown.entry, shown.at_us) if shown is not None else None,
            Moment(pong.entry, pong.at_us + self.slack_us) if pong is not None else None,
        )

    def _stayed(self, socket: Socket, entry: int, pong: Moment) -> bool:
        """Neither a stop nor a kill came soon behind the pong, nor did the agent leave the socket."""
        until_us = pong.at_us + self.slack_us
        left_us = self._left_us(socket)
        if left_us is not None and left_us < until_us:
            return False
        return not any(pause.from_us < until_us and (pause.to_entry is None or pause.to_entry > entry) for pause in self._pauses)

    def _left_us(self, socket: Socket) -> int | None:
        """When the agent may have stopped reading: it closed, the connection broke, or it dialled for another one. A close frame of the
        control plane stands behind all that was said, and is read last."""
        end, following = self.end_of(socket), self._next.get(socket.number)
        if end is None or (following is not None and following.request_entry < end.entry):
            return None if following is None else following.at_us
        return None if end.is_close and not end.by_agent else end.at_us


def earliest(*moments: Moment | None) -> Moment | None:
    known: Iterable[Moment] = (moment for moment in moments if moment is not None)
    return min(known, key=lambda moment: moment.at_us, default=None)
