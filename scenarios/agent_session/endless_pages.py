"""Every page names another one, without end."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import POLL, session_scenario
from .draws import IDLE, case, configs, message, run, script, until

JUDGES = "PAGE-1 COMPLETE-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    """One case, since it may ask for a thousand pages, and again."""
    begun = run(script([message("the only one"), IDLE], 40))
    plain = {"persist_session": False, "next_page_end": None, "page_size": 20, "delete_running": "refuse"}
    config = configs(setting, endless=True, timing_ms=None, **plain)
    return config.map(lambda settings: case("endless-pages", setting, settings, [begun, until()]))


ENDLESS_PAGES = session_scenario("endless-pages", "every page names another one, without end", JUDGES, draw, profiles=POLL, worlds=("sim",))
