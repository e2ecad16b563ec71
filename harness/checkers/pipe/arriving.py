"""PIPE-LOSS-1, -DUP-1, -ORD-1, -LIVE-1: what arrives at each subscriber, how often, in which order, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ...values.verdict import Finding, Judgement, judged, not_judged
from .view import Subscriber, View

SENDER_MS = {"retry_delay": 1_000, "request_timeout": 10_000, "upload_window": 300_000, "flush_delay": 0}
READER_MS = {"backoff_max": 30_000, "idle_timeout": 90_000, "batch_delay": 16}


def check_loss(view: View) -> Judgement:
    done = [reader for reader in view.watching if reader.ended]
    if not view.sent or not view.stop_ok or view.finished is None or not done:
        return not_judged("precondition never met: no run was completed by its sender and followed to its end")
    return judged(
        finding for reader in done for finding in _missing(view, reader, "PIPE-LOSS-1", "though the run ended for it", view.end_us)
    )


def _missing(
    view: View, reader: Subscriber, requirement: str, when: str, until_us: int, sent_until_us: int | None = None
) -> Iterator[Finding]:
    """The first event that was not shown to a subscriber by a time."""
    late = requirement == "PIPE-LIVE-1"
    present = Counter(shown.key for shown in reader.transcript)
    for sent in view.sent:
        if sent_until_us is not None and sent.at_us > sent_until_us:
            continue
        if not present[sent.key] or reader.first_shown[sent.key] > until_us:
            message = f"an event that was enqueued was not shown to a subscriber {when}"
            yield Finding(requirement, message, (sent.entry, *(entry.number for entry in reader.ended[:1])), upper_bound=late)
            return


def check_repeats(view: View) -> Judgement:
    readers = [reader for reader in view.subscribers.values() if reader.transcript]
    if not readers:
        return not_judged("precondition never met: no subscriber was shown an event")
    return judged(finding for reader in readers for finding in _repeats(view, reader))


def _repeats(view: View, reader: Subscriber) -> Iterator[Finding]:
    enqueued = Counter(sent.key for sent in view.sent)
    shown_count: Counter[str] = Counter()
    for shown in reader.transcript:
        shown_count[shown.key] += 1
        if shown_count[shown.key] > enqueued[shown.key]:
            what = "more often than it was enqueued" if enqueued[shown.key] else "that was never enqueued"
            yield Finding("PIPE-DUP-1", f"a subscriber was shown an event {what}", (shown.entry,))
            return


def check_order(view: View) -> Judgement:
    readers = [reader for reader in view.subscribers.values() if len(reader.transcript) > 1]
    if not readers:
        return not_judged("precondition never met: no subscriber was shown two events")
    return judged(finding for reader in readers for finding in _disorder(view, reader))


def _disorder(view: View, reader: Subscriber) -> Iterator[Finding]:
    """The first event shown behind one that was enqueued later. Repeats are not a matter of order."""
    furthest = -1
    seen: set[str] = set()
    for shown in reader.transcript:
        index = view.index_by_key.get(shown.key)
        if index is None or shown.key in seen:
            continue
        seen.add(shown.key)
        if index < furthest:
            message = "a subscriber was shown an event behind one that was enqueued after it"
            yield Finding("PIPE-ORD-1", message, (shown.entry, view.sent[index].entry))
            return
        furthest = index


def bound_ms(config: Mapping[str, Any], allowance_ms: int) -> int:
    """How long both ends may take to recover once the faults have stopped: an attempt that hangs, the longest pause, and one more."""
    sender = {**SENDER_MS, **((config.get("sender") or {}).get("timing_ms") or {})}
    reader = {**READER_MS, **((config.get("reader") or {}).get("timing_ms") or {})}
    upload_ms = sender["upload_window"] + 2 * sender["request_timeout"] + 4 * sender["retry_delay"] + sender["flush_delay"]
    follow_ms = reader["idle_timeout"] + 2 * reader["backoff_max"] + reader["batch_delay"]
    return int(upload_ms + follow_ms + 4 * allowance_ms + 100)


def check_live(view: View) -> Judgement:
    if view.healed_us is None or not view.sent:
        return not_judged("precondition never met: the faults never stopped with events on their way")
    healed_us, bound_us = view.healed_us, bound_ms(view.header.config, view.header.allowance_ms) * 1_000
    until_us = {reader.handle: max(healed_us, reader.asked_us) + bound_us for reader in view.watching}
    waited = [reader for reader in view.watching if view.end_us >= until_us[reader.handle] or _all_shown(view, reader)]
    if not waited:
        return not_judged("precondition never met: no subscriber was watched for as long as recovery may take")
    when = "within the time that recovery may take"
    return judged(
        finding for reader in waited for finding in _missing(view, reader, "PIPE-LIVE-1", when, until_us[reader.handle], healed_us)
    )


def _all_shown(view: View, reader: Subscriber) -> bool:
    return all(sent.key in reader.first_shown for sent in view.sent)
