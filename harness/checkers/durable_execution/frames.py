"""SSE-1, SSE-4: the bodies are event streams of JSON, say what the model said, and `[DONE]` stands at their end if at all.

The text of a run is compared with its script only where nothing else can explain a difference: no crash (RCV-1), no turn that
was asked for again nor any fault at the model (RCV-2), no write that was made to fail (SSE-5), and not behind the place where
a stream ends for good at a suspension (SSE-6).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import Ask
from .phrases import named, proof, proof_of, shown
from .replaying import differences
from .replays import Reading, ending_at
from .runs import Run
from .view import View

# --- SSE-1 ------------------------------------------------------------------------------------------------------------


def check_frames(view: View) -> Judgement:
    readings = [reading for replays in view.replays.values() for reading in replays.all]
    findings = [finding for reading in readings for finding in _malformed(reading.ask)]
    findings += [finding for run in view.known_runs for finding in _wrong_text(view, run)]
    findings += differences(view, "EXE-SSE-1")
    if not findings and not any(_says_something(reading) for reading in readings):
        return not_judged("precondition never met: no stream of a known run brought a frame that says something")
    return judged(findings[:1])


def _says_something(reading: Reading) -> bool:
    return any(frame.said.goes_on or frame.said.envelope is not None for frame in reading.frames)


def _malformed(ask: Ask) -> Iterator[Finding]:
    """The first thing in a body that is no frame."""
    body = ask.stream
    if not body.is_utf8 and ask.is_whole:
        yield Finding("EXE-SSE-1", f"{named(ask)} got bytes that are no UTF-8", proof_of(ask))
    # The last line of a body that was cut may be the beginning of a good one.
    if body.stray is not None and (ask.is_whole or (body.events and not ask.text.endswith(body.stray))):
        message = f"{named(ask)} got the line {shown(body.stray)}, expected `data:`, another field of an event stream, or a comment"
        yield Finding("EXE-SSE-1", message, proof_of(ask))
    for frame in ask.frames:
        if not frame.said.is_object:
            message = f"{named(ask)} got the data {shown(frame.data)}, expected a JSON object"
            yield Finding("EXE-SSE-1", message, proof(ask.entry, frame.entry))
            break
    if body.unfinished and ask.is_whole:
        yield Finding("EXE-SSE-1", f"{named(ask)} ended inside an event, expected an empty line behind it", proof_of(ask))


def _wrong_text(view: View, run: Run) -> Iterator[Finding]:
    """The stream, read whole, says what the model said: all of it once the run is completed, else the beginning."""
    if run.original is None or not run.turns or run.crashed or run.retried or view.model.faults or view.fails_writes:
        return
    expected, text = run.expected_text, run.text
    whole = run.last_status == "completed" and ending_at(run.original, len(run.original)) == "success" and not _denied(run)
    if text == expected or (expected.startswith(text) and not whole):
        return
    at = next((at for at, (one, other) in enumerate(zip(text, expected, strict=False)) if one != other), min(len(text), len(expected)))
    message = f"the stream of run {run.label} says {shown(text[at:])} behind {at} characters, expected {shown(expected[at:])}"
    yield Finding("EXE-SSE-1", message, proof_of(run.whole))


def _denied(run: Run) -> bool:
    """What a run says behind a denial is its own affair."""
    return any(frame.said.type == "tool-output-denied" for frame in run.original or ())


# --- SSE-4 ------------------------------------------------------------------------------------------------------------


def check_done(view: View) -> Judgement:
    findings: list[Finding] = []
    witness = False
    for replays in view.replays.values():
        for reading in replays.all:
            findings += _done(reading)
            witness = witness or (reading.ask.is_whole and reading.ask.ending in ("success", "failure", "done") and bool(reading.ask.keys))
    if not findings and not witness:
        return not_judged("precondition never met: no stream with frames was read to the end of its run")
    return judged(findings[:1])


def _done(reading: Reading) -> Iterator[Finding]:
    """Behind the mark nothing comes, neither in the body nor in the stream of the run."""
    ask, run = reading.ask, reading.run
    events = ask.stream.events
    marks = [place for place, event in enumerate(events) if event.is_done]
    if not marks:
        return
    if len(marks) > 1:
        yield Finding("EXE-SSE-4", f"{named(ask)} got `[DONE]` {len(marks)} times, expected once at most", proof_of(ask))
    elif marks[0] < len(events) - 1:
        message = f"{named(ask)} got {shown(events[marks[0] + 1].data)} behind `[DONE]`, expected nothing"
        yield Finding("EXE-SSE-4", message, proof_of(ask))
    elif run.original is not None and reading.agrees and reading.end < len(run.original):
        message = f"{named(ask)} got `[DONE]` behind frame {reading.end - 1}, but the stream of the run has {len(run.original)} frames"
        yield Finding("EXE-SSE-4", message, proof_of(ask, run.whole))
