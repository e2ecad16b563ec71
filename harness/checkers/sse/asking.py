"""What stands in the requests: ACC-1, HDR-1, STO-1, RED-1."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...values.verdict import Finding, Judgement, judged, not_judged
from .delivery import shown
from .streams import MEDIA_TYPE, Stream
from .view import View

CREDENTIAL = "<credential>"
"""The tag that stands in a history for the credential among the application's headers."""


def check_accept(view: View) -> Judgement:
    if not view.streams:
        return not_judged("precondition never met: the client asked for no stream")
    for stream in view.streams:
        request = stream.request
        accepted = request.headers.get("accept", "")
        if request.method != "GET" or MEDIA_TYPE not in accepted.lower():
            message = f"the stream was asked for with {request.method} and Accept {shown(accepted)}"
            return judged([Finding("SSE-ACC-1", message, (request.entry,))])
    return judged()


def check_headers(view: View) -> Judgement:
    given = {name.lower(): value for name, value in (view.header.config.get("headers") or {}).items()}
    asked = [stream.request for stream in view.streams if not stream.is_away]
    if not given or not asked or (view.reconnects and len(asked) < 2):
        return not_judged("precondition never met: no headers were given, or no connection was made again")
    for request in asked:
        for name, value in given.items():
            if request.headers.get(name) != value:
                message = f"the header {name} given by the application is {shown(request.headers.get(name, ''))} on a connection"
                return judged([Finding("SSE-HDR-1", message, (request.entry,))])
    return judged()


def check_stored_id(view: View) -> Judgement:
    if not view.stored_id or not view.streams:
        return not_judged("precondition never met: no stored id was given, or no connection made")
    first = view.streams[0]
    if first.claimed == view.stored_id:
        return judged()
    got = "no Last-Event-ID" if first.claimed is None else f"Last-Event-ID {shown(first.claimed)}"
    message = f"the first connection carries {got}; the stored id is {shown(view.stored_id)}"
    return judged([Finding("SSE-STO-1", message, (first.request.entry,))])


def check_other_origin(view: View) -> Judgement:
    """The credential must have been sent where it belongs before it can be said that it went nowhere else."""
    if not any(_leads_away(stream) and CREDENTIAL in stream.request.headers.get("authorization", "") for stream in view.streams):
        return not_judged("precondition never met: no request with a credential was redirected to another origin")
    for request in view.wire.requests:
        if request.server == "elsewhere" and any(CREDENTIAL in text for text in (request.target, *request.headers.values())):
            message = "the credential of the application was sent to another origin behind a redirect"
            return judged([Finding("SSE-RED-1", message, (request.entry,))])
    return judged()


def _leads_away(stream: Stream) -> bool:
    """A redirect that reached the client and names another host or port than it was asked at."""
    answer = stream.request.delivered
    host = urlsplit(answer.headers.get("location", "")).netloc if answer is not None and stream.redirects else ""
    return host not in ("", stream.request.headers.get("host"))
