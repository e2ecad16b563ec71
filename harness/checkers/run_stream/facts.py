"""Wire, log and notes of a history joined: figures, bootstraps with what belongs to them, and what excuses a reader.

Nothing is judged here. One linear pass a part, made when it is first asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from ...values.history import Header, History
from ..wire import Request, Wire, read_wire
from .log import Log, Page, RunAnswer, read_log, read_page, read_run_answer, where_to_follow
from .streams import Frame, Ghost, Stream, read_streams
from .told import Bootstrap, Told, read_told

DEFAULT_TIMING_MS = {"backoff_base": 500, "backoff_max": 30_000, "idle_timeout": 90_000, "batch_delay": 16}
LOOPBACK_JITTER_MS = 30
"""Lower bounds are exact at the reader; what the server sees of them is blurred by so much on real sockets."""
HEAL_MIN = 28
"""From so many connections in a row without anything new on, a self-healing is not surprising (30 reconnects, and a margin)."""


class Facts:
    """See `View`, which adds what is owed to the transcript."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.header: Header = history.header
        self.wire: Wire = read_wire(history)
        self.log: Log = read_log(history)
        self.told: Told = read_told(history)
        self.streams: list[Stream]
        self.ghosts: list[Ghost]
        self.streams, self.ghosts = read_streams(history, self.wire, self.timing_ms["backoff_base"])
        self._share_out()

    def _share_out(self) -> None:
        """Gives every request to the bootstrap in whose time it arrived."""
        begins = [bootstrap.begin for bootstrap in self.told.bootstraps]
        for request in self.wire.requests:
            place = bisect_right(begins, request.entry)
            if place:
                self.told.bootstraps[place - 1].requests.append(request)

    # --- figures of the configuration -------------------------------------------------------------------------------

    @cached_property
    def timing_ms(self) -> Mapping[str, int]:
        given = self.header.config.get("timing_ms")
        known = given if isinstance(given, Mapping) else {}
        return {**DEFAULT_TIMING_MS, **{key: value for key, value in known.items() if value is not None}}

    @property
    def knows_timing(self) -> bool:
        """Whether the target goes by figures that we know."""
        return "timing" in self.header.capabilities

    @property
    def allowance_ms(self) -> int:
        return self.header.allowance_ms

    @property
    def exact_time(self) -> bool:
        return self.header.world == "sim"

    @property
    def jitter_ms(self) -> int:
        return 1 if self.exact_time else LOOPBACK_JITTER_MS

    def pause_ms(self, failure: int) -> int:
        """The pause behind the n-th failure in a row."""
        timing = self.timing_ms
        return min(timing["backoff_max"], timing["backoff_base"] << min(30, max(0, failure - 3)))

    @cached_property
    def recovery_ms(self) -> int:
        """How long after the faults have stopped a live reader must have told everything: a connection dead unnoticed, a pause, a batch."""
        timing = self.timing_ms
        return timing["idle_timeout"] + timing["backoff_max"] * 12 // 10 + timing["batch_delay"] + 100 + self.allowance_ms

    # --- bootstraps -------------------------------------------------------------------------------------------------

    @property
    def bootstraps(self) -> list[Bootstrap]:
        return self.told.bootstraps

    @property
    def last(self) -> Bootstrap | None:
        return self.bootstraps[-1] if self.bootstraps else None

    def streams_of(self, bootstrap: Bootstrap) -> list[Stream]:
        return self._streams_by_begin.get(bootstrap.begin, [])

    @cached_property
    def _streams_by_begin(self) -> dict[int, list[Stream]]:
        by_number = {stream.request.number: stream for stream in self.streams}
        return {
            bootstrap.begin: [by_number[request.number] for request in bootstrap.requests if request.number in by_number]
            for bootstrap in self.bootstraps
        }

    def requests_of(self, bootstrap: Bootstrap, endpoint: str) -> list[Request]:
        return [request for request in bootstrap.requests if request.endpoint == endpoint]

    def pages_of(self, bootstrap: Bootstrap) -> list[Page]:
        """In the order in which they were delivered."""
        return self._pages_by_begin.get(bootstrap.begin, [])

    @cached_property
    def _pages_by_begin(self) -> dict[int, list[Page]]:
        found: dict[int, list[Page]] = {}
        for bootstrap in self.bootstraps:
            pages = [page for request in self.requests_of(bootstrap, "history") if (page := read_page(request)) is not None]
            found[bootstrap.begin] = sorted(pages, key=lambda page: page.entry)
        return found

    def run_answers_of(self, bootstrap: Bootstrap) -> list[RunAnswer]:
        return self._run_answers_by_begin.get(bootstrap.begin, [])

    @cached_property
    def _run_answers_by_begin(self) -> dict[int, list[RunAnswer]]:
        found: dict[int, list[RunAnswer]] = {}
        for bootstrap in self.bootstraps:
            answers = [answer for request in self.requests_of(bootstrap, "run") if (answer := read_run_answer(request)) is not None]
            found[bootstrap.begin] = sorted(answers, key=lambda answer: answer.entry)
        return found

    def ghosts_of(self, bootstrap: Bootstrap) -> Iterator[Ghost]:
        end = bootstrap.next_begin or len(self.history.entries) + 1
        return (ghost for ghost in self.ghosts if bootstrap.begin <= ghost.entry < end)

    # --- what a bootstrap was ---------------------------------------------------------------------------------------

    def is_over(self, request: Request) -> bool:
        """Its connection has ended, or its answer is through: nothing more can come of it."""
        connection = self.wire.connections.get(request.connection)
        return request.delivered is not None or (connection is not None and connection.closed_us is not None)

    def may_be_legacy(self, bootstrap: Bootstrap) -> bool:
        """Some answer of ``stream_token`` may have named an older backend, and none before it in this bootstrap surely named a place."""
        anew = bool(bootstrap.renewals) or len(self.streams_of(bootstrap)) >= HEAL_MIN
        for request in self.requests_of(bootstrap, "token"):
            where = where_to_follow(request, closed=self.is_over(request))
            if where in ("proxy", "direct") and not anew:
                return False
            if where == "legacy" or (where == "unknown" and request.answer is not None and 400 <= request.answer.status < 500):
                return True
        return False

    def snapshots_allowed(self, bootstrap: Bootstrap) -> int:
        """Its own, one for each later subscriber and each `retry` of a live reader, and those of self-healings."""
        return 1 + len(bootstrap.late) + len(bootstrap.renewals) + len(self.streams_of(bootstrap)) // HEAL_MIN

    def ended_by_snapshot(self, bootstrap: Bootstrap) -> RunAnswer | None:
        """The terminal state with which a bootstrap of a run that was over already ended: nothing but its snapshot, then `ended`."""
        ended = bootstrap.ended
        if ended is None:
            return None
        before = [note for note in bootstrap.told("snapshot", "logs", "status") if note.entry < ended.entry]
        snapshots = [note for note in before if note.name == "snapshot"]
        since = snapshots[-2].entry if len(snapshots) > 1 and self.streams_of(bootstrap) else bootstrap.begin
        if not snapshots or before[-1].name == "logs":
            return None
        answers = self.run_answers_of(bootstrap)
        return next((answer for answer in answers if since < answer.entry < snapshots[-1].entry and answer.terminal), None)

    def stream_end(self, bootstrap: Bootstrap) -> tuple[Stream, Frame] | None:
        """The first stream-end that surely reached the reader."""
        for stream in self.streams_of(bootstrap):
            frame = stream.surely("stream-end")
            if frame is not None:
                return stream, frame
        return None

    def may_have_ended(self, bootstrap: Bootstrap, before: int) -> bool:
        """Some stream-end may have reached the reader before an entry."""
        return any(
            frame.kind == "stream-end" and frame.entry < before and stream.received(frame) != "never"
            for stream in self.streams_of(bootstrap)
            for frame in stream.frames
        )

    # --- transcripts ------------------------------------------------------------------------------------------------

    @cached_property
    def transcript(self) -> Counter[str]:
        """Key -> how often the final transcript holds it: the last snapshot of the last bootstrap and the logs since."""
        keys: Counter[str] = Counter()
        epochs = list(self.last.epochs) if self.last is not None else []
        if epochs:
            snapshot, logs = epochs[-1]
            for note in (snapshot, *logs):
                keys.update(item.key for item in note.items)
        return keys

    # --- what excuses a reader --------------------------------------------------------------------------------------

    @cached_property
    def lone_cr(self) -> bool:
        """Lines that end with a lone CR were written: this contract says nothing of them."""
        return any(self._planned(entry.data["index"]).get("newline") == "cr" for entry in self.wire.faults)

    def _planned(self, index: int) -> Mapping[str, Any]:
        return self.header.faults[index] if index < len(self.header.faults) else {}

    @cached_property
    def lagging_history(self) -> bool:
        """Some answer of the history lagged behind the log."""
        return any("stale" in request.faults and request.endpoint == "history" for request in self.wire.requests)

    @cached_property
    def mixed_up(self) -> set[int]:
        """Positions of events that a server sent in another order than they were appended."""
        found: set[int] = set()
        for stream in self.streams:
            found |= _inverted([frame.position for frame in stream.frames if frame.is_event and not frame.again])
        return found

    @cached_property
    def sent_kinds(self) -> set[str]:
        """The kinds of all frames that were handed to a socket."""
        return {frame.kind for stream in self.streams for frame in stream.frames}

    @cached_property
    def sent_positions(self) -> dict[int, int]:
        """Position -> entry of the first frame that held it."""
        first: dict[int, int] = {}
        for frame in sorted((frame for stream in self.streams for frame in stream.frames if frame.is_event), key=lambda frame: frame.entry):
            first.setdefault(frame.position, frame.entry)
        return first


def _inverted(positions: list[int]) -> set[int]:
    """Those that stand before a lower one or behind a higher one."""
    found: set[int] = set()
    highest = 0
    for position in positions:
        if position < highest:
            found.add(position)
        highest = max(highest, position)
    lowest = float("inf")
    for position in reversed(positions):
        if position > lowest:
            found.add(position)
        lowest = min(lowest, position)
    return found
