"""What the scenarios of approvals, tenants and crashes are made of: scripts of the model, operations on a run, and faults.

Runs have the labels ``a``, ``b`` ..; the calls of a script have the ids ``call-1``, ``call-2`` .. in the order in which they are made, so
that ``call-2`` means the same in an operation and in a script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.durable_execution_roles import CRASH as KILLED
from ...harness.contracts.durable_execution_roles import KNOWN_RUN, TIMING, TOOLS, VERCEL
from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.crash import Crash
from ...harness.values.case import Case, Operation

Turns = list[dict[str, Any]]
GATED, FREE = "pay", "note"
CONVERSATION = "c1"
MOMENT_MS = 3

# --- scripts ----------------------------------------------------------------------------------------------------------

TEXTS = st.sampled_from((("Done.",), ("Let me ", "see. "), ("läuft 🙂 ", "日本", "\n"), ("one ", "two ", "three ", "four ")))
ROUND = st.lists(st.sampled_from((GATED, FREE)), max_size=2).map(lambda tools: [GATED, *tools])
"""The tools that the model calls in one turn: at least one behind an approval, and that first."""


def script(rounds: Sequence[Sequence[str]], texts: Sequence[Sequence[str]] = (("Done.",),), **last: Any) -> Turns:
    """One turn for each round of calls, then one that only speaks, with the fields of ``last``. ``texts`` are repeated in turn."""
    numbers = count(1)
    turns: Turns = []
    for place, tools in enumerate(rounds):
        calls = [{"id": f"call-{number}", "name": tool, "arguments": {"n": number}} for tool, number in zip(tools, numbers, strict=False)]
        turns.append({"text": list(texts[place % len(texts)]), "calls": calls})
    return [*turns, {"text": list(texts[len(rounds) % len(texts)]), **last}]


def scripts(rounds_min: int = 1, rounds_max: int = 2) -> SearchStrategy[Turns]:
    return st.builds(script, st.lists(ROUND, min_size=rounds_min, max_size=rounds_max), st.lists(TEXTS, min_size=1, max_size=2))


def gated_calls(turns: Turns) -> list[str]:
    """The ids of the calls that wait for an approval, in their order."""
    return [call["id"] for turn in turns for call in turn.get("calls", ()) if call["name"] == GATED]


# --- operations -------------------------------------------------------------------------------------------------------

CRASH: Operation = ("crash", {})


def create(turns: Turns, run: str = "a", **more: Any) -> Operation:
    return ("create", {"run": run, "turns": turns, **more})


def approve(approved: bool = True, call: str = "pending", run: str = "a", **more: Any) -> Operation:
    return ("approve", {"run": run, "call": call, "approved": approved, **more})


def status(until: str | None = None, run: str = "a", **more: Any) -> Operation:
    return ("status", {"run": run, "until": until, **more})


def follow(index: int | str | None = 0, run: str = "a", **more: Any) -> Operation:
    return ("follow", {"run": run, "index": index, **more})


def together(operations: Iterable[Operation]) -> Operation:
    return ("together", {"operations": [[verb, dict(args)] for verb, args in operations]})


def send(method: str, path: str, tenant: int | str = 0, *, meant: str, **more: Any) -> Operation:
    return ("send", {"method": method, "path": path, "tenant": tenant, "note": meant, **more})


def wait(ms: int) -> Operation:
    return ("wait", {"ms": ms})


REST = status("rest")


def settle(decisions: Iterable[bool], run: str = "a") -> list[Operation]:
    """Decides whatever is pending, once for each decision, as soon as the run is at rest."""
    return [operation for approved in decisions for operation in (status("rest", run), approve(approved, run=run))]


def last_word(turns: Turns, run: str = "a", *, approved: bool = True) -> list[Operation]:
    """Decides all that may still be pending, so that the run comes to its end: a round more than needed would be a late approval."""
    return [*settle([approved] * len(gated_calls(turns)), run), status("terminal", run)]


# --- what a target can do ---------------------------------------------------------------------------------------------


def can_approve(setting: Setting) -> bool:
    return TOOLS in setting.capabilities and KNOWN_RUN in setting.capabilities


def has_chat(setting: Setting) -> bool:
    return VERCEL in setting.capabilities


def obeys_timing(setting: Setting) -> bool:
    return TIMING in setting.capabilities


def routes(setting: Setting) -> SearchStrategy[str]:
    """The ways by which a decision may be posted."""
    return st.sampled_from(("executions", "executions", "chat", "chat-content") if has_chat(setting) else ("executions",))


# --- faults and cases -------------------------------------------------------------------------------------------------

CRASH_POINTS = st.sampled_from(("before-answer", "after-answer", "head"))


def crashes(endpoints: SearchStrategy[str], nth_max: int = 3) -> SearchStrategy[Fault]:
    return st.builds(Crash, endpoint=endpoints, nth=st.integers(1, nth_max), point=CRASH_POINTS)


def config(tenants: int = 2, approval_timeout_ms: int | None = None) -> dict[str, Any]:
    return {
        "tenants": tenants,
        "tools": [{"name": GATED, "needs_approval": True}, {"name": FREE, "needs_approval": False}],
        "timing_ms": {"approval_timeout": approval_timeout_ms},
        "fail_reads": None,
        "fail_writes": None,
    }


def _policy(setting: Setting) -> dict[str, str]:
    """What the target says of itself that a verdict must know: with ``index_policy = "clamp"`` it may clamp a bad index."""
    return {"index_policy": "clamp"} if setting.options.get("index_policy") == "clamp" else {}


def case(
    name: str, setting: Setting, workload: Iterable[Operation], faults: Sequence[Fault] = (), config_of: dict[str, Any] | None = None
) -> Case:
    return Case(
        "durable-execution",
        ("server",),
        setting.profile,
        f"durable-{name}",
        {**(config_of or config()), **_policy(setting)},
        tuple(workload),
        tuple(fault for fault in faults if fault.name != "crash" or KILLED in setting.capabilities),
    )


def plain(name: str, setting: Setting) -> SearchStrategy[Case]:
    """For a target that lacks what the scenario is about: a run that only speaks, which judges nothing of it."""
    return TEXTS.map(lambda text: case(name, setting, [create(script((), [text])), status("rest")]))
