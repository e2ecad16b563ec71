"""Drawing, running, reducing, replaying: what a session promises, on the real reference and mutants in ``sim``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from streamproof.catalog import catalog
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.reduce import reduce_case
from streamproof.harness.engine.replay import replay_file
from streamproof.harness.engine.scenario import Setting
from streamproof.harness.engine.selftest import run_selftest
from streamproof.harness.engine.session import EXAMPLES_PER_SCENARIO, SessionOptions, run_session
from streamproof.harness.engine.shrink import shrink_file
from streamproof.harness.engine.unit import violation_key
from streamproof.harness.faults.lose_answer import LoseAnswer
from streamproof.harness.faults.slice import Slice
from streamproof.harness.values.case import Case
from streamproof.harness.values.errors import UsageError
from streamproof.harness.values.result import RunResult
from streamproof.harness.values.verdict import Finding

FAMOUS = "mutant:ingest-lost-answer-renumbered"


class Silent:
    """Progress that nobody watches."""

    def update(self, done: int, total: int | None, failures: int, label: str) -> None:
        return None


def session(tmp_path: Path, **options: object) -> RunResult:
    given = SessionOptions(out_dir=tmp_path / "out", seed=1, contracts=("ingest",))
    return run_session(catalog(), replace(given, **options), {}, Silent())  # type: ignore[arg-type]  # options by name


@pytest.fixture(scope="module")
def famous(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A session on the mutant that needs a lost answer and then a reset in the retry."""
    return session(tmp_path_factory.mktemp("famous"), target=FAMOUS, scenarios=("ingest-lost-answers",), examples=60)


def test_the_planted_pair_is_found_and_shrinks_to_what_it_needs(famous: RunResult) -> None:
    """The answer lost, then a reset in the retry: at most 5 operations and 2 faults are left."""
    (row,) = [row for row in famous.requirements if row.id == "ING-LOSS-1"]
    assert row.verdict == "fail"
    operations, faults = row.findings[0].repro.case.size
    assert operations <= 5
    assert 1 <= faults <= 2
    assert famous.exit_code == 1


def test_each_violation_is_reported_once(famous: RunResult) -> None:
    """Several requirements broken by one bug are each found and shrunk, and none of them twice."""
    broken = [row for row in famous.requirements if row.findings]
    assert len(broken) >= 2
    for row in broken:
        keys = [violation_key(Finding(row.id, finding.message)) for finding in row.findings]
        assert len(keys) == len(set(keys))


def test_a_repro_tells_the_broken_from_the_mended(famous: RunResult) -> None:
    """The file fails again on the mutant with the very same history, and is FIXED for the reference."""
    (row,) = [row for row in famous.requirements if row.id == "ING-LOSS-1"]
    path = row.findings[0].repro_path
    assert path is not None
    again = replay_file(catalog(), path, target=FAMOUS, world=None, times=3, target_config={})
    assert (again.verdict, again.failed_times, again.digest_matches) == ("FAILED", 3, True)
    mended = replay_file(catalog(), path, target="reference", world=None, times=1, target_config={})
    assert mended.verdict == "FIXED"
    silent = replay_file(catalog(), path, target="null:silent", world=None, times=1, target_config={})
    assert silent.verdict == "CHANGED"


def test_shrinking_a_file_that_does_not_fail_is_a_usage_error(famous: RunResult, tmp_path: Path) -> None:
    """There is nothing to shrink, and nothing is written."""
    (row,) = [row for row in famous.requirements if row.id == "ING-LOSS-1"]
    path, out = row.findings[0].repro_path, tmp_path / "smaller.json"
    assert path is not None
    with pytest.raises(UsageError, match="nothing to shrink"):
        shrink_file(catalog(), path, target="reference", world=None, out=out, target_config={}, progress=Silent())
    assert not out.exists()


def test_findings_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    """One process or three: the same verdicts, counts and messages."""
    chosen = {"target": "mutant:ingest-retry-at-once", "scenarios": ("ingest-outage", "ingest-steady"), "examples": 40}
    alone, shared = (session(tmp_path / str(jobs), jobs=jobs, **chosen) for jobs in (1, 3))

    def seen(result: RunResult) -> list[tuple[object, ...]]:
        return [(row.id, row.verdict, row.judged, [finding.message for finding in row.findings]) for row in result.requirements]

    assert seen(alone) == seen(shared)
    assert alone.faults == shared.faults


def test_too_few_judged_examples_are_no_pass(tmp_path: Path) -> None:
    """Three good examples are not enough: not_run with the count, and exit 3."""
    result = session(tmp_path, scenarios=("ingest-steady",), examples=3)
    (row,) = [row for row in result.requirements if row.id == "ING-LOSS-1"]
    assert row.verdict == "not_run"
    assert "5 are needed" in str(row.reason)
    assert result.exit_code == 3


def test_drawing_depends_on_the_seed_alone() -> None:
    """The same seed draws the same cases; another seed draws others."""
    scenario = catalog().scenarios["ingest-swarm"]
    setting = Setting("proxy", "sim", ("timing", "limits"), {})
    assert draw_cases(scenario, setting, 5, 20) == draw_cases(scenario, setting, 5, 20)
    assert draw_cases(scenario, setting, 5, 20) != draw_cases(scenario, setting, 6, 20)


def test_the_reducer_drops_what_does_not_matter() -> None:
    """Nineteen no-op faults and operations around one that matters are all gone, and values are simple."""
    noise = tuple(Slice(nth=number) for number in range(1, 20))
    needed = LoseAnswer(endpoint="upload", nth=7, answer_bytes=90)
    workload = tuple(("enqueue", {"event": {"k": number, "text": "x" * 50}}) for number in range(1, 20))
    case = Case("ingest", ("sender",), "proxy", "ingest-swarm", {}, workload, (*noise[:9], needed, *noise[9:]))

    def fails(candidate: Case) -> bool:
        marks = [args["event"]["k"] for _, args in candidate.workload]
        return 11 in marks and any(fault.name == "lose-answer" for fault in candidate.faults)

    reduction = reduce_case(case, fails, 600)
    assert reduction.case.workload == (("enqueue", {"event": {"k": 11}}),)
    assert reduction.case.faults == (LoseAnswer(),)
    assert reduction.tries < 200


def test_selftest_kills_by_the_named_requirement_and_passes_no_null() -> None:
    """A mutant counts as killed only by its own requirement; here a few of each kind stand for all (`streamproof selftest`)."""
    whole = catalog()
    some = {name: whole.targets.mutants[name] for name in ("ingest-url-raw-id", "ingest-newest-first", "ingest-server-accepted-gap")}
    nulls = {name: whole.targets.nulls[name] for name in ("null-ok", "null-error")}
    few = replace(whole, targets=replace(whole.targets, mutants=some, nulls=nulls))
    result = run_selftest(few, ["ingest"], seed=1, jobs=1, examples=70, progress=Silent())
    assert all(row.killed and set(row.killed_by) & set(row.requirements) for row in result.mutants)
    assert [row.passed for row in result.null_drivers] == [(), ()]
    assert [row.violations for row in result.reference] == [()]
    assert result.exit_code == 0


def test_a_mutant_that_lives_is_told() -> None:
    """A correct sender registered as a mutant survives: killed is false, and the exit code is 1."""
    whole = catalog()
    harmless = replace(
        whole.targets.mutants["ingest-url-raw-id"], name="ingest-harmless", factory=whole.targets.references["ingest", "sender"]
    )
    few = replace(whole, targets=replace(whole.targets, mutants={"ingest-harmless": harmless}, nulls={}))
    short = replace(few, scenarios={"ingest-steady": whole.scenarios["ingest-steady"]})
    result = run_selftest(short, ["ingest"], seed=1, jobs=1, examples=10, progress=Silent(), examples_per_mutant_max=50)
    assert [row.killed for row in result.mutants] == [False]
    assert result.exit_code == 1


def test_what_was_judged_too_rarely_is_played_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Until there is a verdict, by the scenarios that judge it; but a number that was asked for is kept to."""
    monkeypatch.setitem(EXAMPLES_PER_SCENARIO, "sim", 2)

    def verdict(examples: int | None) -> tuple[str, int]:
        result = session(tmp_path, scenarios=("ingest-identities",), examples=examples)
        return next(row.verdict for row in result.requirements if row.id == "ING-URL-1"), result.examples

    assert verdict(None) == ("pass", 8)
    assert verdict(4) == ("not_run", 4)
