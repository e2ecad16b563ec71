"""The reference sender against a small literal server, in virtual time: the size and age of uploads, and how it stops."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.values.errors import Unknown

# --- the size and age of uploads ------------------------------------------------------------------------------------


def test_an_upload_holds_no_more_events_than_allowed(ingest: SimpleNamespace) -> None:
    """The completion is not counted and shares the last upload."""

    async def main(play: Any) -> None:
        sender = play.sender(limits={"max_upload_events": 2})
        sender.enqueue_many([ingest.event(number) for number in range(4)])
        await sender.stop()

    server = ingest.simulate(main)
    assert [seen.numbers for seen in server.seen] == [[], [1, 2], [3, 4]]
    assert server.completed == 4


def test_an_upload_holds_no_more_bytes_than_allowed_but_for_one_long_line(ingest: SimpleNamespace) -> None:
    """Exactly the limit fits, LFs counted; a longer line goes alone."""
    line_bytes = len('{"seq":1,"event":{"text":"xxxxxxxxxx"}}\n')

    async def main(play: Any) -> None:
        sender = play.sender(limits={"max_upload_bytes": 2 * line_bytes})
        sender.enqueue_many([{"text": "x" * size} for size in (10, 10, 10, 11, 200, 10)])
        await sender.stop()

    assert [seen.numbers for seen in ingest.simulate(main).seen] == [[], [1, 2], [3], [4], [5], [6]]


def test_an_idle_upload_is_ended_at_its_age(ingest: SimpleNamespace) -> None:
    """The window begins with the request, and the next event opens the next upload."""

    async def main(play: Any) -> None:
        sender = play.sender(direct=True)
        sender.enqueue(ingest.event(1))
        await asyncio.sleep(70)
        assert play.server.seen[1].is_whole
        assert len(play.server.seen) == 2
        sender.enqueue(ingest.event(2))
        await asyncio.sleep(30)
        sender.enqueue(ingest.event(3))
        await asyncio.sleep(60)

    server = ingest.simulate(main)
    assert [(seen.at_ms, seen.numbers) for seen in server.seen[1:]] == [(0, [1]), (70_000, [2, 3])]


def test_a_full_buffer_ends_an_open_upload(ingest: SimpleNamespace) -> None:
    """An open upload would bring no acknowledgement, and so no room, before the window ends."""

    async def main(play: Any) -> None:
        sender = play.sender(direct=True, limits={"max_buffered_events": 3})
        for number in range(7):
            assert sender.enqueue(ingest.event(number)) == {"accepted": True}
            await asyncio.sleep(0.1)
        await sender.stop()

    server = ingest.simulate(main)
    assert [seen.numbers for seen in server.seen] == [[], [1, 2, 3], [4, 5, 6], [7]]
    assert server.completed == 7


def test_a_full_buffer_drops_the_newest_and_says_so(ingest: SimpleNamespace) -> None:
    """What is dropped uses no number, and enqueue tells it."""

    async def main(play: Any) -> None:
        sender = play.sender(limits={"max_buffered_events": 2, "max_event_bytes": 100})
        value = sender.enqueue_many([{"text": "x" * 200}, ingest.event(1), ingest.event(2), ingest.event(3)])
        assert value == {"accepted": [False, True, True, False]}
        await asyncio.sleep(1)
        assert sender.enqueue(ingest.event(4)) == {"accepted": True}
        assert [log["level"] for log in play.logs] == ["warn", "warn", "info"]
        await sender.stop()

    server = ingest.simulate(main)
    assert server.events == [ingest.event(1), ingest.event(2), ingest.event(4)]
    assert server.completed == 3


# --- stop -----------------------------------------------------------------------------------------------------------


def test_stop_without_events_completes_at_the_position(ingest: SimpleNamespace) -> None:
    """A sync and one upload that holds nothing but the completion."""

    async def main(play: Any) -> None:
        await play.sender().stop()

    server = ingest.simulate(main, last=5)
    assert [seen.body for seen in server.seen] == [[], ['{"type":"_posthog/stream_complete","final_seq":5}']]
    assert server.completed == 5


def test_stop_without_completion_only_drains(ingest: SimpleNamespace) -> None:
    """No completion is sent, and with nothing to drain no request at all."""

    async def main(play: Any) -> None:
        sender = play.sender()
        await sender.stop(complete=False)
        assert play.server.seen == []
        second = play.sender()
        second.enqueue(ingest.event(1))
        await second.stop(complete=False)

    server = ingest.simulate(main)
    assert server.events == [ingest.event(1)]
    assert server.completed is None


def test_stop_is_idempotent_and_the_end_of_taking_in(ingest: SimpleNamespace) -> None:
    """A second stop waits for the first, whatever it asks for; later events are not taken."""

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue(ingest.event(1))
        first = asyncio.create_task(sender.stop())
        await asyncio.sleep(0)
        assert sender.enqueue(ingest.event(2)) == {"accepted": False}
        await sender.stop(complete=False)
        assert play.server.completed == 1
        await first

    assert ingest.simulate(main).events == [ingest.event(1)]


def test_stop_goes_on_after_a_passing_failure(ingest: SimpleNamespace) -> None:
    """A lost completion is asked for again, and sent again on its own."""

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue(ingest.event(1))
        await sender.stop()

    server = ingest.simulate(main, None, ingest.lost(commit=True))
    assert [(seen.at_ms, seen.numbers) for seen in server.seen] == [(0, []), (0, [1]), (1_000, []), (1_000, [])]
    assert server.seen[3].body == ['{"type":"_posthog/stream_complete","final_seq":1}']


def test_stop_cuts_a_pause_short_and_tries_last_at_the_deadline(ingest: SimpleNamespace) -> None:
    """One early attempt when it is called, then the pauses, and one attempt at the deadline; then it gives up and says so."""

    async def main(play: Any) -> None:
        sender = play.sender(timing={"retry_delay": 4_000})
        sender.enqueue(ingest.event(1))
        await asyncio.sleep(1)
        assert await ingest.stop_in_vain(sender, play.server) == 10_000
        assert [log["level"] for log in play.logs] == ["warn"]
        await asyncio.sleep(60)

    server = ingest.simulate(main, *[ingest.told(503)] * 20)
    assert [seen.at_ms for seen in server.seen] == [0, 1_000, 5_000, 9_000, 11_000]


def test_a_stop_without_time_is_one_whole_cycle(ingest: SimpleNamespace) -> None:
    """stop_timeout 0: sync, upload and completion once, also when what was under way fails."""

    async def main(play: Any) -> None:
        sender = play.sender(timing={"stop_timeout": 0})
        sender.enqueue(ingest.event(1))
        await asyncio.sleep(0.5)
        await sender.stop()

    server = ingest.simulate(main, ingest.told(503))
    assert [seen.at_ms for seen in server.seen] == [0, 500, 500]
    assert server.completed == 1


def test_stop_begins_nothing_behind_its_deadline(ingest: SimpleNamespace) -> None:
    """A request that was begun before is waited for; then stop returns, and no request follows."""

    async def main(play: Any) -> None:
        sender = play.sender(timing={"retry_delay": 100, "stop_timeout": 5_000})
        sender.enqueue(ingest.event(1))
        assert await ingest.stop_in_vain(sender, play.server) == 8_100
        await asyncio.sleep(60)

    server = ingest.simulate(main, *[ingest.silence] * 20)
    assert [seen.at_ms for seen in server.seen] == [0, 4_100]


def test_stop_cuts_off_a_cycle_that_outlives_the_deadline_by_a_time_out(ingest: SimpleNamespace) -> None:
    """A slow sync before the deadline leaves an upload only the rest of the time."""

    async def slow(server: Any, request: web.Request, seen: Any) -> web.StreamResponse:
        await asyncio.sleep(3)
        return await ingest.truth(server, request, seen)

    async def main(play: Any) -> None:
        sender = play.sender(timing={"stop_timeout": 1_000})
        sender.enqueue(ingest.event(1))
        assert await ingest.stop_in_vain(sender, play.server) == 5_000
        await asyncio.sleep(60)

    server = ingest.simulate(main, slow, ingest.silence)
    assert [(seen.at_ms, seen.lost_ms) for seen in server.seen] == [(0, None), (3_000, 5_000)]


def test_close_lets_go_at_once(ingest: SimpleNamespace) -> None:
    """A pending stop ends, the connection too, and nothing follows."""

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue(ingest.event(1))
        stopping = asyncio.create_task(sender.stop())
        await asyncio.sleep(1)
        sender.close()
        await asyncio.sleep(0)
        with pytest.raises(Unknown):
            await stopping
        assert play.server.now_ms() == 1_000
        await asyncio.sleep(60)

    server = ingest.simulate(main, ingest.silence)
    assert [(seen.at_ms, seen.lost_ms) for seen in server.seen] == [(0, 1_000)]
