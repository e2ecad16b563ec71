"""Faults of a stream act behind the events they name, once for each request, and are reported only when they really acted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from streamproof.fake_servers.run_stream.app import Figures, RunStreamServers, TaskRun
from streamproof.harness.faults.buffer_answer import BufferedAnswer
from streamproof.harness.faults.content_type import ContentType
from streamproof.harness.faults.duplicate import Duplicate
from streamproof.harness.faults.end_stream import EndStreamFault
from streamproof.harness.faults.framing import Framing
from streamproof.harness.faults.idle_timeout import IdleTimeoutFault
from streamproof.harness.faults.interject import Interject
from streamproof.harness.faults.reorder import Reorder
from streamproof.harness.faults.spoilt_body import SpoiltBody
from streamproof.harness.faults.status import Status
from streamproof.harness.faults.terminal import TerminalFault

Runner = Callable[..., Any]
RUN = TaskRun(7, "t", "r", "session-secret")
DIRECT = "/api/projects/7/tasks/t/runs/r/stream/"


class Run:
    """The backend of a run, with some events in its log."""

    def __init__(self, reading: Any, **options: Any) -> None:
        self.reading = reading
        self.servers = RunStreamServers(reading.scene, RUN, leg="direct", **options)

    async def start(self, *numbers: int) -> Run:
        self.url = await self.reading.serve(self.servers, "backend") + DIRECT
        self.append(*numbers)
        return self

    def append(self, *numbers: int) -> None:
        self.servers.append([{"k": number} for number in numbers])

    async def follow(self, **headers: str) -> Any:
        return await self.reading.follow(self.url, RUN.session_token, **headers)

    async def read(self, finish: bool = True) -> Any:
        """A whole answer."""
        follower = await self.follow()
        if finish:
            self.servers.finish()
        return await follower.ended()


def marks(follower: Any) -> list[int]:
    return [data["k"] for data in follower.datas if isinstance(data, dict) and "k" in data]


def frames(reading: Any) -> list[tuple[str, int, bool]]:
    return [(row["frame"], row["position"], row["again"]) for row in reading.entries("frame")]


@pytest.mark.parametrize("newline", ["lf", "cr", "crlf"])
def test_framing(reading: Runner, newline: Any) -> None:
    """Other bytes, the same frames, the end included; the byte order mark comes once, at the beginning."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1, 2)
        changed = await run.read()
        plain = await run.read()
        assert [(frame.id, frame.event, json.loads(frame.data)) for frame in changed.frames] == [
            (frame.id, frame.event, json.loads(frame.data)) for frame in plain.frames
        ]
        assert bytes(changed.body).startswith(b"\xef\xbb\xbfid:1")
        assert bytes(changed.body).count(b"\xef\xbb\xbf") == 1
        assert (b"\r" in changed.body, b"\n" in changed.body) == (newline != "lf", newline != "cr")
        assert "\n" in changed.frames[0].data
        assert (r.injected(), b"\r" in plain.body) == (["framing"], False)
        assert [row["body_bytes"] for row in r.entries("frame")][2] == len(changed.body)

    reading(play, [Framing(newline=newline, bom=True, space=False, data_lines=3)])


def test_framing_as_it_is_anyway(reading: Runner) -> None:
    """A framing that changes nothing did not act."""

    async def play(r: Any) -> None:
        await (await Run(r).start(1)).read()
        assert r.injected() == []

    reading(play, [Framing(newline="lf")])


def test_duplicate(reading: Runner) -> None:
    """Behind the third event the last two again, with their ids, before anything new; too few events and nothing happens."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1, 2, 3, 4)
        follower = await run.read()
        assert marks(follower) == [1, 2, 3, 2, 3, 4]
        assert follower.frames[3].id == follower.frames[1].id
        assert [again for _, _, again in frames(r)] == [False, False, False, True, True, False, False]
        last = follower.frames[2].id
        short = await run.follow(Last_Event_ID=last)
        assert marks(await short.ended()) == [4]
        assert r.injected() == ["duplicate"]

    reading(play, [Duplicate(after_events=3, count=2, times=2)])


def test_duplicate_of_the_newest(reading: Runner) -> None:
    """It comes as soon as so many events are written, whether others follow or not."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1)
        follower = await run.follow()
        await r.until(lambda: marks(follower) == [1, 1])
        run.append(2)
        await r.until(lambda: marks(follower) == [1, 1, 2])

    reading(play, [Duplicate(after_events=1, count=5)])


def test_reorder(reading: Runner) -> None:
    """The window is turned round once; what is not there does not wait."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1, 2, 3, 4, 5)
        assert marks(await run.read()) == [1, 4, 3, 2, 5]
        assert [position for _, position, _ in frames(r)][:5] == [1, 4, 3, 2, 5]
        assert r.injected() == ["reorder"]

    reading(play, [Reorder(after_events=1, window=3)])


def test_reorder_needs_two(reading: Runner) -> None:
    """A single event has no order: it goes out, and the next two that are there together are turned round."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1)
        follower = await run.follow()
        await r.until(lambda: marks(follower) == [1])
        assert r.injected() == []
        run.append(2, 3, 4)
        await r.until(lambda: marks(follower) == [1, 3, 2, 4])
        assert r.injected() == ["reorder"]

    reading(play, [Reorder(window=2)])


INTERJECTED = [
    ("keepalive", b'event: keepalive\ndata: {"type":"keepalive"}\n\n', "keepalive"),
    ("comment", b": a comment", "comment"),
    ("unknown", b"event: weather\ndata: {", "unknown"),
    ("bad-json", b'data: {"type":"broken",\n\n', "bad-json"),
    ("no-object", b"data: [1]\n\n", "no-object"),
    ("id-only", b"id: 999-1\n\nid: 999-2\n\n", "id-only"),
    ("bom", b": \xef\xbb\xbf", "comment"),
    ("retry", b"retry: 100\n\n", "retry"),
    ("empty-data", b"data: \n\n", "empty-data"),
]


@pytest.mark.parametrize(("what", "expected", "kind"), INTERJECTED)
def test_interject(reading: Runner, what: Any, expected: bytes, kind: str) -> None:
    """Frames of that kind stand behind the first event, also while there is no second one; the events are as ever."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1)
        follower = await run.follow()
        await r.until(lambda: expected in follower.body)
        run.append(2)
        run.servers.finish()
        await follower.ended()
        assert b'{"k":1}\n\n' + expected in follower.body
        assert [name for name, _, _ in frames(r)] == ["event", kind, kind, "event", "stream-end"]
        assert r.injected() == ["interject"]

    reading(play, [Interject(after_events=1, what=what, count=2)])


def test_interjected_ids(reading: Runner) -> None:
    """With an id each has one of its own, that no log knows; they are in the record."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1)
        follower = await run.read()
        assert [frame.id for frame in follower.frames][:2] == ["999-1", "999-2"]
        assert [row["id"] for row in r.entries("frame")][:2] == ["999-1", "999-2"]

    reading(play, [Interject(what="keepalive", count=2, with_id=True)])


@pytest.mark.parametrize(
    ("end", "name", "data"),
    [
        ("clean", "event", '{"k":1}'),
        ("rotated", "end", '{"type":"rotated"}'),
        ("resync", "end", '{"type":"resync","reason":"trimmed"}'),
        ("unknown", "end", '{"type":"maintenance"}'),
        ("error", "error", '{"error":"Stream read error"}'),
    ],
)
def test_end_stream(reading: Runner, end: Any, name: str, data: str) -> None:
    """The answer ends whole behind the first event, though there are others; the next one goes on where this one ended."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1, 2)
        follower = await (await run.follow()).ended()
        assert (marks(follower), follower.error) == ([1], "")
        assert (follower.names[-1], follower.frames[-1].data) == (name, data)
        assert r.entries("stream-over")[-1]["how"] == "clean"
        rest = await run.follow(Last_Event_ID=follower.frames[0].id)
        run.servers.finish()
        assert marks(await rest.ended()) == [2]
        assert r.injected() == ["end-stream"]

    reading(play, [EndStreamFault(after_events=1, end=end)])


def test_end_stream_that_stays_open(reading: Runner) -> None:
    """The frame comes, and then nothing, not even keepalives; once the faults stop the answer ends, so that all can come again."""

    async def play(r: Any) -> None:
        run = await Run(r, figures=Figures(keepalive_ms=1_000, rotation_ms=50_000)).start(1, 2)
        follower = await run.follow()
        await r.scene.sleep(100_000)
        run.servers.finish()
        assert (follower.names, follower.over) == (["event", "error"], False)
        r.scene.plan.heal()
        await follower.ended()
        assert (follower.names, follower.error) == (["event", "error"], "")

    reading(play, [EndStreamFault(after_events=1, end="error", eof=False)])


@pytest.mark.parametrize(
    ("terminal", "names"),
    [
        ("missing", ["event", "event"]),
        ("twice", ["event", "event", "stream-end", "stream-end"]),
        ("followed", ["event", "event", "stream-end", "event"]),
        ("empty", ["event", "event", "stream-end"]),
    ],
)
def test_terminal(reading: Runner, terminal: Any, names: list[str]) -> None:
    """The last frame goes wrong when the end is written, and the answer ends all the same; the next one is right."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1, 2)
        follower = await run.follow()
        await r.until(lambda: marks(follower) == [1, 2])
        assert r.injected() == []
        run.servers.finish()
        assert (await follower.ended()).names == names
        if terminal == "empty":
            assert follower.frames[-1].data == "{}"
        if terminal == "followed":
            assert frames(r)[-1] == ("event", 2, True)
        assert r.injected() == ["terminal"]
        assert (await run.read()).names == ["event", "event", "stream-end"]

    reading(play, [TerminalFault(terminal=terminal)])


def test_terminal_that_stays_open(reading: Runner) -> None:
    """stream-end without an end of the answer, for ever: also once the faults have stopped there is nothing left that could come."""

    async def play(r: Any) -> None:
        run = await Run(r, figures=Figures(keepalive_ms=1_000)).start(1)
        follower = await run.follow()
        run.servers.finish()
        await r.scene.sleep(10_000)
        r.scene.plan.heal()
        await r.scene.sleep(10_000)
        assert (follower.names, follower.over) == (["event", "stream-end"], False)
        follower.leave()
        await r.until(lambda: bool(r.entries("stream-over")))
        assert r.entries("stream-over")[0]["how"] == "gone"

    reading(play, [TerminalFault(terminal="open")])


@pytest.mark.parametrize(("terminal", "leg"), [("followed", "direct"), ("twice", "legacy")])
def test_a_terminal_fault_without_anything_to_act_on(reading: Runner, terminal: Any, leg: Any) -> None:
    """No event was sent that could follow; an older backend sends no last frame."""

    async def play(r: Any) -> None:
        run = await Run(r).start()
        run.servers.move(leg)
        assert (await run.read()).names == (["stream-end"] if leg == "direct" else [])
        assert r.injected() == []

    reading(play, [TerminalFault(terminal=terminal)])


def test_a_proxy_that_holds_back(reading: Runner) -> None:
    """Bytes come in whole blocks; a frame is in the record when its last byte is out; what is left comes with the end."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1, 2, 3)
        follower = await run.follow()
        await r.until(lambda: len(follower.body) > 0)
        assert (len(follower.body), frames(r)) == (80, [("event", 1, False), ("event", 2, False)])
        run.servers.finish()
        assert (await follower.ended()).names == ["event", "event", "event", "stream-end"]
        assert len(frames(r)) == 4
        assert r.injected() == ["buffer-answer"]

    reading(play, [BufferedAnswer(bytes=80)])


def test_a_proxy_that_lets_go(reading: Runner) -> None:
    """Once the faults stop it holds nothing back any more."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1)
        follower = await run.follow()
        await r.scene.sleep(1_000)
        assert not follower.body
        r.scene.plan.heal()
        await r.until(lambda: marks(follower) == [1])
        run.append(2)
        await r.until(lambda: marks(follower) == [1, 2])

    reading(play, [BufferedAnswer(bytes=4_096)])


def test_a_proxy_without_patience(reading: Runner) -> None:
    """The answer ends whole after so long without a byte, counted from the last one; keepalives in time keep it alive."""

    async def play(r: Any) -> None:
        run = await Run(r, figures=Figures(keepalive_ms=5_000)).start(1)
        follower = await run.follow()
        await r.scene.sleep(2_000)
        run.append(2)
        await follower.ended()
        assert (marks(follower), follower.error, r.scene.now_us() // 1_000_000) == ([1, 2], "", 5)
        assert r.injected() == ["idle-timeout"]
        patient = await run.follow()
        await r.scene.sleep(60_000)
        assert not patient.over

    reading(play, [IdleTimeoutFault(after_ms=3_000), IdleTimeoutFault(nth=2, after_ms=6_000)])


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "body"),
    [
        (Status(endpoint="stream", status=503, retry_after_s=5), 503, "application/json", b'{"error":"Service Unavailable"}'),
        (SpoiltBody(endpoint="stream", body="html"), 200, "text/html", b"<html>"),
        (SpoiltBody(endpoint="stream", body="empty"), 200, "application/octet-stream", b""),
    ],
)
def test_answers_in_place_of_a_stream(reading: Runner, fault: Any, status: int, content_type: str, body: bytes) -> None:
    """A status, a page or nothing; the next request gets the stream."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1)
        answer = await r.get(run.url, RUN.session_token)
        assert (answer.status, answer.content_type, (await answer.read())[: len(body) or 1]) == (status, content_type, body)
        assert answer.headers.get("Retry-After") == ("5" if status == 503 else None)
        assert marks(await run.read()) == [1]
        assert r.injected() == [fault.name]
        assert r.entries("answer")[0]["body"].encode()[: len(body)] == body

    reading(play, [fault])


def test_a_stream_of_another_media_type(reading: Runner) -> None:
    """The bytes of the stream, under the name of something else."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1)
        follower = await run.read()
        assert (follower.answer.content_type, marks(follower), r.injected()) == ("text/html", [1], ["content-type"])

    reading(play, [ContentType(endpoint="stream")])


def test_a_truncated_stream(reading: Runner) -> None:
    """Half of the first event, and an end that HTTP finds clean; without an event nothing is cut short."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1)
        follower = await (await run.follow()).ended()
        assert (follower.body.startswith(b"id: "), follower.frames, follower.error) == (True, [], "")
        assert (frames(r), r.injected()) == ([], ["spoilt-body"])
        last = run.servers.log.frame(False, 1).id
        run.servers.finish()
        assert (await (await run.follow(Last_Event_ID=last)).ended()).names == ["stream-end"]
        assert r.injected() == ["spoilt-body"]

    reading(play, [SpoiltBody(endpoint="stream", body="truncated", times=2)])


def test_several_faults_at_one_place(reading: Runner) -> None:
    """They act in the order of the plan, but what ends the answer comes last; healed, none of them acts any more."""

    async def play(r: Any) -> None:
        run = await Run(r).start(1, 2, 3)
        follower = await (await run.follow()).ended()
        assert follower.names == ["event", "event", "event", "keepalive", "end"]
        assert r.injected() == ["duplicate", "interject", "end-stream"]
        again = await run.follow()
        await r.until(lambda: marks(again) == [1, 2, 1, 2])
        r.scene.plan.heal()
        run.append(4)
        assert marks(await run.read()) == [1, 2, 3, 4]
        assert marks(await again.ended()) == [1, 2, 1, 2]

    faults = [
        EndStreamFault(after_events=2, end="rotated"),
        Duplicate(after_events=2, count=1),
        Interject(after_events=2),
        EndStreamFault(nth=2, after_events=2, eof=False),
        Duplicate(nth=2, after_events=2, count=2),
        Interject(nth=2, after_events=3),
    ]
    reading(play, faults)
