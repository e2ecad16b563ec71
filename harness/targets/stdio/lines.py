"""From the bytes of a driver's standard output to messages, in bounded memory whatever it prints.

Split on LF alone: U+2028, U+2029 and a lone CR stand inside a line. A line that is no JSON object is *stray*: the first
is reported, the rest is only counted. Too much of either kind ends the reading for good.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

LINE_BYTES_MAX = 16 * 1024 * 1024
STRAY_BYTES_MAX = 8 * 1024 * 1024
SHOWN_CHARACTERS_MAX = 200

STRAY_LINE = "stray-line"
STRAY_ADVICE = "standard output is reserved for the protocol: send logs to standard error"


@dataclass(frozen=True)
class Message:
    data: dict[str, Any]
    line_bytes: int


@dataclass(frozen=True)
class Trouble:
    """Something wrong with what was read. ``fatal``: nothing is read any more. ``problem`` is the word for the history."""

    problem: str
    message: str
    fatal: bool = False


Item = Message | Trouble


class LineReader:
    """Fed with bytes as they come; returns what they complete."""

    def __init__(self, *, line_bytes_max: int = LINE_BYTES_MAX, stray_bytes_max: int = STRAY_BYTES_MAX) -> None:
        self._line_bytes_max = line_bytes_max
        self._stray_bytes_max = stray_bytes_max
        self._pieces: list[bytes] = []
        self._piece_bytes = 0
        self._stray_bytes = 0
        self.broken = False

    def feed(self, data: bytes) -> list[Item]:
        items: list[Item] = []
        start = 0
        while not self.broken:
            end = data.find(b"\n", start)
            self._keep(data[start : end if end >= 0 else len(data)], items)
            if end < 0 or self.broken:
                break
            self._finish_line(items)
            start = end + 1
        return items

    @property
    def unfinished(self) -> str:
        """The beginning of a last line that has no LF yet, in quotes; empty when there is none."""
        return _shown(self._pieces[0]) if self._pieces else ""

    def _keep(self, piece: bytes, items: list[Item]) -> None:
        self._piece_bytes += len(piece)
        if self._piece_bytes > self._line_bytes_max:
            self._break("line-too-long", f"a line of standard output is longer than {self._line_bytes_max} bytes", items)
        elif piece:
            self._pieces.append(piece)

    def _finish_line(self, items: list[Item]) -> None:
        line = b"".join(self._pieces)
        self._pieces.clear()
        self._piece_bytes = 0
        message = parse_object(line)
        if message is not None:
            items.append(Message(message, len(line)))
        elif line.strip():
            self._stray(line, items)

    def _stray(self, line: bytes, items: list[Item]) -> None:
        if not self._stray_bytes:
            items.append(Trouble(STRAY_LINE, f"a line on standard output is no JSON object ({STRAY_ADVICE}): {_shown(line)}"))
        self._stray_bytes += len(line) + 1
        if self._stray_bytes > self._stray_bytes_max:
            self._break("garbage", f"more than {self._stray_bytes_max} bytes on standard output are no protocol ({STRAY_ADVICE})", items)

    def _break(self, problem: str, message: str, items: list[Item]) -> None:
        self.broken = True
        self._pieces.clear()
        items.append(Trouble(problem, message, fatal=True))


def parse_object(line: bytes) -> dict[str, Any] | None:
    """The JSON object on a line, or None."""
    if not line.lstrip().startswith(b"{"):  # most of what is no object is seen cheaply: a flood has millions of lines
        return None
    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):  # no UTF-8, no JSON, or nested beyond reason
        return None
    return value if isinstance(value, dict) else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _shown(line: bytes) -> str:
    text = line[: 4 * SHOWN_CHARACTERS_MAX].decode("utf-8", "backslashreplace").strip()
    return repr(text if len(text) <= SHOWN_CHARACTERS_MAX else text[:SHOWN_CHARACTERS_MAX] + "..")
