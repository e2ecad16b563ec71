"""Logical positions: exact in every segmentation, inside what they name, and reached as soon as the bytes before them have passed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streamproof.harness.faults import places
from streamproof.harness.faults.base import Piece
from streamproof.harness.worlds.http_scan import Scanner

HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
Find = Callable[[Piece], int | None]

bodies = st.lists(st.text(st.sampled_from("ab\né🙂ह"), min_size=1, max_size=6).map(str.encode), max_size=5)
cuts = st.lists(st.integers(0, 200), max_size=6)


def pieces(chunks: list[bytes], at: list[int]) -> list[Piece]:
    """The pieces of an upload whose bytes arrive in segments that end at ``at``."""
    wire = HEAD + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    edges = sorted({0, len(wire), *(place % len(wire) for place in at)})
    scanner = Scanner("request")
    return [piece for start, stop in pairwise(edges) for piece in scanner.feed(wire[start:stop])]


def passed(found: list[Piece], find: Find) -> tuple[bytes, bytes] | None:
    """(raw bytes, payload bytes) before the position, or None when it is nowhere."""
    raw = payload = b""
    for piece in found:
        at = find(piece)
        data = piece.data if at is None else piece.data[:at]
        raw += data
        payload += data if piece.kind == "payload" else b""
        if at is not None:
            return raw, payload
    return None


@given(bodies, cuts, st.integers(0, 40))
def test_behind_bytes_of_payload(chunks: list[bytes], at: list[int], count: int) -> None:
    """Exactly so many bytes of payload, or nowhere when there are not so many."""
    body = b"".join(chunks)
    got = passed(pieces(chunks, at), lambda piece: places.after_payload(piece, count))
    assert (None if got is None else got[1]) == (body[:count] if count <= len(body) else None)


@given(bodies, cuts, st.integers(0, 6))
def test_behind_lines(chunks: list[bytes], at: list[int], count: int) -> None:
    """Exactly so many whole lines, or nowhere."""
    lines = b"".join(chunks).split(b"\n")
    got = passed(pieces(chunks, at), lambda piece: places.after_lines(piece, count))
    expected = b"".join(line + b"\n" for line in lines[:count]) if count < len(lines) else None
    assert (None if got is None else got[1]) == expected


@given(bodies, cuts, st.integers(1, 4), st.integers(0, 9))
def test_inside_a_line(chunks: list[bytes], at: list[int], line: int, count: int) -> None:
    """At least one byte of the line, as many as asked for, and never its LF; a last line without LF may be cut at its end."""
    lines = b"".join(chunks).split(b"\n")
    got = passed(pieces(chunks, at), lambda piece: places.in_line(piece, line, count))
    if line > len(lines):
        assert got is None
        return
    before = b"".join(text + b"\n" for text in lines[: line - 1])
    wanted = before + lines[line - 1][: max(1, count)]
    unfinished = line == len(lines)
    if unfinished and len(lines[-1]) < max(1, count):
        assert got is None
    else:
        assert got is not None
        assert got[1] == wanted


@given(bodies, cuts, st.integers(1, 6), st.integers(0, 5))
def test_inside_a_chunk_header(chunks: list[bytes], at: list[int], number: int, count: int) -> None:
    """Between the first and the last byte of the header line of that chunk; the last chunk counts."""
    got = passed(pieces(chunks, at), lambda piece: places.in_chunk_header(piece, number, count))
    if number > len(chunks) + 1:
        assert got is None
        return
    assert got is not None
    before = HEAD + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks[: number - 1])
    header = b"%x\r\n" % len([*chunks, b""][number - 1])
    assert got[0] == before + header[: min(max(1, count), len(header) - 1)]


@given(bodies, cuts, st.integers(1, 4), st.integers(0, 5))
def test_inside_a_character(chunks: list[bytes], at: list[int], number: int, count: int) -> None:
    """What passes ends in the middle of that character: it is no valid UTF-8, and all before it is."""
    text = b"".join(chunks).decode()
    wide = [index for index, character in enumerate(text) if len(character.encode()) > 1]
    got = passed(pieces(chunks, at), lambda piece: places.in_character(piece, number, count))
    if number > len(wide):
        assert got is None
        return
    assert got is not None
    before, character = text[: wide[number - 1]].encode(), text[wide[number - 1]].encode()
    assert got[1].startswith(before)
    assert 0 < len(got[1]) - len(before) < len(character)
    assert character.startswith(got[1][len(before) :])


@given(cuts, st.integers(0, 80))
def test_inside_the_head(at: list[int], count: int) -> None:
    """As many bytes as asked for, but never the whole head."""
    got = passed(pieces([b"a"], at), lambda piece: places.in_head(piece, count))
    assert got == (HEAD[: min(count, len(HEAD) - 1)], b"")


@given(bodies, cuts, st.integers(0, 120))
def test_behind_raw_bytes(chunks: list[bytes], at: list[int], count: int) -> None:
    """Head and framing count, and at least one byte is left behind the position."""
    found = pieces(chunks, at)
    whole = b"".join(piece.data for piece in found)
    got = passed(found, lambda piece: places.after_raw(piece, count))
    assert (None if got is None else got[0]) == (whole[:count] if count < len(whole) else None)
