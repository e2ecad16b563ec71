"""Mutants whose streams lie, break, or do not end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import uuid
from collections.abc import Mapping, Sequence

from aiohttp import web

from ..change import Change
from ..frames import Flavour, Frames, OpenAiFrames
from ..machine import Machine
from ..records import Call, Run
from ..store import Store
from ..streaming import FrameReader, Streams
from ..vercel_frames import VercelFrames
from .base import mutant

APPROVAL = "tool-approval-request"
DONE = b"data: [DONE]\n\n"
FLAVOURS: Mapping[str, type[Flavour]] = {"openai": OpenAiFrames, "vercel": VercelFrames}


# --- frames


class PrettyFrames(OpenAiFrames):
    """JSON over several lines, of which only the first is told to be data."""

    def chunk(self, delta: Mapping[str, object], finish_reason: str | None = None) -> str:
        return json.dumps(json.loads(super().chunk(delta, finish_reason)), indent=1)


class RenamingReader(FrameReader):
    """Each reader gets an id of its own for the same chunks."""

    def read(self) -> tuple[Sequence[str], bool]:
        frames, ends = super().read()
        own = uuid.uuid5(uuid.NAMESPACE_OID, str(id(self))).hex
        return [frame.replace(f"chatcmpl-{self.run_id}", f"chatcmpl-{own}") for frame in frames], ends


class UnfinishedFrames(OpenAiFrames):
    def finish(self) -> Frames:
        return ()


class QuietFailure(Machine):
    def fail(self, text: str) -> None:
        with self.store.change(self.run_id) as change:
            change.add_frames(self.flavour(self.store.run(self.run_id)).finish())
            change.set_status("failed")


class FinishingSuspension(Machine):
    def suspend(self, run: Run, call: Call) -> None:
        super().suspend(run, call)
        with self.store.change(run.id) as change:
            change.add_frames(self.flavour(run).finish())


class DroppingChange(Change):
    def write_frame(self, position: int, data: str) -> None:
        with contextlib.suppress(sqlite3.OperationalError):  # the bug: nobody learns of it
            super().write_frame(position, data)


class DroppingStore(Store):
    change_type = DroppingChange


# --- ends


class CleanStreams(Streams):
    """What breaks is only logged: the body ends as if all were well."""

    async def write_frames(self, response: web.StreamResponse, reader: FrameReader) -> None:
        try:
            await super().write_frames(response, reader)
        except sqlite3.Error as error:
            self.log(f"a stream broke: {error}")


class OpenStreams(Streams):
    """What breaks ends the loop that writes, and nobody closes the body."""

    async def write_frames(self, response: web.StreamResponse, reader: FrameReader) -> None:
        try:
            await super().write_frames(response, reader)
        except sqlite3.Error:
            await asyncio.Event().wait()


class PatientReader(FrameReader):
    """Waits behind a suspension for what comes next."""

    def read(self) -> tuple[Sequence[str], bool]:
        frames, ends = super().read()
        return frames, ends and self._store.run(self.run_id).over


class ToolHeldReader(FrameReader):
    """A run that has used a tool leaves its stream open."""

    def read(self) -> tuple[Sequence[str], bool]:
        frames, ends = super().read()
        return frames, ends and not (self._store.run(self.run_id).over and any(call.approved for call in self._store.calls(self.run_id)))


class FailureHeldReader(FrameReader):
    """A run that has failed leaves its stream open."""

    def read(self) -> tuple[Sequence[str], bool]:
        frames, ends = super().read()
        return frames, ends and self._store.run(self.run_id).status != "failed"


class FirstRoundReader(FrameReader):
    """The stream of a run is that of its first round."""

    def read(self) -> tuple[Sequence[str], bool]:
        start = self._next
        frames, ends = super().read()
        first = next((place for place, data in enumerate(self._store.frames(self.run_id, 0)) if APPROVAL in data), None)
        if first is None or start + len(frames) <= first:
            return frames, ends
        return frames[: max(0, first + 1 - start)], True


# --- [DONE]


class TwiceDoneStreams(Streams):
    async def write_frames(self, response: web.StreamResponse, reader: FrameReader) -> None:
        await super().write_frames(response, reader)
        await response.write(DONE + DONE)


class EarlyDoneStreams(Streams):
    """Each round ends with it, and so does what is read of several rounds."""

    async def write_frames(self, response: web.StreamResponse, reader: FrameReader) -> None:
        while True:
            frames, ends = reader.read()
            for frame in frames:
                await response.write(f"data: {frame}\n\n".encode() + (DONE if APPROVAL in frame else b""))
            if ends:
                return
            if not frames:
                await self.announcements.next(reader.run_id)


class DoneFirstStreams(Streams):
    """It comes before the last frame."""

    async def write_frames(self, response: web.StreamResponse, reader: FrameReader) -> None:
        while True:
            frames, ends = reader.read()
            for place, frame in enumerate(frames):
                last = ends and place == len(frames) - 1
                await response.write((DONE if last else b"") + f"data: {frame}\n\n".encode())
            if ends:
                return
            if not frames:
                await self.announcements.next(reader.run_id)


def _reading(reader: type[FrameReader]) -> type[Streams]:
    """Streams that are read by these readers."""
    return type(f"{reader.__name__}Streams", (Streams,), {"reader_type": reader})


STREAMS = (
    mutant("frames-over-lines", "SSE-1", "a frame of several lines of which one is data", flavours={**FLAVOURS, "openai": PrettyFrames}),
    mutant("frames-per-reader", "SSE-1 IDX-1", "each reader gets other frames", streams_type=_reading(RenamingReader)),
    mutant("no-finish", "SSE-2", "a run that succeeds has no finish", flavours={**FLAVOURS, "openai": UnfinishedFrames}),
    mutant("failure-without-error", "SSE-2", "a run that fails ends like one that succeeds", machine_type=QuietFailure),
    mutant("suspension-with-finish", "SSE-2", "a suspension ends like a success", machine_type=FinishingSuspension),
    mutant("clean-end-of-broken", "SSE-2", "a stream that breaks ends cleanly", "M-C17", streams_type=CleanStreams),
    mutant("broken-stays-open", "SSE-2 SSE-3", "a stream that breaks stays open", "M-C18", streams_type=OpenStreams),
    mutant("open-after-suspension", "SSE-3", "a stream stays open when its run is suspended", streams_type=_reading(PatientReader)),
    mutant(
        "open-after-tool", "SSE-3", "a stream stays open when its run ends behind a tool", "M-C21", streams_type=_reading(ToolHeldReader)
    ),
    mutant("open-after-failure", "SSE-3", "a stream stays open when its run has failed", streams_type=_reading(FailureHeldReader)),
    mutant("done-after-each-round", "SSE-4", "[DONE] behind each round, with frames behind it", "M-C26", streams_type=EarlyDoneStreams),
    mutant("done-before-last", "SSE-4", "[DONE] before the last frame", "M-C26", streams_type=DoneFirstStreams),
    mutant("done-twice", "SSE-4", "[DONE] twice", streams_type=TwiceDoneStreams),
    mutant("dropped-write", "SSE-5", "a frame that cannot be written is dropped", "M-C15", store_type=DroppingStore),
    mutant("first-round-only", "SSE-6", "GET stream shows the first round only", "M-C32", streams_type=_reading(FirstRoundReader)),
)
