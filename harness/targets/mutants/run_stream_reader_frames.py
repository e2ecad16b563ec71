"""Planted bugs in how a run-stream reader takes the bytes of a stream: lines, frames, what they mean, and the cursor in them."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from ..references.run_stream_connection import Connection, End
from ..references.run_stream_failure import WatchFailed
from ..references.run_stream_frames import FrameReader, Message, Says, json_or_none
from ..references.run_stream_watch import Watch
from ..references.sse_parser import Frame, SseParser

BAD: Mapping[str, Any] = MappingProxyType({})
"""What stands for an event that could not be read."""


def frames_with(parser: type[SseParser]) -> type[FrameReader]:
    class Frames(FrameReader):
        def __init__(self) -> None:
            self.parser = parser()

    return Frames


# --- bytes and lines ------------------------------------------------------------------------------------------------


class DecodesEachPiece(SseParser):
    """A character that lies over two pieces becomes two that nobody can read."""

    def feed(self, data: bytes) -> list[Frame]:
        return super().feed(data.decode("utf-8", "replace").encode())


class TakesPiecesForLines(SseParser):
    """A line is over where a piece is."""

    def feed(self, data: bytes) -> list[Frame]:
        frames = super().feed(data)
        if self._line:
            line = "".join(self._line)
            self._line.clear()
            self._take(line)
        return frames


class KnowsOnlyLf(SseParser):
    """A CR is a character like any other to it; a no-break space is one, too."""

    def feed(self, data: bytes) -> list[Frame]:
        return super().feed(data.replace(b"\r", "\u00a0".encode()))


class DropsFrameWithByteOrderMark(SseParser):
    """The byte order mark makes the first field one that it does not know, and a frame with such a field is thrown away."""

    def __init__(self) -> None:
        super().__init__()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._is_spoilt = False

    def _field(self, name: str, value: str) -> None:
        self._is_spoilt = self._is_spoilt or name.startswith("\ufeff")
        super()._field(name, value)

    def _dispatch(self) -> Frame | None:
        frame = super()._dispatch()
        is_spoilt, self._is_spoilt = self._is_spoilt, False
        return None if is_spoilt else frame


class NeedsTheSpace(SseParser):
    def _take(self, line: str) -> Frame | None:
        name, colon, value = line.partition(":")
        return super()._take(line) if not colon or not name or value.startswith(" ") else None


class KeepsLastDataLine(SseParser):
    def _field(self, name: str, value: str) -> None:
        if name == "data":
            self._data.clear()
        super()._field(name, value)


# --- what frames mean -----------------------------------------------------------------------------------------------


class ReadsAnyName(FrameReader):
    """A name that nobody knows makes no difference to it."""

    def control_message(self, frame: Frame) -> Message:
        message = super().control_message(frame)
        event = self.event_of(frame)
        return Message(Says.EVENT, frame.id, event) if message.says is Says.NOTHING and event is not None else message


class EmitsControl(FrameReader):
    """What a control frame of one kind holds is an event as well."""

    emitted: ClassVar[Says]

    def feed(self, data: bytes) -> list[Message]:
        return [message for frame in self.parser.feed(data) for message in self.messages_of(frame)]

    def messages_of(self, frame: Frame) -> list[Message]:
        message = self.message_of(frame)
        event = self.event_of(frame) if message.says is self.emitted else None
        return [message] if event is None else [Message(Says.EVENT, None, event), message]


class EmitsRotations(EmitsControl):
    emitted = Says.COME_AGAIN


class EmitsErrors(EmitsControl):
    emitted = Says.ERROR


class EmitsEnd(EmitsControl):
    emitted = Says.STREAM_END


class EmitsKeepalives(EmitsControl):
    emitted = Says.KEEPALIVE


class TakesAnyJson(FrameReader):
    """Data that is JSON but no object is an event to it."""

    def event_of(self, frame: Frame) -> Mapping[str, Any] | None:
        event: Mapping[str, Any] | None = None if frame.data is None else json_or_none(frame.data)
        return event


# --- the cursor -----------------------------------------------------------------------------------------------------


class ReadsIdOfBadFrames(FrameReader):
    def message_of(self, frame: Frame) -> Message:
        message = super().message_of(frame)
        skipped = message.says is Says.NOTHING and frame.id and not frame.event
        return Message(Says.EVENT, frame.id, BAD) if skipped else message


class ReadsIdOfKeepalives(FrameReader):
    def control_message(self, frame: Frame) -> Message:
        message = super().control_message(frame)
        return Message(Says.EVENT, frame.id, BAD) if message.says is Says.KEEPALIVE and frame.id else message


class CursorMovesWithoutEvent(Watch):
    def on_event(self, id: str | None, event: Mapping[str, Any]) -> None:
        if event is BAD:
            self.move_cursor(id)
        else:
            super().on_event(id, event)


class CursorMovesWithIdLine(Watch):
    """The id counts when its line is there, with or without the rest of the frame."""

    def new_connection(self) -> Connection:
        self.connection = super().new_connection()
        return self.connection

    async def connect(self) -> End:
        end = await super().connect()
        self.move_cursor(self.connection.frames.parser._id or None)
        return end


# --- error frames ---------------------------------------------------------------------------------------------------


class LosesBatchOnError(Watch):
    """An error frame unwinds the loop that reads, and what was to be told with it."""

    async def connect(self) -> End:
        end = await super().connect()
        if end is End.ERROR:
            self.batch.drop()
        return end


class GivesUpOnError(Watch):
    async def connect(self) -> End:
        end = await super().connect()
        if end is End.ERROR:
            raise WatchFailed("Cloud stream failed", "the server gave up the stream", retryable=True)
        return end


class TakesErrorForFailure(Connection):
    """Streams that the server gave up and connections that failed have one budget."""

    def end_when_error(self) -> End:
        return End.OVER if self.is_over else End.FAILED


class WaitsBehindError(Connection):
    """It sees no end in an error frame, and waits for whatever comes."""

    def take(self, message: Message) -> End | None:
        return None if message.says is Says.ERROR else super().take(message)
