"""The ingest servers answer as the contract's table says, line by line while the body arrives, on both legs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from streamproof.fake_servers.ingest.upload import header_completion

Runner = Callable[..., None]
COMPLETE = '{"type":"_posthog/stream_complete","final_seq":%d}\n'


def event(seq: int, text: str = "") -> str:
    return json.dumps({"seq": seq, "event": {"t": text}}, separators=(",", ":"), ensure_ascii=False) + "\n"


@pytest.mark.parametrize("leg", ["proxy", "direct"])
def test_accept_duplicate_gap(bench: Runner, leg: str) -> None:
    """200 with counts and position, 409 with the position and nothing behind it applied; content type application/json."""

    async def play(b: Any) -> None:
        client = await b.connect()
        target = getattr(b, leg)
        assert (await client.post("", target)).json == {"accepted": 0, "duplicate": 0, "last_accepted_seq": 0}
        answer = await client.post(event(1) + "\n \r\n" + event(2) + event(1, "é"), target)
        assert answer.json == {"accepted": 2, "duplicate": 1, "last_accepted_seq": 2}
        assert answer.headers["content-type"] == "application/json"
        answer = await client.post(event(3) + event(5) + event(4), target)
        assert (answer.status, answer.json) == (409, {"error": "Expected sequence 4, got 5", "last_accepted_seq": 3})
        assert b.last == 3

    bench(play)


def test_each_server_knows_its_own_leg(bench: Runner) -> None:
    """The proxy does not serve the direct route, the backend not that of the proxy."""

    async def proxy(b: Any) -> None:
        assert (await (await b.connect()).post("", b.direct)).status == 404
        assert (await (await b.connect()).post("", b.proxy)).status == 200

    async def backend(b: Any) -> None:
        assert (await (await b.connect()).post("", b.proxy)).status == 404
        assert (await (await b.connect()).post("", b.direct)).status == 200

    bench(proxy, server="proxy")
    bench(backend, server="backend")


def test_completion(bench: Runner) -> None:
    """Mismatch 409, then complete, then 409 to every event and 200 to every completion; the texts are the contract's."""

    async def play(b: Any) -> None:
        client = await b.connect()
        answer = await client.post(event(1) + COMPLETE % 2)
        text = "Cannot complete stream at sequence 2; last accepted sequence is 1"
        assert (answer.status, answer.json) == (409, {"error": text, "last_accepted_seq": 1})
        assert (await client.post(COMPLETE % 1)).json == {"accepted": 0, "duplicate": 0, "last_accepted_seq": 1}
        answer = await client.post(event(1))
        assert (answer.status, answer.json) == (409, {"error": "Task run stream is already complete", "last_accepted_seq": 1})
        assert (await client.post(COMPLETE % 9)).status == 200
        assert [entry["repeated"] for entry in b.entries("complete")] == [False, True]

    bench(play)


def test_completion_waits_for_the_whole_body(bench: Runner) -> None:
    """A line behind the completion refuses it (400), and a cut body never completes."""

    async def play(b: Any) -> None:
        client = await b.connect()
        answer = await client.post(event(1) + COMPLETE % 1 + event(2))
        assert (answer.status, set(answer.json)) == (400, {"error"})
        assert (await client.post(COMPLETE % 1 + COMPLETE % 1)).status == 400
        await client.head(b.proxy, "Transfer-Encoding: chunked")
        await client.chunk(COMPLETE % 1)
        client.writer.close()
        await b.until(lambda: any(entry["how"] == "cut" for entry in b.entries("body-end")))
        assert not b.servers.store.stream("run/1?a&b#c %").completed

    bench(play)


def test_bad_lines_keep_the_prefix(bench: Runner) -> None:
    """A 400 has an error and no position, what came before it stays, what comes behind it is not applied."""

    async def play(b: Any) -> None:
        client = await b.connect()
        for bad in ("{", '{"seq":true,"event":{}}', "[]"):
            before = b.last
            answer = await client.post(event(before + 1) + bad + "\n" + event(before + 2))
            assert (answer.status, set(answer.json), b.last) == (400, {"error"}, before + 1)
        assert (await client.post(b'{"seq":4,"event":{"t":"\xff"}}\n')).status == 400

    bench(play)


def test_last_line_without_lf(bench: Runner) -> None:
    """Complete JSON at the end of a body is applied, partial JSON is answered 400."""

    async def play(b: Any) -> None:
        client = await b.connect()
        assert (await client.post(event(1) + event(2).rstrip())).json["last_accepted_seq"] == 2
        assert (await client.post(event(3) + '{"seq":4,"ev')).status == 400
        assert b.last == 3
        assert b.entries("line")[1]["ended"] is False

    bench(play)


def test_lines_are_applied_while_the_body_is_open(bench: Runner) -> None:
    """Another connection sees the position move, and a cut body takes nothing back."""

    async def play(b: Any) -> None:
        upload, other = await b.connect(), await b.connect()
        await upload.head(b.proxy, "Transfer-Encoding: chunked")
        await upload.chunk(event(1)[:10])
        await upload.chunk(event(1)[10:] + event(2)[:5])
        await b.until(lambda: b.last == 1)
        assert (await other.post("")).json["last_accepted_seq"] == 1
        upload.writer.transport.abort()
        await b.until(lambda: any(entry["how"] == "cut" for entry in b.entries("body-end")))
        assert (await other.post("")).json["last_accepted_seq"] == 1

    bench(play)


def test_a_refusal_in_an_open_body_is_answered_at_once(bench: Runner) -> None:
    """The answer is early, the rest of the body is written down but not applied, and the connection lives on."""

    async def play(b: Any) -> None:
        client = await b.connect()
        await client.head(b.proxy, "Transfer-Encoding: chunked")
        await client.chunk(event(1) + event(3))
        assert (await client.answer()).status == 409
        await client.chunk(event(2))
        await client.write("0\r\n\r\n")
        assert (await client.post("")).json["last_accepted_seq"] == 1
        assert [entry["early"] for entry in b.entries("answer")] == [True, False]
        assert len(b.entries("line")) == 3
        assert [entry["bytes"] for entry in b.entries("body-end")] == [len(event(1)) * 3, 0]

    bench(play)


def test_limits(bench: Runner) -> None:
    """Exactly the limit is served; one more is 413 with the accepted prefix."""

    async def play(b: Any) -> None:
        client = await b.connect()
        lines = "".join(event(seq) for seq in range(1, 1_001))
        assert (await client.post(lines + event(1_001))).json["last_accepted_seq"] == 1_000
        assert (await client.post(lines + COMPLETE % 7)).status == 409, "the completion line is not counted"
        longest = event(1_001, "x" * (1_000_000 - len(event(1_001)) + 1))
        assert (await client.post(longest)).status == 200
        answer = await client.post(event(1_002) + longest.replace("x", "xx", 1) + event(1_003))
        assert (answer.status, answer.json["last_accepted_seq"]) == (413, 1_002)

    bench(play)


def test_body_limit_does_not_depend_on_segments(bench: Runner) -> None:
    """Lines within the first 5,000,000 bytes are applied, the one that goes beyond is not."""

    async def play(b: Any) -> None:
        client = await b.connect()
        filler = "".join(event(seq, "x" * (1_000_000 - len(event(seq)))) for seq in range(1, 6))
        assert len(filler) == 5_000_000
        assert (await client.post(filler)).json["accepted"] == 5
        answer = await client.post(filler + event(6))
        assert (answer.status, answer.json["last_accepted_seq"]) == (413, 5)

    bench(play)


def test_a_line_without_end_is_refused_before_it_ends(bench: Runner) -> None:
    """More than 1,000,000 bytes without an LF are answered 413 while the line still grows."""

    async def play(b: Any) -> None:
        client = await b.connect()
        await client.head(b.proxy, "Transfer-Encoding: chunked")
        await client.chunk(event(1) + "x" * 1_000_001)
        answer = await client.answer()
        assert (answer.status, answer.json["last_accepted_seq"]) == (413, 1)

    bench(play)


def test_tokens_and_methods(bench: Runner) -> None:
    """401 without and with a wrong token (then with a code), 403, 405, 404; each with an error, none applies anything."""

    async def play(b: Any) -> None:
        client = await b.connect()
        answer = await client.post(event(1), token=None)
        assert (answer.status, answer.json) == (401, {"error": "Missing authorization bearer token"})
        answer = await client.post(event(1), token="nonsense")
        assert (answer.status, set(answer.json)) == (401, {"error", "code"})
        answer = await client.post(event(1), "/v1/runs/other/ingest")
        assert (answer.status, answer.json) == (403, {"error": "Token does not match run"})
        await client.head(b.proxy, method="DELETE")
        answer = await client.answer()
        assert (answer.status, answer.headers["allow"], set(answer.json)) == (405, "POST", {"error"})
        assert (await client.post("", "/nowhere")).status == 404
        assert b.last == 0

    bench(play)


def test_two_uploads_never_accept_a_number_twice(bench: Runner) -> None:
    """Of two open bodies with the same lines, each line is accepted once and a duplicate once."""

    async def play(b: Any) -> None:
        clients = [await b.connect(), await b.connect()]
        for client in clients:
            await client.head(b.proxy, "Transfer-Encoding: chunked")
        for seq in (1, 2, 3):
            await asyncio.gather(*(client.chunk(event(seq)) for client in clients))
        for client in clients:
            await client.write("0\r\n\r\n")
        answers = [(await client.answer()).json for client in clients]
        assert sum(answer["accepted"] for answer in answers) == 3
        assert sum(answer["duplicate"] for answer in answers) == 3

    bench(play)


@pytest.mark.parametrize(
    ("headers", "status", "completed"),
    [
        (("Complete: true", "Final-Seq: 0"), 200, True),
        (("Complete: true", "Final-Seq: 1"), 409, False),
        (("Complete: true",), 400, False),
        (("Complete: true", "Final-Seq: -1"), 400, False),
        (("Complete: true", "Final-Seq: x"), 400, False),
        (("Complete: True", "Final-Seq: 0"), 200, False),
    ],
)
def test_header_completion(bench: Runner, headers: tuple[str, ...], status: int, completed: bool) -> None:
    """In the older protocol headers complete a run, if the word is exactly true and the number is one."""

    async def play(b: Any) -> None:
        client = await b.connect()
        answer = await client.post("", b.proxy, *(f"X-PostHog-Event-Stream-{header}" for header in headers))
        assert answer.status == status
        assert b.servers.store.stream("run/1?a&b#c %").completed is completed

    bench(play, header_rule=header_completion)


def test_a_completion_line_goes_before_the_header(bench: Runner) -> None:
    """With both, the line decides; and servers of today ignore the headers."""

    async def play(b: Any) -> None:
        client = await b.connect()
        headers = ("X-PostHog-Event-Stream-Complete: true", "X-PostHog-Event-Stream-Final-Seq: 9")
        assert (await client.post(event(1) + COMPLETE % 1, b.proxy, *headers)).status == 200

    async def today(b: Any) -> None:
        client = await b.connect()
        headers = ("X-PostHog-Event-Stream-Complete: true", "X-PostHog-Event-Stream-Final-Seq: 9")
        assert (await client.post(event(1), b.proxy, *headers)).status == 200

    bench(play, header_rule=header_completion)
    bench(today)


def test_the_record_of_an_exchange(bench: Runner) -> None:
    """Request, lines, acceptances, end of the body and answer are written down in that order, with the raw target."""

    async def play(b: Any) -> None:
        client = await b.connect()
        await client.post(event(1, "é\u2028"))
        kinds = [entry.kind for entry in b.host.history.entries]
        assert kinds == ["request", "line", "accept", "body-end", "answer"]
        request, line, accept, end, answer = (dict(entry.data) for entry in b.host.history.entries)
        assert (request["target"], request["endpoint"], request["nth"], request["server"]) == (b.proxy, "upload", 1, "ingest")
        assert ["Authorization", "Bearer TOKEN"] in request["headers"]
        assert line == {
            "request": 1,
            "index": 1,
            "bytes": len(event(1, "é\u2028").encode()) - 1,
            "text": event(1, "é\u2028")[:-1],
            "ended": True,
        }
        assert accept == {"run": "run/1?a&b#c %", "request": 1, "index": 1, "seq": 1}
        assert end == {"request": 1, "how": "end", "bytes": line["bytes"] + 1}
        assert (answer["status"], answer["early"], json.loads(answer["body"])["accepted"]) == (200, False, 1)

    bench(play)


@pytest.mark.parametrize("target", ["/v1/runs/%0A/ingest", "//v1/runs/x/ingest", "/v1/runs/../../ingest", "/a%00b", "/?x"])
def test_every_target_is_written_down(bench: Runner, target: str) -> None:
    """Whatever the path, the request reaches the record byte for byte."""

    async def play(b: Any) -> None:
        await (await b.connect()).post("", target)
        assert [entry["target"] for entry in b.entries("request")] == [target]

    bench(play)


def test_another_origin_only_writes_down(bench: Runner) -> None:
    """The server "elsewhere" answers 200 with an empty body to anything."""

    async def play(b: Any) -> None:
        answer = await (await b.connect()).post(event(1))
        assert (answer.status, answer.body) == (200, b"")
        assert [entry["server"] for entry in b.entries("request")] == ["elsewhere"]
        assert not b.entries("accept")

    bench(play, server="elsewhere")
