"""The reference sender against a small literal server, in virtual time: what it sends, when, and what it makes of answers."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

# --- the ordinary course --------------------------------------------------------------------------------------------


def test_it_asks_for_the_position_before_it_sends(ingest: SimpleNamespace) -> None:
    """The first request is an empty POST, both carry the credential and the media type, and the completion ends the last body."""

    async def main(play: Any) -> None:
        sender = play.sender()
        assert sender.enqueue(ingest.event(1)) == {"accepted": True}
        await sender.stop()

    server = ingest.simulate(main)
    sync, upload = server.seen
    assert (sync.headers["Content-Length"], sync.body) == ("0", [])
    assert upload.body == ['{"seq":1,"event":{"k":1,"text":"é🙂"}}', '{"type":"_posthog/stream_complete","final_seq":1}']
    for seen in server.seen:
        assert seen.target == "/v1/runs/r/ingest"
        assert (seen.headers["Authorization"], seen.headers["Content-Type"]) == ("Bearer T", "application/x-ndjson")
        assert not any(name.lower().startswith("x-posthog") for name in seen.headers)


def test_behind_the_proxy_an_upload_ends_when_the_buffer_is_drained(ingest: SimpleNamespace) -> None:
    """Each drained batch is one upload, and the connection is kept."""

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue_many([ingest.event(1), ingest.event(2)])
        await asyncio.sleep(1)
        sender.enqueue(ingest.event(3))
        await asyncio.sleep(1)
        await sender.stop()

    server = ingest.simulate(main)
    assert [seen.numbers for seen in server.seen] == [[], [1, 2], [3], []]
    assert server.completed == 3


def test_on_the_direct_leg_each_event_is_written_at_once_to_one_upload(ingest: SimpleNamespace) -> None:
    """The upload stays open, and stop ends it with the completion."""

    async def main(play: Any) -> None:
        sender = play.sender(direct=True)
        for number in (1, 2, 3):
            sender.enqueue(ingest.event(number))
            await asyncio.sleep(5)
        await sender.stop()

    server = ingest.simulate(main)
    assert [seen.target for seen in server.seen] == ["/api/projects/7/tasks/t/runs/r/event_stream/"] * 2
    assert [at_ms for at_ms, _ in server.seen[1].lines] == [0, 5_000, 10_000, 15_000]
    assert server.completed == 3


def test_a_new_process_goes_on_behind_the_position(ingest: SimpleNamespace) -> None:
    """A server that stands at 42 gets 43 next, and the completion names the last number."""

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue_many([ingest.event(1), ingest.event(2)])
        await sender.stop()

    server = ingest.simulate(main, last=42)
    assert server.seen[1].numbers == [43, 44]
    assert server.completed == 44


def test_the_flush_delay_counts_from_the_first_event_that_waits(ingest: SimpleNamespace) -> None:
    """Events of one delay travel together, and later ones do not postpone it."""

    async def main(play: Any) -> None:
        sender = play.sender(timing={"flush_delay": 100})
        for number in (1, 2, 3):
            sender.enqueue(ingest.event(number))
            await asyncio.sleep(0.06)
        await sender.stop()

    server = ingest.simulate(main)
    assert [(seen.at_ms, seen.numbers) for seen in server.seen] == [(100, []), (100, [1, 2]), (180, [3])]


def test_what_is_sent_is_what_was_handed_over(ingest: SimpleNamespace) -> None:
    """A change of the caller's object after enqueue is not followed."""

    async def main(play: Any) -> None:
        sender = play.sender()
        mine = ingest.event(1)
        sender.enqueue(mine)
        mine["k"] = "changed"
        await sender.stop()

    assert ingest.simulate(main).events == [ingest.event(1)]


# --- answers that never come ----------------------------------------------------------------------------------------


def test_a_lost_answer_is_followed_by_a_question_not_by_a_resend(ingest: SimpleNamespace) -> None:
    """What was committed is released by the next sync; each event is accepted once."""

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue_many([ingest.event(1), ingest.event(2)])
        await asyncio.sleep(5)
        sender.enqueue(ingest.event(3))
        await sender.stop()

    server = ingest.simulate(main, None, ingest.lost(commit=True))
    assert [(seen.at_ms, seen.numbers) for seen in server.seen[:3]] == [(0, []), (0, [1, 2]), (1_000, [])]
    assert server.events == [ingest.event(1), ingest.event(2), ingest.event(3)]
    assert server.completed == 3


def test_a_lost_upload_is_sent_again_byte_by_byte(ingest: SimpleNamespace) -> None:
    """What was not committed goes out under the same numbers with the same bytes, after the pause, without a new event."""

    async def main(play: Any) -> None:
        play.sender().enqueue_many([ingest.event(1), ingest.event(2)])
        await asyncio.sleep(5)

    server = ingest.simulate(main, None, ingest.lost(commit=False))
    assert [seen.at_ms for seen in server.seen] == [0, 0, 1_000, 1_000]
    assert server.seen[1].body == server.seen[3].body
    assert server.events == [ingest.event(1), ingest.event(2)]


def test_failures_are_one_pause_apart(ingest: SimpleNamespace) -> None:
    """Each failed attempt is followed by the whole retry_delay, whatever the failure."""

    async def main(play: Any) -> None:
        play.sender().enqueue(ingest.event(1))
        await asyncio.sleep(10)

    server = ingest.simulate(
        main, ingest.lost(commit=False), ingest.told(503), ingest.told(200), None, ingest.told(500), ingest.told(302), ingest.told(200)
    )
    assert [seen.at_ms for seen in server.seen] == [0, 1_000, 2_000, 3_000, 3_000, 4_000, 5_000, 6_000, 6_000]
    assert server.events == [ingest.event(1)]


def test_a_silent_peer_is_abandoned_at_the_time_out(ingest: SimpleNamespace) -> None:
    """The connection is closed request_timeout after the end of the body, for a sync and for an upload."""

    async def main(play: Any) -> None:
        play.sender().enqueue(ingest.event(1))
        await asyncio.sleep(20)

    server = ingest.simulate(main, ingest.silence, None, ingest.silence)
    assert [(seen.at_ms, seen.lost_ms) for seen in server.seen[:3]] == [(0, 4_000), (5_000, None), (5_000, 9_000)]
    assert server.events == [ingest.event(1)]


def test_a_dripping_answer_is_abandoned_at_the_time_out(ingest: SimpleNamespace) -> None:
    """The time-out is total: bytes that keep coming do not prolong it."""

    async def drip(server: Any, request: web.Request, seen: Any) -> web.StreamResponse:
        await server.read(request, seen)
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        for _ in range(1_000):
            await response.write(b" ")
            await asyncio.sleep(0.5)
        return response

    async def main(play: Any) -> None:
        play.sender().enqueue(ingest.event(1))
        await asyncio.sleep(20)

    server = ingest.simulate(main, None, drip)
    assert server.seen[1].lost_ms == 4_000


def test_a_peer_that_never_reads_is_abandoned_at_the_time_out(ingest: SimpleNamespace) -> None:
    """Writing that gets stuck counts as the peer's time, and the connection does not wait for what is unwritten."""

    async def deaf(server: Any, request: web.Request, seen: Any) -> web.StreamResponse:
        await asyncio.sleep(1_000)
        return web.Response()

    async def main(play: Any) -> None:
        play.sender().enqueue_many([{"text": "x" * 500_000} for _ in range(7)])
        await asyncio.sleep(20)

    server = ingest.simulate(main, None, deaf)
    assert [seen.at_ms for seen in server.seen] == [0, 0, 5_000, 5_000]
    assert len(server.events) == 7


# --- what answers say -----------------------------------------------------------------------------------------------


def test_a_409_moves_the_numbers_and_keeps_the_events(ingest: SimpleNamespace) -> None:
    """After a loss of state the outstanding events go on behind the server's position, at once."""

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue_many([ingest.event(1), ingest.event(2)])
        await asyncio.sleep(5)
        play.server.last = 0
        sender.enqueue_many([ingest.event(3), ingest.event(4)])
        await sender.stop()

    server = ingest.simulate(main)
    assert [(seen.at_ms, seen.numbers) for seen in server.seen[2:]] == [(5_000, [3, 4]), (5_000, [1, 2])]
    assert server.events == [ingest.event(1), ingest.event(2), ingest.event(3), ingest.event(4)]
    assert server.completed == 2


@pytest.mark.parametrize("status", [200, 413, 503])
def test_other_answers_release_the_prefix_and_move_nothing(ingest: SimpleNamespace, status: int) -> None:
    """A position short of what was sent releases what it covers, on any status; the rest keeps its numbers."""

    async def partly(server: Any, request: web.Request, seen: Any) -> web.StreamResponse:
        await server.read(request, seen)
        server.apply(seen.body[0])
        return web.json_response({"error": "no", "last_accepted_seq": 1}, status=status)

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue_many([ingest.event(1), ingest.event(2), ingest.event(3)])
        await sender.stop()

    server = ingest.simulate(main, None, partly)
    assert [seen.numbers for seen in server.seen] == [[], [1, 2, 3], [2, 3]]
    assert server.events == [ingest.event(1), ingest.event(2), ingest.event(3)]


def test_a_stale_position_is_not_believed(ingest: SimpleNamespace) -> None:
    """A 200 that falls behind what is known neither resends nor renumbers what was acknowledged."""

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue_many([ingest.event(1), ingest.event(2)])
        await asyncio.sleep(2)
        sender.enqueue(ingest.event(3))
        await asyncio.sleep(5)

    server = ingest.simulate(main, None, None, ingest.told(200, 0), None)
    assert [seen.numbers for seen in server.seen] == [[], [1, 2], [3], [3]]


def test_the_numbers_of_another_writer_are_taken_over(ingest: SimpleNamespace) -> None:
    """A position above all that was sent releases what was sent, and the next event goes behind it."""

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue(ingest.event(1))
        await asyncio.sleep(2)
        play.server.last = 9
        await sender.stop()

    server = ingest.simulate(main)
    assert server.completed == 9


def test_an_early_answer_ends_an_open_upload(ingest: SimpleNamespace) -> None:
    """The answer is acted upon at once, though the body is still open, and nothing is added to it."""

    async def early(server: Any, request: web.Request, seen: Any) -> web.StreamResponse:
        server.apply((await request.content.readline()).decode())
        response = web.json_response({"error": "no", "last_accepted_seq": 1}, status=503)
        await response.prepare(request)
        await response.write_eof()
        return response

    async def main(play: Any) -> None:
        sender = play.sender(direct=True)
        sender.enqueue(ingest.event(1))
        await asyncio.sleep(1)
        sender.enqueue(ingest.event(2))
        await asyncio.sleep(1)

    server = ingest.simulate(main, None, early)
    assert [(seen.at_ms, seen.numbers) for seen in server.seen[2:]] == [(1_000, [2])]


def test_an_early_answer_counts_although_the_rest_is_not_read(ingest: SimpleNamespace) -> None:
    """A peer that answers and reads no further is not waited for."""

    async def early(server: Any, request: web.Request, seen: Any) -> web.StreamResponse:
        response = web.json_response({"error": "no"}, status=413)
        await response.prepare(request)
        await response.write_eof()
        await asyncio.sleep(1_000)
        return response

    async def main(play: Any) -> None:
        play.sender().enqueue_many([{"text": "x" * 500_000} for _ in range(7)])
        await asyncio.sleep(3)

    server = ingest.simulate(main, None, early)
    assert [seen.at_ms for seen in server.seen] == [0, 0, 1_000]
    assert len(server.events) == 7


def test_a_redirect_is_not_followed(ingest: SimpleNamespace) -> None:
    """It is a failed attempt, so that the credential stays with its origin."""

    async def elsewhere(server: Any, request: web.Request, seen: Any) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "http://127.0.0.1:8080/elsewhere"})

    async def main(play: Any) -> None:
        play.sender().enqueue(ingest.event(1))
        await asyncio.sleep(5)

    server = ingest.simulate(main, elsewhere, None, elsewhere)
    assert {seen.target for seen in server.seen} == {"/v1/runs/r/ingest"}
    assert [seen.at_ms for seen in server.seen] == [0, 1_000, 1_000, 2_000]
    assert server.events == [ingest.event(1)]


@pytest.mark.parametrize(("status", "error"), [(401, "no"), (403, "no"), (404, "no"), (409, "Task run stream is already complete")])
def test_a_refusal_is_tried_again_ever_more_slowly(ingest: SimpleNamespace, status: int, error: str) -> None:
    """401, 403, 404 and a complete stream double the pause each time."""

    async def main(play: Any) -> None:
        play.sender().enqueue(ingest.event(1))
        await asyncio.sleep(8)

    server = ingest.simulate(main, None, *[ingest.told(status, 0, error)] * 3)
    assert [seen.at_ms for seen in server.seen[1:]] == [0, 1_000, 3_000, 7_000]
