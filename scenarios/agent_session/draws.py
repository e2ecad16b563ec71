"""What the scenarios draw from: scripts of sessions, configs, operations, all as plain values.

Times are drawn in beats, so that a script has room for the waits of a runner in either world: a beat is about as long as the first
delay of its polls, or much shorter where the runner waits as it likes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.agent_session import TIMING
from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case, Operation

Draft = dict[str, Any]
"""A step whose times are beats: ``gap`` since the step before it (1 where it is missing), ``lag``, ``status_lag``; else as in the fake."""
Drafts = list[Draft]

TEXTS = (
    "done",
    "two\nlines",
    "  padded ",
    "日本 🙂 é",
    "event: message\ndata: x\n\n",
    "\u2028\u2029",
    '"quoted" \\ and {"type":"session.status_idle"}',
    "\r\nreturned\r",
    "word " * 300,
)
TIMINGS: Mapping[str, tuple[Mapping[str, int] | None, ...]] = {
    "sim": (
        {"first_poll": 1_000, "poll_max": 8_000, "list_delay": 200},
        {"first_poll": 100, "poll_max": 400, "list_delay": 20},
        {"first_poll": 15_000, "poll_max": 300_000, "list_delay": 2_000},
        {"first_poll": 3_000, "poll_max": 3_000, "list_delay": 500},
        {"first_poll": 1_000, "poll_max": 60_000, "list_delay": 200},
        None,
    ),
    "loopback": ({"first_poll": 20, "poll_max": 80, "list_delay": 8}, {"first_poll": 40, "poll_max": 40, "list_delay": 10}),
}
BEATS_MS = {"sim": (40, 400, 3_000), "loopback": (20, 40)}
STREAMED_BEATS_MS = {"sim": (500, 3_000), "loopback": (40, 60)}
"""A runner may open the stream a second behind the prompt (or first_poll, where that is less): three of these are more."""

IDLE: Draft = {"type": "idle"}
TERMINATED: Draft = {"type": "terminated"}
RUNNING: Draft = {"type": "running"}
BLOCKED: Draft = {"type": "idle", "stop": "requires_action"}
OTHER: Draft = {"type": "other"}


# --- scripts


def message(text: str, **more: Any) -> Draft:
    return {"type": "message", "text": text, **more}


def error(text: str = "the model is overloaded", **more: Any) -> Draft:
    return {"type": "error", "text": text, **more}


def numbered(drafts: Sequence[Draft]) -> Drafts:
    """Each message says which it is, but for those that are to be alike."""
    rows, number = [], 0
    for draft in drafts:
        if draft["type"] in ("message", "assistant") and "text" in draft and draft["text"] != "alike":
            number += 1
            draft = {**draft, "text": f"{number}. {draft['text']}"}
        rows.append(draft)
    return rows


def steps(drafts: Sequence[Draft], beat_ms: int) -> list[dict[str, Any]]:
    at_ms, rows = 0, []
    for draft in numbered(drafts):
        at_ms += draft.get("gap", 1) * beat_ms
        late = {f"{name}_ms": draft[name] * beat_ms for name in ("lag", "status_lag") if name in draft}
        rows.append({"after_ms": at_ms, **{key: value for key, value in draft.items() if key not in ("gap", "lag", "status_lag")}, **late})
    return rows


def script(
    drafts: Sequence[Draft], beat_ms: int, *, before: Sequence[Draft] = (), between_pages: Sequence[Draft] = (), status_lag_ms: int = 0
) -> dict[str, Any]:
    more: dict[str, Any] = {"before": list(before)} if before else {}
    if between_pages:
        more["between_pages"] = list(between_pages)
    if status_lag_ms:
        more["status_lag_ms"] = status_lag_ms
    return {"steps": steps(drafts, beat_ms), **more}


def beats(setting: Setting) -> SearchStrategy[int]:
    """Milliseconds."""
    return st.sampled_from(BEATS_MS[setting.world])


def streamed_beats(setting: Setting) -> SearchStrategy[int]:
    return st.sampled_from(STREAMED_BEATS_MS[setting.world])


def streamed(rows: Sequence[Draft]) -> Drafts:
    """The first of them comes when the stream is open."""
    return [{**row, "gap": 3} if number == 0 else row for number, row in enumerate(rows)]


GAPS = st.sampled_from((1, 0, 2, 1, 5))


def messages(size_min: int = 0, size_max: int = 4) -> SearchStrategy[Drafts]:
    return st.lists(st.builds(lambda text, gap: message(text, gap=gap), st.sampled_from(TEXTS), GAPS), min_size=size_min, max_size=size_max)


def work(size_min: int = 0, size_max: int = 5) -> SearchStrategy[Drafts]:
    """What a session does before it ends: messages, and what a runner need not know."""
    said = st.builds(lambda text, gap: message(text, gap=gap), st.sampled_from((*TEXTS, "alike")), GAPS)
    others = st.builds(lambda draft, gap: {**draft, "gap": gap}, st.sampled_from((OTHER, RUNNING, {"type": "rescheduled"})), GAPS)
    return st.lists(st.one_of(said, said, others), min_size=size_min, max_size=size_max)


def endings(*more: Draft) -> SearchStrategy[Draft]:
    return st.sampled_from((IDLE, TERMINATED, {"type": "idle", "stop": None}, *more))


def turns(size_min: int = 0, size_max: int = 5) -> SearchStrategy[Drafts]:
    """Some work and its end."""
    return st.builds(lambda rows, end: [*awake(rows), end], work(size_min, size_max), endings())


def awake(rows: Sequence[Draft]) -> Drafts:
    """Whatever was rescheduled runs before it ends."""
    last = next((row["type"] for row in reversed(rows) if row["type"] in ("running", "rescheduled")), "running")
    return [*rows, RUNNING] if last == "rescheduled" else list(rows)


# --- configs


def timings(setting: Setting, *, first_poll_min: int = 0, poll_max_min: int = 0) -> SearchStrategy[Mapping[str, int] | None]:
    """Both in milliseconds. A runner that lets nobody set its waits gets none."""
    if TIMING not in setting.capabilities:
        return st.just(None)
    whole = [row for row in TIMINGS[setting.world] if row is None or row["first_poll"] >= first_poll_min]
    rows = [row for row in whole if row is None or row["poll_max"] >= poll_max_min]
    return st.sampled_from(rows or [None])


def configs(setting: Setting, **fixed: Any) -> SearchStrategy[dict[str, Any]]:
    """The keys of the config; those that are fixed may be strategies."""
    drawn: dict[str, SearchStrategy[Any]] = {
        "persist_session": st.sampled_from((False, False, False, True)),
        "agent": st.just("agent-1"),
        "environment_id": st.just("environment-1"),
        "base": st.just(""),
        "timing_ms": timings(setting),
        "page_size": st.sampled_from((20, 20, 3)),
        "ids": st.just("plain"),
        "cyclic": st.just(False),
        "next_page_end": st.sampled_from((None, "", "absent")),
        "delete_running": st.sampled_from(("refuse", "refuse", "allow")),
    }
    for name, value in fixed.items():
        drawn[name] = value if isinstance(value, SearchStrategy) else st.just(value)
    # Not as fixed_dictionaries, which draws the order of the keys, too, so that no two configs are alike.
    return st.tuples(*drawn.values()).map(lambda values: dict(zip(drawn, values, strict=True)))


# --- operations


def run(script: Mapping[str, Any], *, label: str = "a", hurry: bool = False) -> Operation:
    more = {"hurry": True} if hurry else {}
    return "run", {"run": label, "prompt": f"Work on {label}.", "script": dict(script), **more}


def until(what: str = "done", *, label: str = "a", count: int = 1) -> Operation:
    return "until", {"run": label, "what": what, **({} if count == 1 else {"count": count})}


def cancel(label: str = "a") -> Operation:
    return "cancel", {"run": label}


def wait(ms: int) -> Operation:
    return "wait", {"ms": ms}


CRASH: Operation = ("crash", {})


# --- cases


def paced(beat_ms: int, config: Mapping[str, Any], polls_max: int = 1) -> int:
    """At most so many polls long: beside a slow session a hasty runner polls hundreds of times and sees nothing new."""
    timing = config["timing_ms"]
    return beat_ms if timing is None else min(beat_ms, polls_max * timing["poll_max"])


def case(name: str, setting: Setting, config: Mapping[str, Any], workload: Sequence[Operation], faults: Sequence[Fault] = ()) -> Case:
    scenario = f"session-{name}"
    return Case("agent-session", ("runner",), setting.profile, scenario, dict(config), tuple(workload), tuple(faults))


def cases(
    name: str,
    setting: Setting,
    drafts: SearchStrategy[Drafts],
    faults: SearchStrategy[list[Fault]] | None = None,
    *,
    before: Sequence[Draft] = (),
    between_pages: Sequence[Draft] = (),
    beat_ms: SearchStrategy[int] | None = None,
    beat_polls_max: int = 1,
    status_lag_ms: SearchStrategy[int] | None = None,
    **config: Any,
) -> SearchStrategy[Case]:
    """The usual shape: one run, to its end, through some faults. ``beat_polls_max``: see `paced`. ``config``: keys that are fixed."""

    def build(rows: Drafts, plan: list[Fault], settings: dict[str, Any], beat: int, lag_ms: int) -> Case:
        beat = paced(beat, settings, beat_polls_max)
        begun = run(script(rows, beat, before=before, between_pages=between_pages, status_lag_ms=lag_ms))
        return case(name, setting, settings, [begun, until()], plan)

    return st.builds(
        build, drafts, st.just([]) if faults is None else faults, configs(setting, **config),
        beats(setting) if beat_ms is None else beat_ms, st.just(0) if status_lag_ms is None else status_lag_ms,
    )  # fmt: skip
