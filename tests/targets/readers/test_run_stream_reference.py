"""The reference reader against a small literal server, in virtual time: the ordinary course, bootstraps, changes of leg."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

LEGS = pytest.mark.parametrize("leg", ["proxy", "direct", "legacy"])


# --- the ordinary course --------------------------------------------------------------------------------------------


@LEGS
def test_history_live_entries_final_status_end(run_stream: SimpleNamespace, leg: str) -> None:
    """The snapshot holds what was there, logs what comes, in batches; the final status is read behind the last of them."""

    async def main(play: Any) -> None:
        play.reader().watch()
        await asyncio.sleep(1)
        play.server.append(*run_stream.marked(3, 4))
        await asyncio.sleep(1)
        play.server.append(*run_stream.marked(5))
        play.server.finish()
        await play.until_over()

    play = run_stream.simulate(main, leg=leg, log=run_stream.marked(1, 2))
    assert play.names == ["snapshot", "logs", "logs", "status", "ended"]
    assert play.at_ms[1] == 1_016
    assert play.transcript == run_stream.marked(1, 2, 3, 4, 5)
    assert play.notes[0][1]["status"] == "in_progress"
    assert play.notes[3][1] == {"status": "completed", "stage": "build", "output": None, "error_message": None, "branch": None}
    assert len(play.server.of("stream")) == 1
    assert len(play.server.of("token")) == 1


@pytest.mark.parametrize(("leg", "stream"), [("proxy", "/p/v1/runs/{}/stream"), ("direct", "/a/api/projects/7/tasks/{}/runs/{}/stream/")])
def test_every_url_holds_the_ids_as_one_segment(run_stream: SimpleNamespace, leg: str, stream: str) -> None:
    """Ids are encoded on every leg, all trailing slashes of a base go, and each credential stays where it belongs."""

    async def main(play: Any) -> None:
        play.reader(task_id="a/b?c", run_id="a/b?c").watch()
        await asyncio.sleep(1)

    play = run_stream.simulate(main, leg=leg)
    segment = "a%2Fb%3Fc"
    targets = {seen.endpoint: seen.target for seen in play.server.seen}
    run = f"/a/api/projects/7/tasks/{segment}/runs/{segment}/"
    assert targets["run"] == run
    assert targets["token"] == f"{run}stream_token/"
    assert targets["history"].startswith(f"{run}session_logs/?")
    assert targets["stream"] == stream.format(segment, segment) + "?start=latest"
    expected = {"stream": "Bearer run-token-1"} if leg == "proxy" else {}
    for seen in play.server.seen:
        assert seen.headers["Authorization"] == expected.get(seen.endpoint, "Bearer session")


def test_a_run_that_is_over_is_its_history(run_stream: SimpleNamespace) -> None:
    """One snapshot over all pages, and the end; no stream, no status."""

    async def main(play: Any) -> None:
        play.server.state["status"] = "failed"
        play.server.page_entries = 2
        play.reader().watch()
        await play.until_over()

    play = run_stream.simulate(main, log=run_stream.marked(1, 2, 3, 4, 5))
    assert play.names == ["snapshot", "ended"]
    assert play.transcript == run_stream.marked(1, 2, 3, 4, 5)
    assert [seen.target.partition("offset=")[2] for seen in play.server.of("history")] == ["0", "2", "4"]
    assert not play.server.of("stream")


def test_many_entries_at_once_come_fifty_a_note(run_stream: SimpleNamespace) -> None:
    """A full batch does not wait, the rest of it does."""

    async def main(play: Any) -> None:
        play.reader().watch()
        await asyncio.sleep(1)
        play.server.append(*run_stream.marked(*range(120)))
        await asyncio.sleep(1)

    play = run_stream.simulate(main)
    logs = [(at_ms, len(data["entries"])) for at_ms, (name, data) in zip(play.at_ms, play.notes, strict=True) if name == "logs"]
    assert logs == [(1_000, 50), (1_000, 50), (1_016, 20)]


def test_control_frames_and_rubbish_tell_nothing_and_move_nothing(run_stream: SimpleNamespace) -> None:
    """Only data that is a JSON object is an event; a cut behind the rest resumes behind the last event."""

    async def noise(stream: Any) -> None:
        await stream.event(1)
        for block in (
            "event: keepalive\nid: 100-7\ndata: {}",
            "event: nobody\nid: 100-8\ndata: {}",
            "id: 100-9\ndata: {",
            "id: 100-9\ndata: [1]",
            "id: 100-9\ndata: NaN",
            "id: 100-9",
            ": comment",
            "data:",
        ):
            await stream.raw(f"{block}\n\n".encode())
        await stream.raw(b'id: 100-6\ndata: {"half"')
        await stream.cut()

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [noise]
        play.reader().watch()
        await asyncio.sleep(0.1)
        play.server.append(*run_stream.marked(2))
        await asyncio.sleep(2)

    play = run_stream.simulate(main, log=run_stream.marked(1))
    assert play.transcript == run_stream.marked(1, 2)
    assert [seen.cursor for seen in play.server.of("stream")] == [None, "100-1"]


def test_requests_for_somebody_are_told_at_once(run_stream: SimpleNamespace) -> None:
    """Also before the snapshot, and never as log entries."""

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(2)
        return web.json_response([])

    async def main(play: Any) -> None:
        play.server.scripts["history"] = [slow]
        play.reader().watch()
        await asyncio.sleep(1)
        play.server.append({"type": "permission_request", "k": 1}, {"type": "mcp_request", "k": 2}, *run_stream.marked(3))
        await asyncio.sleep(2)

    play = run_stream.simulate(main)
    assert play.names == ["permission_request", "permission_request", "snapshot", "logs"]
    assert play.notes[0][1] == {"type": "permission_request", "k": 1}
    assert play.transcript == run_stream.marked(3)


def test_states_are_told_when_they_are_new_and_newer(run_stream: SimpleNamespace) -> None:
    """Older, equal and terminal ones wait; the final status is told once, at the end."""

    def state(status: str, day: int) -> dict[str, Any]:
        return {"type": "task_run_state", "status": status, "stage": "build", "updated_at": f"2026-02-{day:02}T00:00:00+00:00"}

    async def main(play: Any) -> None:
        play.reader().watch()
        await asyncio.sleep(1)
        play.server.append(state("waiting", 2), state("older", 1), state("waiting", 3), state("running", 4), state("completed", 5))
        await asyncio.sleep(1)
        play.server.append(*run_stream.marked(1))
        play.server.finish(None)
        await play.until_over()

    play = run_stream.simulate(main)
    assert [data["status"] for name, data in play.notes if name == "status"] == ["waiting", "running", "completed"]
    assert play.names[-3:] == ["logs", "status", "ended"]
    assert play.transcript == run_stream.marked(1)


# --- between history and stream -------------------------------------------------------------------------------------


def test_what_comes_between_history_and_attach_is_not_lost(run_stream: SimpleNamespace) -> None:
    """The tail of the history is read once the stream is open, and what the stream brings as well is told once."""

    async def late(stream: Any) -> None:
        await asyncio.sleep(1)
        stream.server.append(*run_stream.marked(2, 3))
        await stream.open()
        stream.server.append(*run_stream.marked(4))
        await stream.event(4)
        await asyncio.sleep(1)
        await stream.event(3)
        stream.server.append(*run_stream.marked(5))
        await stream.event(5)
        await asyncio.sleep(5)

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [late]
        play.reader().watch()
        await asyncio.sleep(4)

    play = run_stream.simulate(main, log=run_stream.marked(1))
    assert play.names.count("snapshot") == 1
    assert play.transcript == run_stream.marked(1, 2, 3, 4, 5)


def test_an_entry_of_the_history_cancels_one_live_entry(run_stream: SimpleNamespace) -> None:
    """Of two equal events the history holds the first: the second is new."""
    twin = {"text": "same"}

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(2)
        return web.json_response([twin], headers={"X-Has-More": "false"})

    async def main(play: Any) -> None:
        play.server.scripts["history"] = [slow]
        play.reader().watch()
        await asyncio.sleep(1)
        play.server.append(twin, twin)
        await asyncio.sleep(3)
        play.server.append(twin)
        await asyncio.sleep(1)

    assert run_stream.simulate(main).transcript == [twin, twin, twin]


@pytest.mark.parametrize("how", ["whole", "cut"])
def test_the_end_while_the_history_is_read(run_stream: SimpleNamespace, how: str) -> None:
    """One snapshot, what was held, the final status, the end; no reconnect."""

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(3)
        return web.json_response(run_stream.marked(1), headers={"X-Has-More": "false"})

    async def quick(stream: Any) -> None:
        await stream.open()
        await asyncio.sleep(1)
        stream.server.append(*run_stream.marked(2, 3))
        await stream.event(2)
        await stream.event(3)
        stream.server.finish()
        await stream.frame("stream-end", {})
        if how == "cut":
            await stream.cut()

    async def main(play: Any) -> None:
        play.server.scripts["history"] = [slow]
        play.server.scripts["stream"] = [quick]
        play.reader().watch()
        await play.until_over()
        await asyncio.sleep(100)

    play = run_stream.simulate(main, log=run_stream.marked(1))
    assert play.names == ["snapshot", "logs", "status", "ended"]
    assert play.transcript == run_stream.marked(1, 2, 3)
    assert len(play.server.of("stream")) == 1


def test_a_page_that_fails_is_asked_for_again(run_stream: SimpleNamespace) -> None:
    """There is never half a snapshot; after nine pauses it is an error that may be retried."""

    async def main(play: Any) -> None:
        play.server.scripts["history"] = [500, 404, None]
        reader = play.reader()
        reader.watch()
        await asyncio.sleep(2)
        reader.unwatch()
        play.server.scripts["history"] = [500] * 10
        reader.watch()
        await play.until_over()

    play = run_stream.simulate(main, log=run_stream.marked(1))
    assert play.names == ["snapshot", "error"]
    assert play.notes[1][1]["retryable"] is True
    assert play.at_ms[1] == 2_000 + 62_500


# --- legs -----------------------------------------------------------------------------------------------------------


def test_a_change_of_leg_begins_without_a_cursor(run_stream: SimpleNamespace) -> None:
    """A 401 of the proxy asks again where to go; the gap is closed from the history, nothing comes twice."""

    async def one_then_cut(stream: Any) -> None:
        await stream.open()
        await asyncio.sleep(1)
        stream.server.append(*run_stream.marked(2))
        await stream.event(2)
        await stream.cut()
        stream.server.leg = "direct"
        stream.server.append(*run_stream.marked(3))

    async def unauthorised(stream: Any) -> web.Response:
        return web.Response(status=401)

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [one_then_cut, unauthorised]
        play.reader().watch()
        await asyncio.sleep(5)
        play.server.append(*run_stream.marked(4))
        play.server.finish()
        await play.until_over()

    play = run_stream.simulate(main, log=run_stream.marked(1))
    assert [seen.cursor for seen in play.server.of("stream")] == [None, "100-2", None]
    assert "start=latest" in play.server.of("stream")[2].target
    assert len(play.server.of("token")) == 2
    assert play.transcript == run_stream.marked(1, 2, 3, 4)


@pytest.mark.parametrize(("answers", "tokens"), [([503, 429], 3), ([404], 1), ([403], 1)])
def test_only_an_answer_that_stays_is_kept(run_stream: SimpleNamespace, answers: list[int], tokens: int) -> None:
    """A passing failure means the backend for one round; a refusal means an older backend for good."""

    async def reset(stream: Any) -> None:
        await stream.open()
        await stream.cut()

    async def main(play: Any) -> None:
        play.server.scripts["token"] = list(answers)
        play.server.scripts["stream"] = [reset, reset, reset]
        play.reader().watch()
        await asyncio.sleep(5)

    play = run_stream.simulate(main)
    assert len(play.server.of("token")) == tokens
    assert len(play.server.of("stream")) == 4
    assert all("/api/" in seen.target for seen in play.server.of("stream")[: len(answers)])


def test_an_old_backend_ends_without_a_word(run_stream: SimpleNamespace) -> None:
    """What was lost with the connection is read from the history before the final status."""

    async def lossy(stream: Any) -> None:
        await stream.open()
        await asyncio.sleep(1)
        stream.server.append(*run_stream.marked(2, 3))
        await stream.event(2)
        stream.server.finish()
        await stream.cut()

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [lossy]
        play.reader().watch()
        await play.until_over()

    play = run_stream.simulate(main, leg="legacy", log=run_stream.marked(1))
    assert play.transcript == run_stream.marked(1, 2, 3)
    assert play.names[-2:] == ["status", "ended"]


def test_elsewhere_a_terminal_status_ends_nothing(run_stream: SimpleNamespace) -> None:
    """A connection that was cut is replaced, whatever the status of the run is."""

    async def reset(stream: Any) -> None:
        await stream.open()
        await stream.cut()

    async def main(play: Any) -> None:
        play.server.scripts["stream"] = [reset, reset]
        play.reader().watch()
        await asyncio.sleep(0.0005)
        play.server.state["status"] = "completed"
        await asyncio.sleep(2)
        play.server.append(*run_stream.marked(1))
        play.server.finish()
        await play.until_over()

    play = run_stream.simulate(main)
    assert play.transcript == run_stream.marked(1)
    assert len(play.server.of("stream")) == 3
    assert play.names == ["snapshot", "logs", "status", "ended"]
