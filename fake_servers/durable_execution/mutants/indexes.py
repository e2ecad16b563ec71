"""Mutants that read a start index wrongly, or do more than read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aiohttp import web

from ..access import TENANT
from ..executions import Executions
from ..index import START_INDEX
from ..own_faults import OwnFaults
from ..records import Creation
from ..store import Store
from ..streaming import FrameReader
from .base import mutant
from .streams import _reading

_NUMBER = re.compile(r"\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")


class ParsingExecutions(Executions):
    """Reads what a number may begin with; what is none is 0, and what is negative counts from the end."""

    def start_index(self, http: web.Request) -> int:
        found = _NUMBER.match(", ".join(http.headers.getall(START_INDEX, [])))
        if found is None:
            return 0
        number = int(found[2], 16) if found[2] else int(found[3])
        return number if found[1] != "-" else max(0, self.find_run(http).frame_count - number)


class WrappingExecutions(Executions):
    """Numbers have 32 bits."""

    def start_index(self, http: web.Request) -> int:
        values = http.headers.getall(START_INDEX, [])
        if len(values) == 1 and values[0].isascii() and values[0].isdigit():
            return int(values[0]) % 2**31
        return super().start_index(http)


class FirstValueExecutions(Executions):
    """Of a header that is given twice the first counts."""

    def start_index(self, http: web.Request) -> int:
        values = http.headers.getall(START_INDEX, [])
        return int(values[0]) if len(values) > 1 and values[0].isdecimal() else super().start_index(http)


class WaitingReader(FrameReader):
    """Behind the end there is nothing that could end."""

    def read(self) -> tuple[Sequence[str], bool]:
        beyond = self._next > self._store.run(self.run_id).frame_count
        frames, ends = super().read()
        return frames, ends and not beyond


class ClampingReader(FrameReader):
    """Nobody starts behind the end: the next frame comes at once."""

    def __init__(self, store: Store, faults: OwnFaults, run_id: str, index: int) -> None:
        super().__init__(store, faults, run_id, min(index, store.run(run_id).frame_count))


class VisibleReader(FrameReader):
    """The index counts what a user sees."""

    def __init__(self, store: Store, faults: OwnFaults, run_id: str, index: int) -> None:
        seen = [place for place, data in enumerate(store.frames(run_id, 0)) if '"content"' in data or '"delta"' in data]
        start = index if index >= len(seen) else seen[index]
        super().__init__(store, faults, run_id, start if index else 0)


class ByteReader(FrameReader):
    """The index counts bytes."""

    def __init__(self, store: Store, faults: OwnFaults, run_id: str, index: int) -> None:
        place, left = 0, index
        for data in store.frames(run_id, 0):
            if left <= 0:
                break
            place, left = place + 1, left - len(f"data: {data}\n\n")
        super().__init__(store, faults, run_id, place)


class RepeatingReader(FrameReader):
    """Begins with the last frame that was seen."""

    def __init__(self, store: Store, faults: OwnFaults, run_id: str, index: int) -> None:
        super().__init__(store, faults, run_id, max(0, index - 1))


class NewsOnlyReader(FrameReader):
    """Whoever comes back while the run goes on gets what is written from now on."""

    def __init__(self, store: Store, faults: OwnFaults, run_id: str, index: int) -> None:
        run = store.run(run_id)
        super().__init__(store, faults, run_id, max(index, run.frame_count) if index and run.status == "running" else index)


class LatestOnlyReader(FrameReader):
    """Of what was written since the last look only the last frame is told, behind the first look."""

    looked = False

    def read(self) -> tuple[Sequence[str], bool]:
        frames, ends = super().read()
        kept = frames[-1:] if self.looked else frames
        self.looked = True
        return kept, ends


class RestartingExecutions(Executions):
    """Whoever reads a run that is over wants it done again."""

    async def stream(self, http: web.Request) -> web.StreamResponse:
        run = self.find_run(http)
        self.start_index(http)
        if run.status == "completed":
            said = [
                message
                for message in self.server.store.messages(run.scope, run.conversation_id, run.prompt_end)
                if message["role"] == "user"
            ]
            self.server.engine.create(Creation(http[TENANT], run.conversation_id, said[-1:]))
        return await super().stream(http)


class WakingExecutions(Executions):
    """Whoever reads a suspended run wants it to go on."""

    async def stream(self, http: web.Request) -> web.StreamResponse:
        run = self.find_run(http)
        call = self.server.store.pending_call(run.id)
        if call is not None and self.start_index(http) > 0:
            with self.server.store.change(run.id) as change:
                change.decide(call, False, None)
        return await super().stream(http)


INDEXES = (
    mutant("any-index", "IDX-2 IDX-3", "an index is whatever begins like a number, or 0", "M-C09", executions_type=ParsingExecutions),
    mutant("wrapped-index", "IDX-2", "an index beyond 2^31-1 is taken modulo 2^31", executions_type=WrappingExecutions),
    mutant("first-of-two-indexes", "IDX-2", "of two indexes the first counts", executions_type=FirstValueExecutions),
    mutant(
        "beyond-the-end-hangs", "IDX-3", "an index behind the end of a closed stream hangs", "M-C09", streams_type=_reading(WaitingReader)
    ),
    mutant(
        "clamped-index",
        "IDX-3",
        "an index behind the end of an open stream gets the frames below it",
        "M-C09",
        streams_type=_reading(ClampingReader),
    ),
    mutant("visible-index", "IDX-1", "the index counts what a user sees", "M-C28", streams_type=_reading(VisibleReader)),
    mutant("byte-index", "IDX-1", "the index counts bytes", "M-C28", streams_type=_reading(ByteReader)),
    mutant("off-by-one-index", "IDX-4 IDX-1", "an index is taken for the last one seen", streams_type=_reading(RepeatingReader)),
    mutant(
        "news-only", "IDX-4", "whoever comes back to a running run misses what was written meanwhile", streams_type=_reading(NewsOnlyReader)
    ),
    mutant(
        "latest-only",
        "IDX-1 IDX-4",
        "frames that are written at once are told to live readers as one",
        streams_type=_reading(LatestOnlyReader),
    ),
    mutant("reading-starts-a-run", "IDX-5", "reading a run that is over starts another", "M-C29", executions_type=RestartingExecutions),
    mutant("reading-decides", "IDX-5", "reading a suspended run moves it", executions_type=WakingExecutions),
)
