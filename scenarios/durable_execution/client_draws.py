"""What the scenarios of the role ``client`` draw from: rounds of frames, operations and faults, all as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.half_close import HalfClose
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.values.case import Case, Operation
from ..drawing import HOW, closings
from .client_play import CREDENTIAL_TAG

Round = dict[str, Any]
Rounds = list[Round]

RUN_ID = "wrun_01H"
AUTHORIZATION = {"Authorization": f"Bearer {CREDENTIAL_TAG}"}
SCOPE = {"x-inkeep-tenant-id": "tenant-1", "x-inkeep-project-id": "project-1"}
STREAMS = st.sampled_from(("stream", "create"))
NTH = st.sampled_from((1, 1, 1, 2))
AGAIN = 4
TEXTS = (
    "Hello",
    "",
    " one, ",
    "[DONE]",
    '"finish_reason":"stop"',
    "tool-approval-request",
    '[{"type":"tool-approval-request"}]',
    "event: error\ndata: {}\n\n",
    "line\r\nend\rof\u2028all\u2029kinds\u0085",
    "日本 🙂 é",
    'back\\slash "quoted" \u0000',
    "long " * 400,
)
"""Words of the model: some look like a sign that they are not. None begins with a brace: such words could not be told from an envelope."""
RECOVER: Operation = ("recover", {})
UNFOLLOW: Operation = ("unfollow", {})


def drafts(size_max: int = 4, size_min: int = 0) -> SearchStrategy[list[dict[str, str]]]:
    texts = st.builds(lambda text: {"text": text}, st.sampled_from(TEXTS))
    operations = st.builds(lambda type: {"operation": type}, st.sampled_from(("agent_initializing", "completion", "errors")))
    others = st.sampled_from(
        ({"call": "call-0"}, {"output": "call-0"}, {"output_error": "call-0"}, {"denied": "call-0"}, {"summary": "error"})
    )
    return st.lists(st.one_of(texts, texts, operations, others), min_size=size_min, max_size=size_max)


def rounds(
    *ends: str, suspensions: tuple[int, int] = (0, 2), size_max: int = 4, size_min: int = 0, every_ms: Sequence[int] = (0,)
) -> SearchStrategy[Rounds]:
    """Some rounds that end in an approval request, and a last one."""

    def build(middle: list[list[dict[str, str]]], last: list[dict[str, str]], end: str, pace_ms: int) -> Rounds:
        return [
            *(round_of(frames, "suspended", call=f"call-{number}", every_ms=pace_ms) for number, frames in enumerate(middle, 1)),
            round_of(last, end, call="call-last", every_ms=pace_ms),
        ]

    middle = st.lists(drafts(size_max, size_min), min_size=suspensions[0], max_size=suspensions[1])
    return st.builds(
        build, middle, drafts(size_max, size_min), st.sampled_from(ends or ("success", "agent_failure")), st.sampled_from(every_ms)
    )


def round_of(frames: list[dict[str, str]], end: str = "success", *, call: str = "call-1", every_ms: int = 0) -> Round:
    return {"frames": frames, "end": end, "call": call, "every_ms": every_ms}


def words(count: int) -> list[dict[str, str]]:
    return [{"text": f"word {number} "} for number in range(1, count + 1)]


# --- operations ---------------------------------------------------------------------------------------------------


def create(rounds: Rounds, *, run: str = "a", id: str = RUN_ID, until: str | int = "outcome", conversation: str | None = None) -> Operation:
    messages = [{"role": "user", "content": "pay the bill, please"}]
    return "create", {"run": run, "id": id, "rounds": rounds, "messages": messages, "conversation": conversation, "until": until}


def begin(rounds: Rounds, *, run: str = "a", id: str = RUN_ID) -> Operation:
    return "begin", {"run": run, "id": id, "rounds": rounds}


def follow(index: int | str = "seen", *, run: str = "a", again: int = 0, until: str | int = "outcome") -> Operation:
    return "follow", {"run": run, "index": index, "again": again, "until": until}


def approve(*, run: str = "a", call: str = "pending", approved: bool = True, reason: str | None = None) -> Operation:
    return "approve", {"run": run, "call": call, "approved": approved, "reason": reason}


def decide(*, run: str = "a", approved: bool = True) -> Operation:
    return "decide", {"run": run, "approved": approved}


def wait(ms: int) -> Operation:
    return "wait", {"ms": ms}


def lived(rounds: Rounds, *, run: str = "a", again: int = AGAIN) -> list[Operation]:
    """The life of a run behind its creation: each approval, and what follows it."""
    ops = [follow(run=run, again=again)] if again else []
    for number in range(sum(row["end"] == "suspended" for row in rounds)):
        ops += [approve(run=run, approved=number % 2 == 0, reason="too much" if number % 2 else None), follow(run=run, again=again)]
    return ops


def ending(*, run: str = "a") -> list[Operation]:
    """The faults stop, and all that is left is read; then the run once more from its beginning."""
    return [RECOVER, follow(run=run, again=1), follow(0, run=run)]


def config(*, headers: dict[str, str] | None = None, done: str = "none", repeats: bool = True) -> dict[str, Any]:
    return {"headers": AUTHORIZATION if headers is None else headers, "done": done, "repeats": repeats}


def case(name: str, setting: Setting, workload: Sequence[Operation], faults: Sequence[Fault] = (), **settings: Any) -> Case:
    scenario = f"durable-client-{name}"
    return Case("durable-execution", ("client",), setting.profile, scenario, config(**settings), tuple(workload), tuple(faults))


def lives(
    name: str, setting: Setting, faults: SearchStrategy[list[Fault]], drawn: SearchStrategy[Rounds] | None = None
) -> SearchStrategy[Case]:
    """The usual shape: a run is created, or found, and followed to its end through some faults."""

    def build(rounds: Rounds, plan: list[Fault], found: bool, done: str) -> Case:
        first = [begin(rounds), follow(0)] if found else [create(rounds)]
        if found:  # there is no creation that a fault could sit at
            plan = [replace(fault, endpoint="stream") if fault.endpoint == "create" else fault for fault in plan]
        return case(name, setting, [*first, *lived(rounds), *ending()], plan, done=done)

    drawn = rounds() if drawn is None else drawn
    return st.builds(build, drawn, faults, st.booleans(), st.sampled_from(("none", "end", "each")))


# --- faults -------------------------------------------------------------------------------------------------------


def cuts(bytes_max: int = 450) -> SearchStrategy[Fault]:
    """Of a stream, at any byte of it, behind any line, inside a line, a chunk header or a character."""
    by_bytes = st.builds(
        Cut, endpoint=STREAMS, nth=NTH, times=st.integers(1, 2), direction=st.just("answer"), after_bytes=st.integers(0, bytes_max),
        how=HOW, lost_bytes=st.sampled_from((0, 0, 0, 1, 60)),
    )  # fmt: skip
    by_lines = st.builds(
        Cut, endpoint=STREAMS, nth=NTH, times=st.integers(1, 2), direction=st.just("answer"), after_lines=st.integers(0, 8), how=HOW
    )  # fmt: skip
    inside = st.builds(
        Cut, endpoint=STREAMS, nth=NTH, direction=st.just("answer"), inside=st.sampled_from(("line", "chunk-header", "character")),
        at=st.integers(1, 6), after_bytes=st.integers(1, 60), how=HOW,
    )  # fmt: skip
    return st.one_of(by_lines, by_bytes, inside)


def half_closes() -> SearchStrategy[Fault]:
    return st.builds(HalfClose, endpoint=STREAMS, nth=NTH, after_bytes=st.integers(0, 400))


def lost(endpoint: str) -> SearchStrategy[Fault]:
    return st.builds(
        LoseAnswer, endpoint=st.just(endpoint), nth=st.sampled_from((1, 1, 2)), answer_bytes=st.sampled_from((0, 0, 30)), how=HOW
    )


def lost_requests(endpoint: str) -> SearchStrategy[Fault]:
    """The server never gets the whole of it, so that it has no effect."""
    return st.builds(
        Cut,
        endpoint=st.just(endpoint),
        nth=st.sampled_from((1, 1, 2)),
        direction=st.just("request"),
        after_bytes=st.integers(0, 12),
        how=HOW,
    )


def clean_ends(*ends: str) -> SearchStrategy[Fault]:
    return st.builds(EndStreamFault, endpoint=STREAMS, nth=NTH, after_events=st.integers(0, 4), end=st.sampled_from(ends or ("clean",)))


def breaks() -> SearchStrategy[Fault]:
    """Every way in which a stream is over though its run goes on."""
    return st.one_of(cuts(), half_closes(), clean_ends(), clean_ends("error"), closings(STREAMS))
