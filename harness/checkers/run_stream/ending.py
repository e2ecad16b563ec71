"""How a watch ends: RD-BOOT-1, RD-END-1, RD-END-2."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .streams import HOLDING, Frame, Stream
from .told import Bootstrap, Note
from .transcript import loss_findings
from .view import View

# --- BOOT-1 ---------------------------------------------------------------------------------------------------------


def check_end_in_bootstrap(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for bootstrap in view.bootstraps:
        end = view.stream_end(bootstrap)
        if end is None or not bootstrap.certain or bootstrap.renewals or bootstrap.ending in ("error", "unwatched"):
            continue
        stream, frame = end
        first = bootstrap.snapshots[0] if bootstrap.snapshots else None
        if first is not None and first.entry < _known_entry(stream, frame):
            continue
        if first is None and bootstrap.ended is None and not _stuck_without_snapshot(view, frame):
            continue
        seen = True
        findings.extend(_boot_findings(view, bootstrap, stream, frame))
    return judged(findings) if seen else not_judged("precondition never met: no stream ended while the history was still being read")


def _known_entry(stream: Stream, frame: Frame) -> int:
    """Entry from which on the reader surely knew of the end."""
    answer = stream.request.delivered
    return answer.delivered_entry if answer is not None and answer.certain else frame.entry


def _stuck_without_snapshot(view: View, frame: Frame) -> bool:
    settled, healed = view.wire.settled, view.wire.healed
    since_us = max(frame.at_us, healed.at_us if healed is not None else 0)
    return settled is not None and settled.at_us - since_us > view.recovery_ms * 1000


def _boot_findings(view: View, bootstrap: Bootstrap, stream: Stream, frame: Frame) -> Iterator[Finding]:
    ended = bootstrap.ended
    proof = (frame.entry, *((ended.entry,) if ended is not None else ()))
    snapshots = bootstrap.snapshots
    if ended is not None and not any(snapshot.entry < ended.entry for snapshot in snapshots):
        yield Finding("RD-BOOT-1", "the stream ended while the history was read, and the reader ended without a snapshot", proof)
        return
    if not snapshots:
        message = "the stream ended while the history was read, and the reader never showed a snapshot"
        yield Finding("RD-BOOT-1", message, proof, upper_bound=True)
        return
    if len(snapshots) > view.snapshots_allowed(bootstrap):
        yield Finding("RD-BOOT-1", "the stream ended while the history was read, and there is more than one snapshot", proof)
    again = _connect_after(view, bootstrap, stream)
    if again is not None:
        yield Finding("RD-BOOT-1", "the stream ended while the history was read, and the reader connects again", (frame.entry, again.entry))
    if ended is not None and not any(snapshots[0].entry < status.entry < ended.entry for status in bootstrap.told("status")):
        yield Finding("RD-BOOT-1", "the stream ended while the history was read, and no final status came before the end", proof)
    if ended is not None and bootstrap is view.last:
        buffered = {each.position for each in stream.frames if each.is_event and each.entry < frame.entry}
        lost = tuple(event for event in view.missing if event.position in buffered)
        yield from loss_findings(view, "RD-BOOT-1", lost[:1])


def _connect_after(view: View, bootstrap: Bootstrap, stream: Stream) -> Stream | None:
    """A connect behind a connection that surely had said stream-end and was over."""
    end = stream.end_entry
    return next((other for other in view.streams_of(bootstrap) if end is not None and other.entry > end), None)


# --- END-1 ----------------------------------------------------------------------------------------------------------


def check_end(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for bootstrap in view.bootstraps:
        if not bootstrap.certain or bootstrap.renewals:
            continue
        if view.ended_by_snapshot(bootstrap) is not None and not view.streams_of(bootstrap):
            seen = True
            findings.extend(_status_of_snapshot(view, bootstrap))
        elif (end := view.stream_end(bootstrap)) is not None and bootstrap.ending != "unwatched":
            found = _end_findings(view, bootstrap, *end)
            seen = seen or found is not None
            findings.extend(found or ())
        if bootstrap.ended is not None:
            findings.extend(_final_status(view, bootstrap, bootstrap.ended))
    if not findings and not seen:
        return not_judged("precondition never met: no stream-end surely reached the reader, and no run was over when it was watched")
    return judged(findings)


def _end_findings(view: View, bootstrap: Bootstrap, stream: Stream, frame: Frame) -> list[Finding] | None:
    """None: nothing can be said, since it neither ended nor had the time to."""
    again = _connect_after(view, bootstrap, stream)
    if again is not None:
        return [Finding("RD-END-1", "a stream is asked for again after stream-end", (frame.entry, again.entry))]
    error = bootstrap.error
    if error is not None:
        if not bootstrap.snapshots or error.entry < frame.entry:
            return None
        return [Finding("RD-END-1", "the reader gives up with an error though the stream had said its end", (frame.entry, error.entry))]
    limit_us = _latest_end_us(view, bootstrap, stream, frame)
    ended_us = bootstrap.ended.at_us if bootstrap.ended is not None else view.wire.end_us
    if limit_us is None or ended_us <= limit_us:
        return [] if bootstrap.ended is not None else None
    proof = (frame.entry, *((bootstrap.ended.entry,) if bootstrap.ended is not None else ()))
    return [Finding("RD-END-1", "the reader did not end in time after stream-end", proof, upper_bound=True)]


def _latest_end_us(view: View, bootstrap: Bootstrap, stream: Stream, frame: Frame) -> int | None:
    """The end of the connection, or idle_timeout, and one more; None when other requests were in trouble then, or figures are unknown."""
    later = [
        request
        for request in bootstrap.requests
        if request.endpoint != "stream" and (request.answer is None or request.answer.entry > frame.entry)
    ]
    troubled = any(request.faults or request.delivered is None or request.delivered.status != 200 for request in later)
    troubled = troubled or any(ghost.entry > frame.entry for ghost in view.ghosts_of(bootstrap))
    held_up = bool(stream.request.faults & HOLDING)  # then nobody knows when stream-end arrived, but it was not behind the end
    if troubled or not bootstrap.snapshots or not view.knows_timing or (held_up and stream.end_us is None):
        return None
    idle_us = view.timing_ms["idle_timeout"] * 1000
    end_us = stream.end_us if stream.end_us is not None else frame.at_us + idle_us
    over_us = end_us if held_up else min(frame.at_us + idle_us, end_us)
    return max(over_us, frame.at_us, bootstrap.snapshots[0].at_us) + idle_us + view.allowance_ms * 1000


def _status_of_snapshot(view: View, bootstrap: Bootstrap) -> Iterator[Finding]:
    """A run that was over when it was watched: its snapshot says so, and no status comes behind."""
    ended = bootstrap.ended
    last = bootstrap.snapshots[-1]
    if ended is None:
        return
    for status in bootstrap.told("status"):
        if last.entry < status.entry < ended.entry:
            yield Finding("RD-END-1", "a status follows the snapshot of a run that was over already", (last.entry, status.entry))
            return


def _final_status(view: View, bootstrap: Bootstrap, ended: Note) -> Iterator[Finding]:
    twice = [note for note in bootstrap.told("ended") if note.entry > ended.entry]
    if twice:
        yield Finding("RD-END-1", "the end is told twice", (ended.entry, twice[0].entry))
    if view.ended_by_snapshot(bootstrap) is not None or not bootstrap.snapshots:
        return
    last = max((note.entry for note in bootstrap.told("logs", "snapshot") if note.entry < ended.entry), default=0)
    final = [note for note in bootstrap.told("status") if last < note.entry < ended.entry]
    if not final:
        yield Finding("RD-END-1", "no final status is told behind the last logs and before the end", (ended.entry,))
    elif sum(note.terminal for note in final) > 1:
        yield Finding("RD-END-1", "the final status is told twice", (final[0].entry, final[-1].entry))
    else:
        yield from _repaired(view, bootstrap, final[-1], ended)


def _repaired(view: View, bootstrap: Bootstrap, final: Note, ended: Note) -> Iterator[Finding]:
    """The final status is what a request behind stream-end was told, if that was terminal; a reader that knows of no end asks."""
    end = view.stream_end(bootstrap)
    if end is None:
        return
    frame = end[1]
    told = [answer for answer in view.run_answers_of(bootstrap) if frame.entry < answer.entry < ended.entry]
    truths = [answer.status for answer in told if answer.terminal]
    sure = any(
        answer.terminal and answer.certain and answer.request.answer is not None and answer.request.answer.entry > frame.entry
        for answer in told
    )
    if sure and final.data.get("status") not in truths:
        yield Finding("RD-END-1", "the final status is not the one that the backend told after stream-end", (frame.entry, final.entry))
    asked = told or any(request.entry > frame.entry for request in view.requests_of(bootstrap, "run"))
    if not final.terminal and not asked and view.log.is_over and not any(ghost.entry > frame.entry for ghost in view.ghosts_of(bootstrap)):
        yield Finding(
            "RD-END-1", "the reader ends with a status that is not final and never asked for the final one", (frame.entry, final.entry)
        )


# --- END-2 ----------------------------------------------------------------------------------------------------------


def check_no_end(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for bootstrap in view.bootstraps:
        if not bootstrap.certain or view.may_be_legacy(bootstrap):
            continue
        cut = _cut_streams(view, bootstrap)
        seen = seen or _outlived(view, bootstrap, cut)
        ended = bootstrap.ended
        if ended is not None and _ended_by_itself(view, bootstrap, ended):
            proof = (*((cut[-1].end_entry or cut[-1].entry,) if cut else ()), ended.entry)
            findings.append(Finding("RD-END-2", "the reader ends the watch though no stream had said its end", proof))
        findings.extend(_gone_quiet(view, bootstrap, cut))
    if not findings and not seen:
        return not_judged("precondition never met: no connection ended without stream-end where streams say their end")
    return judged(findings)


def _ended_by_itself(view: View, bootstrap: Bootstrap, ended: Note) -> bool:
    """It had tried to follow the run, no stream-end can have reached it, and the run was not over when it was watched."""
    tried = view.streams_of(bootstrap) or (bootstrap.snapshots and any(view.ghosts_of(bootstrap)))
    return bool(tried) and view.ended_by_snapshot(bootstrap) is None and not view.may_have_ended(bootstrap, ended.entry)


def _cut_streams(view: View, bootstrap: Bootstrap) -> list[Stream]:
    """Connections of a stream that ended without stream-end while the reader was watching."""
    return [
        stream
        for stream in view.streams_of(bootstrap)
        if stream.end_entry is not None and (not bootstrap.end or stream.end_entry < bootstrap.end) and stream.perhaps("stream-end") is None
    ]


def _outlived(view: View, bootstrap: Bootstrap, cut: list[Stream]) -> bool:
    """Something of the reader came behind such an end."""
    if not cut or cut[0].end_entry is None:
        return False
    return any(stream.entry > cut[0].end_entry for stream in view.streams_of(bootstrap)) or bootstrap.ended is not None


def _gone_quiet(view: View, bootstrap: Bootstrap, cut: list[Stream]) -> Iterator[Finding]:
    """No request, no attempt and no word for longer than any pause: as if it were over."""
    if bootstrap.ending not in ("", "closed") or bootstrap.next_begin or not cut or not view.knows_timing:
        return
    last = cut[-1]
    if last is not view.streams_of(bootstrap)[-1] or last.end_us is None or not bootstrap.snapshots:
        return
    settled = view.wire.settled
    deadline_us = last.end_us + (2 * view.timing_ms["backoff_max"] + view.timing_ms["idle_timeout"] + view.allowance_ms) * 1000
    later = any(request.entry > (last.end_entry or 0) for request in bootstrap.requests)
    if settled is None or settled.at_us < deadline_us or later or any(ghost.entry > (last.end_entry or 0) for ghost in view.ghosts):
        return
    message = "the reader neither connects again nor ends after a connection that ended without stream-end"
    yield Finding("RD-END-2", message, (last.end_entry or last.entry,), upper_bound=True)
