"""The fake service of sessions: its routes, its log and the sides of it, what it records, and what faults do to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from streamproof.fake_servers.agent_session.app import SPECIAL_IDS, SessionServers
from streamproof.fake_servers.agent_session.log import Paging
from streamproof.fake_servers.agent_session.routes import Route, classify, parse_request
from streamproof.fake_servers.agent_session.script import Script, demanded, element
from streamproof.fake_servers.agent_session.service import agent_session_service
from streamproof.fake_servers.host import PlainHost
from streamproof.harness.faults.cut import Cut
from streamproof.harness.faults.end_stream import EndStreamFault
from streamproof.harness.faults.framing import Framing
from streamproof.harness.faults.lose_answer import LoseAnswer
from streamproof.harness.faults.status import Status
from streamproof.harness.values.errors import UsageError

Runner = Callable[..., Any]
CREATION = {"agent": "agent-1", "environment_id": "env-1"}
IDLE = {"type": "idle", "after_ms": 100}


def message(text: str, after_ms: int, **more: Any) -> dict[str, Any]:
    return {"type": "message", "text": text, "after_ms": after_ms, **more}


def script(*steps: dict[str, Any], **more: Any) -> Script:
    return Script.from_json({"steps": list(steps), **more})


class Client:
    """The calls of a runner, one by one."""

    def __init__(self, reading: Any, url: str) -> None:
        self.reading = reading
        self.url = url

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = URL(f"{self.url}{path}", encoded=True)
        async with self.reading.client.request(method, url, json=body, headers={"x-api-key": "K"}) as answer:
            return answer.status, await answer.json()

    async def create(self) -> str:
        status, body = await self.call("POST", "/v1/sessions", CREATION)
        assert status == 200
        return quote(body["id"], safe="")

    async def send(self, id: str, *events: dict[str, Any]) -> int:
        return (await self.call("POST", f"/v1/sessions/{id}/events?beta=true", {"events": list(events)}))[0]

    async def prompt(self, id: str, text: str = "go") -> int:
        return await self.send(id, {"type": "user.message", "content": [{"type": "text", "text": text}]})

    async def begun(self) -> str:
        id = await self.create()
        assert await self.prompt(id) == 200
        return id

    async def status(self, id: str) -> str:
        return str((await self.call("GET", f"/v1/sessions/{id}"))[1]["status"])

    async def page(self, id: str, token: str | None = None, **query: Any) -> tuple[list[str], Any]:
        """(what is listed, in short; the whole body)"""
        asked = {"limit": 20, "order": "desc", **query, **({} if token is None else {"page": quote(token, safe="")})}
        text = "&".join(f"{name}={value}" for name, value in asked.items())
        status, body = await self.call("GET", f"/v1/sessions/{id}/events?{text}")
        assert status == 200, body
        return [short(event) for event in body["data"]], body

    async def listed(self, id: str, **query: Any) -> list[str]:
        return (await self.page(id, **query))[0]

    async def stream(self, id: str) -> Any:
        return await self.reading.follow(f"{self.url}/v1/sessions/{id}/events/stream", x_api_key="K")


def short(event: dict[str, Any]) -> str:
    if event.get("content"):
        return "+".join(block["text"] for block in event["content"])
    return str(event["type"].rpartition(".")[2].removeprefix("status_"))


def play_of(reading: Runner, steps: Script, play: Callable[[Any, Client, SessionServers], Any], **more: Any) -> Any:
    """Plays against one service whose sessions play ``steps``. ``options`` are those of the service."""
    options = more.pop("options", {})

    async def main(r: Any) -> None:
        servers = SessionServers(r.scene, api_key="K", **options)
        servers.expect("a", steps)
        await play(r, Client(r, await r.serve(servers, "sessions") + options.get("base", "")), servers)

    return reading(main, **more)


# --- routes and scripts


@pytest.mark.parametrize(
    ("method", "target", "route"),
    [
        ("POST", "/v1/sessions", Route("create")),
        ("GET", "/x/y/v1/sessions/a%2Fb?q=1", Route("read", "/x/y", "a/b")),
        ("DELETE", "/v1/sessions/a%252F", Route("delete", "", "a%2F")),
        ("GET", "/v1/sessions/a/events?limit=20", Route("list", "", "a")),
        ("POST", "/v1/sessions/a/events?beta=true", Route("send", "", "a")),
        ("GET", "/v1/sessions/a/events/stream", Route("stream", "", "a")),
        ("GET", "/v1/files?scope_id=a", Route("files")),
        ("GET", "/v1/sessions", Route("other")),
        ("GET", "/v1/sessions/a/b/events", Route("other")),
        ("PUT", "/v1/sessions/a", Route("other", "", "a")),
        ("GET", "/sessions/a", Route("other")),
    ],
)
def test_routes_are_read_raw(method: str, target: str, route: Route) -> None:
    """One segment is one id, decoded once; what stands before /v1 is the base."""
    assert parse_request(method, target) == route
    assert classify(method, target, {}) == route.kind


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([message("a", 1), IDLE], ("idle", ["a"])),
        ([message("a", 1), {"type": "idle"}, message("b", 3), {"type": "terminated", "after_ms": 4}], ("terminated", ["a", "b"])),
        ([{"type": "idle", "stop": "requires_action"}], (None, [])),
        ([{"type": "idle", "stop": "requires_action"}, {"type": "running", "after_ms": 1}, IDLE], ("idle", [])),
        ([IDLE, {"type": "running", "after_ms": 101}, message("late", 102)], (None, ["late"])),
        ([{"type": "blank", "after_ms": 1}, {"type": "message", "texts": [" x ", "", "y"]}, IDLE], ("idle", [" x \ny"])),
        ([{"type": "terminated"}, message("never", 2)], ("terminated", [])),
    ],
)
def test_what_a_script_comes_to(steps: list[dict[str, Any]], expected: tuple[str | None, list[str]]) -> None:
    """The terminal event that nothing follows, and the messages before it; blank blocks do not count."""
    assert demanded(script(*steps)) == expected


def test_a_message_of_blanks_is_no_element() -> None:
    """What is kept is not trimmed."""
    assert element(["", " \n\t"]) is None
    assert element([" a", " ", "b "]) == " a\nb "


# --- the log and its sides


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_a_session_over_its_life(reading: Runner, world: str) -> None:
    """It begins idle, runs from its prompt on, is not deleted while it runs, and is gone behind its DELETE."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.create()
        assert (await client.status(id), await client.listed(id)) == ("idle", ["idle"])
        assert await client.prompt(id) == 200
        assert await client.status(id) == "running"
        assert (await client.call("DELETE", f"/v1/sessions/{id}"))[0] == 409
        await r.until(lambda: servers.sessions["sesn_0001"].status == "idle")
        assert await client.listed(id) == ["idle", "b", "a", "running", "go", "idle"]
        assert await client.listed(id, order="asc", limit=2) == ["idle", "go"]
        assert (await client.call("DELETE", f"/v1/sessions/{id}"))[0] == 200
        for method, path in (("GET", ""), ("GET", "/events"), ("GET", "/events/stream"), ("DELETE", "")):
            assert (await client.call(method, f"/v1/sessions/{id}{path}"))[0] == 404

    steps = script(message("a", 20), message("b", 40), {"type": "idle", "after_ms": 60}, before=[{"type": "idle"}])
    history = play_of(reading, steps, play, world=world)
    assert [entry.data["event"]["id"] for entry in history.of_kind("recorded")] == [f"sevt_{n:06}" for n in range(1, 7)]
    assert [entry.data["status"] for entry in history.of_kind("status")] == ["idle", "running", "idle"]
    assert [entry.kind for entry in history.of_kind("session", "prompted", "delete-refused", "deleted")] == [
        "session", "prompted", "delete-refused", "deleted",
    ]  # fmt: skip


def test_its_sides_do_not_move_together(reading: Runner) -> None:
    """The list shows late, but nothing later than the terminal event behind it; GET tells its status late, or early."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        told = []
        for _ in range(6):
            told.append((await client.listed(id), await client.status(id)))
            await r.scene.sleep(10)
        assert told == [
            (["running", "go"], "idle"),
            (["running", "go"], "running"),
            (["b", "running", "go"], "running"),
            (["b", "running", "go"], "idle"),
            (["b", "running", "go"], "idle"),
            (["idle", "b", "a", "running", "go"], "idle"),
        ]

    steps = (
        message("a", 5, lag_ms=900),
        message("b", 15),
        {"type": "idle", "after_ms": 38, "lag_ms": 10, "status_lag_ms": -10},
    )
    play_of(reading, script(*steps, status_lag_ms=5), play)


def test_a_late_status_does_not_undo_a_newer_one(reading: Runner) -> None:
    """Running that GET would tell behind idle is not told at all."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        await r.scene.sleep(300)
        assert await client.status(id) == "idle"

    history = play_of(reading, script(IDLE, status_lag_ms=200), play)
    assert [entry.data["status"] for entry in history.of_kind("status")] == ["idle"]


def test_whoever_says_something_runs(reading: Runner) -> None:
    """A message behind an idle comes with running; behind the end nothing comes; an interrupt stops it all."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        first = await client.begun()
        await r.scene.sleep(300)
        assert await client.listed(first) == ["terminated", "again", "running", "idle", "running", "go"]
        servers.expect("b", script(message("never", 50)))
        second = await client.begun()
        assert await client.send(second, {"type": "user.interrupt"}) == 200
        await r.scene.sleep(100)
        assert (await client.status(second), await client.listed(second)) == ("idle", ["running", "go"])
        assert (await client.call("DELETE", f"/v1/sessions/{second}"))[0] == 200

    steps = script(IDLE, message("again", 110), {"type": "terminated", "after_ms": 120}, message("never", 130))
    history = play_of(reading, steps, play)
    assert [entry.data["running"] for entry in history.of_kind("interrupted")] == [True]


# --- pages


async def all_pages(client: Client, id: str, insert: Callable[[], Any] | None = None) -> list[str]:
    rows, body = await client.page(id)
    while body.get("next_page"):
        if insert is not None:
            await insert()
        more, body = await client.page(id, body["next_page"])
        rows += more
    return rows


@pytest.mark.parametrize(("style", "again"), [("cursor", 0), ("offset", 1)])
def test_pages_while_events_come(reading: Runner, style: Any, again: int) -> None:
    """Nothing is missing; a token that counts events tells some of them twice."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        await r.scene.sleep(12)
        first, body = await client.page(id)
        assert first == ["m9", "m8", "m7", "m6"]
        await r.scene.sleep(3)
        assert (await client.page(id, body["next_page"]))[0] == [f"m{n}" for n in range(5 + again, 1 + again, -1)]

    steps = script(*(message(f"m{number}", number if number < 10 else 13) for number in range(1, 11)))
    play_of(reading, steps, play, options={"paging": Paging(size=4, style=style)})


@pytest.mark.parametrize(("end", "last"), [("null", {"next_page": None}), ("empty", {"next_page": ""}), ("absent", {})])
def test_how_the_last_page_says_so(reading: Runner, end: Any, last: dict[str, Any]) -> None:
    """By null, by an empty text, or by saying nothing."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        await r.scene.sleep(150)
        assert await all_pages(client, id) == ["idle", "a", "running", "go"]
        _, body = await client.page(id, limit=100)
        _, body = await client.page(id, body["next_page"])
        assert {key: value for key, value in body.items() if key != "data"} == last

    play_of(reading, script(message("a", 1), IDLE), play, options={"paging": Paging(size=3, end=end)})


def test_the_session_goes_on_between_two_pages(reading: Runner) -> None:
    """Once, as soon as it is idle and a further page is asked for: the next page shows some of the one before it again."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        await r.scene.sleep(70)
        _, body = await client.page(id)
        assert (await client.page(id, body["next_page"]))[0] == ["go"]
        await r.scene.sleep(80)
        first, body = await client.page(id)
        assert first == ["idle", "a"]
        assert (await client.page(id, body["next_page"]))[0] == ["idle", "a"]
        assert await all_pages(client, id) == ["idle", "running", "idle", "a", "running", "go"]

    steps = script(message("a", 50), IDLE, between_pages=[{"type": "running"}, {"type": "idle"}])
    play_of(reading, steps, play, options={"paging": Paging(size=2, style="offset")})


def test_tokens_that_lead_nowhere(reading: Runner) -> None:
    """A cycle gives the last page for ever; an endless list gives empty pages; a token of nobody's is refused."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        _, first = await client.page(id)
        second, body = await client.page(id, first["next_page"])
        assert (second, body["next_page"]) == (["go"], first["next_page"])
        servers.paging = Paging(size=2, endless=True)
        tokens: list[str] = []
        body = {"next_page": None}
        for _ in range(4):
            rows, body = await client.page(id, body["next_page"])
            tokens.append(body["next_page"])
        assert (rows, len(set(tokens))) == ([], 4)
        for token in ("nonsense", "YWZ0ZXI=", ""):
            assert (await client.call("GET", f"/v1/sessions/{id}/events?page={token}"))[0] == 400

    play_of(reading, script(), play, options={"paging": Paging(size=1, cyclic=True)})


# --- streams


def test_a_stream_begins_with_its_subscription(reading: Runner) -> None:
    """What was before is lost; what a stream delivered the list may hide, and only that; it ends with the session."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        await r.scene.sleep(15)
        follower = await client.stream(id)
        await r.scene.sleep(30)
        assert [short(event) for event in follower.datas if "id" in event] == ["b", "idle"]
        assert "keepalive" in follower.names
        listed = await client.listed(id)
        assert listed == ["idle", "a", "running", "go"]
        await client.call("DELETE", f"/v1/sessions/{id}")
        await follower.ended()
        streamed = [row["id"] for row in r.entries("streamed")]
        assert streamed == [event["id"] for event in follower.datas if "id" in event]

    steps = (message("a", 10, listed=False), message("b", 20, listed=False), {"type": "idle", "after_ms": 25})
    play_of(reading, script(*steps), play, options={"heartbeat_ms": 7})


def test_faults_of_streams_work_on_it(reading: Runner) -> None:
    """Framing writes it in another way, end-stream ends it behind so many events."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        follower = await client.stream(id)
        await follower.ended()
        assert bytes(follower.body).startswith(b"\xef\xbb\xbfdata:{")
        assert [short(event) for event in follower.datas] == ["a"]

    faults = [Framing(bom=True, space=False, data_lines=3), EndStreamFault(after_events=1)]
    history = play_of(reading, script(message("a", 10), message("b", 20)), play, faults=faults)
    assert sorted(entry.data["fault"] for entry in history.of_kind("fault")) == ["end-stream", "framing"]


def test_a_comment_within_an_event(reading: Runner) -> None:
    """Between two lines of its data; the list knows nothing of it."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        follower = await client.stream(id)
        await r.scene.sleep(30)
        comment = bytes(follower.body).index(b"\n: a comment within an event\ndata: ")
        assert b"\n\n" not in bytes(follower.body)[:comment]
        assert [short(event) for event in follower.datas] == ["a", "b"]
        assert await client.listed(id) == ["b", "a", "running", "go"]

    play_of(reading, script(message("a", 10, comment=True), message("b", 20)), play)


def test_a_terminated_session_ends_its_streams(reading: Runner) -> None:
    """Behind what it still had to say."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        follower = await client.stream(await client.begun())
        await follower.ended()
        assert [short(event) for event in follower.datas] == ["error", "terminated"]

    play_of(reading, script({"type": "error", "text": "x", "after_ms": 5}, {"type": "terminated", "after_ms": 5}), play)


# --- faults and refusals


def test_an_answer_that_lies(reading: Runner) -> None:
    """With ``commit`` the prompt is taken and the session made though nobody is told; without it nothing happens."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        assert (await client.call("POST", "/v1/sessions", CREATION))[0] == 503
        assert len(servers.sessions) == 1
        id = await client.create()
        assert [await client.prompt(id), await client.prompt(id)] == [500, 502]
        assert [row["text"] for row in r.entries("prompted")] == ["go"]
        status, body = await client.call("GET", f"/v1/sessions/{id}")
        assert (status, body["error"]["type"]) == (429, "rate_limit_error")
        assert r.entries("told") == []

    faults = [
        Status(endpoint="create", commit="all"),
        Status(endpoint="send", status=500),
        Status(endpoint="send", nth=2, status=502, commit="all"),
        Status(endpoint="read", status=429, commit="all"),
    ]
    play_of(reading, script(), play, faults=faults)


def test_lost_requests_and_lost_answers(reading: Runner) -> None:
    """A DELETE whose answer is lost has deleted; one that never came whole has done nothing."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.create()
        with pytest.raises(aiohttp.ClientError):
            await client.prompt(id)
        assert r.entries("prompted") == []
        assert (await client.call("DELETE", f"/v1/sessions/{id}"))[0] == 404  # the client has asked once more by itself
        assert len(r.entries("deleted")) == 1

    play_of(reading, script(), play, faults=[Cut(endpoint="send", after_bytes=5), LoseAnswer(endpoint="delete")])


def test_what_is_refused(reading: Runner) -> None:
    """A wrong key, a wrong base, bodies and queries that are none, and sessions that are not there."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.create()
        for method, path, body, status in (
            ("POST", "/v1/sessions", {"agent": "x"}, 400),
            ("POST", f"/v1/sessions/{id}/events", {"events": [{"type": "agent.message"}]}, 400),
            ("POST", f"/v1/sessions/{id}/events", [], 400),
            ("GET", f"/v1/sessions/{id}/events?limit=0", None, 400),
            ("GET", f"/v1/sessions/{id}/events?order=up", None, 400),
            ("GET", "/v1/sessions/other", None, 404),
            ("GET", "/elsewhere", None, 404),
            ("GET", "/v1/files?scope_id=a&limit=1000", None, 200),
        ):
            assert (await client.call(method, path, body))[0] == status, path
        client.url = client.url.removesuffix("/base")
        assert (await client.call("GET", f"/v1/sessions/{id}"))[0] == 404
        servers.api_key = "another"
        assert (await client.call("GET", f"/base/v1/sessions/{id}"))[0] == 401

    play_of(reading, script(), play, options={"base": "/base"})


def test_ids_with_all_that_is_special(reading: Runner) -> None:
    """Each is one segment, and no two sessions have the same."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        for _ in range(len(SPECIAL_IDS)):
            assert await client.status(await client.begun()) == "running"
        assert len(servers.sessions) == len(SPECIAL_IDS)
        assert next(iter(servers.sessions)) == f"{SPECIAL_IDS[5]}5"

    play_of(reading, script(), play, options={"ids": "special", "first_id": 5})


def test_a_huge_event_stays_small_in_the_answer(reading: Runner) -> None:
    """The text is as long as it was asked for; the history tells it once."""

    async def play(r: Any, client: Client, servers: SessionServers) -> None:
        id = await client.begun()
        await r.scene.sleep(5)
        (listed, *_) = await client.listed(id)
        assert len(listed) == 2_048 * 1_024

    history = play_of(reading, script(message("word ", 1, kilobytes=2_048)), play)
    assert len(history.to_ndjson()) < 2_048 * 1_024 * 1.1


def test_by_hand(reading: Runner) -> None:
    """`serve agent-session` says what to use; it knows no other options."""
    with pytest.raises(UsageError, match="unknown option 'speed'"):
        agent_session_service(PlainHost(), {"speed": "9"})

    async def play(r: Any) -> None:
        service = agent_session_service(r.scene, {"messages": "2", "every_ms": "10", "api_key": "K"})
        url = (await r.scene.serve(service.app, server=service.server, classify=service.classify)).url
        client = Client(r, url)
        follower = await client.stream(await client.begun())
        await r.scene.sleep(40)
        assert [short(json.loads(frame.data)) for frame in follower.frames] == ["message 1", "message 2", "idle"]
        assert service.hints == {"api_key": "K", "base": "/v1"}
        assert service.summary() == ["session sesn_0001: idle, 5 events"]

    reading(play)
