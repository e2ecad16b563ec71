"""What the pipe scenarios draw from: what the application sends, who reads along from when on, and faults on every leg."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.duplicate import Duplicate
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.interject import Interject
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.faults.refuse import Refuse
from ...harness.faults.restart import Restart
from ...harness.values.case import Case, Operation
from .. import drawing
from ..ingest.draws import DRAIN, STOP, event, figures
from ..payloads import POOL_SIZE

READERS = ("r1", "r2", "r3")
SIM_TIMING = (
    (
        {"flush_delay": 0, "retry_delay": 200, "request_timeout": 1_000, "stop_timeout": 5_000, "upload_window": 10_000},
        {"backoff_base": 100, "backoff_max": 2_000, "idle_timeout": 5_000, "batch_delay": 5},
    ),
    (
        {"flush_delay": 20, "retry_delay": 1_000, "request_timeout": 3_000, "stop_timeout": 10_000, "upload_window": 20_000},
        {"backoff_base": 500, "backoff_max": 30_000, "idle_timeout": 90_000, "batch_delay": 16},
    ),
)
LOOPBACK_TIMING = (
    (
        {"flush_delay": 0, "retry_delay": 100, "request_timeout": 300, "stop_timeout": 1_500, "upload_window": 800},
        {"backoff_base": 40, "backoff_max": 300, "idle_timeout": 600, "batch_delay": 5},
    ),
)
Timing = tuple[Mapping[str, int] | None, Mapping[str, int] | None]

Draft = tuple[str, int, int]
"""(kind, amount, payload number): an operation before its events are numbered."""

RECOVER: Operation = ("recover", {})
ENDS: tuple[tuple[Operation, ...], ...] = ((RECOVER, STOP), (STOP,), (RECOVER, STOP, RECOVER), (RECOVER, DRAIN))
"""How a run may end: recovered and completed, completed under faults, or given up without a completion."""
IDS = drawing.PLAIN_IDS

UPLOADS = st.sampled_from(("upload", "sync"))
READS = st.sampled_from(("stream", "history", "stream", "token", "run"))
ANY = st.sampled_from(("stream", "upload", "sync", "history", "token", "run"))


def timings(setting: Setting) -> SearchStrategy[Timing]:
    if "timing" not in setting.capabilities:
        return st.just((None, None))
    return st.sampled_from(SIM_TIMING if setting.world == "sim" else LOOPBACK_TIMING)


def drafts(*kinds: str, amount_max: int = 4, size_max: int = 7) -> SearchStrategy[list[Draft]]:
    """Operations: ``enqueue`` one event, a ``burst`` of some in one call, ``step`` (one event and a pause), ``wait``, ``watch``."""
    one = st.tuples(
        st.sampled_from(kinds or ("step", "burst", "enqueue", "watch", "wait")), st.integers(1, amount_max), st.integers(0, POOL_SIZE - 1)
    )
    return st.lists(one, min_size=2, max_size=size_max)


def operations(drafts: Sequence[Draft], timing: Timing) -> list[Operation]:
    """Numbers the events. A pause of amount n is n quarters of the sender's retry_delay. The first reader is there from the start."""
    quarter_ms = max(1, figures(timing[0])["retry_delay"] // 4)
    marks = iter(range(1, 1_000_000))
    done: list[Operation] = [("watch", {"reader": READERS[0]})]
    for kind, amount, number in drafts:
        if kind in ("enqueue", "step"):
            done.append(("enqueue", {"event": event(next(marks), number)}))
        if kind in ("wait", "step"):
            done.append(("wait", {"ms": amount * quarter_ms}))
        if kind == "burst":
            done.append(("enqueue_many", {"events": [event(next(marks), number if i == 0 else 0) for i in range(amount)]}))
        if kind in ("watch", "unwatch"):
            done.append((kind, {"reader": READERS[amount % len(READERS)]}))
    return done


def cases(
    scenario: str,
    setting: Setting,
    ops: SearchStrategy[list[Draft]] | None = None,
    faults: SearchStrategy[list[Fault]] | None = None,
    *,
    ends: Sequence[Sequence[Operation]] = ENDS,
    ids: SearchStrategy[tuple[str, str]] | None = None,
    suffix: SearchStrategy[str] | None = None,
) -> SearchStrategy[Case]:
    def build(timing: Timing, run: tuple[str, str], suffix: str, drafts: list[Draft], plan: list[Fault], end: Sequence[Operation]) -> Case:
        config: dict[str, Any] = {"team_id": 7, "task_id": run[0], "run_id": run[1]}
        config |= {"sender": {"timing_ms": timing[0]}, "reader": {"timing_ms": timing[1]}, "base_suffix": suffix}
        workload = (*operations(drafts, timing), *end)
        return Case("pipe", setting.roles, setting.profile, scenario, config, workload, tuple(plan))

    plans = st.just([]) if faults is None else faults
    names = st.just(IDS) if ids is None else ids
    suffixes = st.just("") if suffix is None else suffix
    return st.builds(build, timings(setting), names, suffixes, drafts() if ops is None else ops, plans, st.sampled_from(tuple(ends)))


# --- faults -------------------------------------------------------------------------------------------------------


def write_faults() -> SearchStrategy[Fault]:
    lost = st.builds(LoseAnswer, endpoint=UPLOADS, nth=drawing.NTH, times=drawing.TIMES, answer_bytes=st.integers(0, 120), how=drawing.HOW)
    cut = st.builds(Cut, endpoint=st.just("upload"), nth=drawing.NTH, times=drawing.TIMES, after_lines=st.integers(0, 4), how=drawing.HOW)
    return st.one_of(lost, cut, drawing.statuses(UPLOADS, 503, 500, 502, 429))


def read_faults() -> SearchStrategy[Fault]:
    lines = st.builds(
        Cut, endpoint=st.just("stream"), nth=drawing.NTH, times=drawing.TIMES, direction=st.just("answer"), inside=st.just("line"),
        at=st.integers(1, 12), after_bytes=st.integers(1, 60), how=drawing.HOW,
    )  # fmt: skip
    cut = st.builds(
        Cut, endpoint=READS, nth=drawing.NTH, direction=st.just("answer"), after_bytes=st.integers(0, 300), how=drawing.HOW,
    )  # fmt: skip
    end = st.builds(
        EndStreamFault, nth=drawing.NTH, after_events=st.integers(0, 4), end=st.sampled_from(("clean", "rotated", "error", "resync")),
    )  # fmt: skip
    again = st.builds(Duplicate, nth=drawing.NTH, after_events=st.integers(1, 4), count=st.integers(1, 3))
    between = st.builds(
        Interject, nth=drawing.NTH, after_events=st.integers(0, 4), what=st.sampled_from(("keepalive", "comment", "unknown", "bad-json")),
    )  # fmt: skip
    return st.one_of(lines, cut, end, again, between, drawing.statuses(READS, 503, 500, 502))


def both_faults(setting: Setting) -> SearchStrategy[Fault]:
    """What may happen to any request: no connection, slow bytes, silence, a server that starts anew."""
    stall_ms = st.sampled_from((None, 400, 2_000) if setting.world == "sim" else (None, 100, 300))
    return st.one_of(
        st.builds(Refuse, nth=st.integers(1, 6), times=drawing.TIMES),
        drawing.closings(ANY),
        drawing.slices(ANY),
        drawing.drips(ANY, (1, 20)),
        drawing.stalls(ANY, stall_ms),
        st.builds(Restart, endpoint=ANY, nth=drawing.NTH),
    )
