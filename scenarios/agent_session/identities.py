"""Ids with all that is special in a URL, and a base with a path."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...fake_servers.agent_session.app import SPECIAL_IDS
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import TEXTS, Drafts, case, configs, messages, run, script, until

JUDGES = "COMPLETE-1 DEL-1 END-1 PAGE-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(scripts: list[Drafts], settings: dict[str, object], beat_ms: int) -> Case:
        """One run behind the other, so that each has another id."""
        workload = []
        for number, rows in enumerate(scripts):
            label = f"run {number}"
            workload += [run(script([*rows, {"type": "idle"}], beat_ms), label=label), until(label=label)]
        return case("identities", setting, settings, workload)

    config = configs(
        setting, ids="special", first_id=st.integers(0, len(SPECIAL_IDS) - 1),
        base=st.sampled_from(("", "/x", "/a/b", "/prefix%20x")), page_size=st.sampled_from((20, 2)),
        agent=st.sampled_from(("agent-1", *TEXTS[:3])), environment_id=st.sampled_from(("environment-1", "env/é ?")),
    )  # fmt: skip
    return st.builds(build, st.lists(messages(1, 2), min_size=2, max_size=4), config, st.sampled_from((20, 40)))


IDENTITIES = session_scenario("identities", "special ids in every path, a base with a path", JUDGES, draw)
