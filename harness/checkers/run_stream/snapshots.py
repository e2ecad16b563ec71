"""What a snapshot shows, and when there is another: RD-SNAP-1, RD-SUB-1, RD-RETRY-1."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

from ...values.verdict import Finding, Judgement, judged, not_judged
from .facts import HEAL_MIN
from .log import Page
from .resuming import connects
from .told import Bootstrap, Call, Note
from .transcript import loss_findings, repeats
from .view import View

LATE_MARGIN_US = {"sim": 100_000, "loopback": 2_000_000}
"""How long before the first snapshot a later subscriber surely came before it."""
QUICK_MS = 5_000
"""How soon a later subscriber has its snapshot when nothing stands in the way."""


# --- SNAP-1 ---------------------------------------------------------------------------------------------------------


def check_snapshot(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for bootstrap in view.bootstraps:
        for snapshot in _own_snapshots(view, bootstrap):
            problem = "the snapshot has no array of entries" if snapshot.malformed else _snapshot_problem(view, bootstrap, snapshot)
            if problem:
                findings.append(Finding("RD-SNAP-1", problem, (bootstrap.call.entry, snapshot.entry)))
                break
            seen = seen or any(page.keys for page in view.pages_of(bootstrap))
    if not findings and not seen:
        return not_judged("precondition never met: no snapshot of a history that holds anything")
    return judged(findings)


def _own_snapshots(view: View, bootstrap: Bootstrap) -> Iterator[Note]:
    """Those that are the history: not those for later subscribers, which hold more."""
    first_late = min((call.entry for call in bootstrap.late), default=None)
    for number, snapshot in enumerate(bootstrap.snapshots):
        if bootstrap.certain and (number == 0 or first_late is None or snapshot.entry < first_late):
            yield snapshot


def _snapshot_problem(view: View, bootstrap: Bootstrap, snapshot: Note) -> str:
    pages = [page for page in view.pages_of(bootstrap) if page.entry < snapshot.entry]
    answered = _answered(pages)
    shortest = _shortest_pass(pages)
    if shortest is None:
        return "a snapshot is shown though the history was not read to its end"
    keys = [item.key for item in snapshot.items]
    for place, key in enumerate(keys):
        if place not in answered or key != answered[place]:
            return _difference(keys, place, answered)
    return "" if len(keys) >= shortest else "the snapshot ends before the history that was answered does"


def _answered(pages: Sequence[Page]) -> dict[int, str]:
    """Place in the history -> content, from every page that may have come."""
    return {page.offset + index: key for page in pages for index, key in enumerate(page.keys)}


def _shortest_pass(pages: Sequence[Page]) -> int | None:
    """How many entries the first reading to the end may have had; None when no reading got so far."""
    lengths = [page.end for page in pages if page.last]
    return min(lengths) if lengths else None


def _difference(keys: list[str], place: int, answered: dict[int, str]) -> str:
    known = Counter(answered.values())
    if known[keys[place]] == 0:
        return "the snapshot shows an entry that no page of the history held"
    if Counter(keys[: place + 1])[keys[place]] > known[keys[place]]:
        return "the snapshot shows an entry of the history once more"
    return "the snapshot leaves out an entry of the history, or shows it in another order"


# --- SUB-1 ----------------------------------------------------------------------------------------------------------


def check_late_subscriber(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for bootstrap in view.bootstraps:
        if not bootstrap.certain or bootstrap.renewals or len(view.streams_of(bootstrap)) >= HEAL_MIN:
            continue
        for call in bootstrap.late:
            found = _late_findings(view, bootstrap, call)
            if found is not None:
                seen = True
                findings.extend(found)
    return judged(findings) if seen else not_judged("precondition never met: nobody subscribed late to a live reader and was told")


def _late_findings(view: View, bootstrap: Bootstrap, call: Call) -> list[Finding] | None:
    """None: nothing can be said of this subscriber."""
    first = bootstrap.snapshots[0] if bootstrap.snapshots else None
    if first is None or first.entry > call.entry:
        return _before_the_first(view, bootstrap, call, first)
    later = [snapshot for snapshot in bootstrap.snapshots if snapshot.entry > call.entry]
    if not later:
        return _none_came(view, bootstrap, call)
    others = [other for other in bootstrap.late if other.entry > first.entry]
    if len(bootstrap.snapshots) - 1 > len(bootstrap.late):
        return [Finding("RD-SUB-1", "a later subscriber is given more than one snapshot", (call.entry, bootstrap.snapshots[-1].entry))]
    if len(others) > 1 and call is not others[-1]:
        return None
    return list(_contents(view, bootstrap, call, later[0]))


def _before_the_first(view: View, bootstrap: Bootstrap, call: Call, first: Note | None) -> list[Finding] | None:
    """Before the first snapshot a subscriber adds none."""
    margin_us = LATE_MARGIN_US.get(view.header.world, LATE_MARGIN_US["loopback"])
    early = [other for other in bootstrap.late if first is not None and other.at_us + margin_us < first.at_us]
    if first is None or call not in early or len(early) != len(bootstrap.late):
        return None
    if len(bootstrap.snapshots) == 1:
        return []
    return [
        Finding("RD-SUB-1", "a subscriber from before the first snapshot brings another one", (call.entry, bootstrap.snapshots[1].entry))
    ]


def _none_came(view: View, bootstrap: Bootstrap, call: Call) -> list[Finding] | None:
    """Judged when nothing stood in the way: no fault at a request since, and time enough."""
    end_us = bootstrap.end_us if bootstrap.end else view.wire.end_us
    troubled = any(
        request.faults or request.delivered is None
        for request in bootstrap.requests
        if request.entry > call.entry and request.endpoint != "stream"
    )
    ghosts = any(ghost.entry > call.entry for ghost in view.ghosts_of(bootstrap))
    if troubled or ghosts or end_us - call.at_us < (QUICK_MS + view.allowance_ms) * 1000:
        return None
    return [Finding("RD-SUB-1", "a later subscriber is given no snapshot", (call.entry,), upper_bound=True)]


def _contents(view: View, bootstrap: Bootstrap, call: Call, snapshot: Note) -> Iterator[Finding]:
    """Everything emitted so far, each once, in the order of the stream."""
    before: Counter[str] = Counter()
    for note in bootstrap.told("snapshot", "logs"):
        if note.entry >= snapshot.entry:
            break
        if note.name == "snapshot":
            before.clear()
        before.update(item.key for item in note.items if not item.aside)
    proof = (call.entry, snapshot.entry)
    keys = [item.key for item in snapshot.items if not item.aside]
    shown = Counter(keys)
    if any(shown[key] < count for key, count in before.items()):
        yield Finding("RD-SUB-1", "the snapshot for a later subscriber lacks something that was emitted before", proof)
    elif any(count > view.log.count_before(key, snapshot.entry) for key, count in shown.items()):
        yield Finding("RD-SUB-1", "the snapshot for a later subscriber shows something twice, or that nobody appended", proof)
    elif not _in_order(view, keys):
        yield Finding("RD-SUB-1", "the snapshot for a later subscriber is not in the order of the stream", proof)


def _in_order(view: View, keys: Sequence[str]) -> bool:
    if view.mixed_up or view.lagging_history or view.log.trimmed_below:
        return True
    last = 0
    for key in keys:
        positions = view.log.positions_by_key.get(key, [])
        place = bisect_right(positions, last)
        if place == len(positions):
            return False
        last = positions[place]
    return True


# --- RETRY-1 --------------------------------------------------------------------------------------------------------


def check_retry(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for bootstrap in view.bootstraps:
        if not bootstrap.retried or not bootstrap.certain or not _may_be_retried(view, bootstrap):
            continue
        found = _retry_findings(view, bootstrap)
        if found is not None:
            seen = True
            findings.extend(found)
    return judged(findings[:1]) if seen else not_judged("precondition never met: no retry behind an error led to anything")


def _may_be_retried(view: View, bootstrap: Bootstrap) -> bool:
    before = [other for other in view.bootstraps if other.begin < bootstrap.begin]
    error = before[-1].error if before else None
    return error is not None and error.data.get("retryable") is not False


def _retry_findings(view: View, bootstrap: Bootstrap) -> list[Finding] | None:
    if not bootstrap.snapshots:
        return _not_rebuilt(view, bootstrap)
    findings = list(repeats(view, bootstrap, "RD-RETRY-1"))
    if len(bootstrap.snapshots) > view.snapshots_allowed(bootstrap):
        findings.append(Finding("RD-RETRY-1", "retry gives more than one snapshot", (bootstrap.call.entry, bootstrap.snapshots[1].entry)))
    if bootstrap is view.last:
        findings.extend(loss_findings(view, "RD-RETRY-1", view.missing[:1]))
    first = next(connects(view, bootstrap), None)
    if first is not None and first.cursor is not None and not first.fits:
        findings.append(
            Finding("RD-RETRY-1", "the first connect behind a retry carries a cursor of before", (bootstrap.call.entry, first.stream.entry))
        )
    return findings


def _not_rebuilt(view: View, bootstrap: Bootstrap) -> list[Finding] | None:
    """Neither a snapshot nor an error, nor an answer that stands in the way, in the time that recovery may take."""
    settled, healed = view.wire.settled, view.wire.healed
    if bootstrap.ending in ("error", "unwatched") or bootstrap.next_begin or settled is None:
        return None
    begin_us = max(bootstrap.call.at_us, healed.at_us if healed is not None else 0)
    if settled.at_us - begin_us < view.recovery_ms * 1000:
        return None
    return [
        Finding(
            "RD-RETRY-1", "retry behind an error leads neither to a snapshot nor to an error", (bootstrap.call.entry,), upper_bound=True
        )
    ]
