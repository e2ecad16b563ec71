"""Mutants of the reference server: one planted bug each, and the requirement that must catch it. The table is at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ...harness.targets.mutants.base import Mutant
from .lines import BadLine, CompletionLine, EventLine
from .reference import SERVES, Note, ServerTarget, server_of
from .routes import Access, Route
from .store import Completion, Stream, Verdict
from .upload import COMPLETE_HEADER, LINE_BYTES_MAX, HeaderCompletion, Reply, Upload, header_completion

# --- the position


class LaggingUpload(Upload):
    def reply(self) -> Reply:
        right = super().reply()
        return replace(right, last=None if right.last is None else right.last - right.accepted)


def _one_stream_for_all() -> Callable[[str], Stream]:
    shared = Stream("every run")
    return lambda run_id: shared


# --- duplicates


class ComparingStream(Stream):
    def apply(self, seq: int, event: Mapping[str, Any]) -> Verdict:
        known = dict(self.log).get(seq)
        return "gap" if known is not None and known != event and not self.completed else super().apply(seq, event)


class MiscountingUpload(Upload):
    def reply(self) -> Reply:
        right = super().reply()
        return replace(right, accepted=right.accepted + right.duplicate, duplicate=0)


# --- gaps


class GapTakingStream(Stream):
    def apply(self, seq: int, event: Mapping[str, Any]) -> Verdict:
        if not self.completed and seq > self.last + 1:
            self.last = seq - 1
        return super().apply(seq, event)


class GapSkippingUpload(Upload):
    """Answers the gap at the end of the body and goes on until then."""

    gap: Reply | None = None

    def reject(self, index: int, status: int, error: str) -> None:
        if status == 409 and error.startswith("Expected") and self.stream is not None:
            self.gap = Reply(status, error, self.stream.last)
        else:
            super().reject(index, status, error)

    def end(self) -> Reply:
        reply = super().end()
        return self.gap or reply


# --- completion


class EarlyCompletionUpload(Upload):
    def apply(self, stream: Stream, line: EventLine | CompletionLine | None) -> None:
        if isinstance(line, CompletionLine) and self.completion is None and line.final_seq == stream.last:
            stream.completed = True
        super().apply(stream, line)


class DuplicateFirstStream(Stream):
    def apply(self, seq: int, event: Mapping[str, Any]) -> Verdict:
        return "duplicate" if seq <= self.last else super().apply(seq, event)


class StrictRepeatStream(Stream):
    def complete(self, final_seq: int) -> Completion:
        return "mismatch" if self.completed and final_seq != self.last else super().complete(final_seq)


class CompletingAnywhereStream(Stream):
    def complete(self, final_seq: int) -> Completion:
        return super().complete(self.last)


class CompletingInVainStream(Stream):
    def complete(self, final_seq: int) -> Completion:
        done = super().complete(final_seq)
        self.completed = True
        return done


# --- limits


class GenerousUpload(Upload):
    event_lines_max = Upload.event_lines_max + 1


class CompletionCountingUpload(Upload):
    def apply(self, stream: Stream, line: EventLine | CompletionLine | None) -> None:
        if isinstance(line, CompletionLine) and self.events >= self.event_lines_max:
            self.reject(self.lines_read, 413, "Too many events in one request")
        super().apply(stream, line)


class CharacterCountingUpload(Upload):
    def is_too_long(self, line: bytes) -> bool:
        return len(line.decode("utf-8", "replace")) > LINE_BYTES_MAX


class RollingBackUpload(Upload):
    """Takes back what the request has applied when it is refused with ``status``."""

    status = 413

    def reject(self, index: int, status: int, error: str) -> None:
        if status == self.status and self.stream is not None and self.refusal is None:
            self.stream.forget(self.accepted)
        super().reject(index, status, error)


# --- lines


class BadLineRollingBackUpload(RollingBackUpload):
    status = 400


class LastLineDroppingUpload(Upload):
    def last_line(self, tail: bytes) -> None:
        """Waits for an LF that does not come."""


class PartialLineForgivingUpload(Upload):
    def last_line(self, tail: bytes) -> None:
        try:
            self.parse(tail)
        except BadLine:
            return
        super().last_line(tail)


class BooleanTakingUpload(Upload):
    def parse(self, line: bytes) -> EventLine | CompletionLine | None:
        try:
            return super().parse(line)
        except BadLine:
            value = _object_of(line)
            if value.get("seq") is True and isinstance(value.get("event"), dict):
                return EventLine(1, value["event"])
            raise


def _object_of(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


class BadLineSkippingUpload(Upload):
    def reject(self, index: int, status: int, error: str) -> None:
        if status != 400 or index == 0:
            super().reject(index, status, error)


class TalkativeUpload(Upload):
    def reject(self, index: int, status: int, error: str) -> None:
        super().reject(index, status, error)
        if self.refusal is not None and self.stream is not None:
            self.refusal = replace(self.refusal, last=self.stream.last)


# --- live apply


class BufferingUpload(Upload):
    held = b""

    def feed(self, data: bytes) -> None:
        self.held += data

    def end(self) -> Reply:
        super().feed(self.held)
        return super().end()


# --- access


class AnyRunAccess(Access):
    """Every valid token opens every run."""

    def refuse(self, method: str, route: Route | None, authorization: str) -> Reply | None:
        refusal = super().refuse(method, route, authorization)
        return None if refusal is not None and refusal.status == 403 else refusal


class OpenDoorAccess(Access):
    """No token at all is as good as a valid one."""

    def refuse(self, method: str, route: Route | None, authorization: str) -> Reply | None:
        refusal = super().refuse(method, route, authorization)
        return None if refusal is not None and refusal.status == 401 and not authorization else refusal


class AnyMethodAccess(Access):
    def refuse(self, method: str, route: Route | None, authorization: str) -> Reply | None:
        return super().refuse("POST", route, authorization)


# --- the older protocol


def _any_word(headers: Mapping[str, str]) -> HeaderCompletion | None:
    word = headers.get(COMPLETE_HEADER, "")
    return header_completion({**headers, COMPLETE_HEADER: "true"}) if word.lower() in ("true", "1", "yes") else None


class HeaderFirstUpload(Upload):
    def final_seq(self) -> tuple[int, int] | None:
        if self.header is not None and self.header.final_seq is not None:
            return self.header.final_seq, 0
        return super().final_seq()


def _planted(make_parts: Callable[[], Mapping[str, Any]]) -> Callable[[dict[str, Any], Note], ServerTarget]:
    """A factory of the reference with these parts in place of its own."""

    def factory(config: dict[str, Any], note: Note) -> ServerTarget:
        return server_of(config, **make_parts())

    factory.serves = SERVES  # type: ignore[attr-defined]  # how a factory declares what it serves
    return factory


def _mutant(name: str, number: int, planted: str, origin: str = "", **parts: Any) -> Mutant:
    requirement = f"ING-SRV-{number}"
    return Mutant(f"ingest-server-{name}", "ingest", "server", (requirement,), planted, origin or requirement, _planted(lambda: parts))


_SHARED_POSITION = Mutant(
    "ingest-server-shared-position",
    "ingest",
    "server",
    ("ING-SRV-1",),
    "all runs share one position",
    "ING-SRV-1",
    _planted(lambda: {"stream_type": _one_stream_for_all()}),
)

SERVER_MUTANTS: tuple[Mutant, ...] = (
    _mutant("lagging-position", 1, "last_accepted_seq is that of before the request", upload_type=LaggingUpload),
    _SHARED_POSITION,
    _mutant("compared-duplicate", 2, "a duplicate with other content is refused", stream_type=ComparingStream),
    _mutant("miscounted-duplicate", 2, "duplicates are counted as accepted", upload_type=MiscountingUpload),
    _mutant("accepted-gap", 3, "a number beyond the next is accepted", stream_type=GapTakingStream),
    _mutant("line-behind-gap", 3, "lines behind a gap are applied", upload_type=GapSkippingUpload),
    _mutant("early-completion", 4, "the completion takes effect before the whole body is read", "M38", upload_type=EarlyCompletionUpload),
    _mutant("duplicate-before-completed", 4, "a duplicate on a completed run is answered 200", "M38", stream_type=DuplicateFirstStream),
    _mutant("refused-repeat", 4, "a repeated completion with another final_seq is refused", stream_type=StrictRepeatStream),
    _mutant("accepted-mismatch", 5, "a completion at any final_seq completes the run", stream_type=CompletingAnywhereStream),
    _mutant(
        "completing-mismatch", 5, "a completion that does not fit is refused, but completes the run", stream_type=CompletingInVainStream
    ),
    _mutant("one-line-too-many", 6, "1,001 event lines are taken", upload_type=GenerousUpload),
    _mutant("counted-completion", 6, "the completion line counts as an event line", upload_type=CompletionCountingUpload),
    _mutant("line-limit-in-characters", 6, "the length of a line is counted in characters", upload_type=CharacterCountingUpload),
    _mutant("limit-rolls-back", 6, "a body over a limit takes back the lines before it", upload_type=RollingBackUpload),
    _mutant("dropped-last-line", 7, "a last line without LF is ignored", upload_type=LastLineDroppingUpload),
    _mutant("forgiven-partial-line", 7, "a partial last line is ignored instead of refused", upload_type=PartialLineForgivingUpload),
    _mutant("buffered-body", 8, "lines are applied when the body has ended", upload_type=BufferingUpload),
    _mutant("bad-line-rolls-back", 9, "a bad line takes back the lines before it", "M38", upload_type=BadLineRollingBackUpload),
    _mutant("boolean-number", 9, "true is taken for the number 1", upload_type=BooleanTakingUpload),
    _mutant("skipped-bad-line", 9, "bad lines are skipped", upload_type=BadLineSkippingUpload),
    _mutant("talkative-400", 9, "a 400 tells last_accepted_seq", upload_type=TalkativeUpload),
    _mutant("any-run", 10, "a token of another run is let in", access_type=AnyRunAccess),
    _mutant("open-door", 10, "a request without a token is let in", access_type=OpenDoorAccess),
    _mutant("any-method", 10, "every method is taken for POST", access_type=AnyMethodAccess),
    _mutant("any-word-completes", 11, "True, 1 and yes complete a run by header as true does", header_rule=_any_word),
    _mutant("header-before-line", 11, "the header goes before the completion line", upload_type=HeaderFirstUpload),
)
"""Every mutant of the server. Three of them make M38 of the contract's table."""
