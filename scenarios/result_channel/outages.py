"""No session when a task is over: its final goes by HTTP, where things go wrong as well."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.result_channel import T_MS_MIN
from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.black_hole import BlackHole
from ...harness.faults.cut import Cut
from ...harness.faults.drop_frame import DropFrame
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.faults.refuse import Refuse
from ...harness.faults.stall import Stall
from ...harness.faults.status import Status
from ...harness.values.case import Case, Operation
from ..drawing import any_of, led_by
from ..preconditions import injected
from .base import agent_scenario
from .draws import BRISK, DROPS, MIDDLE, OLD, SLOW_POLLS, Timing, case, figures, hold, task, timings, until, wait
from .frame_faults import ACK, REPORT, SOCKET
from .happened import all_of, happened
from .scripts import Script, long_scripts, scripts

JUDGES = ("HTTP-1", "HTTP-3", "FIN-2", "FIN-4", "SEQ-1", "SEQ-3", "RPL-1", "AUTH-1")
REPORTED = happened("reported")
ASKED = happened("request", endpoint=REPORT)
NTH = st.sampled_from((1, 1, 1, 2))
TIMES = st.sampled_from((1, 1, 2, 6))


def upgrades_refused() -> SearchStrategy[Fault]:
    """The first one or two connect, the others do not."""
    nth = st.sampled_from((2, 2, 3))
    return st.one_of(
        st.builds(
            Status, endpoint=st.just(SOCKET), nth=nth, times=st.sampled_from((1, 5, 50)), status=st.sampled_from((503, 500, 404, 401))
        ),
        st.builds(Refuse, nth=nth, times=st.integers(1, 3)),
        st.builds(
            Cut,
            endpoint=st.just(SOCKET),
            nth=nth,
            times=st.integers(1, 5),
            direction=st.just("answer"),
            part=st.just("head"),
            after_bytes=st.integers(0, 60),
        ),
    )


def report_faults(nth: SearchStrategy[int] = NTH) -> SearchStrategy[Fault]:
    endpoint = st.just(REPORT)
    return st.one_of(
        st.builds(LoseAnswer, endpoint=endpoint, nth=nth, times=TIMES, answer_bytes=st.integers(0, 60)),
        st.builds(
            Status, endpoint=endpoint, nth=nth, times=TIMES, status=st.sampled_from((503, 500, 502, 404, 409, 202)),
            commit=st.sampled_from(("none", "none", "all")), body=st.sampled_from(("contract", "empty", "html")),
        ),
        st.builds(
            Cut, endpoint=endpoint, nth=nth, times=TIMES, direction=st.sampled_from(("answer", "request")), after_bytes=st.integers(0, 60)
        ),
        st.builds(
            Stall, endpoint=endpoint, nth=nth, times=st.sampled_from((1, 2)), where=st.sampled_from(("before-head", "in-body")),
            for_ms=st.sampled_from((500, 30_000)),
        ),
    )  # fmt: skip


def _cut_off(given: Script, outputs: int, dropped: Operation, outage_ms: int) -> list[Operation]:
    """The connection ends while the command writes, and no other comes to be before it is over."""
    return [task(given), until("output", count=outputs), hold(outage_ms), dropped, until("reported")]


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: Script, outputs: int, dropped: Operation, outage_ms: int, faults: list[Fault]) -> Case:
        return case("outages", setting, [*_cut_off(given, outputs, dropped, outage_ms), wait(200)], faults, timing=timing)

    longest = (20_000, 1_500, 90_000) if setting.world == "sim" else (1_500,)
    faults = any_of(upgrades_refused(), size_min=0, size_max=1)
    return st.builds(build, timings(setting, BRISK, MIDDLE), long_scripts(3, 8), st.integers(1, 2), DROPS, st.sampled_from(longest), faults)


def draw_stranded(setting: Setting) -> SearchStrategy[Case]:
    """A final is sent, no ack arrives, and the connection ends, or goes dead, and stays away."""

    def build(timing: Timing | None, given: Script, dropped: Operation | None, frame: int) -> Case:
        figure = figures(timing)
        away_ms = max(figure["polling_fallback"], T_MS_MIN) + 8_000 + (0 if dropped else 5 * figure["ping_interval"])
        faults: list[Fault] = [DropFrame(endpoint=ACK, times=100)]
        if dropped is None:
            faults.append(BlackHole(endpoint=SOCKET, frame=frame))
        first = [task(given), *([until("final")] if dropped else [wait(1_500)]), hold(away_ms)]
        return case("stranded-finals", setting, [*first, *([dropped] if dropped else []), wait(away_ms)], faults, timing=timing)

    ends = st.one_of(DROPS, st.none())
    return st.builds(build, timings(setting, SLOW_POLLS, MIDDLE), long_scripts(3, 6), ends, st.integers(4, 12))


def draw_reports(setting: Setting) -> SearchStrategy[Case]:
    """The report goes wrong as often as its tries last, or longer."""

    def build(timing: Timing | None, given: Script, dropped: Operation, outage_ms: int, faults: list[Fault], last_ms: int) -> Case:
        workload = [*_cut_off(given, 1, dropped, outage_ms), wait(last_ms)]
        return case("lost-reports", setting, workload, faults, timing=timing)

    outage = st.sampled_from((120_000, 4_000, 600))
    return st.builds(
        build, timings(setting, BRISK, MIDDLE, SLOW_POLLS), long_scripts(3, 6), DROPS, outage,
        led_by(report_faults(st.just(1)), report_faults()),
        st.sampled_from((0, 40_000)),
    )  # fmt: skip


def draw_polled(setting: Setting) -> SearchStrategy[Case]:
    """Tasks without an attempt id know no other way than the report."""

    def build(timing: Timing | None, given: list[Script], faults: list[Fault]) -> Case:
        workload = [
            operation
            for number, one in enumerate(given, 1)
            for operation in (task(one, number, attempt=OLD, via="poll"), until("reported", number, attempt=OLD))
        ]
        return case("polled-reports", setting, workload, faults, timing=timing, delivery=False)

    some = st.lists(scripts(size_max=3), min_size=1, max_size=2)
    return st.builds(build, timings(setting, BRISK, MIDDLE), some, led_by(report_faults(st.just(1)), report_faults(), size_max=1))


OUTAGES = agent_scenario("outages", "no session when a task is over: its final goes by HTTP", JUDGES, draw, counts=REPORTED)
STRANDED_FINALS = agent_scenario(
    "stranded-finals", "a final is sent and never acknowledged, and the connection stays away",
    ("HTTP-4", "HTTP-3", "FIN-2", "FIN-4", "RPL-1"), draw_stranded, counts=happened("held", on=True), worlds=("sim",),
)  # fmt: skip
LOST_REPORTS = agent_scenario(
    "lost-reports", "the report over HTTP fails, or its answer is lost", JUDGES, draw_reports,
    counts=all_of(ASKED, injected("lose-answer", "status", "cut", "stall")), worlds=("sim",),
)  # fmt: skip
POLLED_REPORTS = agent_scenario(
    "polled-reports", "tasks of the old kind, whose report fails or is answered in vain", ("HTTP-1", "FIN-2", "FIN-4", "POLL-1"),
    draw_polled, counts=injected("lose-answer", "status", "cut", "stall"), worlds=("sim",),
)  # fmt: skip
