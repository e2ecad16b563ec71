"""The reader scenarios: what they draw is what they mean, and what they are about really happens to the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.example import Example, run_example
from streamproof.harness.engine.scenario import Scenario, Setting
from streamproof.harness.engine.shapes import fits
from streamproof.harness.faults.cut import Cut
from streamproof.harness.faults.interject import Interject
from streamproof.harness.targets.base import Target
from streamproof.harness.targets.declared import serves_from_json
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.targets.references.run_stream_reader import reference_reader
from streamproof.harness.values.case import Case
from streamproof.harness.values.history import Header, History
from streamproof.harness.worlds.table import make_world
from streamproof.scenarios.run_stream import RUN_STREAM_SCENARIOS
from streamproof.scenarios.run_stream.backoff import faults_of
from streamproof.scenarios.run_stream.draws import SHRUNK_TIMING, pause_ms
from streamproof.scenarios.run_stream.reader_play import SESSION_TOKEN
from streamproof.scenarios.run_stream.stream_faults import FAILURES, in_a_row
from streamproof.scenarios.run_stream.told import Told

CONTRACT = CONTRACTS["run-stream"]
SERVES = [{"contract": "run-stream", "role": "reader", "capabilities": ["timing"]}]
BY_NAME = {scenario.name.removeprefix("run-stream-"): scenario for scenario in RUN_STREAM_SCENARIOS}
EXAMPLES = 6


def target_of(factory: Any) -> Target:
    return InProcessTarget("under test", lambda contract, role: factory, serves=serves_from_json(SERVES))


def drawn(scenario: Scenario, count: int, *, world: str = "sim", seed: int = 1, capabilities: tuple[str, ...] = ("timing",)) -> list[Case]:
    chosen = [Setting(profile, world, capabilities, {}) for profile in scenario.profiles]
    return [case for setting in chosen for case in draw_cases(scenario, setting, seed, count)]


def played(scenario: Scenario, cases: list[Case], *, world: str = "sim", factory: Any = reference_reader) -> Iterator[Example]:
    target, made = target_of(factory), make_world(world)
    try:
        for case in cases:
            yield run_example(CONTRACT, scenario, case, target, made)
    finally:
        made.close()


@pytest.mark.parametrize("name", BY_NAME)
def test_the_precondition_occurs_and_the_reference_is_clean(name: str) -> None:
    """In nearly every example what the scenario is about really happens; nothing of ours breaks, and nothing is found."""
    scenario = BY_NAME[name]
    counted = Counter[bool]()
    for example in played(scenario, drawn(scenario, EXAMPLES)):
        assert example.trouble is None
        assert example.findings == [], example.case
        counted[example.not_counted is None] += 1
    assert counted[True] >= 2 * counted[False]


def test_every_requirement_is_put_to_the_test() -> None:
    """Each has a scenario that says it can judge it, and in a handful of examples of those it is judged five times."""
    known = {requirement.id for requirement in CONTRACT.requirements}
    assert {name for scenario in RUN_STREAM_SCENARIOS for name in scenario.judges} == known
    judged = Counter[str]()
    for scenario in RUN_STREAM_SCENARIOS:
        for example in played(scenario, drawn(scenario, EXAMPLES, seed=2)):
            judged.update(name for name in scenario.judges if example.counts_as_judged(name))
            if all(judged[name] >= 5 for name in scenario.judges):
                break
    assert {name for name in known if judged[name] < 5} == set()


@pytest.mark.parametrize("name", ["cuts", "legs", "unwatch", "late"])
def test_real_sockets_play_the_same(name: str) -> None:
    """The play, its waits and its faults do in real time what they do in the simulation."""
    scenario = BY_NAME[name]
    cases = [
        case for profile in scenario.profiles[:1] for case in draw_cases(scenario, Setting(profile, "loopback", ("timing",), {}), 3, 2)
    ]
    for example in played(scenario, cases, world="loopback"):
        assert example.trouble is None
        assert example.findings == []
        assert example.history.entries[-1].kind in ("settled", "close", "closed", "stream-over")


def test_the_same_seed_gives_the_same_history() -> None:
    """A case of any scenario is the same to the byte when it is played again."""
    for scenario in (BY_NAME["swarm"], BY_NAME["backoff"], BY_NAME["legs"]):
        cases = drawn(scenario, 2)
        first, second = ([example.history.digest() for example in played(scenario, cases)] for _ in range(2))
        assert first == second


def test_no_secret_is_in_a_history() -> None:
    """Both credentials show as their tags, on the wire and in notes."""
    for example in played(BY_NAME["legs"], drawn(BY_NAME["legs"], 3)):
        text = example.history.to_ndjson()
        assert SESSION_TOKEN not in text
        assert "run-token-" not in text
        assert "<session-token>" in text
        assert "<run-token>" in text


def test_figures_of_the_server_are_not_told_to_the_reader() -> None:
    """The driver config is what the driver protocol says, and no more."""
    seen: list[Mapping[str, Any]] = []

    def factory(config: dict[str, Any], note: Callable[[str, dict[str, Any]], None]) -> object:
        seen.append(config)
        return reference_reader(config, note)

    (case, *_) = drawn(BY_NAME["identities"], 1)
    assert [example.trouble for example in played(BY_NAME["identities"], [case], factory=factory)] == [None]
    assert set(seen[0]) == {"api_url", "team_id", "task_id", "run_id", "session_token", "timing_ms"}


def test_without_the_capability_nothing_is_said_of_timing() -> None:
    """A target that does not declare it goes by its own figures, and on real sockets no scenario waits them out."""
    for scenario in RUN_STREAM_SCENARIOS:
        for case in drawn(scenario, 3, world="loopback", capabilities=()):
            assert case.config["timing_ms"] is None
            waited_ms = sum(args["ms"] for verb, args in case.workload if verb == "wait")
            assert waited_ms < 20_000, case


def test_no_workload_begins_its_stream_with_an_old_entry() -> None:
    """Marks are unique, but for twins; and what a history holds before the watch never comes again."""
    for scenario in RUN_STREAM_SCENARIOS:
        for case in drawn(scenario, 4):
            marks = _marks(case)
            first_live = marks["before"]
            assert not first_live & marks["after"], case


def _marks(case: Case) -> dict[str, set[Any]]:
    found: dict[str, set[Any]] = {"before": set(), "after": set()}
    where = "before"
    for verb, args in case.workload:
        where = "after" if verb == "watch" else where
        if verb == "append":
            found[where] |= {event["k"] for event in args["events"] if "k" in event}
    return found


def test_an_id_that_no_url_can_hold_fits_no_scenario() -> None:
    """Dots alone and nothing at all are no path segments; a reducer must not end there."""
    scenario = BY_NAME["steady"]
    (case, *_) = drawn(scenario, 1)
    assert fits(scenario, case)
    for wrong in ("", ".", ".."):
        assert not fits(scenario, case.with_changes(config={**case.config, "run_id": wrong}))


def test_faults_in_a_row_follow_the_streams() -> None:
    """Each fault that ends a stream leaves the rest of them to the next one."""
    kinds = (st.just(Cut(nth=7)), st.just(Interject(nth=7, times=3)))
    for faults in _samples(in_a_row(*kinds, size_min=3, size_max=5)):
        expected = 1
        for fault in faults:
            assert (fault.nth, fault.times) == (expected, 1)
            expected += fault.name == "cut"


def _samples(strategy: Any) -> list[Any]:
    found: list[Any] = []

    @settings(max_examples=20, database=None)
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def test_streaks_of_failures_are_as_long_as_they_say() -> None:
    """Stream by stream: an event and a cut, three failures, a keepalive and a cut, two failures."""
    faults = faults_of([("keepalive", 3, 0), ("none", 2, 1)])
    assert [(fault.name, fault.nth) for fault in faults] == [
        ("cut", 1), ("status", 2), ("status", 3), ("status", 4), ("interject", 5), ("cut", 5), ("cut", 6), ("cut", 7)
    ]  # fmt: skip


def test_pauses_are_those_of_the_contract() -> None:
    """By the defaults 0.5, 0.5, 0.5, 1, 2, 4, 8, 16 and 30 seconds; shrunk figures keep the shape."""
    assert [pause_ms(None, number) for number in range(1, 10)] == [500, 500, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]
    assert [pause_ms(SHRUNK_TIMING, number) for number in range(1, 8)] == [40, 40, 40, 80, 160, 300, 300]


def test_every_kind_of_failure_sits_at_its_stream() -> None:
    """Each of the ways in which a connection fails concerns that stream and no other."""
    for make in FAILURES:
        fault = make(4)
        assert (fault.endpoint, fault.nth, fault.times) == ("stream", 4, 1)


# --- what a reader has told -----------------------------------------------------------------------------------------

HEADER = Header("run-stream", ("reader",), "proxy", "", "sim", "", 0, (), {}, (), ())
WATCH = ("call", {"call": 1, "handle": "r1", "verb": "watch", "args": {}})


def append(event: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return "append", {"event": event}


def note(name: str, **data: Any) -> tuple[str, Mapping[str, Any]]:
    return "note", {"note": name, "data": data}


def told(*entries: tuple[str, Mapping[str, Any]]) -> Told:
    return Told(History.from_entries(HEADER, [(0, kind, data) for kind, data in entries])).look()


def test_everything_is_told_once_a_snapshot_and_the_logs_hold_it() -> None:
    """As often as it was appended; events that are told in another way are not waited for."""
    story = [append({"k": 1}), WATCH, append({"k": 2}), append({"k": 2}), append({"type": "permission_request", "k": 3})]
    assert not told(*story).everything
    assert not told(*story, note("snapshot", entries=[{"k": 1}]), note("logs", entries=[{"k": 2}])).everything
    assert told(*story, note("snapshot", entries=[{"k": 1}]), note("logs", entries=[{"k": 2}, {"k": 2}])).everything


def test_a_snapshot_begins_anew() -> None:
    """What was told before it counts no more."""
    story = [append({"k": 1}), WATCH, note("snapshot", entries=[{"k": 1}])]
    assert told(*story).everything
    assert not told(*story, note("snapshot", entries=[])).everything
    assert not told(*story, WATCH).everything


def test_retry_of_a_reader_that_is_live_changes_nothing() -> None:
    """It may be ignored; after an error it begins anew."""
    retry = ("call", {"call": 2, "handle": "r1", "verb": "retry", "args": {}})
    live = [WATCH, note("snapshot", entries=[])]
    assert told(*live, retry).everything
    assert told(*live, note("error", title="t")).over
    assert not told(*live, note("error", title="t"), retry).over
    assert not told(*live, note("error", title="t"), retry).everything


def test_a_stream_is_open_until_its_connection_ends() -> None:
    """Other requests of that connection do not count."""
    asked = [
        ("request", {"request": 1, "connection": 3, "endpoint": "stream"}),
        ("request", {"request": 2, "connection": 4, "endpoint": "run"}),
    ]
    assert told(*asked).streaming
    assert not told(*asked, ("closed", {"connection": 3})).streaming


def test_notes_that_are_nonsense_are_passed_over() -> None:
    """What a target tells may be anything; the play goes on."""
    assert not told(WATCH, note("snapshot", entries=7), append({"k": 1}), note("logs", entries=[[1], None, "x"])).everything
