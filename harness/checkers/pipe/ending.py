"""PIPE-END-1: a subscriber is told the end exactly when the sender completed the run, once, and behind the last event."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .view import Subscriber, View


def check_end(view: View) -> Judgement:
    readers = [reader for reader in view.subscribers.values() if reader.transcript or reader.ended]
    if not readers or not (view.settled or any(reader.ended for reader in readers)):
        return not_judged("precondition never met: no subscriber followed the run up to its end")
    return judged(finding for reader in readers for finding in _ends(view, reader))


def _ends(view: View, reader: Subscriber) -> Iterator[Finding]:
    for ended in reader.ended[:1]:
        if view.finished is None or view.finished.number > ended.number:
            yield Finding("PIPE-END-1", "a subscriber was told the end of a run that its sender had not completed", (ended.number,))
        elif not view.completions_asked:
            yield Finding("PIPE-END-1", "the run was completed though its application never asked for it", (view.finished.number,))
    if len(reader.ended) > 1:
        yield Finding("PIPE-END-1", "a subscriber was told the end twice", tuple(entry.number for entry in reader.ended[:2]))
    if reader.ended and reader.last_logs > reader.ended[0].number:
        yield Finding("PIPE-END-1", "a subscriber was shown events behind the end", (reader.ended[0].number, reader.last_logs))
    owed = view.finished is not None and view.settled and reader in view.watching
    if owed and not reader.ended:
        assert view.finished is not None
        yield Finding(
            "PIPE-END-1", "a subscriber was never told the end of a run that was completed", (view.finished.number,), upper_bound=True
        )
