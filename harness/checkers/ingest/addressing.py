"""Where requests go and with which headers: ING-URL-1, ING-HDR-1, ING-RED-1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ...values.verdict import Finding, Judgement, judged, not_judged
from .view import View
from .wire import Request

NO_REQUEST = "precondition never met: the sender sent no request"
RAW_FORBIDDEN = re.compile(r"[/?#&+ ]|%(?![0-9A-Fa-f]{2})")
COMPLETION_HEADER = "x-posthog-event-stream-"


def check_url(view: View) -> Judgement:
    requests = [request for request in view.wire.requests if request.server != "elsewhere"]
    if not requests:
        return not_judged(NO_REQUEST)
    if "run_id" not in view.header.config:
        return not_judged("the ids that the sender was given are not in this history")
    return judged(
        Finding("ING-URL-1", f"{problem}: the raw target is {request.target!r}", (request.entry,))
        for request in requests
        if (problem := _url_problem(view, request))
    )


def _url_problem(view: View, request: Request) -> str:
    config = view.header.config
    leg = "proxy" if view.header.profile == "proxy" else "backend"
    if request.server != leg:
        return f"the request went to the {request.server}, not to the {leg}"
    base_path = _base_path(str(config.get("base_suffix", "")))
    if not request.target.startswith(base_path + "/"):
        return f"the path does not begin with the base path {base_path or '/'!r} less one trailing slash"
    segments = request.target[len(base_path) + 1 :].split("/")
    if leg == "proxy":
        return _segments_problem(segments, ["v1", "runs", None, "ingest"], {2: config["run_id"]})
    if segments and segments[-1] == "":
        segments.pop()  # the trailing slash; the server takes both forms
    wanted = ["api", "projects", str(config["project_id"]), "tasks", None, "runs", None, "event_stream"]
    return _segments_problem(segments, wanted, {4: config["task_id"], 6: config["run_id"]})


def _base_path(suffix: str) -> str:
    return suffix[:-1] if suffix.endswith("/") else suffix


def _segments_problem(segments: list[str], wanted: list[str | None], ids: dict[int, object]) -> str:
    if len(segments) != len(wanted):
        return f"the path has {len(segments)} segments behind the base, the ingest URL has {len(wanted)}"
    for position, (got, want) in enumerate(zip(segments, wanted, strict=True)):
        if want is not None and got != want:
            return f"segment {position + 1} is {got!r}, the ingest URL has {want!r} there"
        if want is None and (problem := _id_problem(got, str(ids[position]))):
            return problem
    return ""


def _id_problem(raw: str, wanted: str) -> str:
    if RAW_FORBIDDEN.search(raw):
        return f"the id {wanted!r} is not percent-encoded as one segment"
    if unquote(raw) != wanted:
        return f"the segment {raw!r} decodes to {unquote(raw)!r}, the id is {wanted!r}"
    return ""


def check_headers(view: View) -> Judgement:
    # A client that follows a redirect may turn its POST into a GET, as the fetch standard has it: that is no sync and no upload.
    redirected = any(request.redirected for request in view.wire.requests)
    requests = [r for r in view.wire.requests if r.server != "elsewhere" and not (redirected and r.method != "POST")]
    if not any(request.events for request in requests):
        return not_judged("precondition never met: no event was sent")
    return judged(Finding("ING-HDR-1", problem, (request.entry,)) for request in requests for problem in _header_problems(request))


def _header_problems(request: Request) -> Iterator[str]:
    authorization = request.headers.get("authorization")
    if authorization != "Bearer <run-token>":
        yield f"Authorization is {authorization!r}, not 'Bearer <run-token>'"
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/x-ndjson":
        yield f"Content-Type is {media_type!r}, not 'application/x-ndjson'"
    for name in request.headers:
        if name.startswith(COMPLETION_HEADER):
            yield f"the completion header {name!r} of the older protocol is sent"


def check_other_origin(view: View) -> Judgement:
    planned = view.header.faults
    redirected = any(
        entry.data["fault"] == "redirect" and planned[entry.data["index"]].get("origin") == "other" for entry in view.wire.faults
    )
    authorized = any(request.server != "elsewhere" and "authorization" in request.headers for request in view.wire.requests)
    if not (redirected and authorized):
        return not_judged("precondition never met: no redirect to another origin was answered to an authorized request")
    return judged(
        Finding("ING-RED-1", f"the Authorization header was sent to another origin, with {request.target!r}", (request.entry,))
        for request in view.wire.requests
        if request.server == "elsewhere" and ("authorization" in request.headers or "<run-token>" in request.target)
    )
