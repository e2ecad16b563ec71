"""Frames are the bytes of the contract, or other bytes with the same meaning; a proxy that holds back loses none of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamproof.fake_servers.frames import KEEPALIVE, PLAIN, STREAM_END, Frame, event_text, interjected, split_data
from streamproof.fake_servers.held_back import HeldBack
from streamproof.harness.faults.decisions import Framing
from streamproof.harness.targets.references.sse_parser import SseParser

EVENT = {"text": 'a, "b" {c}: é🙂\u2028', "n": [1, -2.5e3, None], "o": {}}


def test_the_bytes_of_the_contract() -> None:
    """id, then data, then an empty line; control frames have a name and no id."""
    assert Frame("event", '{"k":1}', "17-0").plain() == b'id: 17-0\ndata: {"k":1}\n\n'
    assert KEEPALIVE.plain() == b'event: keepalive\ndata: {"type":"keepalive"}\n\n'
    assert STREAM_END.plain() == b'event: stream-end\ndata: {"status":"complete"}\n\n'


def test_all_fields_in_order() -> None:
    """id, event, a line of data for each line, retry, comment."""
    frame = Frame("event", "a\nb\r\nc\r", "1", "name", "100", "x\ny")
    assert frame.plain() == b"id: 1\nevent: name\ndata: a\ndata: b\ndata: c\ndata: \nretry: 100\n: x\n: y\n\n"


@pytest.mark.parametrize("newline", ["lf", "cr", "crlf"])
@pytest.mark.parametrize("space", [True, False])
@pytest.mark.parametrize("data_lines", [1, 3])
def test_every_framing_means_the_same(newline: Any, space: bool, data_lines: int) -> None:
    """By the algorithm of the standard each framing gives the same events; several lines of data are the same JSON."""
    framing = Framing(newline, False, space, data_lines)
    frames = [Frame("event", event_text(EVENT), "17-0"), Frame("event", " led by a space", "18-0"), KEEPALIVE]
    parsed = SseParser().feed(b"".join(frame.render(framing) for frame in frames))
    assert json.loads(parsed[0].data or "") == EVENT
    assert (parsed[0].data or "").count("\n") == data_lines - 1
    assert [(frame.id, frame.data, frame.event) for frame in parsed[1:]] == [
        ("18-0", " led by a space", ""),
        (None, "\n".join(split_data('{"type":"keepalive"}', data_lines)), "keepalive"),
    ]


def test_data_that_is_no_json_stays_on_its_lines() -> None:
    """Only JSON has places where a line may end without changing it; text has none, and short JSON has few."""
    assert split_data("no, json", 5) == ["no, json"]
    assert split_data("{}", 5) == ["{", "}"]
    assert split_data("1", 5) == ["1"]
    assert split_data('{"a":"x,y"}', 3) == ["{", '"a":', '"x,y"}']


def test_what_utf8_cannot_say_is_escaped() -> None:
    """A lone surrogate goes out as an escape sequence of JSON, all else as it is."""
    assert event_text({"t": "é"}) == '{"t":"é"}'
    assert event_text({"t": "\ud800é"}) == '{"t":"\\ud800\\u00e9"}'


def test_an_interjected_frame_may_have_an_id() -> None:
    """The kind stays; a frame without an id is the same for all."""
    assert interjected("keepalive", None) is KEEPALIVE
    assert interjected("keepalive", "999-1").plain() == b'id: 999-1\nevent: keepalive\ndata: {"type":"keepalive"}\n\n'
    assert interjected("id-only", "999-1").plain() == b"id: 999-1\n\n"
    assert interjected("empty-data", None).plain() == b"data: \n\n"
    assert interjected("bom", None).plain().startswith(": \ufeff".encode())


def test_exact_bytes_have_no_framing() -> None:
    """What is to be written exactly is."""
    assert Frame("raw", exact=b"data: \xff").render(Framing("cr", True, False, 3)) == b"data: \xff"
    assert Frame("event", "x").render(PLAIN) == b"data: x\n\n"


def test_held_back_in_blocks() -> None:
    """Whole blocks come out, in order, each frame told of when its last byte does; the rest comes at the end."""
    hold = HeldBack(0, 10)
    first, second = Frame("event", "1"), Frame("event", "2")
    assert hold.feed(b"abcdef", first, False) == (b"", [])
    assert hold.feed(b"ghijklmnopqrstuv", second, True) == (b"abcdefghijklmnopqrst", [(first, False, 14)])
    assert hold.held_bytes == 2
    assert hold.flush() == (b"uv", [(second, True, 0)])
    assert hold.flush() == (b"", [])
