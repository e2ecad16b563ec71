"""IDX-2, IDX-3: start indexes that are none, and such as lie behind the end.

A bad index is answered 400, by a target that clamps also with some ``original[j:]`` that ends. An empty one: 400 or a full
replay. `007` and outer blanks are plain digits. What counts as behind the end of an *open* stream is what nobody had seen when
the frames came; a stream is *closed* while its run is at rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import READING, Ask
from .phrases import got, named, proof_of
from .replaying import differences
from .replays import Replays
from .runs import Run
from .starts import Start, start_of
from .view import View

# --- IDX-2 ------------------------------------------------------------------------------------------------------------


def check_bad(view: View) -> Judgement:
    findings: list[Finding] = []
    witness = False
    for run in view.known_runs:
        asked = [(ask, start_of(ask)) for ask in run.own if _of_stream(ask, run)]
        unusual = [(ask, start) for ask, start in asked if start.kind != "plain" or start.odd]
        unusual = [(ask, start) for ask, start in unusual if ask.how not in ("", "left", "refused") and view.lived_through(ask)]
        for ask, start in unusual:
            findings += _answer(view, run, ask, start)
        if unusual:
            plain = [ask for ask, start in asked if start.kind == "plain" and not start.odd and ask.entry > unusual[0][0].end_entry]
            witness = witness or any(ask.status == 200 and ask.keys for ask in plain)
            findings += _spoilt(view, run, plain, unusual[0][0])
    if not findings and not witness:
        return not_judged("precondition never met: no bad index was answered by a server that gives frames to a valid one afterwards")
    return judged(findings[:1])


def _of_stream(ask: Ask, run: Run) -> bool:
    return ask.route in READING and (ask.id_asked == run.id or ask.id_asked in run.conversations)


def _answer(view: View, run: Run, ask: Ask, start: Start) -> Iterator[Finding]:
    what = f"{named(ask)} with {start.why or f'the index {ask.start_texts[0]!r}'}"
    if not ask.status or ask.how == "timeout":
        message = f"{what} got {'a body that does not end' if ask.status else got(ask)}, expected {_expected(view, start)}"
        yield Finding("EXE-IDX-2", message, proof_of(ask), upper_bound=ask.how == "timeout")
    elif ask.failed_stream:
        yield Finding("EXE-IDX-2", f"{what} got `event: error`, expected {_expected(view, start)}", proof_of(ask))
    elif not _is_right(view, run, ask, start):
        how = f"200 with {len(ask.keys)} frames" if ask.status == 200 else got(ask)
        yield Finding("EXE-IDX-2", f"{what} got {how}, expected {_expected(view, start)}", proof_of(ask))


def _is_right(view: View, run: Run, ask: Ask, start: Start) -> bool:
    if start.kind == "plain":  # what of the stream it brings is compared as that of any other index
        return ask.status in (200, 204, 404, 416)
    if ask.status == 400:
        return True
    if ask.status != 200 or (start.kind == "bad" and not view.clamps):
        return False
    return run.original is None or _is_replay(run, ask, start)


def _is_replay(run: Run, ask: Ask, start: Start) -> bool:
    """A full replay for an empty index, some replay for one that was clamped. What is still growing is compared as far as it goes."""
    if start.kind == "empty":
        return run.keys[: len(ask.keys)] == ask.keys and (bool(ask.keys) or not run.keys)
    if not ask.keys or not ask.is_whole:
        return ask.is_whole
    places = (place for place, key in enumerate(run.keys) if key == ask.keys[0])
    return any(run.keys[place : place + len(ask.keys)] == ask.keys for place in places)


def _expected(view: View, start: Start) -> str:
    if start.kind == "plain":
        return "200: these are digits"
    if start.kind == "empty":
        return "400 or the whole stream"
    return "400, or a replay that ends" if view.clamps else "400"


def _spoilt(view: View, run: Run, plain: list[Ask], bad: Ask) -> Iterator[Finding]:
    """A valid reconnect that fails behind a bad one, where the stream could be read before."""
    before = [run.create, *run.readers]
    worked = any(ask is not None and ask.status == 200 and ask.keys and ask.pieces[0][1] < bad.entry for ask in before)
    for ask in plain if worked else ():
        if ask.status not in (200, 204, 404, 416) and ask.how not in ("", "left") and view.lived_through(ask):
            message = f"{named(ask)}, a valid reconnect behind a bad index, got {got(ask)}, expected the stream"
            yield Finding("EXE-IDX-2", message, proof_of(bad, ask), upper_bound=ask.how == "timeout")
            return


# --- IDX-3 ------------------------------------------------------------------------------------------------------------


def check_beyond(view: View) -> Judgement:
    findings = list(differences(view, "EXE-IDX-3"))
    witness = False
    for run in view.known_runs:
        replays = view.replays[run.label]
        for ask in replays.asked:
            start = start_of(ask)
            if ask is run.create or start.kind != "plain" or not replays.length or not view.lived_through(ask):
                continue
            findings += _unending(view, replays, ask, start)
            findings += _refusal(run, replays, ask, start)
            is_right = ask.is_whole and ask.status in (200, 204, 416)
            witness = witness or (is_right and start.value > replays.known_at(ask.entry) and ask.entry > run.disturbed)
    witness = witness and not view.fails_writes
    if not findings and not witness:
        return not_judged("precondition never met: no index behind the end was asked for of a stream that has frames")
    return judged(findings[:1])


def _unending(view: View, replays: Replays, ask: Ask, start: Start) -> Iterator[Finding]:
    open_ms = view.open_at_rest_ms(replays.run, ask)
    length = replays.known_at(ask.over_entry)
    if start.value > length and open_ms is not None:
        message = (
            f"{named(ask)} with index {start.value} of a stream of {length} frames was open for {open_ms} ms "
            "while the run was at rest, expected its end at once"
        )
        yield Finding("EXE-IDX-3", message, proof_of(ask), upper_bound=True)


def _refusal(run: Run, replays: Replays, ask: Ask, start: Start) -> Iterator[Finding]:
    """416 is for an index behind the end of a closed stream; nothing else refuses a plain index."""
    rest = run.rest_before(ask.entry)
    if ask.status == 416 and start.value <= replays.known_at(ask.entry):
        message = f"{named(ask)} with index {start.value} got 416, expected 200: the stream has {replays.known_at(ask.entry)} frames"
        yield Finding("EXE-IDX-3", message, proof_of(ask))
    elif ask.status == 416 and start.value == len(run.keys) and rest is not None and rest.terminal:
        message = f"{named(ask)} with index {start.value} got 416, expected an empty 200: that is where the stream ends"
        yield Finding("EXE-IDX-3", message, proof_of(ask))
    elif ask.status == 416 and _was_open(run, ask):
        message = f"{named(ask)} with index {start.value} got 416 while the run was running, expected to wait"
        yield Finding("EXE-IDX-3", message, proof_of(ask))
    elif start.value > replays.length and not start.odd and ask.status and ask.status not in (200, 204, 404, 416):
        message = f"{named(ask)} with index {start.value}, behind the end, got {got(ask)}, expected an empty 200 or 416"
        yield Finding("EXE-IDX-3", message, proof_of(ask))


def _was_open(run: Run, ask: Ask) -> bool:
    """Looked at again, the run was still in the middle of its life."""
    after = run.sample_after(ask.end_entry)
    return after is not None and after.status == "running" and not run.decided_between(ask.entry, after.over)
