"""Bytes to messages, and messages to answers: the parts of the driver protocol that neither wait nor write."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from streamproof.harness.targets.base import Reply
from streamproof.harness.targets.stdio.lines import LineReader, Message, Trouble
from streamproof.harness.targets.stdio.protocol import Answer, Conversation, Note, Request


def messages(items: list[Any]) -> list[Any]:
    return [item.data if isinstance(item, Message) else item.problem for item in items]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_lines_end_at_lf_alone_however_they_are_sliced(size: int) -> None:
    """U+2028 and U+2029 stand inside a line, a CR before the LF is white space, and blank lines say nothing."""
    text = '{"a": "\u2028\u2029é🙂"}\r\n\n  \n{"b": 2}\n{"c"'.encode()
    reader = LineReader()
    found = [item for start in range(0, len(text), size) for item in reader.feed(text[start : start + size])]
    assert messages(found) == [{"a": "\u2028\u2029é🙂"}, {"b": 2}]
    assert '{"c"'.startswith(reader.unfinished.strip("'")[:1])


@pytest.mark.parametrize(
    "line", [b"listening on 8080", b"[1]", b"3", b'{"a": NaN}', b'\xff{"a": 1}', b"{", b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}"]
)
def test_what_is_no_json_object_is_stray(line: bytes) -> None:
    """It is reported with what it says and what to do, and the next line is read all the same."""
    (trouble, message) = LineReader().feed(line + b'\n{"id": 1}\n')
    assert isinstance(trouble, Trouble)
    assert (trouble.problem, trouble.fatal) == ("stray-line", False)
    assert "send logs to standard error" in trouble.message
    assert len(trouble.message) < 500
    assert isinstance(message, Message)


def test_stray_lines_are_reported_once_and_end_the_reading_when_they_are_a_flood() -> None:
    """Ten lines are one report; beyond the limit nothing is read any more."""
    reader = LineReader(stray_bytes_max=100)
    assert messages(reader.feed(b"noise\n" * 10)) == ["stray-line"]
    assert messages(reader.feed(b"noise\n" * 10 + b'{"id": 1}\n')) == ["garbage"]
    assert reader.broken
    assert reader.feed(b'{"id": 2}\n') == []


def test_a_line_at_the_limit_is_read_and_one_beyond_ends_the_reading() -> None:
    """The limit counts the bytes before the LF."""
    line = b'{"a": "' + b"x" * 91 + b'"}'
    assert len(line) == 100
    assert messages(LineReader(line_bytes_max=100).feed(line + b"\n")) == [json.loads(line)]
    assert messages(LineReader(line_bytes_max=99).feed(line + b"\n")) == ["line-too-long"]


def test_a_flood_needs_little_memory() -> None:
    """A hundred megabytes without an LF never hold more than the limit of a line, and stray lines hold nothing."""
    for piece, times in ((b"x" * 65_536, 1_600), (b"noise\n" * 10_000, 20)):
        reader = LineReader(line_bytes_max=1_000_000, stray_bytes_max=200_000_000)
        tracemalloc.start()
        for _ in range(times):
            reader.feed(piece)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes < 3_000_000


# --- the conversation -----------------------------------------------------------------------------------------------


def talk(conversation: Conversation, *said: dict[str, Any]) -> list[Any]:
    """What comes of messages, troubles as their words."""
    events = [event for data in said for event in conversation.receive(Message(data, len(json.dumps(data))))]
    return [event.problem if isinstance(event, Trouble) else event for event in events]


def conversation_with(*ops: str, **limits: int) -> tuple[Conversation, list[Request]]:
    conversation = Conversation(**limits)
    return conversation, [conversation.ask(op, {} if op == "hello" else {"handle": "s"})[0] for op in ops]


def test_a_request_is_one_line_with_the_next_id() -> None:
    """Ids count from 1; the line is ASCII, so that no reader of lines can split it in the middle."""
    conversation = Conversation()
    _, first = conversation.ask("hello", {"protocol": [1, 1]})
    request, second = conversation.ask("call", {"handle": "s", "verb": "enqueue", "args": {"event": {"t": "\u2028é"}}})
    assert first == b'{"id":1,"op":"hello","protocol":[1,1]}\n'
    assert second.isascii()
    assert second.count(b"\n") == 1
    assert request == Request(2, "enqueue", "s")


def test_replies_may_come_in_any_order_and_unknown_keys_are_ignored() -> None:
    """Each is matched by its id."""
    conversation, (hello, opening) = conversation_with("hello", "open")
    said = talk(conversation, {"id": 2, "outcome": "ok", "value": {"url": "u", "x": 1}, "new": True}, {"id": 1, "outcome": "ok"})
    assert said == [Answer(opening, Reply("ok", {"url": "u", "x": 1})), Answer(hello, Reply("ok", {}))]


def test_second_replies_and_unknown_ids_are_the_drivers_error() -> None:
    """They are told apart, and answer nothing."""
    conversation, (hello,) = conversation_with("hello")
    said = talk(
        conversation, {"id": 1, "outcome": "ok"}, {"id": 1, "outcome": "ok"}, {"id": 9, "outcome": "ok"}, {"id": "1", "outcome": "ok"}
    )
    assert said == [Answer(hello, Reply("ok")), "second-reply", "unknown-id", "bad-reply"]


def test_a_reply_after_its_deadline_is_late_and_a_second_one_is_an_error() -> None:
    """What was given up is still known, once."""
    conversation, (hello,) = conversation_with("hello")
    conversation.give_up(hello)
    assert talk(conversation, {"id": 1, "outcome": "ok"}, {"id": 1, "outcome": "ok"}) == [
        Answer(hello, Reply("ok"), late=True),
        "second-reply",
    ]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ({"outcome": "done"}, "driver_error"),
        ({}, "driver_error"),
        ({"outcome": "ok", "value": [1]}, "ok"),
        ({"outcome": "fail"}, "fail"),
        ({"outcome": ["ok"]}, "driver_error"),
    ],
)
def test_a_malformed_reply_is_named_and_still_answers(reply: dict[str, Any], outcome: str) -> None:
    """The call does not wait for its deadline because of it."""
    conversation, _ = conversation_with("hello")
    trouble, answer = talk(conversation, {"id": 1, **reply})
    assert (trouble, answer.reply.outcome) == ("bad-reply", outcome)


def test_notes_count_from_one_for_each_handle() -> None:
    """A hole, a repeat and a note of no handle are the driver's error; what was noted is heard all the same."""
    conversation, _ = conversation_with("open")
    said = talk(
        conversation,
        {"handle": "s", "n": 1, "note": "log", "data": {"a": 1}},
        {"handle": "s", "n": 3, "note": "log"},
        {"handle": "s", "n": 3, "note": "log", "data": {}},
        {"handle": "x", "n": 1, "note": "log", "data": {}},
        {"handle": "s", "n": "4", "note": "log", "data": {}},
        {"hello": "world"},
    )
    assert said == [
        Note("s", 1, "log", {"a": 1}),
        "note-number",
        Note("s", 3, "log", {}),
        "note-number",
        Note("s", 3, "log", {}),
        "unknown-handle",
        "bad-note",
        "bad-message",
    ]


def test_a_closed_handle_is_not_listened_to() -> None:
    """Its open calls come back, and a note that was under way is no mistake."""
    conversation, (_, call) = conversation_with("open", "call")
    assert talk(conversation, {"id": 1, "outcome": "ok"})
    assert conversation.release("s") == [call]
    assert talk(conversation, {"handle": "s", "n": 1, "note": "log", "data": {}}) == []


def test_floods_of_messages_are_fatal() -> None:
    """Of notes of one handle, and of messages that belong to nothing."""
    conversation, _ = conversation_with("open", note_bytes_max=200)
    notes = [{"handle": "s", "n": n, "note": "log", "data": {"text": "x" * 50}} for n in (1, 2, 3)]
    *_, last = [event for data in notes for event in conversation.receive(Message(data, 100))]
    assert isinstance(last, Trouble)
    assert (last.problem, last.fatal) == ("flood", True)
    conversation, _ = conversation_with("open", unasked_bytes_max=150)
    assert talk(conversation, {"x": 1}) == ["bad-message"]
    conversation.receive(Message({"x": 1}, 100))
    (last,) = conversation.receive(Message({"x": 1}, 100))
    assert isinstance(last, Trouble)
    assert last.fatal
