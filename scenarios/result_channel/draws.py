"""What the agent scenarios draw from: figures, configs and operations, all as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.result_channel import LIMITS, TIMING
from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case, Operation
from .scripts import Script

Timing = Mapping[str, int]
HelloAck = Mapping[str, Any]

DEFAULT_TIMING: Timing = {
    "flush_interval": 100, "reconnect_min": 1_000, "reconnect_max": 300_000, "ping_interval": 30_000, "poll_interval": 10_000,
    "polling_fallback": 30_000,
}  # fmt: skip
SHRUNK_TIMING: Timing = {
    "flush_interval": 30, "reconnect_min": 100, "reconnect_max": 1_000, "ping_interval": 5_000, "poll_interval": 150,
    "polling_fallback": 400,
}  # fmt: skip
"""As short as the contract lets them be where a wait is real."""
BRISK: Timing = {**SHRUNK_TIMING, "flush_interval": 20, "poll_interval": 2_000, "polling_fallback": 3_000}
SLOW_POLLS: Timing = {**BRISK, "poll_interval": 10_000}
"""For long times that are not about polls."""
MIDDLE: Timing = {
    "flush_interval": 50, "reconnect_min": 300, "reconnect_max": 5_000, "ping_interval": 10_000, "poll_interval": 4_000,
    "polling_fallback": 8_000,
}  # fmt: skip
SIM_TIMINGS: tuple[Timing | None, ...] = (BRISK, MIDDLE, BRISK, None)
AGENT_ID = "agent-1"
TASK, ATTEMPT = "task-1", "attempt-1"
OLD = ""
"""The attempt of a task that is reported over HTTP only."""


def timings(setting: Setting, *choices: Timing | None) -> SearchStrategy[Timing | None]:
    """The figures of a case; None for a target that does not declare ``timing``, which then goes by the defaults."""
    if TIMING not in setting.capabilities:
        return st.none()
    return st.sampled_from(choices or SIM_TIMINGS) if setting.world == "sim" else st.just(SHRUNK_TIMING)


def limits(setting: Setting, *thresholds: int) -> SearchStrategy[Mapping[str, int] | None]:
    """Flush thresholds in bytes; None for a target that does not declare ``limits``, and as the first choice."""
    if LIMITS not in setting.capabilities:
        return st.none()
    return st.sampled_from((None, *({"flush_threshold_bytes": bytes} for bytes in thresholds)))


def figures(timing: Mapping[str, Any] | None) -> Timing:
    """The figures that a target goes by: the given ones, and the defaults of the contract."""
    return {**DEFAULT_TIMING, **{name: value for name, value in (timing or {}).items() if value is not None}}


# --- operations -----------------------------------------------------------------------------------------------------

HEAL: Operation = ("heal", {})
CRASH: Operation = ("crash", {})
STOP: Operation = ("stop", {})
START: Operation = ("start", {})


def task(script: Script, number: int = 1, **more: Any) -> Operation:
    """``more``: ``task``, ``attempt``, ``via``, ``priority``."""
    return ("task", {"task": f"task-{number}", "attempt": f"attempt-{number}", "script": script, **more})


def deliver(number: int = 1, via: str = "socket", **more: Any) -> Operation:
    return ("deliver", {"task": f"task-{number}", "attempt": f"attempt-{number}", "via": via, **more})


def until(what: str, number: int = 1, count: int = 1, **more: Any) -> Operation:
    return ("until", {"task": f"task-{number}", "attempt": f"attempt-{number}", "what": what, "count": count, **more})


def gap(stream: str, highest: int | str, number: int = 1) -> Operation:
    return ("gap", {"task": f"task-{number}", "attempt": f"attempt-{number}", "stream": stream, "highest": highest})


def poison(what: str, number: int = 1) -> Operation:
    return ("poison", {"task": f"task-{number}", "attempt": f"attempt-{number}", "what": what})


def say(what: str) -> Operation:
    return ("say", {"what": what})


def drop(how: str = "rst", code: int = 1001) -> Operation:
    return ("drop", {"how": how, "code": code})


def hold(ms: int) -> Operation:
    return ("hold", {"ms": ms})


def wait(ms: int) -> Operation:
    return ("wait", {"ms": ms})


def in_turn(scripts: Sequence[Script], what: str = "acked", **more: Any) -> list[Operation]:
    """One task after the other, each until it is over."""
    return [operation for number, one in enumerate(scripts, 1) for operation in (task(one, number, **more), until(what, number))]


DROPS = st.builds(drop, st.sampled_from(("rst", "fin", "close")), st.sampled_from((1001, 1000, 1011, 1012, 1013, 4000)))


# --- cases ----------------------------------------------------------------------------------------------------------


def case(
    name: str,
    setting: Setting,
    workload: Iterable[Operation],
    faults: Sequence[Fault] = (),
    *,
    timing: Timing | None = None,
    limits: Mapping[str, int] | None = None,
    hello_acks: Sequence[HelloAck] = (),
    results: bool = True,
    delivery: bool = True,
    base: str = "",
    agent_id: str = AGENT_ID,
) -> Case:
    config = {
        "features": {"results": results, "delivery": delivery},
        "base": base,
        "agent_id": agent_id,
        "timing_ms": None if timing is None else dict(timing),
        "limits": None if limits is None else dict(limits),
        "hello_acks": [dict(shape) for shape in hello_acks],
    }
    return Case("result-channel", ("agent",), setting.profile, f"result-channel-{name}", config, tuple(workload), tuple(faults))
