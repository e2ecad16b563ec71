"""Whether the recorded answers to the decisions on one tool call can all be true at once.

The model is a register that is written once: a call is undecided, then approved or denied for ever. Each decision that a client
sent is an operation, from the entry at which it was asked to the entry at which its answer was known. It took effect at one
moment in between; one whose answer is unknown took effect at any moment from its asking on, or never. A history is
*linearizable* if the moments can be chosen so that the register explains every answer.

What was seen of the decision (an effect, a message of the tool, a frame) is an operation too: by then the register held that value.
The search is that of Wing and Gong, cut short by what the register is. While it is undecided, an operation that leaves it so
takes its moment as soon as it may: that never stands in the way of another. So only the first decision is a choice, and from
then on nothing changes any more, so that the order of the rest is free.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Answer = Literal["accepted", "refused", "unknown", "seen"]
Value = bool | None
"""What the register holds: True approved, False denied, None undecided."""

_WORDS: dict[Value, str] = {True: "approved", False: "denied", None: "decided already"}


@dataclass(frozen=True)
class Operation:
    """``invoked``, ``answered``: entry numbers; ``answered`` None means that nothing is known of the end.

    ``accepted`` is a 200. ``told`` is then the decision that its body calls the recorded one (None: none), and ``already`` says
    that the body calls the call decided before. ``seen`` is no request: the register held ``approved`` at or before ``answered``.
    """

    invoked: int
    answered: int | None
    approved: bool
    answer: Answer
    told: Value = None
    already: bool = False

    @property
    def definite(self) -> bool:
        """Whether it must have had a moment."""
        return self.answered is not None and self.answer != "unknown"

    def forgotten(self) -> Operation:
        """The same, had its answer been lost, or had nobody looked."""
        if self.answer == "seen":
            return replace(self, answered=None)
        return replace(self, answered=None, answer="unknown", told=None, already=False)

    def __str__(self) -> str:
        if self.answer == "seen":
            return f"the call was seen {_WORDS[self.approved]} (entry {self.answered})"
        words = {"accepted": "was accepted", "refused": "was refused", "unknown": "has no known answer"}[self.answer]
        if self.already or self.told is not None:
            words = f"was told that the call is {_WORDS[self.told]}"
        return f"{'approve' if self.approved else 'deny'} (entry {self.invoked}) {words}"


@dataclass(frozen=True)
class CallHistory:
    """All that was asked and seen of one tool call.

    ``pending``: the entry from which on the call surely waited for a decision, so that none was refused while it had none; None
    if that is not known. ``closed``: the entry from which on it may have waited no more though nobody had decided.
    ``undecided``: at the end it surely had no decision. ``lapses``: the server may deny it by itself, after its time-out.
    """

    operations: tuple[Operation, ...]
    pending: int | None = None
    closed: int | None = None
    undecided: bool = False
    lapses: bool = False

    def may_refuse_undecided(self, operation: Operation) -> bool:
        if self.pending is None or operation.invoked < self.pending:
            return True
        return self.closed is not None and operation.answered is not None and operation.answered > self.closed


def is_linearizable(call: CallHistory) -> bool:
    """Whether one decision, taken once, explains all answers. Cubic in the number of operations at worst."""
    return _Search(call).succeeds()


def contradiction(call: CallHistory) -> tuple[Operation, ...] | None:
    """The answers that cannot all be true, none of which can be left out, in their order; None if all can be."""
    if is_linearizable(call):
        return None
    operations = list(call.operations)
    # Refusals are left out first: that two answers said yes explains more than that one said no.
    for place in sorted(range(len(operations)), key=lambda place: operations[place].answer != "refused"):
        kept, operations[place] = operations[place], operations[place].forgotten()
        if is_linearizable(replace(call, operations=tuple(operations))):
            operations[place] = kept
    return tuple(operation for operation in operations if operation.definite)


class _Search:
    def __init__(self, call: CallHistory) -> None:
        self.call = call
        lapse = (Operation(0, None, False, "unknown"),) if call.lapses else ()
        self.operations = (*call.operations, *lapse)

    def succeeds(self) -> bool:
        waiting = self._after_refusals()
        if not any(operation.definite for operation in waiting):
            return True
        return any(
            self._explains(value, waiting)
            for operation in self._next(waiting)
            for value in self._outcomes(operation, None)
            if value is not None
        )

    def _after_refusals(self) -> list[Operation]:
        """What is left when all that may be answered by an undecided call has been."""
        waiting = list(self.operations)
        while any(operation.definite for operation in waiting):
            quiet = [operation for operation in self._next(waiting) if None in self._outcomes(operation, None)]
            if not quiet:
                break
            waiting = [operation for operation in waiting if not any(operation is other for other in quiet)]
        return waiting

    def _explains(self, value: bool, waiting: list[Operation]) -> bool:
        """Whether a decision that is taken now explains all that is left."""
        return not self.call.undecided and all(self._outcomes(operation, value) for operation in waiting if operation.definite)

    def _next(self, waiting: list[Operation]) -> Iterator[Operation]:
        """Those that may come next: nothing that is still without a moment was answered before they were asked."""
        first_answer = min(operation.answered for operation in waiting if operation.definite and operation.answered is not None)
        return (operation for operation in waiting if operation.invoked < first_answer)

    def _outcomes(self, operation: Operation, value: Value) -> tuple[Value, ...]:
        """The value that the register holds when ``operation`` has taken effect; empty if its answer would be untrue."""
        if operation.answer == "unknown":
            return (operation.approved,) if value is None else (value,)
        if operation.answer == "seen":
            return (value,) if value is operation.approved else ()
        if operation.answer == "refused":
            return (value,) if value is not None or self.call.may_refuse_undecided(operation) else ()
        return _accepted(operation, value)


def _accepted(operation: Operation, value: Value) -> tuple[Value, ...]:
    """A 200 is true of the first decision, of the same one again, and of the other one if it tells what is recorded."""
    if value is None:
        is_first = not operation.already and operation.told in (None, operation.approved)
        return (operation.approved,) if is_first else ()
    if operation.told is not None:
        return (value,) if operation.told is value else ()
    return (value,) if operation.already or value is operation.approved else ()
