"""Logical positions inside a message, found in its pieces. Each returns how many bytes of this piece come before the position.

None: the position is not in this piece. A position between two pieces belongs to the first of them, so that a fault
acts as soon as the bytes before it have passed, however long the next ones take to come.
"""

from __future__ import annotations

import re

from .base import Piece

_LEAD = re.compile(rb"[\xc2-\xf4]")
"""The first byte of a UTF-8 character of two bytes or more."""


def in_head(piece: Piece, head_bytes: int) -> int | None:
    """Behind ``head_bytes`` bytes of the head, but always before its last byte."""
    if piece.kind != "head":
        return None
    at = head_bytes - piece.raw_before
    if _end_of_head(piece) is not None:
        at = min(at, len(piece.data) - 1)
    return at if 0 <= at <= len(piece.data) else None


def after_payload(piece: Piece, payload_bytes: int) -> int | None:
    """Behind ``payload_bytes`` bytes of the body; 0: behind the head."""
    if payload_bytes == 0:
        return _end_of_head(piece)
    if piece.kind != "payload":
        return None
    at = payload_bytes - piece.payload_before
    return at if 0 < at <= len(piece.data) else None


def after_lines(piece: Piece, lines: int) -> int | None:
    """Behind the LF of the ``lines``-th line of the body; 0: behind the head."""
    if lines == 0:
        return _end_of_head(piece)
    if piece.kind != "payload":
        return None
    newline = _newline(piece, lines)
    return None if newline is None else newline + 1


def in_line(piece: Piece, line: int, line_bytes: int) -> int | None:
    """Behind ``line_bytes`` bytes (at least 1) of the ``line``-th line of the body (from 1), but always before its LF."""
    if piece.kind != "payload":
        return None
    if piece.lines_before == line - 1:
        start, passed = 0, piece.line_bytes_before
    else:
        newline = _newline(piece, line - 1)
        if newline is None or newline + 1 == len(piece.data):
            return None
        start, passed = newline + 1, 0
    at = start + max(0, max(1, line_bytes) - passed)
    newline = piece.data.find(b"\n", start)
    if newline >= 0:
        return min(at, newline)
    return at if at <= len(piece.data) else None


def in_chunk_header(piece: Piece, chunk: int, header_bytes: int) -> int | None:
    """Behind ``header_bytes`` bytes (at least 1) of the header line of the ``chunk``-th chunk, but always inside it."""
    if piece.chunk != chunk:
        return None
    return min(max(1, header_bytes), max(1, len(piece.data) - 1))


def in_character(piece: Piece, character: int, character_bytes: int) -> int | None:
    """Behind ``character_bytes`` bytes (1 to 3) of the ``character``-th character of several bytes, but always inside it."""
    if piece.kind != "payload":
        return None
    for number, lead in enumerate(_LEAD.finditer(piece.data), piece.characters_before + 1):
        if number == character:
            first = lead[0][0]
            size = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
            return min(lead.start() + min(max(1, character_bytes), size - 1), len(piece.data))
    return None


def in_frame(piece: Piece, frame: int, frame_bytes: int) -> int | None:
    """Behind ``frame_bytes`` bytes of the ``frame``-th WebSocket frame (from 1), its header included, but always before its last byte."""
    if piece.frame != frame:
        return None
    at = min(frame_bytes, piece.frame_bytes - 1) - piece.frame_bytes_before
    return at if 0 <= at <= len(piece.data) else None


def after_raw(piece: Piece, raw_bytes: int) -> int | None:
    """Behind ``raw_bytes`` bytes of the message, head and framing included, and before at least one more."""
    at = raw_bytes - piece.raw_before
    return at if 0 <= at < len(piece.data) else None


def _end_of_head(piece: Piece) -> int | None:
    """A head that goes out in segments comes as several pieces; the last of them is the one with the empty line."""
    whole = piece.kind == "head" and piece.data.endswith((b"\n\r\n", b"\n\n"))
    return len(piece.data) if whole else None


def _newline(piece: Piece, line: int) -> int | None:
    """Where in this piece the ``line``-th line of the body ends."""
    missing = line - piece.lines_before
    if missing < 1:
        return None
    at = -1
    for _ in range(missing):
        at = piece.data.find(b"\n", at + 1)
        if at < 0:
            return None
    return at
