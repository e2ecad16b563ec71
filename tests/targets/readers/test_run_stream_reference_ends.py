"""The reference reader when connections are lost: pauses and budgets to the millisecond, verbs after the end, letting go."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

TABLE_MS = [500, 500, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]


async def reset(stream: Any) -> None:
    await stream.open()
    await stream.cut()


async def clean(stream: Any) -> None:
    await stream.open()


async def error_frame(stream: Any) -> None:
    await stream.frame("error", {"error": "Stream read error"})


async def unavailable(stream: Any) -> web.Response:
    return web.Response(status=503, headers={"Retry-After": "60"})


async def html(stream: Any) -> web.Response:
    return web.Response(text="<html>", content_type="text/html")


async def keepalive_then_cut(stream: Any) -> None:
    await stream.frame("keepalive", {"type": "keepalive"})
    await stream.cut()


def pauses_ms(play: Any) -> list[int]:
    """From the end of each stream to the next request."""
    return [after.at_ms - before.over_ms for before, after in pairwise(play.server.of("stream"))]


@pytest.mark.parametrize("lost", [reset, unavailable, html, error_frame])
def test_the_tenth_failure_in_a_row_is_an_error(run_stream: SimpleNamespace, lost: Any) -> None:
    """The pauses are those of the table, without jitter; a Retry-After changes nothing."""

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [lost] * 10
        play.reader().watch()
        await play.until_over()
        await asyncio.sleep(100)

    play = run_stream.simulate(main)
    assert pauses_ms(play) == TABLE_MS
    assert play.names == ["snapshot", "error"]
    assert play.notes[1][1] == {
        "title": "Cloud stream disconnected",
        "message": "the stream was lost too often in a row",
        "retryable": True,
    }


def test_a_request_that_loses_its_answer_is_one_attempt(run_stream: SimpleNamespace) -> None:
    """The HTTP client does not try again by itself, without a pause."""

    async def slam(stream: Any) -> web.Response:
        await stream.cut()
        return web.Response()

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [slam, slam]
        play.reader().watch()
        await asyncio.sleep(5)

    play = run_stream.simulate(main)
    assert [seen.at_ms for seen in play.server.of("stream")] == [0, 501, 1_002]


def test_shrunk_figures_keep_the_shape(run_stream: SimpleNamespace) -> None:
    """The table follows the configured base and its cap."""

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [unavailable] * 10
        play.reader(timing={"backoff_base": 20, "backoff_max": 90}).watch()
        await play.until_over()

    assert pauses_ms(run_stream.simulate(main)) == [20, 20, 20, 40, 80, 90, 90, 90, 90]


def test_clean_ends_are_bounded(run_stream: SimpleNamespace) -> None:
    """30 reconnects, everything anew, 30 reconnects, an error."""

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [clean] * 70
        play.reader().watch()
        await play.until_over()

    play = run_stream.simulate(main)
    assert len(play.server.of("stream")) == 62
    assert set(pauses_ms(play)) == {500}
    assert play.names == ["snapshot", "snapshot", "error"]
    assert len(play.server.of("token")) == 2


def test_an_event_takes_back_all_budgets_a_keepalive_one(run_stream: SimpleNamespace) -> None:
    """Failures with a keepalive between them never add up, but the reconnects do; failures with an event do not."""

    async def event_then_cut(stream: Any) -> None:
        await stream.open()
        stream.server.append({"k": len(stream.server.log)})
        await stream.event(len(stream.server.log))
        await stream.cut()

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [*[event_then_cut] * 40, *[keepalive_then_cut] * 70]
        play.reader().watch()
        await play.until_over()

    play = run_stream.simulate(main)
    assert set(pauses_ms(play)) <= {500, 501}
    assert len(play.server.of("stream")) == 40 + 61
    assert play.transcript == [{"k": number} for number in range(40)]


def test_error_frames_and_failures_have_budgets_of_their_own(run_stream: SimpleNamespace) -> None:
    """Six of each are fewer than ten of one."""

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [error_frame, unavailable] * 6
        play.reader().watch()
        await asyncio.sleep(100)

    play = run_stream.simulate(main)
    assert play.names == ["snapshot"]
    assert len(play.server.of("stream")) == 13


def test_a_rotation_is_a_clean_end(run_stream: SimpleNamespace) -> None:
    """The reader does not wait for the end of the connection, and resumes behind its cursor."""

    async def rotated(stream: Any) -> None:
        await stream.event(1)
        await stream.frame("end", {"type": "rotated"})
        await asyncio.sleep(50)

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [rotated]
        play.reader().watch()
        await asyncio.sleep(1)

    play = run_stream.simulate(main, log=run_stream.marked(1))
    assert [(seen.at_ms, seen.cursor) for seen in play.server.of("stream")] == [(0, None), (500, "100-1")]
    assert play.transcript == run_stream.marked(1)


def test_a_long_life_takes_back_the_reconnects(run_stream: SimpleNamespace) -> None:
    """Connections of a minute end cleanly for ever."""

    async def minute(stream: Any) -> None:
        await stream.open()
        await asyncio.sleep(60)

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [minute] * 40
        play.reader().watch()
        await asyncio.sleep(40 * 61)

    play = run_stream.simulate(main)
    assert play.names == ["snapshot"]
    assert len(play.server.of("stream")) == 41


@pytest.mark.parametrize("opens", [True, False])
def test_silence_is_given_up(run_stream: SimpleNamespace, opens: bool) -> None:
    """Before the head and behind it; any byte begins the time anew."""

    async def silent(stream: Any) -> None:
        if opens:
            await stream.raw(b": hello\n")
            await asyncio.sleep(50)
            await stream.raw(b": hello\n")
        await asyncio.sleep(1_000)

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [silent]
        play.reader().watch()
        await asyncio.sleep(200)

    assert run_stream.simulate(main).server.of("stream")[1].at_ms == (140_500 if opens else 90_500)


@pytest.mark.parametrize("status", [403, 404, 406])
def test_what_will_never_be_a_stream_is_an_error_at_once(run_stream: SimpleNamespace, status: int) -> None:
    """And one that cannot be mended by trying again."""

    async def refused(stream: Any) -> web.Response:
        return web.Response(status=status)

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [refused]
        play.reader().watch()
        await play.until_over()

    play = run_stream.simulate(main)
    assert play.notes[-1][0] == "error"
    assert play.notes[-1][1]["retryable"] is False
    assert len(play.server.of("stream")) == 1


@pytest.mark.parametrize(("status", "retryable"), [(401, False), (403, False), (404, False), (500, True), (429, True)])
def test_a_run_that_is_not_told_is_an_error(run_stream: SimpleNamespace, status: int, retryable: bool) -> None:
    """Nothing else is asked."""

    async def main(play: Any) -> None:
        play.server.scripts["run"] = [status]
        play.reader().watch()
        await play.until_over()

    play = run_stream.simulate(main)
    assert [(name, data["retryable"]) for name, data in play.notes] == [("error", retryable)]
    assert len(play.server.seen) == 1


def test_a_stream_that_is_over_is_not_waited_for(run_stream: SimpleNamespace) -> None:
    """Keepalives for ever behind the end: the reader stops an idle time-out later, and connects no more."""

    async def never_closes(stream: Any) -> None:
        await stream.frame("stream-end", {})
        while True:
            await asyncio.sleep(10)
            await stream.frame("keepalive", {})

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [never_closes]
        play.reader(timing={"idle_timeout": 25_000}).watch()
        await asyncio.sleep(1)
        play.server.state["status"] = "completed"
        await play.until_over()

    play = run_stream.simulate(main)
    assert play.names == ["snapshot", "status", "ended"]
    assert play.at_ms[1] == 25_000
    assert play.notes[1][1]["status"] == "completed"


def test_the_last_known_status_is_told_when_the_run_cannot_be_asked(run_stream: SimpleNamespace) -> None:
    """Exactly one final status, after a few tries."""

    async def main(play: Any) -> None:
        play.reader().watch()
        await asyncio.sleep(1)
        play.server.scripts["run"] = [500, 500, 500]
        play.server.finish()
        await play.until_over()

    play = run_stream.simulate(main)
    assert play.names == ["snapshot", "status", "ended"]
    assert play.notes[1][1]["status"] == "in_progress"


# --- verbs ----------------------------------------------------------------------------------------------------------


def test_a_later_subscriber_gets_everything_so_far(run_stream: SimpleNamespace) -> None:
    """One snapshot, also of what still waited to be told; before the first snapshot it adds none."""

    async def main(play: Any) -> None:
        reader = play.reader()
        reader.watch()
        reader.watch()
        await asyncio.sleep(1)
        play.server.append(*run_stream.marked(2))
        await asyncio.sleep(0.005)
        reader.watch()
        play.server.append(*run_stream.marked(3))
        await asyncio.sleep(1)

    play = run_stream.simulate(main, log=run_stream.marked(1))
    assert play.names == ["snapshot", "logs", "snapshot", "logs"]
    assert play.notes[2][1]["entries"] == run_stream.marked(1, 2)
    assert play.notes[3][1]["total"] == 3
    assert len(play.server.of("run")) == 2


def test_retry_builds_everything_anew(run_stream: SimpleNamespace) -> None:
    """No cursor of the time before is used, and nothing is lost or doubled."""

    async def two_then_cut(stream: Any) -> None:
        await stream.open()
        await asyncio.sleep(1)
        stream.server.append(*run_stream.marked(2))
        await stream.event(2)
        await stream.cut()

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [two_then_cut, *[unavailable] * 9]
        reader = play.reader()
        reader.retry()
        reader.watch()
        await play.until_over()
        play.server.append(*run_stream.marked(3))
        reader.retry()
        await asyncio.sleep(1)
        play.server.append(*run_stream.marked(4))
        play.server.finish()
        await play.until_over(2)
        reader.retry()
        await asyncio.sleep(1)

    play = run_stream.simulate(main, log=run_stream.marked(1))
    assert play.names == ["snapshot", "logs", "error", "snapshot", "logs", "status", "ended"]
    assert play.transcript == run_stream.marked(1, 2, 3, 4)
    assert [seen.cursor for seen in play.server.of("stream")] == [None, *["100-2"] * 9, None]


@pytest.mark.parametrize("verb", ["unwatch", "close"])
def test_letting_go_ends_the_connection_and_is_silent(run_stream: SimpleNamespace, verb: str) -> None:
    """Also what waited to be told is not told any more."""

    async def main(play: Any) -> None:
        reader = play.reader()
        reader.watch()
        await asyncio.sleep(1)
        play.server.append(*run_stream.marked(1))
        await asyncio.sleep(0.005)
        getattr(reader, verb)()
        play.server.append(*run_stream.marked(2))
        await asyncio.sleep(5)

    play = run_stream.simulate(main)
    assert play.names == ["snapshot"]
    assert play.server.of("stream")[0].over_ms == 1_005


def test_watch_after_unwatch_begins_anew(run_stream: SimpleNamespace) -> None:
    """And so it does after an end."""

    async def main(play: Any) -> None:
        reader = play.reader()
        reader.watch()
        await asyncio.sleep(1)
        reader.unwatch()
        reader.retry()
        reader.watch()
        await asyncio.sleep(1)
        play.server.finish()
        await play.until_over()
        reader.watch()
        await play.until_over(2)

    play = run_stream.simulate(main, log=run_stream.marked(1))
    assert play.names == ["snapshot", "snapshot", "status", "ended", "snapshot", "ended"]
