"""What the scenarios of creations, streams and start indexes are made of.

A run that is *held* has said its first turn and waits in the second for a gate: its stream is open, with frames in it. Only a model of
ours can be held, and only a server with tools asks it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.durable_execution_roles import CLASSIC, KNOWN_RUN, TOOLS, VERCEL
from ...harness.engine.scenario import Setting
from ...harness.values.case import Operation
from ..drawing import URL_SPECIAL_IDS
from .approval_draws import FREE, GATED, Turns

GATE = "g"
OPEN: Operation = ("open", {"gate": GATE})

PIECE = st.sampled_from(("Done.", "see. ", "läuft 🙂 ", "日本", "\n\n", "data: x\n\n", "𝒳" * 40, "\\\"'", " ", "[DONE]", "é"))
"""None begins with ``{``: an answer that does cannot be told from what a server says itself."""
TEXT = st.lists(PIECE, min_size=1, max_size=4)
CALL_IDS = st.sampled_from(("call-1", "call/1?x=2#y%", "é 日本", "a+b;c=d@e", "..%2F", "call:(~!*)'", "c" * 200))
CONVERSATIONS = st.sampled_from(("talk", *URL_SPECIAL_IDS))


def call(id: str, tool: str) -> dict[str, Any]:
    return {"id": id, "name": tool, "arguments": {"why": "é🙂", "n": 7}}


def spoken(text: Sequence[str], **fields: Any) -> dict[str, Any]:
    """A turn without calls."""
    return {"text": list(text), **fields}


def calling(text: Sequence[str], id: str, *tools: str) -> dict[str, Any]:
    """A turn with one call for each tool. The first has ``id``, the others an id made from it."""
    return {"text": list(text), "calls": [call(id if not number else f"{id}-{number}", tool) for number, tool in enumerate(tools)]}


# --- what a target can do ---------------------------------------------------------------------------------------------


def is_ours(setting: Setting) -> bool:
    """Its model is scripted, so that a run is known in advance."""
    return KNOWN_RUN in setting.capabilities


def has_tools(setting: Setting) -> bool:
    return is_ours(setting) and TOOLS in setting.capabilities


def has_conversations(setting: Setting) -> bool:
    return VERCEL in setting.capabilities


def creation_routes(setting: Setting) -> SearchStrategy[str]:
    """The routes by which a durable run may be created."""
    more = [route for route, capability in (("chat", VERCEL), ("completions", CLASSIC)) if capability in setting.capabilities]
    return st.sampled_from(("executions", *more))


# --- scripts ----------------------------------------------------------------------------------------------------------


def talks() -> SearchStrategy[Turns]:
    """One turn that only speaks."""
    return TEXT.map(lambda text: [spoken(text)])


def scripts(setting: Setting) -> SearchStrategy[Turns]:
    """Runs that come to rest by themselves: completed, or suspended where there are tools."""
    if not has_tools(setting):
        return talks()
    first = st.builds(calling, TEXT, CALL_IDS, st.sampled_from((FREE, GATED)))
    two = st.builds(calling, TEXT, CALL_IDS, st.just(FREE), st.sampled_from((FREE, GATED)))
    return st.one_of(talks(), st.builds(lambda turn, text: [turn, spoken(text)], st.one_of(first, two), TEXT))


def held_scripts(setting: Setting) -> SearchStrategy[Turns]:
    """Held where that can be; elsewhere they only speak."""
    if has_tools(setting):
        rests = st.builds(lambda text, more: [{**calling(text, "last", GATED), "gate": GATE}, spoken(more)], TEXT, TEXT)
        ends = TEXT.map(lambda text: [spoken(text, gate=GATE)])
        return st.builds(lambda text, id, more: [calling(text, id, FREE), *more], TEXT, CALL_IDS, st.one_of(ends, rests))
    return TEXT.map(lambda text: [spoken(text, gate=GATE)]) if is_ours(setting) else talks()


def frames_about(turns: Turns) -> int:
    """More than the frames of such a run are likely to be."""
    return 4 + sum(len(turn["text"]) + 4 * len(turn.get("calls", ())) for turn in turns)
