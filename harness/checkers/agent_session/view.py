"""What the checkers ask of a history of a runner: its runs, the sessions of the service, and both joined. Built in linear time.

Entries that it reads, beside those of every history (who writes them: the fake service, and its play for the last two):

================== ===================================================================================================
``session``        request, session, run (label of the script that it plays)
``prompted``       request, session, text · ``interrupted`` request, session, running
``deleted``        request, session · ``delete-refused`` request, session, status: since it was running
``recorded``       session, event (whole) · ``shown`` session, id: the list has it from now on, also where it had it at once
``status``         session, status: what is told from now on · ``told`` request, session, status
``page``           request, session, ids (newest first), token (asked with), next
``stream-open``    request, session · ``streamed`` request, session, id, body_bytes (of the answer, with this event)
``script``         run (label), handle, prompt, terminal ("idle", "terminated", null), messages (those that its end owes)
``gone``           life: the target was killed, and with it every run that had been called by then
================== ===================================================================================================

A run is judged once ``settled`` tells that there was time enough; the faults of a request are in its `Request`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ...contracts.agent_session import DEFAULT_TIMING_MS, TIMING
from ...values.history import Entry, Header, History
from ..wire import Request, Wire, read_wire
from .reading import Reading
from .record import Event, Session
from .runs import Run
from .streams import Stream

if TYPE_CHECKING:
    from .results import Result

SIM_SLACK_MS = 20
LOOPBACK_SLACK_MS = 500
"""How long a runner may take to read what has arrived, and a note to be seen beside a request."""
JITTER_MS = {"sim": 1, "loopback": 30}
"""How much a lower bound may seem undercut by the way it is observed."""


class View:
    """A history of the role ``runner``, ready to be judged."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.header: Header = history.header
        self.wire: Wire = without_late_answers(read_wire(history))
        reading = Reading(history, self.wire)
        self.sessions: list[Session] = list(reading.sessions.values())
        self.runs: list[Run] = list(reading.runs.values())
        self.end_us = self.wire.settled.at_us if self.wire.settled is not None else self.wire.end_us
        timing = dict(self.header.config.get("timing_ms") or {}) if TIMING in self.header.capabilities else {}
        given = {name: value for name, value in timing.items() if value is not None}
        self.timing_ms: dict[str, int] = {**DEFAULT_TIMING_MS, **given}
        self.results: list[Result] | None = None
        """What `results` has worked out; None before it was asked."""

    @property
    def is_settled(self) -> bool:
        return self.wire.settled is not None

    @property
    def persists(self) -> bool:
        return bool(self.header.config.get("persist_session"))

    @property
    def allowance_us(self) -> int:
        return self.header.allowance_ms * 1_000

    @property
    def jitter_us(self) -> int:
        return JITTER_MS.get(self.header.world, JITTER_MS["loopback"]) * 1_000

    @property
    def slack_us(self) -> int:
        return SIM_SLACK_MS * 1_000 if self.header.world == "sim" else LOOPBACK_SLACK_MS * 1_000 + self.allowance_us

    @cached_property
    def under_way(self) -> list[Run]:
        return [run for run in self.runs if run.is_under_way]

    def before(self, request: Request, note: Entry) -> bool:
        """The request surely came before the note: in real time they come on two ways, and may overtake one another."""
        if self.header.world == "sim":
            return request.entry < note.number
        return request.at_us + self.slack_us < note.at_us

    def surely_read(self, stream: Stream, until: Entry) -> set[str]:
        """Ids of the events of a stream that the runner has surely read by then."""
        healed = self.wire.healed
        return {row.id for row in stream.sure(self.slack_us, until.at_us, healed.at_us if healed is not None else None)}

    def requests_of(self, run: Run) -> list[Request]:
        """All that it sent, its creation too, wherever that can be told."""
        session = run.session
        own = [] if session is None else [*([session.creation] if session.creation is not None else []), *session.requests]
        return own or self.creations_of(run)

    def creations_of(self, run: Run) -> list[Request]:
        """Requests for a session while the call of the run was pending."""
        if run.call is None:
            return []
        last = run.reply.number if run.reply is not None else self.history.entries[-1].number
        return [request for request in self._creations if run.call.number < request.entry < last]

    @cached_property
    def _creations(self) -> list[Request]:
        return [request for request in self.wire.requests if request.endpoint == "create"]

    def proof(self, *rows: Entry | Event | Request | int | None) -> tuple[int, ...]:
        """Numbers of entries, in order, each once."""
        numbers = {_number(row) for row in rows if row is not None}
        return tuple(sorted(number for number in numbers if number))


def without_late_answers(wire: Wire) -> Wire:
    """An answer that a fault let go of when the runner had closed its connection long ago has reached nobody."""
    for request in wire.requests:
        delivered, connection = request.delivered, wire.connections.get(request.connection)
        if delivered is None or connection is None or connection.closed_by != "target":
            continue
        if connection.closed_entry < delivered.delivered_entry:
            delivered.delivered_us = None
    return wire


def _number(row: Entry | Event | Request | int) -> int:
    if isinstance(row, int):
        return row
    return row.number if isinstance(row, Entry) else row.entry
