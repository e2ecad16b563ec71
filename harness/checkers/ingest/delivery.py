"""What arrives: ORD-2, LOSS-1, CMP-1, LIVE-1, LIVE-2."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...values.verdict import Finding, Judgement, judged, not_judged
from .intent import Event
from .view import LifeView, View

LIVE_SLACK_MS = 200
"""What "at once" may take in steady state, on top of flush_delay (the figure is ours; the contract gives none)."""


def check_order(view: View) -> Judgement:
    accepted = [(entry, seq, index) for entry, seq, index in view.accepted if index is not None]
    if len(accepted) < 2:
        return not_judged("precondition never met: fewer than two events were accepted")
    return judged(_order_findings(view, accepted))


def _order_findings(view: View, accepted: list[tuple[int, int, int]]) -> Iterator[Finding]:
    missing = _MissingEvents(view)
    losses = [entry.number for entry in view.wire.state_changes if entry.data["change"] == "forget"]
    seen: set[int] = set()
    last_index, last_entry = -1, 0
    for entry, seq, index in accepted:
        if losses and losses[0] < entry:
            # State was lost: what was accepted before may be accepted again, from wherever the sender still holds it.
            losses.pop(0)
            seen.clear()
            last_index = -1
        if index in seen:
            continue  # accepted twice is LOSS-1's finding
        if index < last_index:
            message = f"the event accepted as seq {seq} was enqueued before the one accepted just before it: order is lost"
            yield Finding("ING-ORD-2", message, (last_entry, entry))
            return
        skipped = missing.first_between(last_index, index)
        if skipped is not None and not view.two_writers:
            message = f"the event accepted as seq {seq} overtook event {skipped + 1} of the application, which is not accepted before it"
            yield Finding("ING-ORD-2", message, (view.intent.events[skipped].entry, entry))
            return
        seen.add(index)
        last_index, last_entry = index, entry


class _MissingEvents:
    """Which events are owed but not accepted at a given point; asked in ascending order, so linear in all."""

    def __init__(self, view: View) -> None:
        self.first_accept: dict[int, int] = {}
        for entry, _, index in view.accepted:
            if index is not None:
                self.first_accept.setdefault(index, entry)
        killed = {life.number for life in view.lives if life.life.killed_entry}
        self.owed = [not view.was_dropped(event) and event.life not in killed for event in view.intent.events]
        self.ever_accepted = self.first_accept.keys()

    def first_between(self, low: int, high: int) -> int | None:
        """The first owed event strictly between that was never accepted before ``high`` was, or None."""
        limit = self.first_accept.get(high, 0)
        for index in range(low + 1, high):
            if self.owed[index] and self.first_accept.get(index, limit + 1) > limit:
                return index
        return None


def check_loss(view: View) -> Judgement:
    if view.two_writers:
        return not_judged("not judged with two writers")
    findings = [] if view.lost_state else list(_twice(view))
    seen = bool(findings)
    for life in view.lives:
        if life.life.killed_entry or view.lost_state or view.gave_up_entry(life) is not None:
            continue
        if not view.owed(life) or not view.stop_succeeded(life):
            continue
        seen = True
        findings.extend(_lost(view, life))
    return judged(findings) if seen else not_judged("precondition never met: no stop succeeded with an event owed")


def _twice(view: View) -> Iterator[Finding]:
    first: dict[int, tuple[int, int]] = {}
    for entry, seq, index in view.accepted:
        if index is None:
            continue
        if index in first:
            message = f"event {index + 1} of the application was accepted twice, as seq {first[index][1]} and as seq {seq}"
            yield Finding("ING-LOSS-1", message, (first[index][0], entry))
        else:
            first[index] = (entry, seq)


def _lost(view: View, life: LifeView) -> Iterator[Finding]:
    stop = life.life.stop
    assert stop is not None
    for event in view.owed(life):
        if event.index not in view.accepted_indices:
            message = f"stop succeeded, but event {event.index + 1} of the application was never accepted by the server"
            yield Finding("ING-LOSS-1", message, (event.entry, stop.call_entry, stop.reply_entry))
            return


def check_completion(view: View) -> Judgement:
    first = next((done for done in view.wire.completions if not done.repeated and done.request in view.wire.by_number), None)
    if first is None:
        return not_judged("precondition never met: the stream was not completed")
    if view.two_writers:
        return not_judged("not judged with two writers")
    life_number = view.wire.by_number[first.request].life
    life = next(life for life in view.lives if life.number == life_number)
    owed = [event for event in view.owed(life) if event.entry < first.entry]
    if not owed:
        return not_judged("precondition never met: the stream was completed without any event")
    accepted = {index for entry, _, index in view.accepted if entry < first.entry}
    missing = [event for event in owed if event.index not in accepted]
    return judged(
        Finding(
            "ING-CMP-1",
            f"the stream was marked complete at {first.final_seq} without event {event.index + 1} of the application",
            (event.entry, first.entry),
        )
        for event in missing[:1]
    )


def check_live(view: View) -> Judgement:
    """Steady state only: nothing goes wrong but, perhaps, an ingress that buffers request bodies."""
    if view.wire.fault_names() - {"buffer-request"} or len(view.lives) != 1:
        return not_judged("precondition never met: no steady state, faults were injected")
    life = view.lives[0]
    stop = life.life.stop
    before_stop = [event for event in view.owed(life) if stop is None or event.at_us + _live_ms(view) * 1000 < stop.called_us]
    if not before_stop or not life.sent:
        return not_judged("precondition never met: no event had the time to arrive before stop")
    if view.persistent and "buffer-request" in view.wire.fault_names() and view.header.config.get("persistent_upload") is not None:
        return not_judged("not judged: a long-lived upload was asked for behind an ingress that buffers")
    findings = list(_late_events(view, before_stop))
    if view.persistent:
        findings.extend(_choppy(view, life))
    return judged(findings)


def _live_ms(view: View) -> int:
    return view.timing_ms["flush_delay"] + LIVE_SLACK_MS + view.allowance_ms


def _late_events(view: View, events: list[Event]) -> Iterator[Finding]:
    accepted_at = {index: entry for entry, _, index in view.accepted if index is not None}
    for event in events:
        entry = accepted_at.get(event.index)
        at_us = view.history.entries[entry - 1].at_us if entry else view.wire.end_us
        if at_us - event.at_us > _live_ms(view) * 1000:
            took = f"after {(at_us - event.at_us) // 1000} ms" if entry else "not at all"
            message = f"event {event.index + 1} got behind the ingress {took}; {_live_ms(view)} ms are allowed in steady state"
            yield Finding("ING-LIVE-1", message, (event.entry, *((entry,) if entry else ())), upper_bound=True)
            return


def _choppy(view: View, life: LifeView) -> Iterator[Finding]:
    """A long-lived upload is replaced only because of its age, its size or the stop."""
    uploads = life.uploads
    window_us = view.timing_ms["upload_window"] * 1000
    for before, after in pairwise(uploads):
        full = len(before.events) >= view.limits["max_upload_events"] or len(after.events) == 0
        big = before.body_bytes + after.lines[0].size_bytes + 1 > view.limits["max_upload_bytes"]
        held = len(before.events) >= view.limits["max_buffered_events"] // 2
        if not (full or big or held) and after.at_us - before.at_us < window_us // 2:
            age_ms = (after.at_us - before.at_us) // 1000
            message = f"a new upload was begun after {age_ms} ms though one long-lived upload serves the whole window"
            yield Finding("ING-LIVE-1", message, (before.entry, after.entry))
            return


def recovery_ms(view: View) -> int:
    """How long after the faults have stopped everything must have arrived."""
    timing = view.timing_ms
    window = timing["upload_window"] if view.persistent else 0
    return timing["flush_delay"] + 4 * timing["retry_delay"] + 2 * timing["request_timeout"] + window


def check_recovery(view: View) -> Judgement:
    healed = view.wire.healed
    life = view.lives[-1] if view.lives else None
    if healed is None or life is None or not any(fault.number < healed.number for fault in view.wire.faults):
        return not_judged("precondition never met: no fault was injected before the faults stopped")
    if view.two_writers or not life.requests:
        return not_judged("not judged with two writers" if view.two_writers else "precondition never met: the sender sent no request")
    gave_up = view.gave_up_entry(life)
    stop = life.life.stop
    if gave_up is not None:
        return not_judged("not judged: an answer allowed the sender to give up")
    deadline_us = healed.at_us + (recovery_ms(view) + view.allowance_ms) * 1000
    accepted_before = {index for entry, _, index in view.accepted if entry < healed.number}
    outstanding = [event for event in view.owed(life) if event.entry < healed.number and event.index not in accepted_before]
    if not outstanding or any(event.entry > healed.number for event in view.owed(life)):
        return not_judged("precondition never met: nothing was outstanding when the faults stopped")
    stopped_us = stop.called_us if stop is not None else view.wire.end_us
    if min(stopped_us, view.wire.end_us) < deadline_us and any(_unrecovered(view, outstanding, healed.number, stopped_us)):
        return not_judged("precondition never met: stop, or the end, came before the time for recovery was over")
    return judged(_unrecovered(view, outstanding, healed.number, deadline_us))


def _unrecovered(view: View, outstanding: list[Event], healed: int, deadline_us: int) -> Iterator[Finding]:
    arrived = {index for entry, _, index in view.accepted if view.history.entries[entry - 1].at_us <= deadline_us}
    for event in outstanding:
        if event.index not in arrived:
            message = f"event {event.index + 1} was still missing {recovery_ms(view)} ms after the faults had stopped"
            yield Finding("ING-LIVE-2", message, (event.entry, healed), upper_bound=True)
            return
