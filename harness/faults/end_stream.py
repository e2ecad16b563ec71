"""Fault ``end-stream``: an answer that is whole as HTTP, of a stream that goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import EndStream, StreamEnd


@dataclass(frozen=True, kw_only=True)
class EndStreamFault(Fault):
    """Behind ``after_events`` events of the answer it ends with the frame that ``end`` names; ``eof`` False: the connection stays open."""

    name: ClassVar[str] = "end-stream"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "the server ends a stream that is not over: cleanly, by rotation, or with an error frame"

    endpoint: str = "stream"
    after_events: int = 0
    end: StreamEnd = "clean"
    eof: bool = True

    def on_request(self) -> EndStream:
        return EndStream(self.after_events, self.end, self.eof)
