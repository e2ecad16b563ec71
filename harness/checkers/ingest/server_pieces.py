"""The words of the hostile client: each piece of a request body, and the exact bytes that it stands for.

A workload, its history and the model of a right server all speak in pieces, so that a body of 5 MB is a few words.

================================ ======================================================================================
``["event", seq]``               a small event line; ``["event", seq, text]`` holds that text
``["events", first, count]``     ``count`` small event lines, numbered on from ``first``
``["sized", seq, line_bytes]``   an event line of exactly so many bytes, LF not counted
``["complete", final_seq]``      the completion line
``["blank", text]``              a line of white space
``["bad", text]``                a line that is neither an event nor a completion
``["bad-hex", hex]``             the same, in bytes
``["last-event", seq]``          an event line without LF: only at the end of a body
``["last-complete", final_seq]`` the completion line without LF: only at the end of a body
``["partial", text]``            the beginning of a line, without LF: only at the end of a body
================================ ======================================================================================

In a workload a number may be written "L+2" or "L-1": counted from the position that was read before the operation. So an
operation keeps its meaning when others are left out. A history holds plain numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

Piece = Sequence[Any]

NUMBERED = frozenset({"event", "events", "sized", "complete", "last-event", "last-complete"})
"""Words whose first argument is a sequence number."""

SMALL = 1_000
"""Bytes beyond which a ``sized`` line has room for its frame, so that its size needs no building."""

COMPLETION_TYPE = "_posthog/stream_complete"


def piece_bytes(piece: Piece) -> bytes:
    """The bytes of a piece. Raises KeyError for a word that is not in the table."""
    return _BYTES[piece[0]](*piece[1:])


def resolved(number: int | str, last: int) -> int:
    """A number of a workload, for a run at ``last``. Raises ValueError for a text that is none."""
    if not isinstance(number, str):
        return number
    if not number.startswith("L"):
        raise ValueError(f"{number!r} is no number of a workload; expected an integer or a text such as 'L+1'")
    return last + int(number[1:] or "0")


def resolved_piece(piece: Piece, last: int) -> list[Any]:
    """The piece with its number as a plain one."""
    if piece[0] not in NUMBERED:
        return list(piece)
    return [piece[0], resolved(piece[1], last), *piece[2:]]


def piece_size(piece: Piece) -> int:
    """How many bytes a piece has, without building the large ones."""
    if piece[0] == "sized" and piece[2] > SMALL:
        return int(piece[2]) + 1
    return len(piece_bytes(piece))


def _event(seq: int, text: str | None = None) -> bytes:
    return _event_line(seq, text) + b"\n"


def _event_line(seq: int, text: str | None = None) -> bytes:
    event = {"type": "notification"} if text is None else {"type": "notification", "text": text}
    return json.dumps({"seq": seq, "event": event}, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")


def _events(first: int, count: int) -> bytes:
    return b"".join(b'{"seq":%d,"event":{}}\n' % seq for seq in range(first, first + count))


def _sized(seq: int, line_bytes: int) -> bytes:
    """The text is padded with a character of two bytes, so that to count characters is not to count bytes."""
    room = line_bytes - len(_event_line(seq, ""))
    return _event_line(seq, "é" * (room // 2) + "x" * (room % 2)) + b"\n"


def _complete(final_seq: int) -> bytes:
    return b'{"type":"%s","final_seq":%d}' % (COMPLETION_TYPE.encode(), final_seq)


_BYTES: dict[str, Callable[..., bytes]] = {
    "event": _event,
    "events": _events,
    "sized": _sized,
    "complete": lambda final_seq: _complete(final_seq) + b"\n",
    "blank": lambda text: text.encode() + b"\n",
    "bad": lambda text: text.encode() + b"\n",
    "bad-hex": lambda text: bytes.fromhex(text) + b"\n",
    "last-event": _event_line,
    "last-complete": _complete,
    "partial": lambda text: text.encode(),
}
