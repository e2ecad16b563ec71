"""Decisions on calls: each call has one, recorded once, together with the status of its run.

=================== ==============================================================================================
``ACCEPTED``        recorded now; the run has left ``suspended``
``REPEATED``        the same decision was recorded before: nothing changes
``OPPOSITE``        the other decision was recorded before: nothing changes
``NOT_PENDING``     the call is known, but its approval is not asked for (yet, or at all)
``UNKNOWN_CALL``    the run has no such call
``OVER``            the run was completed or failed
``BROKEN``          something broke; whether the decision was recorded is unknown
=================== ==============================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .records import Call, Run
from .store import Store


class Outcome(Enum):
    ACCEPTED = "accepted"
    REPEATED = "repeated"
    OPPOSITE = "opposite"
    NOT_PENDING = "not pending"
    UNKNOWN_CALL = "unknown call"
    OVER = "over"
    BROKEN = "broken"


@dataclass(frozen=True)
class Decision:
    """What a client says."""

    approved: bool
    reason: str | None = None


@dataclass(frozen=True)
class Decided:
    """``approved``: what is recorded; None if nothing is."""

    outcome: Outcome
    approved: bool | None = None

    @property
    def good(self) -> bool:
        """The decision stands, as the client gave it."""
        return self.outcome in (Outcome.ACCEPTED, Outcome.REPEATED)


class Approvals:
    def __init__(self, store: Store) -> None:
        self.store = store

    def decide(self, run_id: str, call_id: str, decision: Decision) -> Decided:
        """Records the decision if the call waits for it. Nothing else runs meanwhile: there is no ``await`` in here."""
        run = self.store.run(run_id)
        if run.over:
            return Decided(Outcome.OVER)
        call = self.find_call(run, call_id)
        if call is None:
            return Decided(Outcome.UNKNOWN_CALL)
        if call.approved is not None:
            return Decided(Outcome.REPEATED if call.approved == decision.approved else Outcome.OPPOSITE, call.approved)
        if call.state != "pending":
            return Decided(Outcome.NOT_PENDING)
        self.record(call, decision)
        return Decided(Outcome.ACCEPTED, decision.approved)

    def find_call(self, run: Run, call_id: str) -> Call | None:
        return self.store.call(run.id, call_id)

    def record(self, call: Call, decision: Decision) -> None:
        with self.store.change(call.run_id) as change:
            change.decide(call, decision.approved, None if decision.approved else decision.reason)
