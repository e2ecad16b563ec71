"""Several creations of one conversation at once, and one more when all have been answered."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, case, create, follow, status, together
from .base import server_scenario
from .draws import CONVERSATIONS, creation_routes, has_conversations, scripts, talks

JUDGES = ("CREATE-2", "CREATE-3", "STAT-4")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(racing: list[tuple[Turns, str]], conversation: str, later: Turns, wait: str) -> Case:
        labels = "abcd"[: len(racing)]
        race = [
            create(turns, label, conversation=conversation, via=via, wait=wait) for label, (turns, via) in zip(labels, racing, strict=True)
        ]
        workload: list[Operation] = [together(race), *(status("rest", label) for label in labels)]
        if has_conversations(setting):
            workload.append(("pending", {"conversation": conversation}))
        workload += [create(later, "z", conversation=conversation), status("rest", "z")]
        if has_conversations(setting):
            workload += [("pending", {"conversation": conversation}), follow(None, "z", via="conversation")]
        return case("creation-race", setting, workload)

    racing = st.lists(st.tuples(scripts(setting), creation_routes(setting)), min_size=2, max_size=4)
    return st.builds(build, racing, CONVERSATIONS, talks(), st.sampled_from(("rest", "head")))


CREATION_RACE = server_scenario("creation-race", "creations of one conversation at once, and a later one", JUDGES, draw)
