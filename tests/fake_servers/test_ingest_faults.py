"""The ingest servers perform what faults order, and report only what really acted."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from streamproof.harness.faults.already_complete import AlreadyComplete
from streamproof.harness.faults.buffer_request import BufferedRequest
from streamproof.harness.faults.content_type import ContentType
from streamproof.harness.faults.early_answer import EarlyAnswer
from streamproof.harness.faults.forget import Forget
from streamproof.harness.faults.gzip_answer import Gzip
from streamproof.harness.faults.redirect import Redirect
from streamproof.harness.faults.restart import Restart
from streamproof.harness.faults.second_writer import SecondWriter
from streamproof.harness.faults.spoilt_body import SpoiltBody
from streamproof.harness.faults.stale import StaleRead
from streamproof.harness.faults.status import Status

Runner = Callable[..., None]


def event(seq: int) -> str:
    return json.dumps({"seq": seq, "event": {}}) + "\n"


def injected(b: Any) -> list[str]:
    return [entry["fault"] for entry in b.entries("fault")]


@pytest.mark.parametrize(("commit", "last"), [("none", 0), ("all", 2)])
def test_status_before_and_after_the_commit(bench: Runner, commit: Any, last: int) -> None:
    """The answer is false either way; only with commit "all" the lines are accepted. The next request is served truly."""

    async def play(b: Any) -> None:
        client = await b.connect()
        answer = await client.post(event(1) + event(2))
        assert (answer.status, answer.json, answer.headers["retry-after"]) == (503, {"error": "Service unavailable"}, "7")
        assert b.last == last
        assert len(b.entries("line")) == 2, "what was sent is written down either way"
        assert (await client.post("")).json["last_accepted_seq"] == last
        assert injected(b) == ["status"]

    bench(play, [Status(endpoint="upload", status=503, commit=commit, retry_after_s=7)])


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Status(status=409, acknowledge=True), 409, {"error": "Expected sequence 1, got 2", "last_accepted_seq": 0}),
        (Status(status=413, commit="all", acknowledge=True), 413, {"error": "Request body is too large", "last_accepted_seq": 1}),
        (Status(status=202, commit="all", acknowledge=True), 202, {"accepted": 1, "duplicate": 0, "last_accepted_seq": 1}),
        (Status(status=200, commit="all"), 200, {"accepted": 1, "duplicate": 0}),
        (Status(status=599), 599, {"error": "Unknown status"}),
    ],
)
def test_bodies_of_false_answers(bench: Runner, fault: Status, status: int, body: dict[str, Any]) -> None:
    """The contract's own body for the status, with the true position only where it is to be acknowledged."""

    async def play(b: Any) -> None:
        answer = await (await b.connect()).post(event(1))
        assert (answer.status, answer.json) == (status, body)

    bench(play, [fault])


@pytest.mark.parametrize(
    ("fault", "content_type"), [(Status(status=502, body="html"), "text/html"), (Status(status=204, body="contract"), None)]
)
def test_pages_and_no_body(bench: Runner, fault: Status, content_type: str | None) -> None:
    """A load balancer's page is HTML; a 204 has no body whatever was asked for."""

    async def play(b: Any) -> None:
        answer = await (await b.connect()).post(event(1))
        assert answer.headers.get("content-type") == content_type
        assert answer.body.startswith(b"<html>") is (content_type is not None)

    bench(play, [fault])


def test_positions_count_per_endpoint(bench: Runner) -> None:
    """The second upload is hit, whatever syncs lie between; "any" counts every request."""

    async def play(b: Any) -> None:
        client = await b.connect()
        statuses = [(await client.post(body)).status for body in ("", event(1), "", event(2), event(2), "")]
        assert statuses == [200, 200, 200, 500, 200, 502]

    bench(play, [Status(endpoint="upload", nth=2, status=500), Status(endpoint="any", nth=6, status=502)])


@pytest.mark.parametrize(("commit", "last"), [("none", 0), ("all", 2)])
def test_early_answer(bench: Runner, commit: Any, last: int) -> None:
    """After k lines the answer is there while the body is open; exactly k lines were applied, later ones never are."""

    async def play(b: Any) -> None:
        client = await b.connect()
        await client.head(b.proxy, "Transfer-Encoding: chunked")
        await client.chunk(event(1))
        await b.until(lambda: len(b.entries("line")) == 1)
        assert not b.entries("answer")
        await client.chunk(event(2) + event(3))
        answer = await client.answer()
        assert (answer.status, answer.json["last_accepted_seq"]) == (413, last)
        await client.chunk(event(4))
        await client.write("0\r\n\r\n")
        assert (await client.post("")).json["last_accepted_seq"] == last
        assert b.entries("answer")[0]["early"] is True
        assert len(b.entries("line")) == 4

    bench(play, [EarlyAnswer(status=413, after_lines=2, commit=commit, endpoint="upload")])


def test_early_answer_at_the_head(bench: Runner) -> None:
    """With no line at all the answer comes before the body; the body is still read."""

    async def play(b: Any) -> None:
        client = await b.connect()
        await client.head(b.proxy, "Transfer-Encoding: chunked")
        assert (await client.answer()).status == 413
        await client.chunk(event(1))
        await client.write("0\r\n\r\n")
        await b.until(lambda: bool(b.entries("body-end")))
        assert b.last == 0

    bench(play, [EarlyAnswer(status=413, after_lines=0)])


def test_redirects(bench: Runner) -> None:
    """To the same origin: the URL that was asked for. To another: its origin, with the same target. Nothing is committed."""

    async def play(b: Any) -> None:
        b.servers.elsewhere_url = "http://else.example:1"
        client = await b.connect()
        answer = await client.post(event(1))
        assert (answer.status, answer.headers["location"]) == (307, f"http://h.example{b.proxy}")
        answer = await client.post(event(1))
        assert (answer.status, answer.headers["location"]) == (302, f"http://else.example:1{b.proxy}")
        assert b.last == 0

    bench(play, [Redirect(), Redirect(nth=2, status=302, origin="other")])


@pytest.mark.filterwarnings("ignore")
def test_a_redirect_to_nowhere_is_our_fault(bench: Runner, caplog: pytest.LogCaptureFixture) -> None:
    """Without another origin the order cannot be performed: written down as a fault of the harness."""

    async def play(b: Any) -> None:
        assert (await (await b.connect()).post(event(1))).status == 500
        (entry,) = b.entries("harness-fault")
        assert "elsewhere_url" in entry["error"]

    bench(play, [Redirect(origin="other")])


@pytest.mark.parametrize(("body", "expected"), [("empty", b""), ("html", b"<html>"), ("truncated", b'{"accepted":1,"duplicate"')])
def test_spoilt_bodies(bench: Runner, body: Any, expected: bytes) -> None:
    """The request is committed, its status is 200, its body is useless. Other statuses are left alone and not counted."""

    async def play(b: Any) -> None:
        client = await b.connect()
        answer = await client.post(event(1))
        assert answer.status == 200
        assert answer.body.startswith(expected)
        if body != "html":
            assert answer.body == expected
        assert b.last == 1
        assert (await client.post("{")).json == {"error": "Invalid JSON"}
        assert injected(b) == ["spoilt-body"]

    bench(play, [SpoiltBody(body=body, times=2)])


def test_content_type(bench: Runner) -> None:
    """The true body under another media type."""

    async def play(b: Any) -> None:
        answer = await (await b.connect()).post(event(1))
        assert (answer.headers["content-type"], answer.json["accepted"]) == ("text/html", 1)

    bench(play, [ContentType()])


def test_gzip_only_if_asked(bench: Runner) -> None:
    """Compressed for a client that asks, untouched and not counted for one that does not."""

    async def play(b: Any) -> None:
        client = await b.connect()
        assert (await client.post(event(1))).json["accepted"] == 1
        assert not injected(b)
        answer = await client.post(event(2), b.proxy, "Accept-Encoding: gzip, deflate")
        assert answer.headers["content-encoding"] == "gzip"
        assert json.loads(gzip.decompress(answer.body))["accepted"] == 1
        assert json.loads(b.entries("answer")[1]["body"])["accepted"] == 1, "the history shows what it says"

    bench(play, [Gzip(times=2)])


def test_buffered_request(bench: Runner) -> None:
    """Nothing is applied before the end, everything at the end; of a body that is cut nothing ever is."""

    async def play(b: Any) -> None:
        client, other = await b.connect(), await b.connect()
        await client.head(b.proxy, "Transfer-Encoding: chunked")
        await client.chunk(event(1))
        assert (await other.post("")).json["last_accepted_seq"] == 0
        await client.write("0\r\n\r\n")
        assert (await client.answer()).json["last_accepted_seq"] == 1
        await client.head(b.proxy, "Transfer-Encoding: chunked")
        await client.chunk(event(2))
        await b.until(lambda: len(b.entries("request")) == 3)
        client.writer.close()
        await b.until(lambda: len(b.entries("body-end")) == 3)
        assert b.last == 1
        assert injected(b) == ["buffer-request"]

    bench(play, [BufferedRequest(endpoint="upload", times=2)])


def test_stale_positions(bench: Runner) -> None:
    """A 200 lags by n, never below 0; a 409 tells the truth."""

    async def play(b: Any) -> None:
        client = await b.connect()
        told = [(await client.post(body)).json["last_accepted_seq"] for body in ("", event(1) + event(2) + event(3), "", event(9))]
        assert told == [0, 1, 1, 3]
        assert injected(b) == ["stale", "stale"]

    bench(play, [StaleRead(behind=2, times=4)])


@pytest.mark.parametrize(
    ("fault", "change", "last", "status"),
    [
        (Forget(nth=2), "forget", 0, 409),
        (Forget(nth=2, count=1), "forget", 2, 200),
        (SecondWriter(nth=2, count=2), "second-writer", 4, 200),
        (AlreadyComplete(nth=2), "complete", 2, 409),
    ],
)
def test_changes_of_state(bench: Runner, fault: Any, change: str, last: int, status: int) -> None:
    """The state changes before the request is looked at, and is written down with the position afterwards."""

    async def play(b: Any) -> None:
        client = await b.connect()
        await client.post(event(1) + event(2))
        assert (await client.post(event(2))).status == status
        assert b.last == last
        (state,) = b.entries("state")
        assert (state["change"], injected(b)) == (change, [fault.name])

    bench(play, [fault])


def test_nothing_to_forget_is_no_fault(bench: Runner) -> None:
    """A loss on an empty run did not happen, so it is not counted."""

    async def play(b: Any) -> None:
        await (await b.connect()).post(event(1))
        assert not injected(b)
        assert not b.entries("state")

    bench(play, [Forget()])


def test_restart(bench: Runner) -> None:
    """The world is asked to reset the server's connections, nothing of the request is applied, what was stored stays."""

    async def play(b: Any) -> None:
        client = await b.connect()
        await client.post(event(1))
        await client.head(b.proxy, "Transfer-Encoding: chunked")
        await b.until(lambda: bool(b.host.restarted))
        assert b.host.restarted == ["ingest"]
        assert [entry["how"] for entry in b.entries("body-end")] == ["end", "cut"]
        assert b.last == 1
        assert len(b.entries("answer")) == 1

    bench(play, [Restart(nth=2)])


def test_nothing_goes_wrong_after_the_healing(bench: Runner) -> None:
    """A plan that is healed orders nothing any more."""

    async def play(b: Any) -> None:
        client = await b.connect()
        assert (await client.post("")).status == 503
        b.host.plan.heal()
        assert (await client.post("")).status == 200

    bench(play, [Status(times=100)])
