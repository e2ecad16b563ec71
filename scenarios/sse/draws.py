"""What the scenarios of ``sse`` draw from: events, operations and faults, all as plain values.

In real time the first event asks for short pauses between connections (``retry``), since clients without it wait for seconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.sse import HEADERS
from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.half_close import HalfClose
from ...harness.faults.refuse import Refuse
from ...harness.values.case import Case, Operation
from ..drawing import HOW, TIMES, closings
from ..payloads import POOL_SIZE, payload
from .play import CREDENTIAL_TAG

Draft = tuple[str, int, int]
"""(kind, amount, payload number): an operation before its events are numbered."""
SendArgs = dict[str, str]

STREAM = st.just("stream")
NTH = st.sampled_from((1, 1, 2, 3))
PAUSE_MS = {"sim": 200, "loopback": 25}
"""A ``wait`` of amount n is n of these."""
FAULTY_MS = {"sim": 8_000, "loopback": 800}
"""How long faults may keep the client from telling everything, before they stop."""
LOOPBACK_RETRY_MS = 50
SIM_RETRIES_MS = (None, None, 50, 300)

WATCH: Operation = ("watch", {})
UNWATCH: Operation = ("unwatch", {})
END: Operation = ("end", {})
FINISH: Operation = ("finish", {})
RECOVER: Operation = ("recover", {})


def wait(ms: int) -> Operation:
    return "wait", {"ms": ms}


def ending(setting: Setting) -> tuple[Operation, Operation]:
    """Time for the faults to act, then they stop, and everything must arrive."""
    return ("until_told", {"ms": FAULTY_MS[setting.world]}), RECOVER


def raw(data: bytes | str) -> Operation:
    return "raw", {"text": data if isinstance(data, str) else data.decode("utf-8", "surrogateescape")}


def event(mark: int, number: int = 0, *, id: str | None = "", name: str | None = None) -> SendArgs:
    """An event with a mark of its own. ``id`` "" stands for the mark, None for none."""
    row = {"data": json.dumps({"k": mark, **payload(number)}, ensure_ascii=False, separators=(",", ":"))}
    if id is not None:
        row["id"] = id or str(mark)
    if name is not None:
        row["event"] = name
    return row


def send(*events: SendArgs) -> Operation:
    return "send", {"events": list(events)}


def retries(setting: Setting) -> SearchStrategy[int | None]:
    """What the first event asks for, unless that is the point of the scenario."""
    return st.sampled_from(SIM_RETRIES_MS) if setting.world == "sim" else st.just(LOOPBACK_RETRY_MS)


def drafts(*kinds: str, amount_max: int = 4, size_min: int = 1, size_max: int = 6) -> SearchStrategy[list[Draft]]:
    """``event``: one; ``burst``: some in one write; ``step``: one and a pause; ``wait``; ``comment``; ``named``: one with a type.
    The first kind is the simplest."""
    one = st.tuples(st.sampled_from(kinds), st.integers(1, amount_max), st.integers(0, POOL_SIZE - 1))
    return st.lists(one, min_size=size_min, max_size=size_max)


def operations(drafts: Sequence[Draft], setting: Setting, *, retry_ms: int | None = None, ids: bool = True) -> list[Operation]:
    """Numbers the events from 1; the first one carries ``retry``."""
    numbers = iter(range(1, 1_000_000))
    pause_ms = PAUSE_MS[setting.world]
    done: list[Operation] = []
    for kind, amount, number in drafts:
        if kind == "wait":
            done.append(wait(amount * pause_ms))
        elif kind == "comment":
            done.append(send({"comment": f"comment {amount}"}))
        elif kind == "end":
            done.append(END)
        else:
            count = amount if kind == "burst" else 1
            name = f"type-{amount}" if kind == "named" else None
            rows = [event(next(numbers), number if i == 0 else 0, id="" if ids else None, name=name) for i in range(count)]
            done.append(send(*rows))
            if kind == "step":
                done.append(wait(amount * pause_ms))
    return with_retry(done, retry_ms)


def with_retry(operations: list[Operation], retry_ms: int | None) -> list[Operation]:
    for position, (verb, args) in enumerate(operations):
        if verb == "send" and retry_ms is not None:
            first = {**args["events"][0], "retry": str(retry_ms)}
            return [*operations[:position], send(first, *args["events"][1:]), *operations[position + 1 :]]
    return operations


def config(setting: Setting, *, replay: str = "id", stored_id: str | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    given: dict[str, Any] = {"server": {"replay": replay}, "last_event_id": stored_id}
    if headers and HEADERS in setting.capabilities:
        given["headers"] = headers
    return given


AUTHORIZATION = {"Authorization": f"Bearer {CREDENTIAL_TAG}"}


def case(scenario: str, setting: Setting, config: dict[str, Any], workload: Sequence[Operation], faults: Sequence[Fault] = ()) -> Case:
    return Case("sse", ("reader",), setting.profile, f"sse-{scenario}", config, tuple(workload), tuple(faults))


def cases(
    scenario: str,
    setting: Setting,
    ops: SearchStrategy[list[Draft]],
    faults: SearchStrategy[list[Fault]] | None = None,
    *,
    end: Sequence[Operation] = (),
    before: Sequence[Draft] = (),
    ids: bool = True,
    replay: str = "id",
    headers: dict[str, str] | None = None,
) -> SearchStrategy[Case]:
    """The usual shape: what was sent before the client came, what is sent while it reads, some faults, and how it ends."""

    def build(drafts: list[Draft], plan: list[Fault], retry_ms: int | None) -> Case:
        done = operations([*before, *drafts], setting, retry_ms=retry_ms, ids=ids)
        workload = [*done[: len(before)], WATCH, *done[len(before) :], *(end or ending(setting))]
        return case(scenario, setting, config(setting, replay=replay, headers=headers), workload, plan)

    return st.builds(build, ops, st.just([]) if faults is None else faults, retries(setting))


# --- faults -------------------------------------------------------------------------------------------------------


def cuts(bytes_max: int = 250) -> SearchStrategy[Fault]:
    """Of the stream, at any byte of it, behind any line, inside a line, a chunk header or a character."""
    by_bytes = st.builds(
        Cut, endpoint=STREAM, nth=NTH, times=TIMES, direction=st.just("answer"), part=st.sampled_from(("body", "body", "head")),
        after_bytes=st.integers(0, bytes_max), how=HOW, lost_bytes=st.sampled_from((0, 0, 0, 1, 40)),
    )  # fmt: skip
    by_lines = st.builds(
        Cut, endpoint=STREAM, nth=NTH, times=TIMES, direction=st.just("answer"), after_lines=st.integers(0, 8), how=HOW
    )  # fmt: skip
    inside = st.builds(
        Cut, endpoint=STREAM, nth=NTH, direction=st.just("answer"), inside=st.sampled_from(("line", "chunk-header", "character")),
        at=st.integers(1, 6), after_bytes=st.integers(1, 20), how=HOW,
    )  # fmt: skip
    return st.one_of(by_lines, by_bytes, inside)


def half_closes() -> SearchStrategy[Fault]:
    return st.builds(HalfClose, endpoint=STREAM, nth=NTH, after_bytes=st.integers(0, 120))


def refusals(times_max: int = 3) -> SearchStrategy[Fault]:
    return st.builds(Refuse, nth=st.integers(2, 4), times=st.integers(1, times_max))


def clean_ends() -> SearchStrategy[Fault]:
    return st.builds(EndStreamFault, endpoint=STREAM, nth=NTH, times=TIMES, after_events=st.integers(0, 4))


def breaks() -> SearchStrategy[Fault]:
    """Every way in which a stream is over though it goes on."""
    return st.one_of(cuts(), half_closes(), clean_ends(), closings(STREAM))
