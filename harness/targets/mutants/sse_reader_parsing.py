"""Planted bugs in how an SSE reader reads bytes: lines, fields, and what an empty line does."""

from __future__ import annotations

import codecs
import re

from ..references.sse_parser import Frame, SseParser

LONE_CR = re.compile(rb"\r(?!\n)")
STAND_IN = "\ue000".encode()
"""A character that ends no line, in place of one that does."""


class TakesCrForText(SseParser):
    def feed(self, data: bytes) -> list[Frame]:
        return super().feed(LONE_CR.sub(STAND_IN, data))


class ForgetsTheCr(SseParser):
    def feed(self, data: bytes) -> list[Frame]:
        self._skip_lf = False
        return super().feed(data)


class KeepsTheByteOrderMark(SseParser):
    def __init__(self) -> None:
        super().__init__()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")


class SplitsCharacters(SseParser):
    def feed(self, data: bytes) -> list[Frame]:
        return super().feed(data.decode("utf-8", "replace").encode())


class SplitsAtEveryLineEnd(SseParser):
    def feed(self, data: bytes) -> list[Frame]:
        for separator in ("\u2028", "\x85", "\x0b"):
            data = data.replace(separator.encode(), b"\n")
        return super().feed(data)


class EndsAtComments(SseParser):
    def _take(self, line: str) -> Frame | None:
        return super()._take("" if line.startswith(":") else line)


class KeepsTheSpace(SseParser):
    def _take(self, line: str) -> Frame | None:
        name, colon, value = line.partition(":")
        return super()._take(f"{name}: {value}" if colon else line)


class StripsAllSpace(SseParser):
    def _field(self, name: str, value: str) -> None:
        super()._field(name, value.strip())


class IgnoresCase(SseParser):
    def _field(self, name: str, value: str) -> None:
        super()._field(name.strip().lower(), value)


class JoinsWithNothing(SseParser):
    def _dispatch(self) -> Frame | None:
        self._data = ["".join(self._data)] if self._data else []
        return super()._dispatch()


class KeepsTheLastLine(SseParser):
    def _dispatch(self) -> Frame | None:
        self._data = self._data[-1:]
        return super()._dispatch()


class KeepsTheType(SseParser):
    def _clear(self) -> None:
        event = self._event
        super()._clear()
        self._event = event


class DispatchesNothing(SseParser):
    def _dispatch(self) -> Frame | None:
        self._data = self._data or ([""] if self._id is not None else [])
        return super()._dispatch()


class TakesNull(SseParser):
    def _field(self, name: str, value: str) -> None:
        super()._field(name, value.replace("\0", "") if name == "id" else value)


class IgnoresEmptyIds(SseParser):
    def _field(self, name: str, value: str) -> None:
        if name != "id" or value:
            super()._field(name, value)


class TakesLeadingDigits(SseParser):
    def _field(self, name: str, value: str) -> None:
        digits = re.match(r"\d*", value, re.ASCII)
        super()._field(name, digits[0] if name == "retry" and digits is not None else value)


class HoldsTheLastBack(SseParser):
    """Gives a frame out only once the next one is whole."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[Frame] = []

    def feed(self, data: bytes) -> list[Frame]:
        frames = [*self._held, *super().feed(data)]
        self._held = frames[-1:]
        return frames[:-1]


class KeepsEverything(SseParser):
    def __init__(self) -> None:
        super().__init__()
        self._read: list[bytes] = []

    def feed(self, data: bytes) -> list[Frame]:
        self._read.append(data)
        return super().feed(data)


class GivesNewestFirst(SseParser):
    def feed(self, data: bytes) -> list[Frame]:
        return super().feed(data)[::-1]
