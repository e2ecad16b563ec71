"""What `streamproof serve` starts: each row of the table, with its options, and a little to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamproof.fake_servers import SERVERS
from streamproof.harness.values.errors import UsageError

Runner = Callable[..., Any]


async def start(reading: Any, what: str, **options: str) -> tuple[Any, str]:
    service = SERVERS[what](reading.scene, options)
    url = (await reading.scene.serve(service.app, server=service.server, classify=service.classify)).url
    service.started(url)
    return service, url


@pytest.mark.parametrize("leg", ["proxy", "direct", "legacy"])
def test_a_run_by_hand(reading: Runner, leg: str) -> None:
    """Under any ids the session sees the run, is told where to follow it, and reads its events to the end."""

    async def play(r: Any) -> None:
        service, url = await start(r, "run-stream", events="3", every_ms="1000", leg=leg, session_token="abc")
        assert service.hints["session_token"] == "abc"
        run = url + "/api/projects/5/tasks/any/runs/what%2Fever/"
        where = await (await r.get(run + "stream_token/", "abc")).json()
        if leg == "proxy":
            assert where["stream_base_url"] == url
            follower = await r.follow(url + "/v1/runs/what%2Fever/stream", where["token"])
        else:
            assert where == ({"error": "Not Found"} if leg == "legacy" else {"token": where.get("token"), "stream_base_url": None})
            follower = await r.follow(run + "stream/", "abc")
        await follower.ended()
        assert [data["k"] for data in follower.datas] == [1, 2, 3]
        assert (await (await r.get(run, "abc")).json())["status"] == "completed"
        assert r.scene.now_us() == 4_000_000
        assert service.summary() == ["run 'run': 3 events, complete"]

    reading(play)


def test_a_stream_of_events_by_hand(reading: Runner) -> None:
    """Its events come one by one, then the end and 204."""

    async def play(r: Any) -> None:
        service, url = await start(r, "sse", events="2", every_ms="10")
        follower = await (await r.follow(url + service.hints["events"])).ended()
        assert [(frame.id, frame.data) for frame in follower.frames] == [("1", "event 1"), ("2", "event 2")]
        assert (await r.get(url + "/events")).status == 204
        assert service.summary() == ["2 frames sent, finished"]

    reading(play)


@pytest.mark.parametrize(
    ("what", "options", "complaint"),
    [
        ("run-stream", {"evnts": "1"}, "serve run-stream: unknown option 'evnts'; it knows session_token, leg,"),
        ("run-stream", {"leg": "left"}, "unknown leg 'left'; it knows proxy, direct, legacy"),
        ("run-stream", {"keepalive_ms": "-1"}, "keepalive_ms='-1': expected a whole number"),
        ("sse", {"events": "many"}, "serve sse: events='many': expected a whole number"),
        ("sse", {"replay": "old"}, "unknown replay 'old'; it knows id, new"),
        ("ingest", {"tokn": "x"}, "serve ingest: unknown option 'tokn'"),
        ("durable-model", {"gate_open_ms": "soon"}, "serve durable-model: gate_open_ms='soon': expected a whole number"),
        ("durable-execution", {"api_key": ""}, "serve durable-execution: api_key and other_api_key must be two keys"),
        ("durable-execution", {"api_key": "k", "other_api_key": "k"}, "must be two keys that differ"),
        ("durable-execution", {"approval_timeout_ms": ""}, "approval_timeout_ms='': expected a whole number"),
        ("durable-execution", {"keys": "x"}, "serve durable-execution: unknown option 'keys'; it knows api_key,"),
    ],
)
def test_wrong_options(reading: Runner, what: str, options: dict[str, str], complaint: str) -> None:
    """Each is told with what would be right."""

    async def play(r: Any) -> None:
        SERVERS[what](r.scene, options)

    with pytest.raises(UsageError, match=complaint):
        reading(play)
