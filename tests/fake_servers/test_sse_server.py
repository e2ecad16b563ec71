"""The server of server-sent events: its log, exact bytes, replay, the end by 204, redirects, and what it writes down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamproof.fake_servers.sse.app import SseServers, classify
from streamproof.harness.faults.content_type import ContentType
from streamproof.harness.faults.cut import Cut
from streamproof.harness.faults.end_stream import EndStreamFault
from streamproof.harness.faults.framing import Framing
from streamproof.harness.faults.redirect import Redirect
from streamproof.harness.faults.restart import Restart
from streamproof.harness.faults.spoilt_body import SpoiltBody
from streamproof.harness.faults.status import Status
from streamproof.harness.values.errors import HarnessFault

Runner = Callable[..., Any]


async def origin(reading: Any, **options: Any) -> tuple[SseServers, str]:
    servers = SseServers(reading.scene, **options)
    return servers, await reading.serve(servers, "origin") + "/events"


def sent(reading: Any, request: int) -> bytes:
    """What the record says was written to the body of that answer."""
    return "".join(row["text"] * row.get("repeat", 1) for row in reading.entries("sent") if row["request"] == request).encode(
        "utf-8", "surrogateescape"
    )


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_frames_and_exact_bytes(reading: Runner, world: str) -> None:
    """Frames of the log and bytes beside it go out in order, to the byte, and the record holds exactly them."""

    async def play(r: Any) -> None:
        servers, url = await origin(r)
        servers.send([{"id": 1, "event": "x", "data": "a\nb", "retry": 50, "comment": "c"}])
        follower = await r.follow(url)
        servers.raw(b"data: \xff\xc3")
        servers.raw(b"\xa9\r\n\r\n")
        servers.send([{"data": ""}, {"comment": "only"}])
        await r.until(lambda: follower.body.endswith(b": only\n\n"))
        servers.finish()
        await follower.ended()
        expected = b"id: 1\nevent: x\ndata: a\ndata: b\nretry: 50\n: c\n\ndata: \xff\xc3\xa9\r\n\r\ndata: \n\n: only\n\n"
        assert bytes(follower.body) == expected == sent(r, 1)
        assert [len(row["events"]) for row in r.entries("source")] == [1, 2]
        assert follower.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert [row["how"] for row in r.entries("stream-over")] == ["clean"]
        assert (await r.get(url)).status == 204
        assert len(r.entries("finished")) == 1

    reading(play, world=world)


def test_megabytes_of_one_line_are_written_down_in_brief(reading: Runner) -> None:
    """Only where nothing else is in them: a last line that differs is no repetition."""
    line, other = b":" + b"x" * 998 + b"\n", b":" + b"y" * 998 + b"\n"

    async def play(r: Any) -> None:
        servers, url = await origin(r)
        follower = await r.follow(url)
        servers.raw(line * 100)
        servers.raw(line * 99 + other)
        await r.until(lambda: follower.body.endswith(other))
        assert bytes(follower.body) == line * 199 + other == sent(r, 1)
        assert [(len(row["text"]), row.get("repeat")) for row in r.entries("sent")] == [(1_000, 100), (100_000, None)]

    reading(play)


def test_replay_behind_an_id(reading: Runner) -> None:
    """Behind the last frame with the id that is named, in UTF-8; all of it without one, or with one that is not there."""

    async def play(r: Any) -> None:
        servers, url = await origin(r)
        servers.send([{"id": "é/1", "data": "1"}, {"data": "2"}, {"id": "b", "data": "3"}])
        seen = []
        for headers in ({}, {"Last_Event_ID": "é/1"}, {"Last_Event_ID": "b"}, {"Last_Event_ID": "?"}, {"Last_Event_ID": ""}):
            follower = await r.follow(url, **headers)
            await r.until(lambda: bool(r.entries("answer")))
            servers.end()
            await follower.ended()
            seen.append([int(frame.data) for frame in follower.frames])
        assert seen == [[1, 2, 3], [2, 3], [], [1, 2, 3], [1, 2, 3]]

    reading(play)


def test_replay_of_nothing(reading: Runner) -> None:
    """A server without a memory sends what comes from now on, whatever id is named. After an end the log goes on."""

    async def play(r: Any) -> None:
        servers, url = await origin(r, replay="new")
        servers.send([{"id": "1", "data": "1"}])
        first = await r.follow(url)
        servers.send([{"id": "2", "data": "2"}])
        servers.end()
        servers.send([{"id": "3", "data": "3"}])
        assert [frame.data for frame in (await first.ended()).frames] == ["2"]
        second = await r.follow(url, Last_Event_ID="1")
        servers.raw(b"data: 4\n\n")
        servers.end()
        assert [frame.data for frame in (await second.ended()).frames] == ["4"]

    reading(play)


def test_other_targets_and_methods(reading: Runner) -> None:
    """Only GET /events is the stream, with any query."""

    async def play(r: Any) -> None:
        _, url = await origin(r)
        assert (await r.get(url + "/x")).status == 404
        async with r.client.post(url) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "GET")
        assert [row["endpoint"] for row in r.entries("request")] == ["other", "other"]

    reading(play)
    assert classify("GET", "/events?a=/events", {}) == "stream"
    assert classify("GET", "/event", {}) == classify("POST", "/events", {}) == "other"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(reading: Runner, status: Any) -> None:
    """To the same path on the same origin, told by its query; or to the other origin, which streams the same without faults."""

    async def play(r: Any) -> None:
        servers, url = await origin(r)
        elsewhere = servers.elsewhere_url = await r.serve(servers, "elsewhere")
        servers.send([{"data": "1"}])
        same, other = await r.get(url), await r.get(url)
        assert (same.status, same.headers["Location"]) == (status, url + "?redirected=1")
        assert (other.status, other.headers["Location"]) == (status, elsewhere + "/events")
        followers = [await r.follow(answer.headers["Location"]) for answer in (same, other)]
        servers.finish()
        assert [(await follower.ended()).frames[0].data for follower in followers] == ["1", "1"]
        assert [row["server"] for row in r.entries("request")] == ["origin", "origin", "origin", "elsewhere"]
        assert r.injected() == ["redirect", "redirect"]

    reading(play, [Redirect(endpoint="stream", status=status), Redirect(endpoint="stream", nth=2, status=status, origin="other")])


def test_a_redirect_to_nowhere_is_our_fault(reading: Runner) -> None:
    """Without another origin the order cannot be performed."""

    async def play(r: Any) -> None:
        _, url = await origin(r)
        await r.get(url)

    with pytest.raises(HarnessFault, match="elsewhere_url"):
        reading(play, [Redirect(endpoint="stream", origin="other")])


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        (Status(endpoint="stream", status=401), 401, "text/event-stream"),
        (Status(endpoint="stream", status=503, body="html"), 503, "text/html"),
        (Status(endpoint="stream", status=204), 204, "application/octet-stream"),
        (SpoiltBody(endpoint="stream", body="html"), 200, "text/html"),
    ],
)
def test_answers_in_place_of_the_stream(reading: Runner, fault: Any, status: int, content_type: str) -> None:
    """What is no stream, though a false status looks like one, is recorded with the answer, and nothing counts as sent."""

    async def play(r: Any) -> None:
        servers, url = await origin(r)
        servers.send([{"data": "1"}])
        answer = await r.get(url)
        assert (answer.status, answer.content_type) == (status, content_type)
        await answer.read()
        assert (r.entries("sent"), r.injected()) == ([], [fault.name])

    reading(play, [fault])


def test_faults_of_a_stream_act_here_too(reading: Runner) -> None:
    """Framing, media type and an early end; exact bytes stay exact."""

    async def play(r: Any) -> None:
        servers, url = await origin(r)
        servers.send([{"comment": "no event"}, {"data": '{"a":1}'}])
        follower = await r.follow(url)
        servers.raw(b"data: raw\n\n")
        servers.send([{"data": "x"}])
        await follower.ended()
        assert bytes(follower.body) == b'\xef\xbb\xbf:no event\r\rdata:{"a"\rdata::1}\r\rdata: raw\n\ndata:x\r\r'
        assert sent(r, 1) == bytes(follower.body)
        assert follower.answer.content_type == "text/plain"
        assert r.injected() == ["content-type", "framing", "end-stream"]

    faults = [
        Framing(newline="cr", bom=True, space=False, data_lines=2),
        EndStreamFault(after_events=2),
        ContentType(endpoint="stream", media_type="text/plain"),
    ]
    reading(play, faults)


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_restarts_and_cuts(reading: Runner, world: str) -> None:
    """A stream that the server breaks off is aborted, one that is cut on the way is gone; the log stays."""

    async def play(r: Any) -> None:
        servers, url = await origin(r)
        servers.send([{"data": "1"}])
        cut = await r.follow(url)
        assert (await cut.ended()).error
        broken = await r.follow(url)
        await servers.reset()
        assert (await broken.ended()).error
        by_fault = await r.follow(url)
        servers.finish()
        assert (await by_fault.ended()).frames[0].data == "1"
        assert [row["how"] for row in r.entries("stream-over")] == ["gone", "aborted", "clean"]
        assert r.injected() == ["cut", "restart"]

    faults = [Cut(endpoint="stream", direction="answer", after_bytes=3), Restart(endpoint="stream", nth=3)]
    reading(play, faults, world)
