"""What the sender scenarios draw from: identities, figures, operations and faults, all as plain values.

Operations and faults are lists of tuples or builds that may be empty, with the harmless choice first, so that small
cases are as likely as large ones. Events get their mark ``k`` (1, 2 ..) when the workload is put together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.early_answer import EarlyAnswer
from ...harness.faults.forget import Forget
from ...harness.faults.half_close import HalfClose
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.faults.refuse import Refuse
from ...harness.values.case import Case, Operation
from .. import drawing
from ..drawing import BASE_SUFFIXES as BASE_SUFFIXES
from ..drawing import DIRECTION, HOW, NTH, PLAIN_IDS, TIMES, URL_SPECIAL_IDS
from ..drawing import any_of as any_of
from ..payloads import POOL_SIZE, payload

SPECIAL_IDS = (*URL_SPECIAL_IDS, "..", ".")
SIM_TIMING = (
    {"flush_delay": 0, "retry_delay": 200, "request_timeout": 1_000, "stop_timeout": 5_000, "upload_window": 10_000},
    {"flush_delay": 20, "retry_delay": 1_000, "request_timeout": 3_000, "stop_timeout": 10_000, "upload_window": 20_000},
    {"flush_delay": 0, "retry_delay": 1_000, "request_timeout": 10_000, "stop_timeout": 30_000, "upload_window": 300_000},
)
LOOPBACK_TIMING = ({"flush_delay": 0, "retry_delay": 100, "request_timeout": 300, "stop_timeout": 1_200, "upload_window": 800},)

Draft = tuple[str, int, int]
"""(kind, amount, payload number): an operation before its events are numbered."""


def timings(setting: Setting) -> SearchStrategy[Mapping[str, int] | None]:
    """The figures of a case; None for a target that does not declare ``timing``."""
    if "timing" not in setting.capabilities:
        return st.none()
    return st.sampled_from(SIM_TIMING if setting.world == "sim" else LOOPBACK_TIMING)


def figures(timing: Mapping[str, int] | None) -> Mapping[str, int]:
    """The figures that a target will go by: the given ones or the contract's defaults."""
    return timing or SIM_TIMING[-1]


def limits(setting: Setting, **given: int) -> dict[str, int] | None:
    return dict(given) if given and "limits" in setting.capabilities else None


def config(timing: Mapping[str, int] | None, limit: Mapping[str, int] | None = None, **more: Any) -> dict[str, Any]:
    task_id, run_id = PLAIN_IDS
    return {"project_id": 7, "task_id": task_id, "run_id": run_id, "timing_ms": timing, "limits": limit, **more}


def drafts(*kinds: str, amount_max: int = 4, size_min: int = 1, size_max: int = 6) -> SearchStrategy[list[Draft]]:
    """Operations: ``enqueue`` one event, a ``burst`` of some in one call, ``wait``, ``step`` (one event and a pause, so that
    batches end and many requests are made), ``restart``. The first kind is the simplest."""
    one = st.tuples(st.sampled_from(kinds), st.integers(1, amount_max), st.integers(0, POOL_SIZE - 1))
    return st.lists(one, min_size=size_min, max_size=size_max)


def operations(drafts: Sequence[Draft], timing: Mapping[str, int] | None, *more: Operation) -> tuple[Operation, ...]:
    """Numbers the events. A ``wait`` of amount n is n quarters of retry_delay."""
    quarter_ms = max(1, figures(timing)["retry_delay"] // 4)
    marks = iter(range(1, 1_000_000))
    done: list[Operation] = []
    for kind, amount, number in drafts:
        if kind == "enqueue":
            done.append(("enqueue", {"event": event(next(marks), number)}))
        elif kind == "burst":
            done.append(("enqueue_many", {"events": [event(next(marks), number if i == 0 else 0) for i in range(amount)]}))
        elif kind == "step":
            done += [("enqueue", {"event": event(next(marks), number)}), ("wait", {"ms": amount * quarter_ms})]
        elif kind == "wait":
            done.append(("wait", {"ms": amount * quarter_ms}))
        else:
            done.append((kind, {}))
    return (*done, *more)


def event(mark: int, number: int = 0) -> dict[str, Any]:
    return {"k": mark, **payload(number)}


STOP: Operation = ("stop", {"complete": True})
DRAIN: Operation = ("stop", {"complete": False})
RECOVER: Operation = ("recover", {})
RECOVERY: tuple[Operation, ...] = (RECOVER, STOP)
"""The faults stop, everything arrives, then comes the stop."""
WINDOW: Operation = ("wait", {"ms": "window"})
"""A little more than the upload window, so that a persistent upload ends, and is answered, under faults."""
TIMEOUT: Operation = ("wait", {"ms": "timeout"})
"""Long enough for a request time-out to run out, and for the attempt behind it."""
ATTEMPTS: Operation = ("wait", {"ms": "attempts"})
"""Room for several attempts."""
AFTER_FAULTS: tuple[tuple[Operation, ...], ...] = (RECOVERY, (STOP,), (WINDOW, *RECOVERY))
"""How an example with faults may end: recovered and stopped, stopped under faults, or a window later."""


def case(scenario: str, setting: Setting, config: Mapping[str, Any], workload: Sequence[Operation], faults: Sequence[Fault] = ()) -> Case:
    return Case("ingest", ("sender",), setting.profile, scenario, config, tuple(workload), tuple(faults))


def cases(
    scenario: str,
    setting: Setting,
    ops: SearchStrategy[list[Draft]],
    faults: SearchStrategy[list[Fault]] | None = None,
    *,
    end: Sequence[Operation] = (STOP,),
    ends: Sequence[Sequence[Operation]] = (),
    begin: Sequence[Draft] = (),
    limit: Mapping[str, int] | None = None,
    persistent: SearchStrategy[bool | None] | None = None,
) -> SearchStrategy[Case]:
    """The usual shape of a sender case: some figures, some operations, some faults, and how it ends (one of ``ends``)."""

    def build(
        timing: Mapping[str, int] | None, flag: bool | None, drafts: list[Draft], plan: list[Fault], end: Sequence[Operation]
    ) -> Case:
        settings = config(timing, limits(setting, **(limit or {})), persistent_upload=flag)
        return case(scenario, setting, settings, operations([*begin, *drafts], timing, *_timed(end, timing)), plan)

    flags = _usual_flags(setting, faulty=faults is not None) if persistent is None else persistent
    plans = st.just([]) if faults is None else faults
    return st.builds(build, timings(setting), flags, ops, plans, st.sampled_from(tuple(ends) or (end,)))


def _usual_flags(setting: Setting, *, faulty: bool) -> SearchStrategy[bool | None]:
    """On the direct leg one long upload is the default; batches there give faults many more requests to sit at."""
    return st.sampled_from((False, None)) if faulty and setting.profile == "direct" else st.none()


def _timed(operations: Sequence[Operation], timing: Mapping[str, int] | None) -> list[Operation]:
    """Waits that are named get their milliseconds by the figures of the case."""
    figure = figures(timing)
    named_ms = {
        "window": figure["upload_window"] + 2 * figure["retry_delay"],
        "timeout": 2 * figure["request_timeout"] + 2 * figure["retry_delay"],
        "attempts": 6 * figure["retry_delay"],
    }
    return [(verb, {**args, "ms": named_ms.get(args["ms"], args["ms"])}) if verb == "wait" else (verb, args) for verb, args in operations]


# --- faults -------------------------------------------------------------------------------------------------------

ENDPOINTS = st.sampled_from(("upload", "sync", "any"))


def lost_answers() -> SearchStrategy[Fault]:
    return st.builds(LoseAnswer, endpoint=ENDPOINTS, nth=NTH, times=TIMES, answer_bytes=st.integers(0, 120), how=HOW)


def cuts() -> SearchStrategy[Fault]:
    by_bytes = st.builds(
        Cut, endpoint=ENDPOINTS, nth=NTH, times=TIMES, direction=DIRECTION, part=st.sampled_from(("body", "head")),
        after_bytes=st.integers(0, 300), how=HOW, lost_bytes=st.sampled_from((0, 0, 1, 40)),
    )  # fmt: skip
    by_lines = st.builds(Cut, endpoint=st.just("upload"), nth=NTH, times=TIMES, after_lines=st.integers(0, 4), how=HOW)
    inside = st.builds(
        Cut, endpoint=st.just("upload"), nth=NTH, inside=st.sampled_from(("line", "chunk-header", "character")), at=st.integers(1, 3),
        after_bytes=st.integers(1, 20), how=HOW,
    )  # fmt: skip
    return st.one_of(by_lines, by_bytes, inside)


def connection_faults() -> SearchStrategy[Fault]:
    return st.one_of(
        st.builds(Refuse, nth=st.integers(1, 5), times=TIMES),
        drawing.closings(ENDPOINTS),
        st.builds(
            HalfClose,
            endpoint=ENDPOINTS,
            nth=NTH,
            direction=DIRECTION,
            part=st.sampled_from(("body", "head")),
            after_bytes=st.integers(0, 40),
        ),
        drawing.garbage(ENDPOINTS),
        drawing.slices(ENDPOINTS),
    )


def stalls(timing: Mapping[str, int] | None = None) -> SearchStrategy[Fault]:
    timeout_ms = figures(timing)["request_timeout"] if timing else 1_000
    for_ms = st.sampled_from((None, timeout_ms // 2, timeout_ms * 2))
    return st.one_of(drawing.stalls(ENDPOINTS, for_ms), drawing.drips(ENDPOINTS))


def statuses(*codes: int) -> SearchStrategy[Fault]:
    return drawing.statuses(ENDPOINTS, *codes)


def early_answers(*codes: int) -> SearchStrategy[Fault]:
    return st.builds(
        EarlyAnswer, endpoint=st.just("upload"), nth=NTH, times=TIMES, status=st.sampled_from(codes or (413, 503, 500, 429)),
        after_lines=st.integers(0, 3), acknowledge=st.booleans(),
    )  # fmt: skip


def spoilt_bodies() -> SearchStrategy[Fault]:
    return drawing.spoilt_bodies(ENDPOINTS)


def forgets() -> SearchStrategy[Fault]:
    return st.builds(Forget, endpoint=ENDPOINTS, nth=st.integers(2, 5), count=st.sampled_from((None, 1, 2, 5)))


def passing_faults() -> SearchStrategy[Fault]:
    """Everything that a sender can recover from."""
    return st.one_of(lost_answers(), cuts(), connection_faults(), statuses(), stalls(), spoilt_bodies(), early_answers(503, 500))
