"""Sequence numbers on the wire: SYNC-1, ORD-1, IDEM-1, ACK-1, ACK-2, RST-1, REB-1, REB-2, DROP-1."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import pairwise

from ...values.verdict import Finding, Judgement, judged, not_judged
from .view import Ack, LifeView, View
from .wire import Request

NO_EVENT = "precondition never met: no event was sent"


def check_sync(view: View) -> Judgement:
    lives = [life for life in view.lives if life.requests]
    if not any(life.sent for life in lives):
        return not_judged(NO_EVENT)
    return judged(finding for life in lives for finding in _sync_findings(life))


def _sync_findings(life: LifeView) -> Iterator[Finding]:
    first = life.requests[0]
    if first.lines:
        yield Finding(
            "ING-SYNC-1", "the first request of the sender has a body; it must be an empty POST", (first.entry, first.lines[0].entry)
        )
        return
    if life.sent:
        line = life.sent[0].line
        if not any(
            r.is_sync and r.succeeded and r.delivered is not None and r.delivered.delivered_entry < line.entry for r in life.requests
        ):
            message = f"event line seq {line.seq} was sent before any sync had been answered with a 2xx"
            yield Finding("ING-SYNC-1", message, (first.entry, line.entry))


def check_consecutive(view: View) -> Judgement:
    uploads = [request for life in view.lives for request in life.requests if len(request.events) >= 2]
    if not uploads:
        return not_judged("precondition never met: no upload held two events")
    return judged(finding for upload in uploads for finding in _order_findings(upload))


def _order_findings(upload: Request) -> Iterator[Finding]:
    events = upload.events
    for before, after in pairwise(events):
        if before.seq is not None and after.seq != before.seq + 1:
            message = f"seq {after.seq} follows seq {before.seq} in one upload"
            yield Finding("ING-ORD-1", message, (upload.entry, before.entry, after.entry))
            return


def check_identical_resend(view: View) -> Judgement:
    resent = False
    findings: list[Finding] = []
    for life in view.lives:
        # The numbers of an upload are those of the epoch in which it began: an early 409 may overtake its later lines.
        last_by_seq: dict[int, tuple[int, str, int]] = {}
        for sent in life.sent:
            assert sent.line.seq is not None
            before = last_by_seq.get(sent.line.seq)
            last_by_seq[sent.line.seq] = (sent.line.entry, sent.line.text, sent.request.begun_entry)
            if before is None or _new_epoch(life, before[2], sent.line.entry):
                continue
            resent = True
            if before[1] != sent.line.text:
                message = f"seq {sent.line.seq} was resent with another line, though no 409 lies between"
                findings.append(Finding("ING-IDEM-1", message, (before[0], sent.line.entry)))
    return judged(findings) if resent else not_judged("precondition never met: no sequence number was sent twice")


def _new_epoch(life: LifeView, before: int, after: int) -> bool:
    """Whether numbers may have moved between two entries: a 409, or the shift of the first sync."""
    if life.renumbered_between(before, after):
        return True
    return life.first_sync is not None and before < life.first_sync.entry < after


def check_acknowledged(view: View) -> Judgement:
    """By number and by event: what a 2xx covered is not sent again by an upload that began after its delivery."""
    return _released(view, "ING-ACK-1", lambda ack: 200 <= ack.answer.status < 300)


def check_prefix_of_failure(view: View) -> Judgement:
    return _released(view, "ING-ACK-2", lambda ack: ack.answer.status >= 400 and ack.answer.status != 409)


def _released(view: View, requirement: str, concerns: Callable[[Ack], bool]) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for life in view.lives:
        acks = [ack for ack in life.acks if ack.certain and concerns(ack) and ack.position > 0]
        entries = [ack.entry for ack in acks]
        for upload in life.uploads:
            before = bisect_left(entries, upload.entry)
            ack = acks[before - 1] if before else None
            if ack is None or life.renumbered_between(ack.entry, upload.entry):
                continue
            seen = True
            findings.extend(_resent(view, life, upload, ack, requirement))
    return judged(findings) if seen else not_judged("precondition never met: no upload began after such an acknowledgement")


def _resent(view: View, life: LifeView, upload: Request, ack: Ack, requirement: str) -> Iterator[Finding]:
    first = upload.events[0]
    assert first.seq is not None
    if first.seq <= ack.position:
        message = f"seq {first.seq} is sent again although an answer of {ack.answer.status} had acknowledged all up to {ack.position}"
        yield Finding(requirement, message, (ack.answer.entry, ack.entry, upload.entry, first.entry))
        return
    for line in upload.events:
        index = view.index_of_line.get(line.entry)
        acked_at = life.acked_certainly.get(index) if index is not None else None
        if acked_at == ack.entry and acked_at < upload.entry:
            message = f"an acknowledged event is sent again, now as seq {line.seq} (all up to {ack.position} was acknowledged)"
            yield Finding(requirement, message, (ack.answer.entry, ack.entry, line.entry))
            return


def check_restart(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for life in view.lives:
        if not life.sent or life.sent[0].request.held_up:
            continue
        line = life.sent[0].line
        told = life.position_before(line.entry, certain_only=False)
        if told is not None and told != life.position_before(line.entry, certain_only=True):
            continue
        expected = told if told is not None else _true_position(view, life.life.opened_us)
        if not expected:
            continue
        seen = True
        if line.seq != expected + 1:
            message = (
                f"the server stood at {expected} when the sender started, its first event line is seq {line.seq} instead of {expected + 1}"
            )
            findings.append(Finding("ING-RST-1", message, (life.requests[0].entry, line.entry)))
    return judged(findings) if seen else not_judged("precondition never met: no sender started while the server stood above 0")


def _true_position(view: View, at_us: int) -> int:
    """Where the server really stood, for a sender that never asked."""
    return max((accept.seq for accept in view.wire.accepts if accept.at_us <= at_us), default=0)


def check_rebase(view: View) -> Judgement:
    if view.two_writers and view.lost_lines:
        return not_judged("not judged: with another writer, events that were cut off on their way may count as acknowledged")
    seen = False
    findings: list[Finding] = []
    for life in view.lives:
        for ack in life.acks:
            upload = _next_upload(life, ack)
            if not ack.renumbers or not ack.certain or ack.answer.already_complete or upload is None:
                continue
            expected = _outstanding(view, life, ack, upload)
            if not expected:
                continue
            seen = True
            findings.extend(_rebase_findings(view, ack, upload, expected))
    return judged(findings) if seen else not_judged("precondition never met: no upload followed a 409 that carried a position")


def _next_upload(life: LifeView, ack: Ack) -> Request | None:
    """The next request with events behind a 409, unless another position was told in between."""
    upload = life.upload_after(ack.entry)
    if upload is None or any(other.position != ack.position for other in life.acks_between(ack.entry, upload.entry)):
        return None
    return upload


def _outstanding(view: View, life: LifeView, ack: Ack, upload: Request) -> list[int]:
    """Indices of the events that the sender still owes when the upload begins, in order."""
    return [
        event.index
        for event in view.owed(life)
        if event.entry < upload.entry and life.acked_perhaps.get(event.index, upload.entry) > ack.entry
    ]


def _rebase_findings(view: View, ack: Ack, upload: Request, expected: list[int]) -> Iterator[Finding]:
    for offset, line in enumerate(upload.events):
        index = view.index_of_line.get(line.entry)
        wanted = expected[offset] if offset < len(expected) else None
        evidence = (ack.answer.entry, ack.entry, upload.entry, line.entry)
        where = f"after a 409 at position {ack.position} line {offset + 1} of the next upload"
        if line.seq != ack.position + 1 + offset:
            message = f"{where} has seq {line.seq}, not {ack.position + 1 + offset}"
            yield Finding("ING-REB-1", message, evidence)
            return
        if wanted is not None and index != wanted:
            message = f"{where} holds another event than the next outstanding one"
            yield Finding("ING-REB-1", message, evidence)
            return


def check_rebase_only_on_409(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for life in view.lives:
        last_by_index: dict[int, tuple[int, int, int]] = {}
        for sent in life.sent:
            if sent.index is None or sent.line.seq is None:
                continue
            before = last_by_index.get(sent.index)
            last_by_index[sent.index] = (sent.line.entry, sent.line.seq, sent.request.begun_entry)
            if before is None or _new_epoch(life, before[2], sent.line.entry):
                continue
            if not life.answered_between(before[0], sent.line.entry):
                continue
            seen = True
            if before[1] != sent.line.seq:
                message = f"an event moved from seq {before[1]} to seq {sent.line.seq} although no 409 was answered"
                findings.append(Finding("ING-REB-2", message, (before[0], sent.line.entry)))
    return judged(findings) if seen else not_judged("precondition never met: no event was resent after an answer other than 409")


def check_no_gap(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for life in view.lives:
        drops = [event for event in life.life.events if view.was_dropped(event)]
        if not drops or not any(sent.line.entry > drops[0].entry for sent in life.sent):
            continue
        seen = True
        findings.extend(_gap_findings(life))
    return judged(findings) if seen else not_judged("precondition never met: no event was sent after one had to be dropped")


def _gap_findings(life: LifeView) -> Iterator[Finding]:
    highest: int | None = None
    since = 0
    for sent in life.sent:
        seq = sent.line.seq
        assert seq is not None
        if highest is None or life.renumbered_between(since, sent.line.entry):
            highest = seq
        elif seq > highest + 1 and not _position_explains(life, sent.line.entry, seq):
            yield Finding(
                "ING-DROP-1", f"seq {seq} is the first number behind {highest}: a dropped event has used up a number", (sent.line.entry,)
            )
            return
        highest, since = max(highest, seq), sent.request.begun_entry


def _position_explains(life: LifeView, entry: int, seq: int) -> bool:
    """A position above everything sent (another writer) moves the numbers legally."""
    told = life.position_before(entry, certain_only=False)
    return told is not None and seq <= told + 1
