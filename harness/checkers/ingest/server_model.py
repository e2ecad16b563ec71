"""What a right server does with a body, piece by piece: the rules of ING-SRV as a model to compare answers with.

Written from the contract alone and not shared with the fake servers, so that each finds the mistakes of the other.
Each expectation names the requirement that decides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .server_pieces import Piece, piece_size

LINE_BYTES_MAX = 1_000_000
BODY_BYTES_MAX = 5_000_000
EVENT_LINES_MAX = 1_000

ACCEPT, DUPLICATE, GAP, COMPLETED = "ING-SRV-1", "ING-SRV-2", "ING-SRV-3", "ING-SRV-4"
MISMATCH, LIMITS, LAST_LINE, LIVE = "ING-SRV-5", "ING-SRV-6", "ING-SRV-7", "ING-SRV-8"
BAD_LINE, ACCESS, HEADER = "ING-SRV-9", "ING-SRV-10", "ING-SRV-11"


@dataclass(frozen=True, eq=False)
class Doubt:
    """A completion was sent that must not have taken effect, by this requirement; the next event lines show it."""

    requirement: str


@dataclass
class ModelStream:
    """``completed``: the requirement by which it was completed, or None."""

    last: int = 0
    completed: str | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True)
class Expected:
    """The right answer. ``requirement`` decides it. ``last`` None: the position must not be told.

    ``last_min``: where the contract leaves open how much of the body was applied, the lowest legal position.
    """

    status: int
    requirement: str
    last: int | None = None
    last_min: int | None = None
    accepted: int = 0
    duplicate: int = 0
    events: int = 0


@dataclass
class ModelBody:
    """One request body on its way in. ``header``: None, or (complete, final_seq) as the headers of the older protocol say."""

    stream: ModelStream
    header: tuple[str, str | None] | None = None
    accepted: int = 0
    duplicate: int = 0
    events: int = 0
    body_bytes: int = 0
    refusal: Expected | None = None
    _completion: tuple[int, str] | None = field(default=None, repr=False)
    _special: str | None = field(default=None, repr=False)
    """A requirement that this body puts to the test even when everything in it is right."""

    def __post_init__(self) -> None:
        if self.header is None:
            return
        if self.header[0] != "true":
            self._raise_doubt(HEADER)
        elif header_number(self.header[1]) is None:
            self._refuse(400, HEADER)
            self._raise_doubt(HEADER)

    def apply(self, pieces: Sequence[Piece]) -> None:
        """Takes the next pieces of the body, as they arrive."""
        for piece in pieces:
            if self.refusal is not None:
                return
            before = self.stream.last
            self.body_bytes += piece_size(piece)
            self._apply(piece)
            if self.body_bytes == BODY_BYTES_MAX:
                self._special = LIMITS
            if self.body_bytes > BODY_BYTES_MAX:
                self._overflow(before)

    def end(self) -> Expected:
        """The whole body was read."""
        if self.refusal is None:
            self._complete()
        return self.refusal or self._success()

    def cut(self) -> None:
        """The body ends in mid-air: what was applied stays, and a completion in it completes nothing."""
        if self._completion is not None:
            self._raise_doubt(COMPLETED)

    # --- pieces

    def _apply(self, piece: Piece) -> None:
        word = piece[0]
        if word in ("blank", "bad", "partial") and not piece[1].strip():
            return
        if word in ("bad", "bad-hex") or self._completion is not None:
            self._refuse(400, BAD_LINE)
        elif word == "partial":
            self._refuse(400, LAST_LINE)
        elif word == "events":
            for seq in range(piece[1], piece[1] + piece[2]):
                if self.refusal is None:
                    self._event(seq)
        elif piece[1] < (0 if word in ("complete", "last-complete") else 1):
            self._refuse(400, LAST_LINE if word.startswith("last-") else BAD_LINE)  # a smaller number than a line may have
        elif word in ("complete", "last-complete"):
            self._completion = int(piece[1]), COMPLETED if word == "complete" else LAST_LINE
        elif word == "sized" and piece[2] > LINE_BYTES_MAX:
            self._refuse(413, LIMITS)
        else:
            self._event(piece[1])
            if word == "last-event":
                self._special = LAST_LINE
            elif word == "sized" and piece[2] == LINE_BYTES_MAX:
                self._special = LIMITS

    def _event(self, seq: int) -> None:
        if seq < 1:
            self._refuse(400, BAD_LINE)
            return
        self.events += 1
        if self.events > EVENT_LINES_MAX:
            self._refuse(413, LIMITS)
        elif self.stream.completed:
            self._refuse(409, HEADER if self.stream.completed == HEADER else COMPLETED)
        elif seq <= self.stream.last:
            self.duplicate += 1
        elif seq > self.stream.last + 1:
            self._refuse(409, GAP)
        else:
            self.accepted += 1
            self.stream.last = seq
            if self.events == EVENT_LINES_MAX:
                self._special = LIMITS

    def _overflow(self, last_before: int) -> None:
        """A server may refuse from the Content-Length alone, or with the segment that goes over: any prefix is legal."""
        lowest = self.stream.last - self.accepted
        self.stream.last = last_before
        self.refusal = Expected(413, LIMITS, last_before, lowest, events=self.events)

    # --- the end

    def _complete(self) -> None:
        asked = self._asked()
        if asked is None:
            return
        final_seq, requirement = asked
        if not self.stream.completed and final_seq != self.stream.last:
            self._refuse(409, HEADER if requirement == HEADER else MISMATCH)
            self._raise_doubt(HEADER if requirement == HEADER else MISMATCH)
            return
        self.stream.completed = self.stream.completed or requirement
        self.stream.doubt = None
        self._special = self._special or requirement

    def _asked(self) -> tuple[int, str] | None:
        """(final_seq, deciding requirement) of the completion this body asks for. A line goes before the headers."""
        if self._completion is not None:
            return self._completion if self.header is None else (self._completion[0], HEADER)
        number = header_number(self.header[1]) if self.header is not None and self.header[0] == "true" else None
        return None if number is None else (number, HEADER)

    def _raise_doubt(self, requirement: str) -> None:
        if not self.stream.completed:
            self.stream.doubt = Doubt(requirement)

    def _refuse(self, status: int, requirement: str) -> None:
        if self._completion is not None:
            self._raise_doubt(COMPLETED)
        last = None if status == 400 else self.stream.last
        self.refusal = Expected(status, requirement, last, events=self.events)

    def _success(self) -> Expected:
        requirement = self._special
        if requirement is None and self.header is not None:
            requirement = HEADER
        if requirement is None:
            requirement = DUPLICATE if self.duplicate else ACCEPT
        return Expected(200, requirement, self.stream.last, None, self.accepted, self.duplicate, self.events)


def header_number(text: str | None) -> int | None:
    """The final number of the older protocol: decimal digits, nothing else."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
