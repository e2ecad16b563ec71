"""Plain HTTP as the history has it: requests with their answers, and connections. Shared by the checkers of reading contracts.

Nothing is judged here. Times are microseconds; entry numbers order what happened within one microsecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from ..values.history import Entry, History


@dataclass
class Answer:
    """``delivered_us``: the last byte was handed to the target's socket; of a stream, that it ended whole. ``certain``: surely."""

    entry: int
    at_us: int
    status: int
    headers: dict[str, str]
    body: str
    delivered_us: int | None = None
    delivered_entry: int = 0
    certain: bool = False


@dataclass
class Request:
    """Header names in lower case; values of repeated headers in ``all_headers``. ``faults``: names of those injected at it."""

    entry: int
    at_us: int
    number: int
    connection: int
    server: str
    endpoint: str
    nth: int
    method: str
    target: str
    headers: dict[str, str]
    all_headers: list[tuple[str, str]]
    answer: Answer | None = None
    over_us: int | None = None
    """When the server ended writing a streamed answer, or saw that nobody reads it any more."""
    over_entry: int = 0
    over_how: str = ""
    faults: set[str] = field(default_factory=set)

    @property
    def query(self) -> Mapping[str, list[str]]:
        return parse_qs(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def delivered(self) -> Answer | None:
        """The answer, if the whole of it (perhaps: ``certain``) reached the target."""
        return self.answer if self.answer is not None and self.answer.delivered_us is not None else None


@dataclass
class Connection:
    number: int
    server: str
    opened_us: int
    closed_us: int | None = None
    closed_entry: int = 0
    closed_by: str = ""
    how: str = ""


@dataclass
class Wire:
    """Everything of HTTP that the fake servers and the link recorded, indexed."""

    requests: list[Request] = field(default_factory=list)
    by_number: dict[int, Request] = field(default_factory=dict)
    connections: dict[int, Connection] = field(default_factory=dict)
    refused: list[Entry] = field(default_factory=list)
    faults: list[Entry] = field(default_factory=list)
    healed: Entry | None = None
    settled: Entry | None = None
    end_us: int = 0

    def fault_names(self) -> set[str]:
        return {entry.data["fault"] for entry in self.faults}


def read_wire(history: History) -> Wire:
    """One pass over the entries; linear."""
    reader = _Reader(Wire())
    for entry in history.entries:
        handler = reader.handlers.get(entry.kind)
        if handler is not None:
            handler(entry)
    if history.entries:
        reader.wire.end_us = history.entries[-1].at_us
    return reader.wire


class _Reader:
    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._faults_by_request: dict[int, set[str]] = {}
        self.handlers = {
            "connect": self._on_connect,
            "refuse": wire.refused.append,
            "closed": self._on_closed,
            "request": self._on_request,
            "answer": self._on_answer,
            "delivered": self._on_delivered,
            "stream-over": self._on_stream_over,
            "fault": self._on_fault,
            "heal": self._on_heal,
            "settled": self._on_settled,
        }

    def _faults_of(self, request: int) -> set[str]:
        # The link may act on a request before the server has seen its head: the set is shared with the request to come.
        return self._faults_by_request.setdefault(request, set())

    def _on_connect(self, entry: Entry) -> None:
        number = entry.data["connection"]
        self.wire.connections[number] = Connection(number, entry.data["server"], entry.at_us)

    def _on_closed(self, entry: Entry) -> None:
        connection = self.wire.connections.get(entry.data["connection"])
        if connection is not None and connection.closed_us is None:
            connection.closed_us, connection.closed_entry = entry.at_us, entry.number
            connection.closed_by, connection.how = entry.data["by"], entry.data["how"]

    def _on_request(self, entry: Entry) -> None:
        data = entry.data
        pairs = [(name.lower(), value) for name, value in data["headers"]]
        request = Request(
            entry.number,
            entry.at_us,
            data["request"],
            data["connection"],
            data["server"],
            data["endpoint"],
            data["nth"],
            data["method"],
            data["target"],
            dict(pairs),
            pairs,
        )
        request.faults = self._faults_of(request.number)
        self.wire.requests.append(request)
        self.wire.by_number[request.number] = request

    def _on_answer(self, entry: Entry) -> None:
        request = self.wire.by_number.get(entry.data["request"])
        if request is not None:
            headers = {name.lower(): value for name, value in entry.data["headers"]}
            request.answer = Answer(entry.number, entry.at_us, entry.data["status"], headers, entry.data.get("body") or "")

    def _on_delivered(self, entry: Entry) -> None:
        request = self.wire.by_number.get(entry.data["request"])
        if request is not None and request.answer is not None:
            answer = request.answer
            answer.delivered_us, answer.delivered_entry, answer.certain = entry.at_us, entry.number, entry.data["certain"]

    def _on_stream_over(self, entry: Entry) -> None:
        request = self.wire.by_number.get(entry.data["request"])
        if request is not None:
            request.over_us, request.over_entry, request.over_how = entry.at_us, entry.number, entry.data["how"]

    def _on_fault(self, entry: Entry) -> None:
        self.wire.faults.append(entry)
        number: Any = entry.data.get("request", 0)
        if number:
            self._faults_of(number).add(entry.data["fault"])

    def _on_heal(self, entry: Entry) -> None:
        self.wire.healed = entry

    def _on_settled(self, entry: Entry) -> None:
        self.wire.settled = entry
