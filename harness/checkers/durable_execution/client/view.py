"""What the checkers ask of a history of a client: the streams asked for, the bodies they were answered with, the frames of runs."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from functools import cached_property
from typing import Any

from ....values.history import Entry, Header, History
from ...wire import Request, Wire, read_wire
from .bodies import Body, Written, read_bodies
from .meaning import standing
from .told import Session, Told, read_told

SIM_SLACK_MS = 50
LOOPBACK_SLACK_MS = 500
"""How long a client may take to tell what has arrived."""
TRANSPORT_FAILURE = "transport_failure"


class View:
    """A history of the role ``client``, ready to be judged. Built in linear time."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.header: Header = history.header
        self.wire: Wire = read_wire(history)
        self.end_us = self.wire.settled.at_us if self.wire.settled is not None else self.wire.end_us
        self.told: Told = read_told(history, self.end_us)

    @property
    def allowance_us(self) -> int:
        return self.header.allowance_ms * 1_000

    @property
    def slack_us(self) -> int:
        return SIM_SLACK_MS * 1_000 if self.header.world == "sim" else LOOPBACK_SLACK_MS * 1_000 + self.allowance_us

    # --- what went over the wire

    @cached_property
    def bodies(self) -> list[Body]:
        return read_bodies(self.history, self.wire)

    @cached_property
    def asked(self) -> dict[int, str]:
        """The bodies of POST requests, by number."""
        return {entry.data["request"]: entry.data["body"] for entry in self.history.of_kind("asked")}

    @cached_property
    def decisions(self) -> list[Entry]:
        return list(self.history.of_kind("decision"))

    @cached_property
    def created(self) -> dict[int, str]:
        """The runs that requests have made, by number; those of others are not among them."""
        return {entry.data["request"]: entry.data["run"] for entry in self.history.of_kind("created") if entry.data["request"]}

    def requests(self, endpoint: str) -> list[Request]:
        return [request for request in self.wire.requests if request.endpoint == endpoint]

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """The frames of each run, by index, as far as any was ever sent. One that was never sent is empty."""
        by_index: dict[str, dict[int, str]] = defaultdict(dict)
        for body in self.bodies:
            by_index[body.run].update({frame.index: frame.data for frame in body.written if frame.index is not None})
        return {run: [rows.get(index, "") for index in range(max(rows) + 1)] for run, rows in by_index.items() if rows}

    # --- sessions

    @cached_property
    def _starts(self) -> list[int]:
        return [session.call.entry for session in self.told.sessions]

    @cached_property
    def bodies_of(self) -> list[list[Body]]:
        """For each session its requests for a stream, in order. What is asked behind its end, but before the next, is nobody's."""
        rows: list[list[Body]] = [[] for _ in self.told.sessions]
        for body in self.bodies:
            position = bisect_right(self._starts, body.request.entry) - 1
            if position >= 0 and self.told.sessions[position].holds(body.request.entry):
                rows[position].append(body)
        return rows

    @cached_property
    def reads(self) -> list[Read]:
        return [Read(self, session, bodies) for session, bodies in zip(self.told.sessions, self.bodies_of, strict=True) if session.is_owed]


class Read:
    """A stream that the client took on, with all that there was to read for it."""

    def __init__(self, view: View, session: Session, bodies: list[Body]) -> None:
        self.session = session
        self.bodies = bodies
        self._view = view

    @property
    def last(self) -> Body | None:
        return self.bodies[-1] if self.bodies else None

    @cached_property
    def run(self) -> str:
        """The run whose frames were sent: that of the session, unless the client has mistaken it."""
        return next((body.run for body in self.bodies if body.run), self.session.run)

    @cached_property
    def texts(self) -> list[str]:
        return self._view.texts.get(self.run, [])

    @cached_property
    def passed(self) -> dict[int, Written]:
        """The frames that the client may have read, by index."""
        return {frame.index: frame for body in self.bodies if body.is_stream for frame in body.passed if frame.index is not None}

    @cached_property
    def sure(self) -> dict[int, Written]:
        """Those of them that it has surely read."""
        healed = self._view.wire.healed
        healed_us = healed.at_us if healed is not None else None
        until_us = self.session.read_until_us
        return {
            frame.index: frame
            for body in self.bodies
            for frame in body.sure(until_us, self._view.slack_us, healed_us)
            if frame.index is not None
        }

    @cached_property
    def behind(self) -> int:
        """The index behind the last frame that was read, as far as that is known."""
        told = [index for note in self.session.frames if isinstance(index := index_of(note), int) and index in self.passed]
        return max([self.session.start - 1, *told, *self.sure]) + 1

    @cached_property
    def outcomes(self) -> frozenset[str]:
        """Those that the client may tell. Who goes on in the midst of a run may know what came before, or go by its own stream alone."""
        body = self.last
        if body is None or not body.is_stream:
            return frozenset({TRANSPORT_FAILURE})
        known = self.texts[: self.behind]
        stands = {standing(known[self.session.start :]), standing(known)}
        failed = any(frame.kind == "error" for frame in body.passed)
        if body.surely_whole:
            # Behind a finish there is nothing that could still fail; a run that is to be decided may well have failed to say more.
            return frozenset({TRANSPORT_FAILURE, *(stands - {"suspended"})} if failed else stands)
        return frozenset({TRANSPORT_FAILURE, *stands})

    @property
    def is_over(self) -> bool:
        """There is nothing left to read, and the client knows it."""
        body = self.last
        return body is not None and body.ended_us is not None


def index_of(note: Entry) -> Any:
    return note.data["data"].get("index")
