"""Where requests go and what they carry: RD-URL-1, RD-AUTH-1."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

from ...values.verdict import Finding, Judgement, judged, not_judged
from ..wire import Request
from .view import View

NOT_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")
RUN_TOKEN, SESSION_TOKEN = "<run-token>", "<session-token>"
BACKEND_ENDS = ((), ("session_logs",), ("stream_token",), ("stream",))
SEARCHED = ("note", "driver-problem", "reply", "late-reply")
"""Kinds of entry that hold what the driver says or prints."""


# --- URL-1 ----------------------------------------------------------------------------------------------------------


def check_url(view: View) -> Judgement:
    requests = view.wire.requests
    if not requests:
        return not_judged("precondition never met: the reader sent no request")
    if "run_id" not in view.header.config:
        return not_judged("the ids that the reader was given are not in this history")
    findings = [Finding("RD-URL-1", problem, (r.entry,)) for r in requests if (problem := _url_problem(view, r))]
    if not findings and not _is_demanding(view):
        return not_judged("precondition never met: plain ids and a plain base ask for no encoding")
    return judged(findings)


def _is_demanding(view: View) -> bool:
    config = view.header.config
    ids = (str(config["run_id"]), str(config.get("task_id", "")))
    return bool(config.get("base_suffix")) or any(quote(id, safe="") != id for id in ids)


def _url_problem(view: View, request: Request) -> str:
    config = view.header.config
    base = str(config.get("base_suffix") or "").rstrip("/")
    path = request.target.partition("?")[0]
    if not path.startswith(base + "/"):
        return "a path does not begin with the path prefix of its base, less all trailing slashes"
    segments = path[len(base) + 1 :].split("/")
    if segments[-1] == "":
        segments.pop()
    if request.server == "proxy":
        return _segments_problem(segments, ("v1", "runs", None, "stream"), {2: ("run id", config["run_id"])})
    wanted = ("api", "projects", str(config["team_id"]), "tasks", None, "runs", None)
    ids = {4: ("task id", config["task_id"]), 6: ("run id", config["run_id"])}
    if len(segments) > len(wanted) + 1 or len(segments) < len(wanted):
        return "a path has another number of segments than the URLs of the contract"
    if tuple(segments[len(wanted) :]) not in BACKEND_ENDS:
        return "a path ends with a segment that the contract does not know"
    return _segments_problem(segments[: len(wanted)], wanted, ids)


def _segments_problem(segments: list[str], wanted: tuple[str | None, ...], ids: dict[int, tuple[str, Any]]) -> str:
    if len(segments) != len(wanted):
        return "a path has another number of segments than the URLs of the contract"
    for position, (got, want) in enumerate(zip(segments, wanted, strict=True)):
        if want is not None and unquote(got) != want:
            return "a segment of a path is not the one of the contract"
        if want is None:
            what, id = ids[position]
            if NOT_ENCODED.search(got):
                return f"the {what} is not percent-encoded"
            if unquote(got) != str(id):
                return f"the segment of the {what}, decoded once, is not the {what}"
    return ""


# --- AUTH-1 ---------------------------------------------------------------------------------------------------------


def check_auth(view: View) -> Judgement:
    findings = [
        *(Finding("RD-AUTH-1", problem, (request.entry,)) for request in view.wire.requests for problem in _problems(request)),
        *_leaks(view),
    ]
    rightly = [stream for stream in view.streams if stream.request.headers.get("authorization", "").lower() == _expected(stream.request)]
    if not findings and not rightly:
        return not_judged("precondition never met: no stream was asked for with its credential")
    return judged(findings)


def _expected(request: Request) -> str:
    return f"bearer {RUN_TOKEN if request.server == 'proxy' else SESSION_TOKEN}"


def _problems(request: Request) -> Iterator[str]:
    own, other = (RUN_TOKEN, SESSION_TOKEN) if request.server == "proxy" else (SESSION_TOKEN, RUN_TOKEN)
    if RUN_TOKEN in request.target or SESSION_TOKEN in request.target:
        yield f"a credential stands in the URL of a request to the {request.server}"
    if any(other in name or other in value for name, value in request.all_headers):
        yield f"a request to the {request.server} carries {other[1:-1].replace('-', ' ')}, the credential of the other leg"
    elif request.headers.get("authorization", "").strip().lower() != f"bearer {own}":
        yield f"a request to the {request.server} does not carry its credential as Authorization: Bearer"


def _leaks(view: View) -> Iterator[Finding]:
    for entry in view.history.of_kind(*SEARCHED):
        text = json.dumps(dict(entry.data), default=str)
        if RUN_TOKEN in text or SESSION_TOKEN in text:
            where = "a note" if entry.kind == "note" else "what the driver printed or answered"
            yield Finding("RD-AUTH-1", f"a credential stands in {where}", (entry.number,))
            return
