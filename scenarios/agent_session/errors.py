"""Errors that the session recovers from, and errors that it does not."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, RUNNING, TERMINATED, Drafts, cases, error, messages

JUDGES = "ERR-1 END-1 DEL-1 COMPLETE-1"
WORDS = ("the model is overloaded", "quota: 5/5 used", "außer Betrieb 🛑")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(first: Drafts, words: str, how: str, second: Drafts) -> Drafts:
        trouble = error(words)
        match how:
            case "recovered":
                return [*first, trouble, {"type": "rescheduled"}, RUNNING, *second, {"type": "message", "text": "after all"}, IDLE]
            case "idle":
                return [*first, {"type": "message", "text": "before"}, trouble, IDLE]
            case "recovered-twice":
                return [trouble, *first, error("again"), {"type": "message", "text": "after all"}, IDLE]
            case _:
                return [*first, trouble, TERMINATED]

    how = st.sampled_from(("fatal", "recovered", "idle", "recovered-twice", "fatal"))
    return cases("errors", setting, st.builds(build, messages(0, 2), st.sampled_from(WORDS), how, messages(0, 2)))


ERRORS = session_scenario("errors", "errors that the session recovers from, and errors that it does not", JUDGES, draw)
