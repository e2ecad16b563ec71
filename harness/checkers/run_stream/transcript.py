"""What the transcript holds, and in which order: RD-LOSS-1, RD-DUP-1, RD-ORD-1.

An event is known by its content; equal contents are a multiset, and order decides which is which.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .log import Appended
from .told import Bootstrap, Note, content_key
from .view import View

# --- LOSS-1 ---------------------------------------------------------------------------------------------------------


def check_loss(view: View) -> Judgement:
    owed = view.debt
    if owed.reason is not None:
        return not_judged(owed.reason)
    return judged(loss_findings(view, "RD-LOSS-1", view.missing[:1]))


def loss_findings(view: View, requirement: str, lost: tuple[Appended, ...]) -> Iterator[Finding]:
    bootstrap = view.last
    for event in lost:
        proof = (event.entry, *((bootstrap.end,) if bootstrap is not None and bootstrap.end else ()))
        message = f"the event at position {event.position} was appended after the watch began and is not in the final transcript"
        yield Finding(requirement, message, proof, upper_bound=view.debt.late)


# --- DUP-1 ----------------------------------------------------------------------------------------------------------


def check_repeats(view: View) -> Judgement:
    findings = [finding for bootstrap in view.bootstraps for finding in repeats(view, bootstrap, "RD-DUP-1")]
    if findings:
        return judged(findings)
    if not any(_came_twice(view, bootstrap) for bootstrap in view.bootstraps):
        return not_judged("precondition never met: no event reached the reader in two ways")
    return judged()


def repeats(view: View, bootstrap: Bootstrap, requirement: str) -> Iterator[Finding]:
    """An event that a transcript shows more often than it was appended; a permission asked more often than there are ids for it."""
    for snapshot, logs in bootstrap.epochs:
        shown: Counter[str] = Counter(item.key for item in snapshot.items)
        for note in logs:
            for item in note.items:
                shown[item.key] += 1
                if view.log.knows(item.key) and shown[item.key] > view.log.count_before(item.key, note.entry):
                    yield Finding(requirement, "an event is shown again that the transcript holds already", (snapshot.entry, note.entry))
                    return
    yield from _asked_again(view, bootstrap, requirement)


def _asked_again(view: View, bootstrap: Bootstrap, requirement: str) -> Iterator[Finding]:
    streams = view.streams_of(bootstrap)
    ids_per_event = max(1, len({stream.leg for stream in streams})) * view.snapshots_allowed(bootstrap)
    asked: Counter[str] = Counter()
    for note in bootstrap.told("permission_request"):
        key = content_key(dict(note.data))
        asked[key] += 1
        if view.log.knows(key) and asked[key] > view.log.count_before(key, note.entry) * ids_per_event:
            yield Finding(requirement, "the same request for a permission is told again", (note.entry,))
            return


def _came_twice(view: View, bootstrap: Bootstrap) -> bool:
    """Some event may have come by the history and by a stream, or by a stream twice, and the reader showed a transcript."""
    if not bootstrap.snapshots:
        return False
    seen: set[int] = set()
    for page in view.pages_of(bootstrap):
        seen.update(range(page.offset + 1, page.end + 1))
    for stream in view.streams_of(bootstrap):
        for frame in stream.frames:
            if frame.is_event and stream.received(frame) == "surely":
                if frame.position in seen:
                    return True
                seen.add(frame.position)
    return False


# --- ORD-1 ----------------------------------------------------------------------------------------------------------


def check_order(view: View) -> Judgement:
    findings = [finding for bootstrap in view.bootstraps for finding in _order_findings(view, bootstrap)]
    logs = sum(len(note.items) for bootstrap in view.bootstraps for note in bootstrap.told("logs"))
    if not findings and (logs < 2 or not any(bootstrap.snapshots for bootstrap in view.bootstraps)):
        return not_judged("precondition never met: there was no snapshot with two entries of logs behind it")
    return judged(findings)


def _order_findings(view: View, bootstrap: Bootstrap) -> Iterator[Finding]:
    yield from _snapshot_first(bootstrap)
    yield from _one_snapshot(view, bootstrap)
    yield from _behind_the_end(bootstrap)
    for snapshot, logs in bootstrap.epochs:
        yield from _totals(snapshot, logs)
        yield from _positions(view, snapshot, logs)
    yield from _status_last(bootstrap)


def _snapshot_first(bootstrap: Bootstrap) -> Iterator[Finding]:
    first = next(bootstrap.told("snapshot", "logs"), None)
    if first is not None and first.name == "logs" and bootstrap.certain:
        yield Finding("RD-ORD-1", "logs come before the snapshot", (bootstrap.call.entry, first.entry))


def _one_snapshot(view: View, bootstrap: Bootstrap) -> Iterator[Finding]:
    allowed = view.snapshots_allowed(bootstrap)
    if len(bootstrap.snapshots) > allowed and bootstrap.certain:
        proof = (bootstrap.snapshots[0].entry, bootstrap.snapshots[allowed].entry)
        yield Finding("RD-ORD-1", "there is one snapshot too many for the bootstrap", proof)


def _behind_the_end(bootstrap: Bootstrap) -> Iterator[Finding]:
    if bootstrap.ending not in ("error", "ended"):
        return
    for note in bootstrap.told("snapshot", "logs", "status", "permission_request"):
        if note.entry > bootstrap.end:
            yield Finding("RD-ORD-1", f"a note comes behind the note {bootstrap.ending} of its bootstrap", (bootstrap.end, note.entry))
            return


def _totals(snapshot: Note, logs: list[Note]) -> Iterator[Finding]:
    total = len(snapshot.items)
    for note in logs:
        if note.malformed:
            yield Finding("RD-ORD-1", "a note of logs has no array of entries", (note.entry,))
            return
        total += len(note.items)
        said = note.data.get("total")
        if isinstance(said, bool) or said != total:
            shown = said if isinstance(said, (int, float)) else None
            message = f"total is {shown}, but the snapshot and the logs since hold {total} entries"
            yield Finding("RD-ORD-1", message, (snapshot.entry, note.entry))
            return


def _positions(view: View, snapshot: Note, logs: list[Note]) -> Iterator[Finding]:
    """Each entry stands for the next event of its content behind the one before it; there must be one. Repeats are RD-DUP-1's."""
    last, last_note = 0, 0
    shown: Counter[str] = Counter(item.key for item in snapshot.items)
    for note in logs:
        for item in note.items:
            positions = view.log.positions_by_key.get(item.key, [])
            shown[item.key] += 1
            if item.aside or shown[item.key] > len(positions) or _out_of_the_way(view, positions, note.entry):
                continue
            place = bisect_right(positions, last)
            if place == len(positions):
                yield Finding("RD-ORD-1", "an event is shown behind a later one of the stream", (last_note, note.entry))
                return
            last, last_note = positions[place], note.entry


def _out_of_the_way(view: View, positions: list[int], entry: int) -> bool:
    """Mixed up by the server, trimmed (and shown by a last look at the history), or left out of a lagging history."""
    if not (view.mixed_up or view.log.trimmed_below or view.lagging_history):
        return False
    for position in positions:
        if position in view.mixed_up or position < view.log.trimmed_below:
            return True
        if view.lagging_history and view.sent_positions.get(position, entry + 1) > entry:
            return True
    return False


def _status_last(bootstrap: Bootstrap) -> Iterator[Finding]:
    terminal: Note | None = None
    for note in bootstrap.told("status", "logs", "snapshot"):
        if note.name == "snapshot":
            terminal = None
        elif note.name == "status" and note.terminal:
            terminal = terminal or note
        elif terminal is not None and note.name == "logs":
            yield Finding("RD-ORD-1", "the final status comes before the last logs", (terminal.entry, note.entry))
            return
