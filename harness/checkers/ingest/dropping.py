"""What may be dropped or changed before it is sent: DROP-2, DROP-3, PURE-1."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .intent import Event, canonical
from .view import LifeView, View

NEAR_BYTES = 24
"""Events within so many bytes of the limit exercise the boundary."""
MUTATION_MARK = "mutated-after-enqueue"


def check_size_rule(view: View) -> Judgement:
    near = False
    findings: list[Finding] = []
    for life in view.lives:
        if life.first_sync is None or not _raw_utf8(view, life):
            continue
        for event, seq in _numbered_events(view, life):
            size = event.line_bytes(seq)
            over = size > view.limits["max_event_bytes"]
            if event.entry < life.first_sync.entry or life.renumbered_before(event.entry) or not _follow_up(life, event):
                continue
            near = near or abs(size - view.limits["max_event_bytes"]) <= NEAR_BYTES or over or event.slim_key is not None
            findings.extend(_size_findings(view, event, seq, size, over=over))
    return judged(findings) if near else not_judged("precondition never met: no event near the size limit after a first answer")


def _numbered_events(view: View, life: LifeView) -> Iterator[tuple[Event, int]]:
    """Each event with the sender's own next number at the moment when it was handed over."""
    kept = 0
    for event in life.life.events:
        yield event, view.local_number(life, event, kept)
        if not view.was_dropped(event):
            kept += 1


def _raw_utf8(view: View, life: LifeView) -> bool:
    """Whether the sender writes compact raw UTF-8, so that its sizes can be foretold."""
    return all(
        sent.index is None or sent.line.size_bytes <= view.intent.events[sent.index].line_bytes(sent.line.seq or 0) for sent in life.sent
    )


def _follow_up(life: LifeView, event: Event) -> bool:
    """Something later was sent, or stop ended well: an absent event is then a dropped one, not a waiting one."""
    stop = life.life.stop
    if any(sent.index is not None and sent.index > event.index for sent in reversed(life.sent[-5:])):
        return True
    return any(sent.index == event.index for sent in life.sent) or (stop is not None and stop.replied_us is not None)


def _size_findings(view: View, event: Event, seq: int, size: int, *, over: bool) -> Iterator[Finding]:
    limit = view.limits["max_event_bytes"]
    sent = next((sent for life in view.lives for sent in life.sent if sent.index == event.index), None)
    slim = sent is not None and event.slim_key is not None and canonical(sent.line.event) != event.key
    if over and sent is not None and not slim:
        yield Finding("ING-DROP-2", f"an event of {size} bytes as seq {seq} was sent, the limit is {limit}", (event.entry, sent.line.entry))
    elif not over and sent is None and view.droppable.get(event.index) != "full":
        yield Finding("ING-DROP-2", f"an event of {size} bytes as seq {seq} was dropped although the limit is {limit}", (event.entry,))
    elif not over and slim and sent is not None:
        yield Finding(
            "ING-DROP-2",
            f"an event of {size} bytes was stripped of its app data although the limit is {limit}",
            (event.entry, sent.line.entry),
        )


def check_drop_policy(view: View) -> Judgement:
    full = [
        event for life in view.lives for event in life.life.events if view.droppable.get(event.index) == "full" and view.was_dropped(event)
    ]
    if not full:
        return not_judged("precondition never met: no event was dropped for a full buffer")
    if not view.intent.logs:
        return not_judged("not judged: the target hands over no log notes")
    warnings = [note for note in view.intent.logs if str(note.data["data"].get("level", "")).startswith("warn")]
    logged = [note for note in warnings if note.number > full[0].entry]
    wanted = 1 + len(full) // 100
    if len(logged) < wanted:
        message = f"{len(full)} events were dropped for a full buffer, {len(logged)} warnings were logged; {wanted} are due"
        return judged([Finding("ING-DROP-3", message, (full[0].entry,))])
    return judged()


def check_pure(view: View) -> Judgement:
    watched = [entry for entry in view.history.entries if entry.kind == "caller-object"]
    sent = any(life.sent for life in view.lives)
    if not watched or not sent:
        return not_judged("precondition never met: no event object was watched after enqueue, or none was sent")
    findings = [
        Finding("ING-PURE-1", f"the caller's event object was changed {entry.data['when']}", (entry.number,))
        for entry in watched
        if not entry.data["unchanged"]
    ]
    findings.extend(_followed(view))
    return judged(findings)


def _followed(view: View) -> Iterator[Finding]:
    for life in view.lives:
        for sent in life.sent:
            if MUTATION_MARK in sent.line.text:
                message = f"seq {sent.line.seq} holds what the caller changed in its own object after enqueue had returned"
                yield Finding("ING-PURE-1", message, (sent.line.entry,))
                return
