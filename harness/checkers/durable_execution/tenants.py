"""EXE-TEN-1 and 2: who has no right to a run sees what everybody sees of a run that does not exist."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from typing import Any

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import Ask
from .decisions import payload_of
from .runs import Run
from .view import View

OWN_OF_AN_ANSWER = ("instance", "requestId", "traceId", "timestamp")
"""Members of a problem that may differ honestly from answer to answer."""
BY_RUN, BY_CONVERSATION = ("status", "stream", "approval"), ("conversation-stream", "pending")
INTERNALS = {
    "a stack trace": re.compile(r'Traceback \(most recent|File "[^"]+", line \d+|(?:^|\\n|\n)\s*at \S.*?:\d+:\d+|\bgoroutine \d+ \['),
    "the path of a file": re.compile(r"(?:^|[\s\"'(=:])(?:/(?:home|usr|var|tmp|opt|app|srv|root|Users)/|[A-Z]:\\\\)[\w.@-]|node_modules/"),
    "SQL": re.compile(
        r"\b(?:SELECT\b.+\bFROM|INSERT\s+INTO|UPDATE\b.+\bSET|DELETE\s+FROM)\b"
        r"|\bno such (?:table|column)\b|UNIQUE constraint failed|SQLSTATE|\bsqlite3?\b",
        re.IGNORECASE | re.DOTALL,
    ),
    "the name of an exception": re.compile(r"\b[A-Z][A-Za-z0-9]*[a-z0-9](?:Error|Exception)\b"),
}


def check_foreign(view: View) -> Judgement:
    """EXE-TEN-1."""
    leaks = [finding for ask in view.asks for finding in _tells_internals(ask)]
    foreign = [(run, ask) for run in view.known_runs if run.samples for ask in _of_strangers(view, run)]
    if not foreign and not leaks:
        return not_judged("precondition never met: nobody else asked for a run that its owner could read")
    unknown = [ask for ask in view.asks if isinstance(ask.tenant, int) and ask.status and _is_unknown(view, ask)]
    return judged([*(finding for run, ask in foreign for finding in _let_in(run, ask, unknown)), *leaks])


def _of_strangers(view: View, run: Run) -> Iterator[Ask]:
    """Asks of other tenants that name the run or its conversation, and were answered."""
    for ask in view.asks:
        by_run = ask.route in BY_RUN and ask.id_asked == run.id
        by_conversation = ask.route in BY_CONVERSATION and ask.id_asked in run.conversations and not _has_conversation(view, ask)
        if ask.status and (by_run or by_conversation) and _is_stranger(run, ask.tenant):
            yield ask


def _is_stranger(run: Run, tenant: int | str) -> bool:
    """The key of the first tenant with headers of the second keeps its own scope, or none."""
    return run.tenant != 0 if tenant == "disagree" else isinstance(tenant, int) and tenant != run.tenant


def _has_conversation(view: View, ask: Ask) -> bool:
    return any(run.tenant == ask.tenant and ask.id_asked in run.conversations for run in view.runs.values())


def _is_unknown(view: View, ask: Ask) -> bool:
    if ask.route in BY_RUN:
        return ask.id_asked not in view.runs_by_id
    return ask.route in BY_CONVERSATION and not any(ask.id_asked in run.conversations for run in view.runs.values())


def _let_in(run: Run, ask: Ask, unknown: list[Ask]) -> Iterator[Finding]:
    where = (run.entry, ask.entry, ask.head_entry)
    whom = f"another tenant ({ask.tenant}) asked for {ask.route} of a run of tenant {run.tenant}"
    if ask.status < 400:
        yield Finding("EXE-TEN-1", f"{whom}, and was answered {ask.status}", where)
        return
    if ask.tenant == "disagree":
        if ask.status not in (401, 403, 404):
            yield Finding("EXE-TEN-1", f"{whom} with headers that disagree with its key, and was answered {ask.status}", where)
        return
    like = [other for other in unknown if _asks_alike(ask, other)]
    differs = next((other for other in like if (other.status, _plain(other)) != (ask.status, _plain(ask))), None)
    if differs is not None:
        message = f"{whom}, and was answered {ask.status}, which can be told from the {differs.status} of a run that does not exist"
        yield Finding("EXE-TEN-1", message, (*where, differs.head_entry))
    elif ask.status != 404 and not (ask.status == 400 and like):
        yield Finding("EXE-TEN-1", f"{whom}, and was answered {ask.status}, not 404", where)


def _asks_alike(ask: Ask, other: Ask) -> bool:
    """But for the ids in the path."""
    return (ask.route, _body(ask), ask.start_texts) == (other.route, _body(other), other.start_texts) and ask.method == other.method


def _body(ask: Ask) -> str:
    payload = payload_of(ask)
    if payload is None:
        return ask.body_text
    return json.dumps({key: value for key, value in payload.items() if value is not None}, sort_keys=True)


def _plain(ask: Ask) -> str:
    """The body without what may differ honestly: members of one answer, and the ids that were asked for."""
    text = ask.text
    if ask.json is not None:
        text = json.dumps(_without_own(ask.json), sort_keys=True, ensure_ascii=False)
    return _without_ids(text, ask)


def _without_own(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_own(item) for key, item in value.items() if key not in OWN_OF_AN_ANSWER}
    return [_without_own(item) for item in value] if isinstance(value, list) else value


def _without_ids(text: str, ask: Ask) -> str:
    for asked in (ask.path, ask.path.partition("?")[0], ask.id_asked, ask.call_asked, ask.call):
        text = text.replace(asked, "<asked>") if asked else text
    return text


def _tells_internals(ask: Ask) -> Iterator[Finding]:
    if ask.status != 404 and ask.status < 500:
        return
    text = _plain(ask)
    for what, pattern in INTERNALS.items():
        match = pattern.search(text)
        if match is not None:
            message = f"the body of a {ask.status} to {ask.method} {ask.route} tells {what}: {match[0].strip()[:80]!r}"
            yield Finding("EXE-TEN-1", message, (ask.entry, ask.head_entry))
            return


# --- without a key ------------------------------------------------------------------------------------------------------


def check_keys(view: View) -> Judgement:
    """EXE-TEN-2."""
    keyless = [ask for ask in view.asks if ask.tenant in ("none", "wrong") and ask.status and ask.route != "other"]
    working = {ask.route for ask in view.asks if isinstance(ask.tenant, int) and 200 <= ask.status < 300}
    findings = [finding for ask in keyless for finding in _not_turned_away(ask, working)]
    if not keyless or not (working or findings):
        return not_judged("precondition never met: no route was asked for without a valid key, of a server that answers those who have one")
    return judged(findings)


def _not_turned_away(ask: Ask, working: Container[str]) -> Iterator[Finding]:
    """A route that nobody could use with a key may be missing altogether: its 404 proves nothing."""
    if ask.status in (401, 403) or (ask.status == 404 and ask.route not in working):
        return
    key = "a key" if ask.tenant == "none" else "a valid key"
    yield Finding(
        "EXE-TEN-2", f"{ask.method} {ask.route} without {key} was answered {ask.status}, not 401 or 403", (ask.entry, ask.head_entry)
    )
