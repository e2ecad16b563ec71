"""Success, suspension, failure of the agent and failure of the transport, side by side."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.durable_execution_roles import FAIL_READS
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import GATED, Turns, case, config, create, follow, plain, status
from .base import server_scenario
from .draws import CALL_IDS, TEXT, calling, creation_routes, has_tools, is_ours, spoken, talks

JUDGES = ("SSE-2", "SSE-3", "SSE-4")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not is_ours(setting):
        return plain("endings", setting)
    failing = TEXT.map(lambda text: [spoken(text, status=400)])
    suspending = st.builds(lambda text, id: [calling(text, id, GATED), spoken(text)], TEXT, CALL_IDS)
    kinds = (talks(), failing, suspending) if has_tools(setting) else (talks(), failing)

    def build(runs: list[tuple[Turns, str]], fail_reads_after: int | None) -> Case:
        workload: list[Operation] = []
        for label, (turns, via) in zip("abc", runs, strict=False):
            workload += [create(turns, label, via=via), status("rest", label), follow("seen", label), follow(0, label)]
        fail_reads = None if fail_reads_after is None else {"after": fail_reads_after}
        return case("endings", setting, workload, config_of={**config(), FAIL_READS: fail_reads})

    runs = st.lists(st.tuples(st.one_of(*kinds), creation_routes(setting)), min_size=1, max_size=3)
    fails = st.one_of(st.none(), st.integers(0, 4)) if FAIL_READS in setting.capabilities else st.none()
    return st.builds(build, runs, fails)


ENDINGS = server_scenario("endings", "success, suspension, failure of the agent and failure of the transport, side by side", JUDGES, draw)
