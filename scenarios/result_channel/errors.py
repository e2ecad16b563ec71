"""Errors of the control plane: those after which the same message may be tried again, those that end the connection, and poison."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.decisions import Commit
from ...harness.faults.refuse_frame import RefuseFrame
from ...harness.values.case import Case, Operation
from ..drawing import any_of, led_by
from ..preconditions import injected
from .base import agent_scenario
from .draws import BRISK, HEAL, MIDDLE, SLOW_POLLS, Timing, case, in_turn, poison, say, task, timings, until, wait
from .frame_faults import EVERY, FINAL, INBOUND, OUTPUT, RESULTS, STORED, closes, drops, refusals
from .happened import came_back, happened
from .replays import ACKS
from .scripts import Script, long_scripts, script, scripts, write

STUBBORN_TIMES = 40
"""More often than any message may be tried again."""
HARMLESS = ("error-unrelated", "gap-unrelated", "hello-ack-again", "hello-ack-other", "ack-unknown", "ack-again")


def draw_retryable(setting: Setting) -> SearchStrategy[Case]:
    """What is refused so is to come again by itself: nothing here breaks the connection, and time passes before the last drop does."""

    def build(timing: Timing | None, given: Script, faults: list[Fault], patience_ms: int) -> Case:
        return case("retryable-errors", setting, [task(given), until("acked"), wait(patience_ms)], faults, timing=timing)

    faults = led_by(refusals(STORED, retryable=True, nth=st.just(1)), refusals(RESULTS, retryable=True), drops(ACKS))
    patience = st.sampled_from((1_000, 6_000) if setting.world == "sim" else (600,))
    return st.builds(build, timings(setting, BRISK, MIDDLE), long_scripts(4, 9), faults, patience)


def draw_stubborn(setting: Setting) -> SearchStrategy[Case]:
    """An only output, or a final, is refused for now however often it comes; nothing else asks for it again."""

    def build(timing: Timing | None, kind: str, code: str, commit: Commit, exit: int, last_ms: int) -> Case:
        faults = [RefuseFrame(endpoint=kind, times=STUBBORN_TIMES, retryable=True, code=code, commit=commit)]
        one = script([write(0, "only\n")], exit)
        return case("stubborn-refusals", setting, [task(one), until("started"), wait(last_ms)], faults, timing=timing)

    last = st.sampled_from((12_000, 60_000) if setting.world == "sim" else (2_000,))
    return st.builds(
        build, timings(setting, BRISK, MIDDLE), st.sampled_from((FINAL, OUTPUT)), st.sampled_from(("internal", "rate_limited")),
        st.sampled_from(("none", "all")), st.sampled_from((0, 3)), last,
    )  # fmt: skip


def draw_unrelated(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: Script, words: list[str], outputs: int) -> Case:
        said = [operation for word in words for operation in (say(word), wait(30))]
        return case("harmless-words", setting, [task(given), until("output", count=outputs), *said, until("acked")], timing=timing)

    words = st.lists(st.sampled_from(HARMLESS), min_size=1, max_size=4)
    return st.builds(build, timings(setting, BRISK, MIDDLE), long_scripts(), words, st.integers(1, 4))


def draw_fatal(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: Script, faults: list[Fault]) -> Case:
        return case("fatal-errors", setting, [task(given), until("acked")], faults, timing=timing)

    faults = led_by(refusals(STORED, retryable=False, nth=st.just(1)), refusals(INBOUND, retryable=False), drops(ACKS))
    return st.builds(build, timings(setting, BRISK, MIDDLE), long_scripts(), faults)


def draw_poison(setting: Setting) -> SearchStrategy[Case]:
    """Each time it is sent the connection ends, for half a minute, while another task waits for its turn."""

    def build(timing: Timing | None, first: Script, second: Script, what: str, last_ms: int) -> Case:
        workload: list[Operation] = [poison(what), task(first), task(second, 2), until("acked", 2), wait(last_ms), HEAL]
        return case("poison", setting, workload, timing=timing)

    first = st.one_of(long_scripts(3, 6), st.just(script([write(0, "poison\n")])))
    timing = timings(setting, SLOW_POLLS, MIDDLE)
    return st.builds(
        build, timing, first, scripts(size_max=2), st.sampled_from(("final", "output")), st.sampled_from((5_000, 40_000, 90_000))
    )


def draw_closes(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: list[Script], faults: list[Fault]) -> Case:
        return case("closes", setting, in_turn(given), faults, timing=timing)

    kinds = st.sampled_from((*EVERY, FINAL))
    some = st.lists(long_scripts(3, 8), min_size=1, max_size=2)
    return st.builds(build, timings(setting, BRISK, MIDDLE), some, any_of(closes(kinds)))


RETRYABLE_ERRORS = agent_scenario(
    "retryable-errors", "messages that are refused for now",
    ("ERR-1", "ERR-4", "SEQ-1", "SEQ-2", "SEQ-3", "FIN-2", "ACK-1"), draw_retryable,
    counts=injected("refuse-frame"),
)  # fmt: skip
STUBBORN_REFUSALS = agent_scenario(
    "stubborn-refusals", "a message that is refused for now, again and again", ("ERR-4", "ERR-1", "SEQ-2", "FIN-2", "FIN-4"), draw_stubborn,
    counts=injected("refuse-frame"),
)  # fmt: skip
HARMLESS_WORDS = agent_scenario(
    "harmless-words", "acks, hello_acks and errors that concern nothing", ("ERR-1", "HELLO-1", "SEQ-1", "SEQ-3"), draw_unrelated,
    counts=happened("said", meant=("harmless", "ack-again", "stray", "gap", "error", "hello-ack"), answers=None),
)  # fmt: skip
FATAL_ERRORS = agent_scenario(
    "fatal-errors", "messages whose refusal ends the connection",
    ("ERR-3", "RPL-1", "HELLO-4", "SEQ-1", "SEQ-2", "SEQ-3", "FLUSH-3", "FIN-2"),
    draw_fatal, counts=injected("refuse-frame"),
)  # fmt: skip
POISON = agent_scenario(
    "poison", "a message that is refused for good, again and again", ("ERR-5", "ERR-3", "SEQ-2", "FIN-2"), draw_poison,
    counts=happened("said", 2, meant="error"), worlds=("sim",),
)  # fmt: skip
CLOSES = agent_scenario(
    "closes", "the control plane closes at any message, with any code",
    ("RPL-1", "HELLO-1", "HELLO-4", "SEQ-1", "SEQ-3", "FIN-1", "DLV-2", "HTTP-2"), draw_closes, counts=came_back(),
)  # fmt: skip
