"""Every page names another one, without end."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, case, configs, message, run, script, until

JUDGES = "PAGE-1 END-4"
TIMING = {"first_poll": 15_000, "poll_max": 300_000, "list_delay": 2_000}


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Few cases, since each of them may ask for a thousand pages, and again."""
    begun = run(script([message("the only one"), IDLE], 40))
    plain = {"persist_session": False, "next_page_end": None, "page_size": 20, "delete_running": "refuse"}
    config = configs(setting, endless=True, timing_ms=st.sampled_from((None, TIMING)), **plain)
    return config.map(lambda settings: case("endless-pages", setting, settings, [begun, until()]))


ENDLESS_PAGES = session_scenario("endless-pages", "every page names another one, without end", JUDGES, draw, worlds=("sim",))
