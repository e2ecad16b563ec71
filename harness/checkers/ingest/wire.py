"""The wire of one history, put together from its entries: requests with their lines and answers, connections, state.

Nothing is judged here. Times are microseconds. ``begun`` and the like are entry numbers, which order what happened
within one microsecond.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...values.history import Entry, History
from ..wire import Connection

POSITION_MAX = 2**53
HELD_UP = "held-up"
COMPLETE_TYPE = "_posthog/stream_complete"


@dataclass
class Line:
    """One line of a request body. ``seq`` and ``event`` for an event line, ``final_seq`` for the completion."""

    entry: int
    at_us: int
    text: str
    size_bytes: int
    seq: int | None = None
    event: Any = None
    final_seq: int | None = None

    @property
    def is_completion(self) -> bool:
        return self.final_seq is not None


@dataclass
class Answer:
    """``position`` is a valid last_accepted_seq of the body, or None. ``delivered_us`` None: the target never got it whole."""

    entry: int
    at_us: int
    status: int
    position: int | None
    already_complete: bool
    delivered_us: int | None = None
    delivered_entry: int = 0
    certain: bool = False


@dataclass
class Request:
    entry: int
    at_us: int
    number: int
    connection: int
    server: str
    method: str
    target: str
    headers: dict[str, str]
    life: int
    lines: list[Line] = field(default_factory=list)
    body_end_us: int | None = None
    body_end: str = ""
    body_bytes: int = 0
    answer: Answer | None = None
    faults: set[str] = field(default_factory=set)
    begun_entry: int = 0
    begun_us: int = 0
    """When the target began it. A link that does not read holds a request up, and the server sees it only later."""

    @property
    def held_up(self) -> bool:
        """A link read it late or slowly: nobody can tell when its later bytes, or the end of its connection, were sent."""
        return HELD_UP in self.faults

    @property
    def events(self) -> list[Line]:
        return [line for line in self.lines if line.seq is not None]

    @property
    def redirected(self) -> bool:
        """Answered with a redirect, as far as the target knows: what follows at once is the same attempt."""
        return self.delivered is not None and 300 <= self.delivered.status < 400

    @property
    def completion(self) -> Line | None:
        return next((line for line in self.lines if line.is_completion), None)

    @property
    def is_sync(self) -> bool:
        """An empty body that ended as it should, whatever its framing."""
        return not self.lines and self.body_end == "end" and self.body_bytes == 0

    @property
    def delivered(self) -> Answer | None:
        """The answer, if it (perhaps: ``certain``) reached the target."""
        return self.answer if self.answer is not None and self.answer.delivered_us is not None else None

    @property
    def succeeded(self) -> bool:
        answer = self.delivered
        return answer is not None and 200 <= answer.status < 300


@dataclass(frozen=True)
class Accept:
    """The server stored (``accept``) an event under ``seq``. ``request`` is 0 for another writer."""

    entry: int
    at_us: int
    request: int
    index: int
    seq: int


@dataclass(frozen=True)
class Completed:
    entry: int
    at_us: int
    request: int
    final_seq: int
    repeated: bool


@dataclass
class Wire:
    """Everything that the fake servers and the link recorded, indexed."""

    requests: list[Request] = field(default_factory=list)
    by_number: dict[int, Request] = field(default_factory=dict)
    connections: dict[int, Connection] = field(default_factory=dict)
    accepts: list[Accept] = field(default_factory=list)
    completions: list[Completed] = field(default_factory=list)
    state_changes: list[Entry] = field(default_factory=list)
    faults: list[Entry] = field(default_factory=list)
    refused: list[Entry] = field(default_factory=list)
    healed: Entry | None = None
    settled: Entry | None = None
    end_us: int = 0

    def changed(self, change: str) -> bool:
        return any(entry.data["change"] == change for entry in self.state_changes)

    def fault_names(self) -> set[str]:
        return {entry.data["fault"] for entry in self.faults}

    def ingest_requests(self, life: int) -> Iterator[Request]:
        """Requests of one life that reached an ingest server of ours (not another origin)."""
        return (request for request in self.requests if request.life == life and request.server != "elsewhere")


def valid_position(value: Any) -> int | None:
    """A position is a non-negative integer below 2^53; anything else counts as absent."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < POSITION_MAX:
        return value
    return None


def read_answer(entry: Entry) -> Answer:
    body = entry.data.get("body") or ""
    position, error = None, ""
    if body.startswith("{"):
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = {}
        position = valid_position(parsed.get("last_accepted_seq"))
        error = str(parsed.get("error", ""))
    status = entry.data["status"]
    return Answer(entry.number, entry.at_us, status, position, status == 409 and "already complete" in error)


def read_line(entry: Entry) -> Line:
    line = Line(entry.number, entry.at_us, entry.data["text"], entry.data["bytes"])
    try:
        parsed = json.loads(line.text)
    except ValueError:
        return line
    if not isinstance(parsed, dict):
        return line
    if parsed.get("type") == COMPLETE_TYPE:
        line.final_seq = valid_position(parsed.get("final_seq"))
    elif valid_position(parsed.get("seq")) is not None:
        line.seq, line.event = parsed["seq"], parsed.get("event")
    return line


def read_wire(history: History) -> Wire:
    """One pass over the entries; linear."""
    reader = _Reader(Wire(), history.header.faults)
    for entry in history.entries:
        handler = reader.handlers.get(entry.kind)
        if handler is not None:
            handler(entry)
        reader.wire.end_us = entry.at_us
    return reader.wire


class _Reader:
    def __init__(self, wire: Wire, planned: Sequence[Mapping[str, Any]]) -> None:
        self.wire = wire
        self.planned = planned
        self.life = 0
        self.faults_by_request: dict[int, set[str]] = {}
        self.first_fault: dict[int, Entry] = {}
        self.handlers = {
            "open": self.on_open,
            "connect": self.on_connect,
            "refuse": wire.refused.append,
            "closed": self.on_closed,
            "request": self.on_request,
            "line": self.on_line,
            "body-end": self.on_body_end,
            "answer": self.on_answer,
            "delivered": self.on_delivered,
            "accept": self.on_accept,
            "complete": self.on_complete,
            "state": self.on_state,
            "fault": self.on_fault,
            "heal": self.on_heal,
            "settled": self.on_settled,
        }

    def faults_of(self, request: int) -> set[str]:
        # The link may act on a request before the server has seen its head: the set is shared with the request to come.
        return self.faults_by_request.setdefault(request, set())

    def on_open(self, entry: Entry) -> None:
        self.life = entry.data["life"]

    def on_connect(self, entry: Entry) -> None:
        number = entry.data["connection"]
        self.wire.connections[number] = Connection(number, entry.data["server"], entry.at_us)

    def on_closed(self, entry: Entry) -> None:
        connection = self.wire.connections.get(entry.data["connection"])
        if connection is not None and connection.closed_us is None:
            connection.closed_us, connection.closed_entry = entry.at_us, entry.number
            connection.closed_by, connection.how = entry.data["by"], entry.data["how"]

    def on_request(self, entry: Entry) -> None:
        data = entry.data
        headers = {name.lower(): value for name, value in data["headers"]}
        request = Request(
            entry.number,
            entry.at_us,
            data["request"],
            data["connection"],
            data["server"],
            data["method"],
            data["target"],
            headers,
            self.life,
        )
        request.faults = self.faults_of(request.number)
        first = self.first_fault.get(request.number, entry)
        request.begun_entry, request.begun_us = first.number, first.at_us
        self.wire.requests.append(request)
        self.wire.by_number[request.number] = request

    def on_line(self, entry: Entry) -> None:
        self.wire.by_number[entry.data["request"]].lines.append(read_line(entry))

    def on_body_end(self, entry: Entry) -> None:
        request = self.wire.by_number[entry.data["request"]]
        request.body_end_us, request.body_end, request.body_bytes = entry.at_us, entry.data["how"], entry.data["bytes"]

    def on_answer(self, entry: Entry) -> None:
        request = self.wire.by_number.get(entry.data["request"])
        if request is not None:
            request.answer = read_answer(entry)

    def on_delivered(self, entry: Entry) -> None:
        request = self.wire.by_number.get(entry.data["request"])
        if request is not None and request.answer is not None:
            answer = request.answer
            answer.delivered_us, answer.delivered_entry, answer.certain = entry.at_us, entry.number, entry.data["certain"]

    def on_accept(self, entry: Entry) -> None:
        data = entry.data
        self.wire.accepts.append(Accept(entry.number, entry.at_us, data["request"], data["index"], data["seq"]))

    def on_complete(self, entry: Entry) -> None:
        data = entry.data
        self.wire.completions.append(Completed(entry.number, entry.at_us, data["request"], data["final_seq"], data["repeated"]))

    def on_state(self, entry: Entry) -> None:
        self.wire.state_changes.append(entry)

    def on_fault(self, entry: Entry) -> None:
        self.wire.faults.append(entry)
        number = entry.data.get("request", 0)
        if number:
            self.faults_of(number).add(entry.data["fault"])
            if self.holds_up(entry):
                self.faults_of(number).add(HELD_UP)
            self.first_fault.setdefault(number, entry)

    def holds_up(self, entry: Entry) -> bool:
        planned = self.planned[entry.data["index"]] if entry.data["index"] < len(self.planned) else {}
        return planned.get("where") == "never-read" or (entry.data["fault"] == "drip" and planned.get("direction") == "request")

    def on_heal(self, entry: Entry) -> None:
        self.wire.healed = entry

    def on_settled(self, entry: Entry) -> None:
        self.wire.settled = entry
