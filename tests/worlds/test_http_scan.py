"""The scanner: the same pieces for every way in which bytes may arrive, and no byte lost or invented."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproof.harness.faults.base import Piece
from streamproof.harness.worlds.http_scan import HEAD_BYTES_MAX, Scanner, split_piece

REQUESTS = [
    b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    b"POST /x HTTP/1.1\r\ncontent-length: 5\r\n\r\na\nb\xc3\xa9",
    b"\r\nGET / HTTP/1.1\n\n",
    b'POST /u HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n4;x="1"\r\nab\n\xf0\r\n3\r\n\x9f\x99\x82\r\n0\r\nT: 1\r\nU: 2\r\n\r\n',
    b"POST /u HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
]
ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\ndata: 1\n\n\n\r\n0\r\n\r\n",
]
BROKEN = [
    b"\x16\x03\x01\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /\r\n\r\n",
    b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\nabc",
    b"POST /x HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\nabc",
    b"POST /x HTTP/1.1\r\nno colon\r\n\r\n",
    b"POST /x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc",
    b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
    b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
    b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 9_000,
    b"POST /x HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES_MAX + b"\r\n\r\n",
    b"POST /x HTTP/1.1\r\nX: unfinished",
    b"\r\n\r\n",
    b"HTTP/1.1 2x0 OK\r\n\r\n",
    b"HTTP/2 200\r\n\r\n",
    b"",
]


def scan(direction: str, segments: list[bytes], methods: list[str] | None = None) -> list[Piece]:
    scanner = Scanner(direction)  # type: ignore[arg-type]
    for method in methods or []:
        scanner.expect(method)
    pieces = [piece for segment in segments for piece in scanner.feed(segment)]
    return pieces + scanner.eof()


def merged(pieces: list[Piece]) -> list[tuple[str, bytes]]:
    """Neighbours of one kind as one; how payload was cut on its way is not part of the message."""
    return [(kind, b"".join(piece.data for piece in run)) for kind, run in groupby(pieces, key=lambda piece: piece.kind)]


def cut_at(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]


streams = st.one_of(
    st.tuples(st.just("request"), st.lists(st.sampled_from(REQUESTS + BROKEN[:-1]), max_size=4).map(b"".join)),
    st.tuples(st.just("answer"), st.lists(st.sampled_from(ANSWERS + BROKEN[-4:]), max_size=4).map(b"".join)),
    st.tuples(st.sampled_from(["request", "answer"]), st.binary(max_size=60)),
)


@given(streams, st.lists(st.integers(0, 400), max_size=8))
def test_chunking_does_not_matter(stream: tuple[str, bytes], places: list[int]) -> None:
    """Every way to cut the bytes into segments gives the same pieces, and they are the bytes."""
    direction, data = stream
    pieces = scan(direction, cut_at(data, places))
    assert b"".join(piece.data for piece in pieces) == data
    assert merged(pieces) == merged(scan(direction, [data]))


@given(streams)
def test_bytes_one_by_one(stream: tuple[str, bytes]) -> None:
    """Single bytes are the worst way to arrive, and no other than the rest."""
    direction, data = stream
    data = data[:2_000]
    assert merged(scan(direction, [bytes([byte]) for byte in data])) == merged(scan(direction, [data]))


@given(st.lists(st.sampled_from(REQUESTS), max_size=4), st.lists(st.integers(0, 400), max_size=8))
def test_counts_before_a_piece(messages: list[bytes], places: list[int]) -> None:
    """What a piece says came before it is what came before it in its message."""
    raw = payload = b""
    for piece in scan("request", cut_at(b"".join(messages), places)):
        if piece.kind == "head":
            raw = payload = b""
        newline = payload.rfind(b"\n")
        leads = sum(byte in range(0xC2, 0xF5) for byte in payload)
        assert piece[2:7] == (len(raw), len(payload), payload.count(b"\n"), len(payload) - newline - 1, leads)
        raw += piece.data
        payload += piece.data if piece.kind == "payload" else b""


@given(st.binary(min_size=1, max_size=39), st.integers(0, 39))
def test_a_split_piece_counts_like_two(data: bytes, at: int) -> None:
    """Two halves of a piece are the pieces that would have come had the segment been cut there."""
    at = min(at, len(data))
    head = b"POST / HTTP/1.1\r\nContent-Length: 40\r\n\r\n"
    scanner = Scanner("request")
    scanner.feed(head)
    (whole,) = scanner.feed(data)
    first, rest = split_piece(whole, at)
    expected = [piece for piece in scan("request", [head, data[:at], data[at:]]) if piece.kind == "payload"]
    assert [piece for piece in (first, rest) if piece.data] == expected


@pytest.mark.parametrize("message", REQUESTS)
def test_a_whole_request_ends(message: bytes) -> None:
    """Each message begins with its head and is over with its last byte."""
    pieces = scan("request", [message, message])
    assert [piece.kind for piece in pieces if piece.kind in ("head", "end")] == ["head", "end"] * 2


@pytest.mark.parametrize("data", BROKEN)
def test_what_is_no_http_passes_raw(data: bytes) -> None:
    """Broken input never ends a message and never raises."""
    assert all(piece.kind != "end" for piece in scan("request", [data]))


def test_chunk_headers_are_numbered() -> None:
    """The header line of the k-th chunk says k; other framing says 0."""
    pieces = scan("request", [REQUESTS[3]])
    framing = [(piece.data, piece.chunk) for piece in pieces if piece.kind == "framing"]
    assert framing == [
        (b'4;x="1"\r\n', 1),
        (b"\r\n", 0),
        (b"3\r\n", 2),
        (b"\r\n", 0),
        (b"0\r\n", 3),
        (b"T: 1\r\n", 0),
        (b"U: 2\r\n", 0),
        (b"\r\n", 0),
    ]


def test_a_head_without_a_body_by_method_and_status() -> None:
    """HEAD, 204 and 304 have no body whatever their headers say; an interim answer is not the end."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    assert merged(scan("answer", [head + head], ["HEAD", "HEAD"])) == [("head", head), ("end", b""), ("head", head), ("end", b"")]
    assert [kind for kind, _ in merged(scan("answer", [ANSWERS[1] + ANSWERS[2]]))] == ["head", "end", "head", "end"]


def test_an_answer_until_the_close() -> None:
    """Without a length the answer ends with the connection."""
    scanner = Scanner("answer")
    kinds = [piece.kind for piece in scanner.feed(b"HTTP/1.0 200 OK\r\n\r\nabc")]
    assert kinds == ["head", "payload"]
    assert [piece.kind for piece in scanner.eof()] == ["end"]


def test_after_an_upgrade_nothing_is_http() -> None:
    """Behind a 101 to an unknown protocol and in a CONNECT tunnel the bytes pass raw."""
    switched = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: something\r\n\r\n"
    assert merged(scan("answer", [switched + b"\x81\x02hiHTTP/1.1 200 OK\r\n\r\n"]))[1] == ("payload", b"\x81\x02hiHTTP/1.1 200 OK\r\n\r\n")
    scanner = Scanner("answer")
    scanner.expect("CONNECT")
    scanner.feed(b"HTTP/1.1 200 OK\r\n\r\n")
    assert scanner.switched_to == "raw"


def test_the_head_is_read() -> None:
    """Method, raw target and headers with lower-case names; a header given twice is joined."""
    scanner = Scanner("request")
    scanner.feed(b"POST /v1/runs/a%2Fb/../c?x#y HTTP/1.1\r\nX-A: 1\r\nx-a:  2 \r\n\r\n")
    head = scanner.heads.popleft()
    assert (head.method, head.target, dict(head.headers)) == ("POST", "/v1/runs/a%2Fb/../c?x#y", {"x-a": "1, 2"})


def test_large_bodies_do_not_wait() -> None:
    """Payload passes as it comes; only an incomplete head or line of framing is held back."""
    scanner = Scanner("request")
    scanner.feed(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n")
    assert [piece.data for piece in scanner.feed(b"a" * 10)] == [b"a" * 10]
    assert scanner.feed(b"") == []
