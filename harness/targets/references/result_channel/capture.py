"""One output of a command, cut into chunks: whole characters, at the threshold or after the interval or at the end.

The output is text. Bytes that are none are replaced, and a character is never cut in two: what has arrived of it waits for the rest.
"""

from __future__ import annotations

import asyncio
import codecs
import sqlite3
from collections.abc import Callable

READ_BYTES = 65_536

Publish = Callable[[list[str]], None]
"""Stores chunks, all of them or none. Raises sqlite3.Error when it cannot."""


class Capture:
    def __init__(self, publish: Publish, threshold_bytes: int, interval_s: float) -> None:
        self.publish = publish
        self.threshold_bytes = threshold_bytes
        self.interval_s = interval_s
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.pending = b""
        """Whole characters that no chunk holds yet, as valid UTF-8."""
        self.texts: list[str] = []
        self.timer: asyncio.TimerHandle | None = None

    @property
    def text(self) -> str:
        """All that was captured."""
        return "".join(self.texts)

    async def read(self, stream: asyncio.StreamReader) -> None:
        """Until the end of ``stream``, and until all of it is stored."""
        while data := await stream.read(READ_BYTES):
            self.feed(data)
        self.take(self.decoder.decode(b"", final=True))
        await self.finish()

    def feed(self, data: bytes) -> None:
        self.take(self.decoder.decode(data))
        if self.is_due():
            self.flush(self.full_chunks())
        if self.pending:
            self.expect_flush()

    def take(self, text: str) -> None:
        if text:
            self.texts.append(text)
            self.pending += text.encode()

    async def finish(self) -> None:
        """At the end the rest goes out; where it cannot be stored, again and again."""
        self.flush_all()
        while self.pending:
            await asyncio.sleep(self.interval_s)
            self.flush_all()
        self.forget_timer()

    # --- when -------------------------------------------------------------------------------------------------------

    def is_due(self) -> bool:
        return len(self.pending) >= self.threshold_bytes

    def expect_flush(self) -> None:
        if self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(self.interval_s, self.interval_is_over)

    def interval_is_over(self) -> None:
        self.timer = None
        self.flush_all()
        if self.pending:
            self.expect_flush()

    def forget_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    # --- what -------------------------------------------------------------------------------------------------------

    def full_chunks(self) -> list[str]:
        """As many chunks of at least the threshold as there are; each exceeds it by less than one character."""
        chunks, begin = [], 0
        while len(self.pending) - begin >= self.threshold_bytes:
            end = self.edge(begin + self.threshold_bytes)
            chunks.append(self.decoded(self.pending[begin:end]))
            begin = end
        return chunks

    def edge(self, position: int) -> int:
        """The next place that is between two characters."""
        while position < len(self.pending) and self.pending[position] & 0xC0 == 0x80:
            position += 1
        return position

    def decoded(self, data: bytes) -> str:
        return data.decode()

    def flush_all(self) -> None:
        chunks = self.full_chunks()
        rest = self.pending[sum(len(chunk.encode()) for chunk in chunks) :]
        if rest:
            chunks.append(self.decoded(rest))
        self.flush(chunks)

    def flush(self, chunks: list[str]) -> None:
        """What cannot be stored stays, and comes with a later flush."""
        if not chunks:
            return
        try:
            self.publish(chunks)
        except sqlite3.Error:  # a full disk, say: it is tried again after the interval
            return
        self.pending = self.pending[sum(len(chunk.encode()) for chunk in chunks) :]
