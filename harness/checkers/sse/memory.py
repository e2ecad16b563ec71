"""What a client keeps of what it has read: MEM-1. The play has measured; here it is asked whether the measure proves anything."""

from __future__ import annotations

from ...values.verdict import Finding, Judgement, judged, not_judged
from .view import View


def check_memory(view: View) -> Judgement:
    measure = next(view.history.of_kind("memory"), None)
    if measure is None:
        return not_judged("precondition never met: the client read no flood of comments to its end")
    if measure.data["exceeded"] is None:
        return not_judged("not judged: the memory of this target cannot be told")
    sent = [event["data"] for entry in view.history.of_kind("source") if entry.number < measure.number for event in entry.data["events"]]
    told = next((event for event in view.dispatched if sent and event.key.data == sent[-1] and event.entry < measure.number), None)
    if told is None:
        return not_judged("precondition never met: the last event of the flood was not dispatched, so it may not be read yet")
    if not measure.data["exceeded"]:
        return judged()
    streamed, limit = (f"{measure.data[name] / 1_000_000:.1f} MB" for name in ("streamed_bytes", "limit_bytes"))
    message = f"while {streamed} of comments and small events were streamed and read, the memory of the client grew by more than {limit}"
    return judged([Finding("SSE-MEM-1", message, (told.entry, measure.number))])
