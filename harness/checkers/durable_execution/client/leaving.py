"""Letting go when told to: EXE-CLI-8."""

from __future__ import annotations

from collections.abc import Iterator

from ....values.verdict import Finding, Judgement, judged, not_judged
from .bodies import Body
from .told import Call
from .view import View

CLOSE_MS = 1_000


def check_unfollow(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for call in view.told.unfollows:
        assert call.reply is not None
        limit_us = call.reply.at_us + CLOSE_MS * 1_000 + view.allowance_us
        streams = [body for body in view.bodies if _is_open_at(body, call.entry)]
        told_before = any(read.session.frames and read.session.frames[0].number < call.entry for read in view.reads)
        closed = all(body.ended_us is not None and body.ended_us <= view.end_us for body in streams)
        seen = seen or (bool(streams) and told_before and (closed or view.end_us >= limit_us))
        findings.extend(_still_telling(view, call))
        findings.extend(_still_open(view, call, streams, limit_us))
    if not findings and not seen:
        return not_judged("precondition never met: `unfollow` was not called in the midst of a stream")
    return judged(findings)


def _is_open_at(body: Body, entry: int) -> bool:
    return body.is_stream and body.request.entry < entry and (not body.ended_entry or body.ended_entry > entry)


def _still_telling(view: View, call: Call) -> Iterator[Finding]:
    assert call.reply is not None
    following = next((session.call.entry for session in view.told.sessions if session.call.entry > call.entry), None)
    until = following if following is not None else len(view.history.entries) + 1
    late = next((note for note in view.told.notes if call.reply.number < note.number < until), None)
    if late is not None:
        yield Finding("EXE-CLI-8", f"a note `{late.data['note']}` came after the reply of `unfollow`", (call.reply.number, late.number))


def _still_open(view: View, call: Call, streams: list[Body], limit_us: int) -> Iterator[Finding]:
    for body in streams:
        if (view.end_us if body.ended_us is None else body.ended_us) > limit_us:
            message = f"the connection of the stream was still open {CLOSE_MS} ms after `unfollow`"
            yield Finding("EXE-CLI-8", message, (body.request.entry, call.entry), upper_bound=True)
            return
