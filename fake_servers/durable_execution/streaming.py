"""The stream of a run as the answer to one reader: from an index on, live, until the run is at rest and all its frames are out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from .announcements import Announcements
from .own_faults import OwnFaults
from .records import Run
from .store import Store

BATCH_FRAMES = 256
RUN_ID = "x-workflow-run-id"
TRANSPORT_ERROR = b'event: error\ndata: {"error":"Stream error"}\n\n'


class FrameReader:
    """Where one reader is in a run."""

    def __init__(self, store: Store, faults: OwnFaults, run_id: str, index: int) -> None:
        self.run_id = run_id
        self._store = store
        self._faults = faults
        self._next = index
        self._frames_out = 0

    def read(self) -> tuple[Sequence[str], bool]:
        """The frames that are there behind the last ones, and whether the stream ends with them."""
        limit = self._faults.before_read(self._frames_out, BATCH_FRAMES)
        frames = self._store.frames(self.run_id, self._next, limit)
        self._frames_out += len(frames)
        self._next += len(frames)
        run = self._store.run(self.run_id)
        return frames, run.at_rest and self._next >= run.frame_count


class Streams:
    """Answers with the streams of runs. ``log`` gets what went wrong."""

    reader_type: type[FrameReader] = FrameReader

    def __init__(self, store: Store, announcements: Announcements, log: Callable[[str], None]) -> None:
        self.store = store
        self.announcements = announcements
        self.log = log

    def headers(self) -> dict[str, str]:
        """Of every streaming answer."""
        return {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}

    async def answer_created(self, http: web.Request, run: Run, extra: Mapping[str, str] | None = None) -> web.StreamResponse:
        """The answer to whoever created the run."""
        return await self.answer(http, run, 0, {**(extra or {}), RUN_ID: run.id})

    async def answer(self, http: web.Request, run: Run, index: int, extra: Mapping[str, str] | None = None) -> web.StreamResponse:
        """Frames from number ``index`` on. What breaks behind the head is told by ``event: error``."""
        response = web.StreamResponse(headers={**self.headers(), **(extra or {})})
        try:
            await response.prepare(http)
            try:
                await self.write_frames(response, self.reader_type(self.store, self.store.faults, run.id, index))
            except ConnectionError:
                raise
            except Exception as error:  # whatever it was, the reader must not take the end of the body for that of the stream
                self.log(f"a stream of run {run.id} broke: {type(error).__name__}: {error}")
                await response.write(TRANSPORT_ERROR)
            await response.write_eof()
        except ConnectionError:
            pass  # the reader has gone; it may come again
        return response

    async def write_frames(self, response: web.StreamResponse, reader: FrameReader) -> None:
        while True:
            frames, ends = reader.read()
            if frames:
                await response.write("".join(f"data: {data}\n\n" for data in frames).encode())
            if ends:
                return
            if not frames:
                await self.announcements.next(reader.run_id)
