"""Since when and until when the agent stood at a socket, who ended it, and when it dialled: as far as the record proves it.

Nothing is judged here. A session is *perhaps* active from the matching hello_ack on until the agent knows that the socket is over, and
*surely* from the moment on at which something proves that it has read the hello_ack.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from ...values.history import Entry
from .proofs import End, earliest
from .sockets import Moment, Socket
from .tasks import Pause
from .view import View

HAMPERING = frozenset({"stall", "drip", "slice", "black-hole", "stop-reading"})
"""Faults of the link under which times on a socket say little about the agent."""
KNOWS_MS = 200
"""What the end of a connection may take to reach the agent."""
DIAL_SLACK_MS = 1_000
DEAD_INTERVALS, DEAD_MS_MIN = 4, 2_000
"""A dead peer is noticed within four ping intervals, or 2 s."""
JITTER = 1.25
"""A pause before a dial is at most so many times its delay."""
LOWER_JITTER_MS = {"sim": 1, "loopback": 30}
"""How much a lower bound may seem undercut by the way it is observed."""


class Presence:
    """Made once for a checker that needs it."""

    def __init__(self, view: View) -> None:
        self.view = view

    # --- ends -------------------------------------------------------------------------------------------------------

    def end_of(self, socket: Socket) -> End | None:
        """None: nothing of the kind was seen."""
        return self.view.proofs.end_of(socket)

    def until_us(self, socket: Socket) -> int:
        """Until when the agent may have taken the socket for open."""
        end = self.end_of(socket)
        return self.view.end_us if end is None else end.at_us

    def fault_at(self, socket: Socket, name: str) -> Entry | None:
        """Where a fault of the link began to act on a socket."""
        faults = self.view.wire.faults
        return next((each for each in faults if each.data["fault"] == name and each.data.get("request") == socket.number), None)

    # --- pauses and dials -------------------------------------------------------------------------------------------

    def paused_within(self, from_entry: int, to_entry: int | None) -> bool:
        """A crash or a stop begins behind the one entry and before the other (None: at any time later)."""
        pause = self.pause_after(from_entry)
        return pause is not None and (to_entry is None or pause.from_entry < to_entry)

    def pause_after(self, entry: int) -> Pause | None:
        return next((pause for pause in self.view.pauses if pause.from_entry > entry), None)

    def runs_until_us(self, entry: int) -> int:
        """When the agent was stopped or killed next, or the example was over."""
        pause = self.pause_after(entry)
        return self.view.end_us if pause is None else min(pause.from_us, self.view.end_us)

    @cached_property
    def upgrades(self) -> list[Entry]:
        """Requests for an upgrade, in order."""
        entries = self.view.history.entries
        return [entries[request.entry - 1] for request in self.view.wire.requests if request.endpoint == "socket"]

    @cached_property
    def dials(self) -> list[Entry]:
        """Those, and connections that were refused: each of these was perhaps a dial."""
        return sorted([*self.upgrades, *self.view.wire.refused], key=lambda entry: entry.number)

    def dial_after(self, entry: int) -> Entry | None:
        at = bisect_right(self.dials, entry, key=lambda dial: dial.number)
        return self.dials[at] if at < len(self.dials) else None

    @property
    def dial_bound_us(self) -> int | None:
        """By when, behind the end of a socket, the agent has dialled again, however often it failed before; None: nobody knows."""
        view = self.view
        longest_ms = view.timing_ms.get("reconnect_max")
        return None if longest_ms is None else int(longest_ms * JITTER) * 1000 + DIAL_SLACK_MS * 1000 + view.allowance_us

    # --- sessions ---------------------------------------------------------------------------------------------------

    def proof_of_session(self, socket: Socket) -> Moment | None:
        """When it was proved that the agent had read the matching hello_ack."""
        ack = socket.hello_ack
        if ack is None:
            return None
        return earliest(self.view.proofs.active(socket), self._answer_to_delivery(socket, ack.entry))

    def _answer_to_delivery(self, socket: Socket, ack_entry: int) -> Moment | None:
        """Frames are read in order: what answers a delivery said behind the hello_ack shows that this was read, too."""
        first_here = set()
        for frame in socket.frames:
            if frame.entry < ack_entry or frame.type not in ("task.received", "task.started"):
                continue
            attempt = self.view.ledger.attempts.get(frame.attempt_key)
            if attempt is None or frame.attempt_key in first_here:
                continue
            first_here.add(frame.attempt_key)
            first = next(iter(attempt.delivered), None)
            if (
                first is not None
                and first.socket == socket.number
                and ack_entry < first.entry < frame.entry
                and not self._polled(frame.task)
            ):
                return Moment(frame.entry, frame.at_us)
        return None

    def _polled(self, task: str) -> bool:
        return task in self._polled_tasks

    @cached_property
    def _polled_tasks(self) -> set[str]:
        return {task for listing in self.view.listings for task, _ in listing.data["tasks"]}

    def may_be_active(self, from_us: int, to_us: int) -> bool:
        """Some session may have been active at some time between the two (both included)."""
        for socket in self.view.sockets:
            begun_us = socket.active_us
            if begun_us is not None and begun_us <= to_us and self.until_us(socket) + KNOWS_MS * 1000 >= from_us:
                return True
        return False

    @property
    def jitter_us(self) -> int:
        return LOWER_JITTER_MS.get(self.view.header.world, LOWER_JITTER_MS["loopback"]) * 1000


def dead_bound_us(view: View) -> int | None:
    """By when, behind its last sign of life, a peer that is gone without a word is noticed; None: nobody knows."""
    interval_ms = view.timing_ms.get("ping_interval")
    return None if interval_ms is None else max(DEAD_INTERVALS * interval_ms, DEAD_MS_MIN) * 1000
