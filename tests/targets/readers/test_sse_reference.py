"""The reference SSE reader against a literal server on two origins, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.targets.references.sse_reader import ReferenceSseReader, reference_sse_reader
from streamproof.harness.worlds.sim.loop import SimLoop

HOME, AWAY = 8080, 8081
CREDENTIALS = {"authorization": "Bearer secret", "COOKIE": "a=b", "X-Api-Key": "k", "Accept-Language": "eo"}

Act = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Play:
    """What a server saw, and what the application was told. After its script each request is answered with 204."""

    script: list[Act]
    seen: list[tuple[int, web.Request]] = field(default_factory=list)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lost_ms: list[int] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((self.now_ms(), request))
        try:
            return await self.script.pop(0)(request) if self.script else web.Response(status=204)
        except asyncio.CancelledError:
            self.lost_ms.append(self.now_ms())
            raise

    def now_ms(self) -> int:
        return round(asyncio.get_running_loop().time() * 1_000)

    def note(self, name: str, data: dict[str, Any]) -> None:
        self.notes.append((name, data))
        if name == "ended":
            self.ended.set()

    @property
    def events(self) -> list[tuple[str, str, str]]:
        return [(data["id"], data["type"], data["data"]) for name, data in self.notes if name == "event"]

    @property
    def cursors(self) -> list[str | None]:
        return [request.headers.get("Last-Event-ID") for _, request in self.seen]

    @property
    def pauses_ms(self) -> list[int]:
        return [after - before for (before, _), (after, _) in pairwise(self.seen)]


def stream(text: str | bytes, *, cut: bool = False, hold_s: float = 0.0) -> Act:
    """An answer with these bytes, and then its end."""

    async def act(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        await response.write(text if isinstance(text, bytes) else text.encode())
        await asyncio.sleep(hold_s)
        if cut:
            assert request.transport is not None
            request.transport.abort()
        return response

    return act


def answer(status: int, **options: Any) -> Act:
    async def act(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, **options)

    return act


def redirect(location: str, status: int = 307) -> Act:
    return answer(status, headers={"Location": location})


async def until_ended(play: Play, reader: ReferenceSseReader) -> None:
    reader.watch()
    await play.ended.wait()
    await asyncio.sleep(100)


def simulate(*script: Act, main: Callable[[Play, Any], Coroutine[Any, Any, None]] = until_ended, **config: Any) -> Play:
    async def run() -> Play:
        play = Play(list(script))
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", play.handle)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0)
        await runner.setup()
        for port in (HOME, AWAY):
            await web.TCPSite(runner, "127.0.0.1", port).start()
        asked = {"url": f"http://127.0.0.1:{HOME}/events", "headers": {}, "last_event_id": None, **config}
        reader = reference_sse_reader(asked, play.note)
        try:
            await main(play, reader)
        finally:
            await reader.close()
            await runner.cleanup()
        return play

    with asyncio.Runner(loop_factory=SimLoop) as runner:
        return runner.run(run())


def test_events_with_type_and_the_last_id() -> None:
    """An id stays until the next, an empty one takes it back; half an event is none, and its id is none either."""
    text = "data: a\n\nid: 1\nevent: e\ndata: b\n\ndata: c\n\nid: 2\n\ndata: d\n\nid\ndata: e\n\nid: 3\ndata: f\n\nid: 4\ndata: half\n"
    play = simulate(stream(text))
    assert play.events == [
        ("", "message", "a"),
        ("1", "e", "b"),
        ("1", "message", "c"),
        ("2", "message", "d"),
        ("", "message", "e"),
        ("3", "message", "f"),
    ]
    assert play.cursors == [None, "3"]
    assert [name for name, _ in play.notes] == ["open", *["event"] * 6, "ended"]
    assert play.seen[0][1].headers["Accept"] == "text/event-stream"


def test_an_id_without_data_counts_and_stays_over_a_reconnect() -> None:
    """It is committed by its empty line."""
    play = simulate(stream("id: 7\n\n", cut=True, hold_s=1), stream("data: a\n\n"))
    assert play.cursors == [None, "7", "7"]
    assert play.events == [("7", "message", "a")]


def test_a_stored_id_is_sent_first() -> None:
    """And again when the reader is asked to watch once more."""
    play = simulate(stream("id: 9\ndata: a\n\n"), last_event_id="5")
    assert play.cursors == ["5", "9"]


@pytest.mark.parametrize("act", [answer(404), answer(503), answer(200, text="data: a\n\n", content_type="text/html"), redirect("ftp://x/")])
def test_what_is_no_stream_is_an_error_and_the_end(act: Act) -> None:
    """Nothing of its body is dispatched, and there is no further connection."""
    play = simulate(act, stream("data: a\n\n"))
    assert [name for name, _ in play.notes] == ["error", "ended"]
    assert len(play.seen) == 1


def test_204_is_the_end_without_an_error() -> None:
    """The server's way to say: connect no more."""
    play = simulate(answer(204), stream("data: a\n\n"))
    assert play.notes == [("ended", {})]
    assert len(play.seen) == 1


def test_streams_that_bring_nothing_are_asked_for_ever_more_rarely() -> None:
    """The pause doubles from its floor to half a minute, whatever the server asks for; an event begins it anew."""
    empty = stream("retry: 0\n\n")
    play = simulate(*[empty] * 9, stream("data: a\n\n"), empty)
    assert play.pauses_ms == [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 250, 500]


def test_the_pause_is_never_shorter_than_asked_for() -> None:
    """One second without a word, then what the last whole line said, also when nothing followed it."""
    play = simulate(stream("data: a\n\n"), stream("retry: 3000\ndata: b\n\n"), stream("data: c\n\nretry: 45000\n"))
    assert play.pauses_ms == [1_000, 3_000, 45_000]


def test_headers_are_on_every_connection() -> None:
    """Also behind a redirect to the same origin."""
    play = simulate(redirect("/there?x"), stream("id: 1\ndata: a\n\n"), redirect("there", 301), headers=CREDENTIALS)
    assert [request.raw_path for _, request in play.seen] == ["/events", "/there?x", "/events", "/there"]
    for _, request in play.seen:
        assert {name: request.headers.get(name) for name in CREDENTIALS} == CREDENTIALS


def test_another_origin_gets_no_credential() -> None:
    """Nothing that the application gave but what any page may send; not on the way back either. The cursor goes along."""
    script = [redirect(f"http://127.0.0.1:{AWAY}/events"), redirect(f"http://127.0.0.1:{HOME}/back"), stream("data: a\n\n")]
    play = simulate(*script, headers=CREDENTIALS, last_event_id="5")
    assert play.events == [("5", "message", "a")]
    for _, request in play.seen[1:3]:
        assert {name for name in CREDENTIALS if name in request.headers} == {"Accept-Language"}
    assert play.cursors[:3] == ["5"] * 3
    assert "Authorization" in play.seen[3][1].headers


def test_a_ring_of_redirects_is_an_error() -> None:
    """After twenty of them."""
    play = simulate(*[redirect("/again")] * 30)
    assert [name for name, _ in play.notes] == ["error", "ended"]
    assert len(play.seen) == 21


def test_unwatch_ends_the_connection_and_is_silent() -> None:
    """Watching again begins from the stored id."""

    async def main(play: Play, reader: ReferenceSseReader) -> None:
        reader.watch()
        reader.watch()
        await asyncio.sleep(1)
        reader.unwatch()
        await asyncio.sleep(10)
        assert [name for name, _ in play.notes] == ["open", "event"]
        await until_ended(play, reader)

    play = simulate(stream("id: 1\ndata: a\n\n", hold_s=60), main=main)
    assert [lost_ms - play.seen[0][0] for lost_ms in play.lost_ms] == [1_000]
    assert play.cursors == [None, None]


def test_a_cut_and_a_refusal_are_followed_by_a_reconnect() -> None:
    """From the last id that was committed."""

    async def slam(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    play = simulate(stream("id: 1\ndata: a\n\nid: 2\ndata: ha", cut=True, hold_s=1), slam, stream("id: 2\ndata: b\n\n"))
    assert play.cursors == [None, "1", "1", "2"]
    assert play.events == [("1", "message", "a"), ("2", "message", "b")]
