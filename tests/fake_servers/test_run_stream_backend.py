"""The backend tells the state of a run, its history page by page, and where to follow it, to its session alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from yarl import URL

from streamproof.fake_servers.ingest.store import Store
from streamproof.fake_servers.run_stream.app import RunStreamServers, TaskRun
from streamproof.harness.faults.content_type import ContentType
from streamproof.harness.faults.gzip_answer import Gzip
from streamproof.harness.faults.restart import Restart
from streamproof.harness.faults.second_writer import SecondWriter
from streamproof.harness.faults.spoilt_body import SpoiltBody
from streamproof.harness.faults.stale import StaleRead
from streamproof.harness.faults.status import Status

Runner = Callable[..., Any]
SESSION = "session-secret"
RUN = TaskRun(7, "t/1", "r?1", SESSION)
PATH = "/base/api/projects/7/tasks/t%2F1/runs/r%3F1/"


def servers_for(reading: Any, **options: Any) -> RunStreamServers:
    return RunStreamServers(reading.scene, RUN, **options)


def test_the_state_of_a_run(reading: Runner) -> None:
    """All fields a reader uses; a change is newer than what was before it, also at the same moment."""

    async def play(r: Any) -> None:
        servers = servers_for(r)
        url = await r.serve(servers, "backend") + PATH
        first = await (await r.get(url, SESSION)).json()
        assert (first["status"], first["state"], first["output"]) == ("in_progress", {"sandbox_alive": True}, None)
        servers.set_state(status="completed", output={"pr": 1})
        second = await (await r.get(url, SESSION)).json()
        assert (second["status"], second["output"], second["stage"]) == ("completed", {"pr": 1}, None)
        assert second["updated_at"] > first["updated_at"]
        assert set(second) >= {"task_summary", "error_message", "branch", "updated_at", "log_url"}
        assert [entry["state"]["status"] for entry in r.entries("run-state")] == ["in_progress", "completed"]

    reading(play)


def test_pages_of_the_history(reading: Runner) -> None:
    """limit and offset, with the headers that say what is left; without a limit a whole page; nonsense counts as nothing."""

    async def play(r: Any) -> None:
        servers = servers_for(r)
        url = await r.serve(servers, "backend") + PATH + "session_logs/"
        assert await (await r.get(url, SESSION)).json() == []
        servers.append([{"k": number, "t": "é"} for number in range(1, 6)])
        seen = []
        for query in ("", "?limit=2", "?limit=2&offset=2", "?limit=2&offset=4", "?limit=2&offset=9", "?limit=-1&offset=x", "?limit=99999"):
            answer = await r.get(url + query, SESSION)
            assert answer.headers["X-Matching-Count"] == "5"
            seen.append(([entry["k"] for entry in await answer.json()], answer.headers["X-Has-More"]))
        whole = ([1, 2, 3, 4, 5], "false")
        assert seen == [whole, ([1, 2], "true"), ([3, 4], "true"), ([5], "false"), ([], "false"), whole, whole]

    reading(play)


def test_a_page_has_5000_entries_at_most(reading: Runner) -> None:
    """Also when more are asked for."""

    async def play(r: Any) -> None:
        servers = servers_for(r)
        url = await r.serve(servers, "backend") + PATH + "session_logs/?limit=6000"
        servers.append([{"k": number} for number in range(5_001)])
        answer = await r.get(url, SESSION)
        assert (len(await answer.json()), answer.headers["X-Has-More"]) == (5_000, "true")

    reading(play)


def test_where_to_follow(reading: Runner) -> None:
    """A new token each time; the base of the proxy, null, or 404 from a backend that knows of no proxy. Tokens are kept secret."""

    async def play(r: Any) -> None:
        servers = servers_for(r)
        servers.proxy_url = "http://proxy.example/base//"
        url = await r.serve(servers, "backend") + PATH + "stream_token/"
        first, second = [await (await r.get(url, SESSION)).json() for _ in range(2)]
        assert first["stream_base_url"] == "http://proxy.example/base//"
        assert first["token"] != second["token"]
        assert '"token":"<run-token>"' in r.entries("answer")[0]["body"]
        servers.move("direct")
        assert (await (await r.get(url, SESSION)).json())["stream_base_url"] is None
        servers.move("legacy")
        assert (await r.get(url, SESSION)).status == 404
        assert [entry["leg"] for entry in r.entries("moved")] == ["direct", "legacy"]

    reading(play)


@pytest.mark.parametrize(
    ("target", "token", "method", "status"),
    [
        (PATH, None, "GET", 401),
        (PATH, "run-token-0001", "GET", 401),
        (PATH, SESSION, "GET", 200),
        (PATH, SESSION, "POST", 405),
        (PATH.replace("r%3F1", "other"), SESSION, "GET", 404),
        (PATH.replace("t%2F1", "other"), SESSION, "GET", 404),
        (PATH.replace("projects/7", "projects/8"), SESSION, "GET", 404),
        (PATH.replace("/base", "/"), SESSION, "GET", 404),
        ("/v1/runs/r%3F1/stream", SESSION, "GET", 404),
    ],
)
def test_who_may_ask(reading: Runner, target: str, token: str | None, method: str, status: int) -> None:
    """The session alone, for this run alone, at this server; whatever comes is written down."""

    async def play(r: Any) -> None:
        servers = servers_for(r)
        servers.tokens.mint()
        url = await r.serve(servers, "backend")
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with r.client.request(method, URL(url + target, encoded=True), headers=headers) as answer:
            assert answer.status == status
        (request,) = r.entries("request")
        assert (request["target"], request["method"]) == (target, method)

    reading(play)


def test_stale_answers(reading: Runner) -> None:
    """The state lags by so many changes, the history by so many entries; where there is nothing to lag behind nothing acts."""

    async def play(r: Any) -> None:
        servers = servers_for(r)
        url = await r.serve(servers, "backend") + PATH
        logs = url + "session_logs/"

        async def told() -> tuple[str, Any, str]:
            answer = await r.get(logs, SESSION)
            state = await (await r.get(url, SESSION)).json()
            return state["status"], await answer.json(), answer.headers["X-Matching-Count"]

        assert await told() == ("in_progress", [], "0")
        assert r.injected() == []
        servers.append([{"k": 1}, {"k": 2}, {"k": 3}])
        servers.set_state(status="failed")
        assert await told() == ("in_progress", [{"k": 1}], "1")
        assert r.injected() == ["stale", "stale"]

    reading(play, [StaleRead(behind=2, endpoint=endpoint, times=9) for endpoint in ("run", "history")])


def test_false_and_spoilt_answers(reading: Runner) -> None:
    """Status, body, media type and compression of plain answers, each reported once."""

    async def play(r: Any) -> None:
        servers = servers_for(r)
        url = await r.serve(servers, "backend") + PATH
        answer = await r.get(url, SESSION)
        assert (answer.status, answer.headers["Retry-After"], await answer.json()) == (503, "5", {"error": "Service Unavailable"})
        assert (await (await r.get(url, SESSION)).text()).startswith('{"id":"r?1"')
        assert (await r.get(url, SESSION)).content_type == "text/html"
        assert (await r.get(url, SESSION)).headers["Content-Encoding"] == "gzip"
        assert r.injected() == ["status", "spoilt-body", "content-type", "gzip"]

    faults = [
        Status(endpoint="run", status=503, retry_after_s=5),
        SpoiltBody(endpoint="run", nth=2, body="truncated"),
        ContentType(endpoint="run", nth=3),
        Gzip(endpoint="run", nth=4),
    ]
    reading(play, faults)


def test_a_second_writer(reading: Runner) -> None:
    """Events that somebody else adds when a request arrives are in its answer, and in the record."""

    async def play(r: Any) -> None:
        servers = servers_for(r)
        url = await r.serve(servers, "backend") + PATH + "session_logs/"
        assert len(await (await r.get(url, SESSION)).json()) == 2
        assert len(r.entries("append")) == 2
        assert r.injected() == ["second-writer"]

    reading(play, [SecondWriter(endpoint="history", count=2)])


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_restart(reading: Runner, world: str) -> None:
    """Every connection of the server is reset, open streams are broken off, and what was stored stays."""

    async def play(r: Any) -> None:
        servers = servers_for(r)
        url = await r.serve(servers, "backend") + PATH
        servers.append([{"k": 1}])
        follower = await r.follow(url + "stream/", SESSION)
        await r.until(lambda: bool(r.entries("frame")))
        assert (await r.get(url, SESSION)).status == 200, "this client tries a request without an answer again"
        assert [entry["endpoint"] for entry in r.entries("request")] == ["stream", "run", "run"]
        assert [entry["request"] for entry in r.entries("answer")] == [1, 3], "the one that met the restart has none"
        assert (await follower.ended()).error
        assert [entry["how"] for entry in r.entries("stream-over")] == ["aborted"]
        assert len(await (await r.get(url + "session_logs/", SESSION)).json()) == 1

    reading(play, [Restart(endpoint="run")], world)


def test_what_a_sender_uploads_is_what_a_reader_reads(reading: Runner) -> None:
    """Over one store an accepted event is at once in the history, and a completion finishes the stream."""

    async def play(r: Any) -> None:
        store = Store()
        stream = store.stream(RUN.run_id)
        stream.apply(1, {"k": 1})
        servers = servers_for(r, store=store)
        url = await r.serve(servers, "backend") + PATH
        follower = await r.follow(url + "stream/", SESSION)
        assert [stream.apply(seq, {"k": seq}) for seq in (2, 2, 4)] == ["accept", "duplicate", "gap"]
        assert await (await r.get(url + "session_logs/", SESSION)).json() == [{"k": 1}, {"k": 2}]
        assert stream.complete(2) == "complete"
        assert stream.complete(2) == "repeated"
        assert (await follower.ended()).names == ["event", "event", "stream-end"]
        assert len(r.entries("finished")) == 1
        servers.append([{"k": 3}])
        assert len(r.entries("append")) == 2, "a finished stream takes no more"

    reading(play)
