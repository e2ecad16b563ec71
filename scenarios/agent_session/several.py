"""Several runs, one behind the other and at the same time."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import session_scenario
from .draws import Drafts, cancel, case, configs, run, script, turns, until

JUDGES = "COMPLETE-1 END-1 DEL-1 DEL-4 LAST-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(scripts: list[Drafts], apart: bool, cancelled: bool, settings: dict[str, object], beat_ms: int) -> Case:
        labels = [chr(ord("a") + number) for number in range(len(scripts))]
        begun = [run(script(rows, beat_ms), label=label) for label, rows in zip(labels, scripts, strict=True)]
        ends = [until(label=label) for label in labels]
        workload: list[Operation] = []
        if apart:
            for start, end in zip(begun, ends, strict=True):
                workload += [start, end]
        else:
            workload = [*begun, *([cancel(labels[0])] if cancelled else []), *ends]
        return case("several", setting, settings, workload)

    scripts = st.lists(turns(1, 3), min_size=2, max_size=4)
    beat_ms = st.sampled_from((40, 400) if setting.world == "sim" else (20,))
    return st.builds(build, scripts, st.booleans(), st.booleans(), configs(setting), beat_ms)


SEVERAL = session_scenario("several", "several runs, one behind the other and at the same time", JUDGES, draw)
