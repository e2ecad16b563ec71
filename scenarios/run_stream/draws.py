"""What the reader scenarios draw from: figures, operations and how an example ends, all as plain values.

Events get their mark ``k`` (1, 2 ..) when the workload is put together; the states of a run get ascending times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.run_stream import ASKING_TYPES
from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case, Operation
from ..drawing import PLAIN_IDS
from ..payloads import POOL_SIZE, payload

Timing = Mapping[str, int]

DEFAULT_TIMING: Timing = {"backoff_base": 500, "backoff_max": 30_000, "idle_timeout": 90_000, "batch_delay": 16}
SHRUNK_TIMING: Timing = {"backoff_base": 40, "backoff_max": 300, "idle_timeout": 600, "batch_delay": 5}
SIM_TIMINGS = (DEFAULT_TIMING, SHRUNK_TIMING, {"backoff_base": 100, "backoff_max": 1_000, "idle_timeout": 3_000, "batch_delay": 20})
KEEPALIVE_MS_MAX = 20_000
CLEAN_RECONNECTS_MAX = 30
"""Streams that end cleanly in a row before the reader begins anew."""
COUNTED_FAILURES_MAX = 9
"""Failed connections in a row that a reader survives."""
TOLD_MS = 3_000
"""How long a workload waits at most until what was appended is told, before it goes on."""
TOLD_MS_MIN = 600
MOMENT_MS = 2

Draft = tuple[str, int, int]
"""(kind, amount, payload number): an operation before its events are numbered."""


def timings(setting: Setting) -> SearchStrategy[Timing | None]:
    """The figures of a case; None for a target that does not declare ``timing``."""
    if "timing" not in setting.capabilities:
        return st.none()
    return st.sampled_from(SIM_TIMINGS if setting.world == "sim" else (SHRUNK_TIMING,))


def figures(timing: Timing | None) -> Timing:
    """The figures that a target will go by: the given ones or the contract's defaults."""
    return timing or DEFAULT_TIMING


def config(timing: Timing | None, **more: Any) -> dict[str, Any]:
    """``server``: figures of the fake server. Its keepalives come well before the patience of the reader ends."""
    task_id, run_id = PLAIN_IDS
    server = {"keepalive_ms": min(KEEPALIVE_MS_MAX, figures(timing)["idle_timeout"] // 3), **(more.pop("server", None) or {})}
    return {"team_id": 7, "task_id": task_id, "run_id": run_id, "timing_ms": timing, "server": server, **more}


# --- operations -----------------------------------------------------------------------------------------------------

WATCH: Operation = ("watch", {})
RETRY: Operation = ("retry", {})
UNWATCH: Operation = ("unwatch", {})
TOLD: Operation = ("until_told", {"ms": TOLD_MS})
"""Its time is that of the default figures; a case with others gets another."""
HEAL: Operation = ("heal", {})
RECOVER: Operation = ("recover", {})
FINISH: Operation = ("finish", {})


def event(mark: int, number: int = 0) -> dict[str, Any]:
    return {"k": mark, **payload(number)}


def updated_at(second: int) -> str:
    """An instant, in one of the forms in which a server may write it."""
    forms = ("2031-05-06T07:{:02}:{:02}Z", "2031-05-06T07:{:02}:{:02}.000000+00:00", "2031-05-06T07:{:02}:{:02}.000Z")
    return forms[second % len(forms)].format(second // 60 % 60, second % 60)


def state(status: str, second: int = 3_000, **more: Any) -> Operation:
    """GET run answers this from now on."""
    return ("state", {"status": status, "updated_at": updated_at(second), **more})


def completed(status: str = "completed") -> Operation:
    more = {"error_message": "it broke"} if status == "failed" else {"output": {"pr_url": "https://example.test/1"}}
    return state(status, stage=None, **more)


END: tuple[Operation, ...] = (completed(), FINISH)
"""The run is over: first its status says so, then its stream."""
ENDS: tuple[tuple[Operation, ...], ...] = (
    (TOLD, RECOVER, *END),
    (TOLD, completed("failed"), FINISH),
    (*END, ("until_over", {"ms": TOLD_MS})),
    (("wait", {"ms": 30}), RECOVER, *END),
)
"""How an example with faults may end: when all is told, recovered or not; under faults; or recovered in the middle of them."""
GOES_ON: tuple[Operation, ...] = (TOLD, RECOVER)
"""The run is not over when the example is: what was not told by then will not be told again at the end of the stream."""


def fixed(mark: int, size: int) -> Operation:
    """One batch of plain events, whose marks begin at ``mark``."""
    return ("append", {"events": [event(number) for number in range(mark, mark + size)]})


def drafts(*kinds: str, amount_max: int = 4, size_min: int = 1, size_max: int = 6) -> SearchStrategy[list[Draft]]:
    """Operations: ``append`` one event, a ``burst`` of some at once, ``wait``, ``step`` (one event and a pause), ``state`` (told by GET
    run and on the stream), ``ask`` (a permission or the like), ``moment`` (a wait shorter than any batch). The first is the simplest."""
    one = st.tuples(st.sampled_from(kinds), st.integers(1, amount_max), st.integers(0, POOL_SIZE - 1))
    return st.lists(one, min_size=size_min, max_size=size_max)


def operations(drafts: Sequence[Draft], timing: Timing | None, marks: Iterator[int]) -> list[Operation]:
    """Numbers the events. An amount n of waiting is n quarters of backoff_base."""
    quarter_ms = max(1, figures(timing)["backoff_base"] // 4)
    seconds = count(1)
    done: list[Operation] = []
    for kind, amount, number in drafts:
        pause: Operation = ("wait", {"ms": amount * quarter_ms})
        if kind == "append":
            done.append(("append", {"events": [event(next(marks), number)]}))
        elif kind == "burst":
            done.append(("append", {"events": [event(next(marks), number if i == 0 else 0) for i in range(amount)]}))
        elif kind == "step":
            done += [("append", {"events": [event(next(marks), number)]}), pause]
        elif kind == "state":
            done += [*_state_told(number, next(seconds)), pause]
        elif kind == "ask":
            done += [("append", {"events": [_ask(next(marks), number)]}), pause]
        elif kind in ("wait", "moment"):
            done.append(pause if kind == "wait" else wait(MOMENT_MS))
        else:
            done.append((kind, {}))
    return done


STAGES = ("plan", "build", "test", "review")


def _ask(mark: int, number: int) -> dict[str, Any]:
    return {"type": ASKING_TYPES[number % len(ASKING_TYPES)], "k": mark, "request_id": f"ask-{mark}", "options": ["allow", "deny"]}


def _state_told(number: int, second: int) -> list[Operation]:
    """A state, answered by GET run and told on the stream, in either order; sometimes told twice."""
    fields = {
        "status": "in_progress",
        "stage": STAGES[number % len(STAGES)],
        "branch": f"branch-{number // 8}",
        "updated_at": updated_at(second),
    }
    told: Operation = ("append", {"events": [{"type": "task_run_state", **fields}] * (1 + number % 2)})
    answered: Operation = ("state", fields)
    return [told, answered] if number % 4 < 2 else [answered, told]


# --- cases ----------------------------------------------------------------------------------------------------------


def case(scenario: str, setting: Setting, config: Mapping[str, Any], workload: Sequence[Operation], faults: Sequence[Fault] = ()) -> Case:
    told: Operation = ("until_told", {"ms": min(TOLD_MS, max(TOLD_MS_MIN, 6 * figures(config["timing_ms"])["backoff_base"]))})
    operations = tuple(told if operation is TOLD else operation for operation in workload)
    return Case("run-stream", ("reader",), setting.profile, f"run-stream-{scenario}", config, operations, tuple(faults))


def cases(
    scenario: str,
    setting: Setting,
    ops: SearchStrategy[list[Draft]],
    faults: SearchStrategy[list[Fault]] | None = None,
    *,
    old: SearchStrategy[int] | None = None,
    ends: Sequence[Sequence[Operation]] = (END,),
    server: Mapping[str, int] | None = None,
) -> SearchStrategy[Case]:
    """The usual shape: ``old`` events, a reader that watches and has told them, some operations under faults, and one of ``ends``."""

    def build(timing: Timing | None, old: int, drafts: list[Draft], plan: list[Fault], end: Sequence[Operation]) -> Case:
        workload = [*begun(old), *operations(drafts, timing, count(old + 1)), *end]
        return case(scenario, setting, config(timing, server=server), workload, plan)

    plans = st.just([]) if faults is None else faults
    return st.builds(build, timings(setting), OLD if old is None else old, ops, plans, st.sampled_from(tuple(ends)))


OLD = st.sampled_from((0, 1, 3, 7))


def begun(old: int) -> list[Operation]:
    """A run with ``old`` events, whose history a reader has told."""
    return [*([fixed(1, old)] if old else []), WATCH, TOLD]


# --- waits ----------------------------------------------------------------------------------------------------------


def pause_ms(timing: Timing | None, failure: int) -> int:
    """The pause behind the ``failure``-th failed connection in a row."""
    figure = figures(timing)
    doublings = max(0, failure - 3)
    return min(figure["backoff_max"], figure["backoff_base"] << doublings)


def streak_ms(timing: Timing | None, failures: int) -> int:
    """All pauses of so many failed connections in a row, and a margin for the connections themselves."""
    counted = min(failures, COUNTED_FAILURES_MAX)
    return sum(pause_ms(timing, number) for number in range(1, counted + 1)) + figures(timing)["backoff_base"] + 10 * counted + 10


def wait(ms: int) -> Operation:
    return ("wait", {"ms": ms})


def until_over(ms: int) -> Operation:
    return ("until_over", {"ms": ms})
