"""The frames that the application is told: EXE-CLI-3 and EXE-CLI-4."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ....values.history import Entry
from ....values.verdict import Finding, Judgement, judged, not_judged
from .asking import START_INDEX
from .bodies import Body
from .view import Read, View, index_of

SHOWN_CHARACTERS = 60


# --- CLI-3 ----------------------------------------------------------------------------------------------------------


def check_going_on(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for read in view.reads:
        goes_on = read.session.start > 0 or len(read.bodies) > 1
        seen = seen or (goes_on and bool(read.session.frames))
        findings.extend(_order(read))
        findings.extend(_places(read))
        findings.extend(_start(read))
    if not seen and not findings:
        return not_judged("precondition never met: no stream was read from the midst of its run on")
    return judged(findings)


def _order(read: Read) -> Iterator[Finding]:
    """The indexes go up by one from where the application asked to go on."""
    wanted = read.session.start
    for note in read.session.frames:
        index = index_of(note)
        if index != wanted or isinstance(index, bool):
            what = "told twice" if isinstance(index, int) and index < wanted else "left out"
            message = f"a frame has the index {index!r} where {wanted} comes next: frames are {what}"
            yield Finding("EXE-CLI-3", message, (read.session.call.entry, note.number))
            return
        wanted += 1


def _places(read: Read) -> Iterator[Finding]:
    """What stands under an index is the frame of another place of the run."""
    for note in read.session.frames:
        index = index_of(note)
        if not isinstance(index, int) or _is_frame(note, _text_at(read, index)):
            continue
        place = next((place for place, text in enumerate(read.texts) if _is_frame(note, text)), None)
        if place is not None:
            yield Finding("EXE-CLI-3", f"the frame told as {index} is number {place} of the run", (read.session.call.entry, note.number))
            return


def _start(read: Read) -> Iterator[Finding]:
    """The first request asks for what the application wants, a later one for what was not told yet."""
    follows = [body for body in read.bodies if body.request.endpoint == "stream" and _is_asked_of_the_origin(body)]
    for body in follows:
        asked = _asked_index(body)
        told = sum(note.number < body.request.entry for note in read.session.frames)
        least = read.session.start + told
        passed = [index for other in read.bodies if other.request.entry < body.request.entry for index in _indexes(other)]
        most = max([least, *(index + 1 for index in passed)])
        if asked is not None and not least <= asked <= most:
            message = f"the stream is asked for from {asked} on; the application is to be told {least} next"
            yield Finding("EXE-CLI-3", message, (read.session.call.entry, body.request.entry))
            return


def _is_asked_of_the_origin(body: Body) -> bool:
    """What follows a redirect to another origin may have lost its headers on the way."""
    return body.request.server != "elsewhere"


def _asked_index(body: Body) -> int | None:
    """None for a value that is no number: that is a matter of EXE-CLI-5."""
    text = body.request.headers.get(START_INDEX, "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _indexes(body: Body) -> list[int]:
    return [frame.index for frame in body.passed if frame.index is not None]


# --- CLI-4 ----------------------------------------------------------------------------------------------------------


def check_frames(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for read in view.reads:
        seen = seen or any(_is_frame(note, _text_at(read, index_of(note))) for note in read.session.frames)
        findings.extend(_invented(read))
        findings.extend(_changed_order(read))
        findings.extend(_left_out(read))
    if not seen and not findings:
        return not_judged("precondition never met: no frame was told")
    return judged(findings)


def _invented(read: Read) -> Iterator[Finding]:
    for note in read.session.frames:
        index = index_of(note)
        shown = shortened(note.data["data"].get("data"))
        if not isinstance(index, int) or index not in read.passed:
            yield Finding("EXE-CLI-4", f"a frame {index!r} was told ({shown}) that had not reached the client", (note.number,))
            return
        if not _is_frame(note, _text_at(read, index)):
            sent = read.passed[index]
            message = f"frame {index} was told as {shown}; it was sent as {shortened(sent.data)}"
            yield Finding("EXE-CLI-4", message, (sent.entry, note.number))
            return


def _changed_order(read: Read) -> Iterator[Finding]:
    for first, second in pairwise(read.session.frames):
        before, after = index_of(first), index_of(second)
        if isinstance(before, int) and isinstance(after, int) and after < before:
            yield Finding("EXE-CLI-4", f"frame {after} was told behind frame {before}", (first.number, second.number))
            return


def _left_out(read: Read) -> Iterator[Finding]:
    told = {index_of(note) for note in read.session.frames}
    for index, frame in sorted(read.sure.items()):
        if index >= read.session.start and index not in told:
            yield Finding("EXE-CLI-4", f"frame {index} reached the client, and was not told", (read.session.call.entry, frame.entry))
            return


def _text_at(read: Read, index: Any) -> str | None:
    return read.texts[index] if isinstance(index, int) and 0 <= index < len(read.texts) else None


def _is_frame(note: Entry, text: str | None) -> bool:
    """The data may be told as its text or as the value it holds: contents are compared as JSON values."""
    data = note.data["data"].get("data")
    if not text:
        return False
    return data == text or bool(_value(data) == json.loads(text))


def _value(data: Any) -> Any:
    if not isinstance(data, str):
        return data
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def shortened(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return repr(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..")
