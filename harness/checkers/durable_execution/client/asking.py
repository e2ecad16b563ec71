"""Where requests go and what they carry: EXE-CLI-5, EXE-CLI-9."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ....values.verdict import Finding, Judgement, judged, not_judged
from ...wire import Request
from .told import Call
from .view import View

BASE = ("", "run", "api", "executions")
CREDENTIAL = "<credential>"
"""The tag that stands in a history for the credential among the application's headers."""
ELSEWHERE = "elsewhere"
MAY_HAVE_EFFECT = ("create", "approve")
NOT_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})|[^\x21-\x7e]")
REDIRECTS = (301, 302, 303, 307, 308)
START_INDEX = "x-stream-start-index"


# --- CLI-5 ----------------------------------------------------------------------------------------------------------


def check_requests(view: View) -> Judgement:
    own = [request for request in view.wire.requests if request.server != ELSEWHERE]
    if not own:
        return not_judged("precondition never met: the client sent no request")
    findings: list[Finding] = []
    redirected = _redirected(view.wire.requests)
    for request in own:
        if request.number not in redirected:
            findings.extend(Finding("EXE-CLI-5", problem, (request.entry,)) for problem in _problems(view, request))
    if not findings and not _is_demanding(view, own):
        return not_judged("precondition never met: no request carried an id")
    return judged(findings[:3])


def _is_demanding(view: View, requests: list[Request]) -> bool:
    return any(request.endpoint in ("stream", "approve") for request in requests)


def _redirected(requests: list[Request]) -> set[int]:
    """Those that follow a redirect: another method and no body may come of one, which is a matter of Fetch and not of this contract."""
    return {second.number for first, second in pairwise(requests) if first.answer is not None and first.answer.status in REDIRECTS}


def _problems(view: View, request: Request) -> Iterator[str]:
    call = _call_of(view, request)
    yield from _path_problems(view, request, call)
    for name, value in (view.header.config.get("headers") or {}).items():
        if request.headers.get(name.lower()) != value:
            yield f"a request to {request.endpoint} does not carry the header {name} of the config"
    given = [value for name, value in request.all_headers if name == START_INDEX]
    if len(given) > 1 or any(not (value.isascii() and value.isdigit()) for value in given):
        yield f"the start index is asked for as {given!r}; expected one plain number"
    if request.endpoint in MAY_HAVE_EFFECT and request.number in view.asked:
        yield from _body_problems(view, request, call)


def _call_of(view: View, request: Request) -> Call | None:
    """The call that the request belongs to: the last one of its kind. A stream may be asked for behind a creation, too."""
    verbs = {"create": ("create",), "approve": ("approve",)}.get(request.endpoint, ("create", "follow"))
    return next((call for call in reversed(view.told.calls) if call.entry < request.entry and call.verb in verbs), None)


def _path_problems(view: View, request: Request, call: Call | None) -> Iterator[str]:
    segments = request.target.partition("?")[0].split("/")
    if request.endpoint == "other" or tuple(segments[: len(BASE)]) != BASE:
        yield f"{request.method} {request.target!r} is no route of the executions"
        return
    if any(NOT_ENCODED.search(segment) for segment in segments):
        yield "an id is not percent-encoded in a path"
    wanted = _ids(call)
    for what, segment in zip(("run", "tool call"), segments[len(BASE) :: 2], strict=False):
        if what in wanted and unquote(segment) != wanted[what]:
            yield f"the segment of the {what}, decoded once, is not its id {quote(str(wanted[what]))}"


def _ids(call: Call | None) -> dict[str, Any]:
    if call is None:
        return {}
    if call.verb == "create":
        return {"run": call.value["run_id"]} if call.value.get("run_id") else {}
    return {"run": call.args.get("run_id"), **({"tool call": call.args["tool_call_id"]} if call.verb == "approve" else {})}


def _body_problems(view: View, request: Request, call: Call | None) -> Iterator[str]:
    if "json" not in request.headers.get("content-type", "").lower():
        yield f"the body of a request to {request.endpoint} is sent as {request.headers.get('content-type')!r}; expected JSON"
    try:
        body = json.loads(view.asked[request.number])
    except (ValueError, RecursionError):
        yield f"the body of a request to {request.endpoint} is no JSON"
        return
    if call is None or not isinstance(body, dict):
        yield f"the body of a request to {request.endpoint} is not what the application asked for"
        return
    for name, allowed in _expected(call).items():
        if body.get(name) not in allowed or isinstance(body.get(name), bool) is not isinstance(allowed[0], bool):
            yield f"the body of a request to {request.endpoint} has {name} {body.get(name)!r}; the application asked for {allowed[0]!r}"


def _expected(call: Call) -> dict[str, list[Any]]:
    """Key -> its allowed values. A reason is used only where a call is denied; a conversation that nobody named may get any name."""
    if call.verb == "create":
        conversation = call.args["conversation_id"]
        return {"messages": [call.args["messages"]], **({} if conversation is None else {"conversationId": [conversation]})}
    reason = call.args["reason"]
    return {"approved": [call.args["approved"]], "reason": [reason, None] if call.args["approved"] else [reason]}


# --- CLI-9 ----------------------------------------------------------------------------------------------------------


def check_other_origin(view: View) -> Judgement:
    """The credential must have been sent where it belongs before it can be said that it went nowhere else."""
    if not any(_leads_away(request) and CREDENTIAL in request.headers.get("authorization", "") for request in view.wire.requests):
        return not_judged("precondition never met: no request with a credential was redirected to another origin")
    for request in view.wire.requests:
        if request.server == ELSEWHERE and any(CREDENTIAL in text for text in (request.target, *request.headers.values())):
            return judged([Finding("EXE-CLI-9", "the credential was sent to another origin behind a redirect", (request.entry,))])
    return judged()


def _leads_away(request: Request) -> bool:
    """A redirect that reached the client and names another host or port than it was asked at."""
    answer = request.delivered
    host = urlsplit(answer.headers.get("location", "")).netloc if answer is not None and answer.status in REDIRECTS else ""
    return host not in ("", request.headers.get("host"))
