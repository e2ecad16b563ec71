"""The connection suffers: it ends inside a frame, goes dead without a word, or is read no more."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.black_hole import BlackHole
from ...harness.faults.delay_frame import DelayFrame
from ...harness.faults.drip import Drip
from ...harness.faults.slice import Slice
from ...harness.faults.stop_reading import StopReading
from ...harness.values.case import Case
from ..drawing import DIRECTION, led_by, slices
from ..preconditions import injected
from .base import agent_scenario
from .draws import BRISK, MIDDLE, SLOW_POLLS, Timing, case, drop, figures, in_turn, task, timings, until, wait
from .frame_faults import ACK, SOCKET, cut_frames
from .happened import all_of, happened
from .scripts import Script, drips, long_scripts, script, write

SOCKETS = st.just(SOCKET)


def draw_cuts(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: list[Script], faults: list[Fault]) -> Case:
        return case("cut-frames", setting, in_turn(given), faults, timing=timing)

    some = st.lists(long_scripts(3, 9), min_size=1, max_size=2)
    return st.builds(build, timings(setting, BRISK, MIDDLE), some, led_by(cut_frames(), cut_frames(), slices(SOCKETS)))


def pieces() -> SearchStrategy[Fault]:
    """Of the first connection; there may be no other."""
    sizes = st.lists(st.integers(1, 40), min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Slice, endpoint=SOCKETS, direction=st.sampled_from(("request", "both", "answer")), sizes=sizes),
        st.builds(Drip, endpoint=SOCKETS, direction=DIRECTION, size_bytes=st.integers(10, 60), every_ms=st.sampled_from((1, 2))),
    )


def draw_slices(setting: Setting) -> SearchStrategy[Case]:
    """Frames go out in odd pieces while both streams write and the control plane pings."""

    def build(timing: Timing | None, given: Script, faults: list[Fault]) -> Case:
        return case("sliced-frames", setting, in_turn([given]), faults, timing=timing)

    burst = st.builds(
        lambda n: script([write(0, "é" * 50, "stdout", n), write(0, "e" * 50, "stderr", n), write(40, "!")]), st.sampled_from((1, 40, 400))
    )
    both = st.one_of(burst, long_scripts(4, 9))
    return st.builds(build, timings(setting, BRISK, MIDDLE), both, led_by(pieces(), pieces()))


def draw_dead(setting: Setting) -> SearchStrategy[Case]:
    """The faults go on until well after the agent must have noticed."""

    def build(timing: Timing | None, given: Script, frame: int, direction: str, more_ms: int) -> Case:
        ping_ms = figures(timing)["ping_interval"]
        faults: list[Fault] = [BlackHole(endpoint=SOCKET, direction=direction, frame=frame)]  # type: ignore[arg-type]
        return case("dead-peers", setting, [task(given), wait(6 * ping_ms + more_ms)], faults, timing=timing)

    frames = st.integers(1, 10)
    more = st.sampled_from((0, 10_000))
    return st.builds(build, timings(setting, SLOW_POLLS, MIDDLE), long_scripts(), frames, DIRECTION, more)


def draw_unread(setting: Setting) -> SearchStrategy[Case]:
    """The agent's writes fill up, while acks that are late still come; then the connection ends, before or after it is read again."""

    def build(timing: Timing | None, size: int, frame: int, for_ms: int, late_ms: int, ended: str) -> Case:
        steps = [*drips(4, 60), write(250, "é" * 100, "stdout", size), *(write(300 + 100 * n, f"late {n}\n") for n in range(4))]
        faults = [
            StopReading(endpoint=SOCKET, frame=frame, for_ms=3 * for_ms if ended == "unread" else for_ms),
            DelayFrame(endpoint=ACK, times=8, for_ms=late_ms),
        ]
        how = "rst" if ended == "unread" else "close"
        workload = [task(script(steps, exit_at_ms=for_ms)), until("output"), wait(for_ms), drop(how), until("acked")]
        return case("unread", setting, workload, faults, timing=timing)

    for_ms = st.sampled_from((2_500, 4_000) if setting.world == "sim" else (2_000,))
    sizes, late_ms = st.sampled_from((1_000, 20, 4_000, 4_000)), st.sampled_from((300, 300, 100))
    ended = st.sampled_from(("unread", "unread", "read"))
    return st.builds(build, timings(setting, BRISK, MIDDLE), sizes, st.integers(8, 12), for_ms, late_ms, ended)


CUT_FRAMES = agent_scenario(
    "cut-frames", "the connection ends inside a frame, in either direction",
    ("CONN-1", "RPL-1", "SEQ-1", "SEQ-2", "SEQ-3", "DLV-1", "DLV-2"), draw_cuts,
    counts=injected("cut-frame"),
)  # fmt: skip
SLICED_FRAMES = agent_scenario(
    "sliced-frames",
    "frames that arrive in odd pieces",
    ("CONN-1", "ENV-1", "SEQ-1", "SEQ-3", "SEQ-5"),
    draw_slices,
    counts=injected("slice", "drip"),
)
DEAD_PEERS = agent_scenario(
    "dead-peers", "a peer that is gone without a word", ("CONN-3", "RPL-1", "SEQ-3", "FIN-2", "FIN-4"), draw_dead,
    counts=injected("black-hole"), worlds=("sim",),
)  # fmt: skip
UNREAD = agent_scenario(
    "unread", "a control plane that reads nothing for a while", ("CONN-4", "CONN-1", "SEQ-1", "SEQ-3"), draw_unread,
    counts=all_of(injected("stop-reading"), happened("frame", type="task.output")),
)  # fmt: skip
