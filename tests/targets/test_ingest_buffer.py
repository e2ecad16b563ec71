"""The pure parts of the reference sender: what it holds, how it is numbered and measured, how an event and a URL are written."""

from __future__ import annotations

import json

import pytest

from streamproof.harness.targets.references.ingest_buffer import EventBuffer
from streamproof.harness.targets.references.ingest_drops import DropLog
from streamproof.harness.targets.references.ingest_event import serialised, without_app_data
from streamproof.harness.targets.references.ingest_peer import read_answer
from streamproof.harness.targets.references.ingest_settings import path_segment, read_settings


def buffer_of(*payloads: bytes, events_max: int = 100, event_bytes_max: int = 10_000) -> EventBuffer:
    buffer = EventBuffer(events_max, event_bytes_max)
    for payload in payloads:
        assert buffer.admit(payload) is None
    return buffer


def numbers(buffer: EventBuffer) -> list[int]:
    return [event.number for event in buffer.pending]


def lines(buffer: EventBuffer) -> bytes:
    return b"".join(buffer.line(event) for event in buffer.pending)


def test_events_are_numbered_from_one_in_their_order() -> None:
    """A fresh buffer numbers from 1, and the line holds the number before the event."""
    buffer = buffer_of(b'{"a":1}', b'{"b":2}')
    assert lines(buffer) == b'{"seq":1,"event":{"a":1}}\n{"seq":2,"event":{"b":2}}\n'
    assert buffer.final_number() == 2


def test_an_event_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    """The size limit counts the bytes of the line without its LF, and includes the limit itself."""
    payload = serialised({"text": "é🙂" * 10})
    size = len(b'{"seq":1,"event":' + payload + b"}")
    assert buffer_of(event_bytes_max=size).admit(payload) is None
    assert buffer_of(event_bytes_max=size - 1).admit(payload) == "oversize"


def test_the_size_grows_with_the_digits_of_the_real_number() -> None:
    """Number 10 has a digit more than number 9, and the event that fits as 9 does not fit as 10."""
    payload = b'{"k":1}'
    size = len(b'{"seq":9,"event":{"k":1}}')
    buffer = buffer_of(*[b"{}"] * 8, event_bytes_max=size)
    assert buffer.admit(payload) is None
    assert buffer.admit(payload) == "oversize"


def test_a_refused_event_uses_no_number() -> None:
    """Behind a drop the numbers go on without a gap."""
    buffer = buffer_of(b"{}", event_bytes_max=30)
    assert buffer.admit(b'{"text":"far too long for this limit"}') == "oversize"
    assert buffer.admit(b'{"b":2}') is None
    assert numbers(buffer) == [1, 2]


def test_a_full_buffer_refuses_the_newest_until_something_is_acknowledged() -> None:
    """Exactly events_max fit; what is sent but not acknowledged counts."""
    buffer = buffer_of(b'{"a":1}', b'{"b":2}', events_max=2)
    buffer.mark_sent(2)
    assert buffer.admit(b'{"c":3}') == "full"
    assert buffer.acknowledge(1)
    assert buffer.admit(b'{"c":3}') is None
    assert lines(buffer) == b'{"seq":2,"event":{"b":2}}\n{"seq":3,"event":{"c":3}}\n'


def test_the_first_position_shifts_what_was_never_sent() -> None:
    """A fresh sender that is told 42 goes on at 43 with all that it holds."""
    buffer = buffer_of(b"{}", b"{}")
    assert buffer.acknowledge(42)
    assert numbers(buffer) == [43, 44]
    assert buffer.final_number() == 44


def test_an_acknowledgement_releases_the_prefix_and_moves_nothing() -> None:
    """What the position covers is let go of, the rest keeps its numbers."""
    buffer = buffer_of(b"{}", b"{}", b"{}")
    buffer.mark_sent(3)
    assert buffer.acknowledge(2)
    assert numbers(buffer) == [3]
    assert buffer.is_unacknowledged()


@pytest.mark.parametrize("stale", [0, 1, 2])
def test_a_stale_position_changes_nothing(stale: int) -> None:
    """A position at or below the known one neither lowers it nor moves numbers."""
    buffer = buffer_of(b"{}", b"{}", b"{}")
    buffer.mark_sent(3)
    buffer.acknowledge(2)
    assert not buffer.acknowledge(stale)
    assert (buffer.position, numbers(buffer)) == (2, [3])


def test_a_position_above_all_that_was_sent_keeps_what_was_not() -> None:
    """Another writer's position releases what was sent here, and shifts the rest behind it."""
    buffer = buffer_of(b'{"a":1}', b'{"b":2}', b'{"c":3}')
    buffer.mark_sent(2)
    assert buffer.acknowledge(10)
    assert lines(buffer) == b'{"seq":11,"event":{"c":3}}\n'


def test_a_rebase_below_the_position_renumbers_in_order() -> None:
    """A server that lost its state gets the same contents from its own position on."""
    buffer = buffer_of(b'{"a":1}', b'{"b":2}', b'{"c":3}')
    buffer.mark_sent(3)
    buffer.acknowledge(1)
    assert buffer.rebase(0)
    assert lines(buffer) == b'{"seq":1,"event":{"b":2}}\n{"seq":2,"event":{"c":3}}\n'
    assert (buffer.position, buffer.final_number()) == (0, 2)


def test_a_rebase_to_where_the_numbers_are_is_no_news() -> None:
    """A 409 that repeats the known position moves nothing, and what was sent stays known as sent."""
    buffer = buffer_of(b"{}", b"{}")
    buffer.mark_sent(2)
    assert not buffer.rebase(0)
    assert buffer.acknowledge(2)
    assert numbers(buffer) == []


def test_an_empty_buffer_completes_at_the_position() -> None:
    """Without an event the final number is what the server said."""
    buffer = buffer_of()
    buffer.acknowledge(42)
    assert buffer.final_number() == 42
    buffer.rebase(7)
    assert buffer.final_number() == 7


# --- events ---------------------------------------------------------------------------------------------------------


def tool_call(**changes: object) -> dict[str, object]:
    meta = {"com.posthog.mcp/app_data": {"html": "x" * 50}}
    update = {"sessionUpdate": "tool_call", "rawOutput": {"_meta": meta, "text": "kept"}, **changes}
    return {"type": "notification", "notification": {"method": "session/update", "params": {"update": update}}}


def test_an_event_is_compact_and_raw_utf8() -> None:
    """No spaces and no escapes, but for what has no UTF-8 form."""
    assert serialised({"t": "é🙂\n", "n": [1, None]}) == '{"t":"é🙂\\n","n":[1,null]}'.encode()
    assert serialised({"t": "\ud800"}) == b'{"t":"\\ud800"}'


def test_app_data_is_taken_out_of_a_copy() -> None:
    """An emptied _meta stays, everything else too, and the caller's object is not touched."""
    event = tool_call()
    before = json.dumps(event)
    slim = without_app_data(serialised(event))
    assert slim is not None
    assert json.dumps(event) == before
    assert json.loads(slim)["notification"]["params"]["update"]["rawOutput"] == {"_meta": {}, "text": "kept"}


@pytest.mark.parametrize(
    "event",
    [
        tool_call(sessionUpdate="agent_message"),
        tool_call(rawOutput={"_meta": {"other": 1}}),
        tool_call(rawOutput="text"),
        {"notification": {"method": "session/prompt"}},
        {"notification": None},
    ],
)
def test_other_events_have_no_app_data(event: dict[str, object]) -> None:
    """Only a session update about a tool call carries app data."""
    assert without_app_data(serialised(event)) is None


# --- answers, settings, drops ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b'{"last_accepted_seq":5}', 5),
        (b'{"last_accepted_seq":0}', 0),
        (b'{"last_accepted_seq":9007199254740992}', None),
        (b'{"last_accepted_seq":-1}', None),
        (b'{"last_accepted_seq":1.5}', None),
        (b'{"last_accepted_seq":true}', None),
        (b'{"last_accepted_seq":"5"}', None),
        (b'{"last_accepted_seq":null}', None),
        (b"[5]", None),
        (b"", None),
        (b"<html>", None),
        (b"\xff", None),
        (b"[" * 100_000, None),
    ],
)
def test_a_position_is_a_small_non_negative_integer_or_none(body: bytes, position: int | None) -> None:
    """Whatever else stands in its place counts as absent."""
    assert read_answer(200, body).position == position


def test_only_its_text_tells_the_409_of_a_complete_stream() -> None:
    """A gap asks for a rebase, a complete stream refuses for good."""
    assert read_answer(409, b'{"error":"Task run stream is already complete","last_accepted_seq":3}').is_already_complete
    assert not read_answer(409, b'{"error":"Expected sequence 4, got 5","last_accepted_seq":3}').is_refusal


@pytest.mark.parametrize(
    ("identifier", "segment"),
    [
        ("a/b?c&d#e %", "a%2Fb%3Fc%26d%23e%20%25"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("...", "..."),
        ("é", "%C3%A9"),
        ("%2F", "%252F"),
        ("a+b~!", "a%2Bb~!"),
    ],
)
def test_an_identifier_is_one_path_segment(identifier: str, segment: str) -> None:
    """Encoded once, and never a dot segment."""
    assert path_segment(identifier) == segment


@pytest.mark.parametrize(("base", "kept"), [("http://h", "http://h"), ("http://h/", "http://h"), ("http://h/p//", "http://h/p/")])
def test_one_trailing_slash_of_the_base_is_removed(base: str, kept: str) -> None:
    """Neither none nor all of them, on both legs."""
    config = {"api_url": base, "project_id": 7, "task_id": "t", "run_id": "r", "token": "T"}
    assert read_settings(config).target == f"{kept}/api/projects/7/tasks/t/runs/r/event_stream/"
    assert read_settings({**config, "ingest_url": base}).target == f"{kept}/v1/runs/r/ingest"


def test_null_means_the_default_and_zero_means_zero() -> None:
    """The upload stays open by default on the direct leg only."""
    config = {
        "api_url": "http://h",
        "project_id": 7,
        "task_id": "t",
        "run_id": "r",
        "token": "T",
        "timing_ms": {"retry_delay": None, "stop_timeout": 0},
    }
    direct, proxy = read_settings(config), read_settings({**config, "ingest_url": "http://i", "limits": None})
    assert (direct.persistent, proxy.persistent) == (True, False)
    assert not read_settings({**config, "persistent_upload": False}).persistent
    assert (direct.retry_delay_s, direct.stop_timeout_s, direct.flush_delay_s, proxy.max_upload_events) == (1.0, 0.0, 0.0, 900)


def test_the_first_and_each_hundredth_drop_is_logged_and_the_recovery() -> None:
    """Each kind of drop counts for itself; a recovery begins a new count."""
    logged: list[str] = []
    drops = DropLog(lambda level, message: logged.append(level))
    drops.dropped("oversize")
    for _ in range(200):
        drops.dropped("full")
    assert logged == ["warn"] * 4
    drops.accepted()
    drops.accepted()
    drops.dropped("full")
    assert logged == ["warn"] * 4 + ["info", "warn"]
