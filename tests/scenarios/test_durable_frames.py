"""What the hostile client learns from a stream: frames are the same whatever the pieces, and the calls that they name are found."""

from __future__ import annotations

import json

import pytest

from streamproof.scenarios.durable_execution.frames import Event, FrameReader, Named, named
from streamproof.scenarios.durable_execution.runs import Reader, Run

STREAM = (
    ": a comment\n\n"
    'data: {"é": "🙂"}\n\n'
    "data: one\r\ndata: two\r\n\r\n"
    "id: 7\nretry: 5\n\n"
    'event: error\ndata: {"error": "Stream error"}\n\n'
    "data: [DONE]\n\n"
    "data: not over yet\n"
).encode()
EVENTS = [('{"é": "🙂"}', True), ("one\ntwo", True), ('{"error": "Stream error"}', False), ("[DONE]", False)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_events_are_the_same_in_pieces_of_any_size(size: int) -> None:
    """A comment is none, an error and the mark of the end have no index, and what has not ended is not there yet."""
    reader = FrameReader()
    events = [event for start in range(0, len(STREAM), size) for event in reader.feed(STREAM[start : start + size])]
    assert [(event.data, event.is_frame) for event in events] == EVENTS
    assert reader.frames == 2


def test_an_event_tells_where_it_ends_in_the_last_piece() -> None:
    """So that a reader can leave right behind it."""
    reader = FrameReader()
    assert reader.feed(b"data: a\n") == []
    assert reader.feed(b"\ndata: b\n\nda") == [Event("a", True, 1), Event("b", True, 10)]


def chunk(**delta: object) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (chunk(content="words"), Named()),
        (chunk(content='{"type": "tool-approval-request", "toolCallId": "c 1"}'), Named(("c 1",), "c 1")),
        (chunk(content='{"type": "tool-output-available", "toolCallId": "c"}'), Named(("c",))),
        (chunk(content='{"type": "data-operation", "data": {"type": "error"}}'), Named()),
        (chunk(content="{no JSON"), Named()),
        (chunk(tool_calls=[{"id": "a"}, {"id": "b"}, {}]), Named(("a", "b"))),
        ('{"choices": [{"delta": {}, "finish_reason": "stop"}]}', Named(finishes=True)),
        ('{"type": "tool-approval-request", "toolCallId": "c"}', Named(("c",), "c")),
        ('{"type": "finish"}', Named(finishes=True)),
        ("[DONE]", Named(finishes=True)),
        ("[]", Named()),
        ('{"choices": 7}', Named()),
        ("nonsense", Named()),
    ],
)
def test_what_a_frame_names(data: str, expected: Named) -> None:
    """In either flavour, and of what is no frame of the contract nothing."""
    assert named(data) == expected


def request(call: str) -> Event:
    return Event(chunk(content=json.dumps({"type": "tool-approval-request", "toolCallId": call})), True, 0)


def test_the_pending_call_is_that_of_the_latest_request() -> None:
    """By its place in the run, not by when it was read; after a decision only a new one is known to be pending."""
    run = Run("a", 0, None)
    Reader(run, 3, is_last=True).take([request("second")])
    Reader(run, 0, is_last=False).take([request("first")])
    assert (run.pending, run.calls, run.seen, run.length, run.stale) == ("second", ["second", "first"], 3, 4, False)
    run.wanted(0)
    Reader(run, 3, is_last=False).take([request("second")])
    assert run.stale
    Reader(run, 4, is_last=False).take([request("third")])
    assert (run.pending, run.stale) == ("third", False)


def test_a_run_rests_until_something_moves() -> None:
    """A status that stays the same keeps the time since when; one that changes, or a frame, begins anew."""
    run = Run("a", 0, None)
    suspended = {"status": "suspended", "updatedAt": "1", "conversationId": "made"}
    run.take_status(200, suspended, 1_000)
    run.take_status(200, suspended, 2_000)
    assert (run.rest_us, run.conversation) == (1_000, "made")
    run.take_status(200, {**suspended, "updatedAt": "2"}, 3_000)
    assert run.rest_us == 3_000
    run.stir(4_000)
    assert run.rest_us is None
    run.take_status(404, {"title": "Not Found"}, 5_000)
    assert (run.rest_us, run.status) == (None, None)
