"""The linearizability of decisions on one tool call: small literal histories, and a comparison with a naive search."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations, permutations

import pytest

from streamproof.harness.checkers.durable_execution.linearizable import (
    Answer,
    CallHistory,
    Operation,
    contradiction,
    is_linearizable,
)


def ok(invoked: int, answered: int, approved: bool = True, told: bool | None = None, already: bool = False) -> Operation:
    return Operation(invoked, answered, approved, "accepted", told, already)


def refused(invoked: int, answered: int, approved: bool = True) -> Operation:
    return Operation(invoked, answered, approved, "refused")


def lost(invoked: int, approved: bool = True) -> Operation:
    return Operation(invoked, None, approved, "unknown")


def seen(entry: int, approved: bool) -> Operation:
    return Operation(0, entry, approved, "seen")


GOOD = {
    "nothing was asked": CallHistory((), pending=1),
    "one approval": CallHistory((ok(1, 2), seen(5, True))),
    "one denial": CallHistory((ok(1, 2, False), seen(5, False))),
    "the same decision again": CallHistory((ok(1, 2), ok(3, 4), ok(5, 6, already=True), refused(7, 8)), pending=0),
    "the opposite is refused": CallHistory((ok(1, 4), refused(2, 3, False)), pending=0),
    "the opposite is told what is recorded": CallHistory((ok(1, 4), ok(2, 3, False, told=True))),
    "the opposite is told that it comes too late": CallHistory((ok(1, 4), ok(2, 3, False, already=True))),
    "the first is told its own decision": CallHistory((ok(1, 2, told=True),)),
    "too early": CallHistory((refused(1, 2), ok(4, 5)), pending=3),
    "a refusal in doubt whether the call waited": CallHistory((refused(1, 2), ok(4, 5))),
    "a lost decision that was applied": CallHistory((lost(1, False), refused(2, 3), seen(4, False)), pending=0),
    "a lost decision that was not": CallHistory((lost(1, False), ok(2, 3), seen(4, True)), pending=0),
    "a lost decision that took effect late": CallHistory((lost(1, False), refused(2, 3)), pending=0),
    "the server's own denial": CallHistory((refused(1, 2), seen(3, False)), pending=0, lapses=True),
    "refused by a run that was over": CallHistory((refused(4, 5),), pending=0, closed=3),
    "nobody decided": CallHistory((refused(1, 2), lost(3)), pending=2, undecided=True),
}

BAD = {
    "both accepted": (CallHistory((ok(1, 4), ok(2, 3, False))), (1, 2)),
    "a bare success for the loser": (CallHistory((ok(1, 4), ok(2, 3, False), seen(6, True))), (2, 0)),
    "both refused": (CallHistory((refused(1, 4), refused(2, 3, False)), pending=0), (1, 2)),
    "told the wrong decision": (CallHistory((ok(1, 2), ok(3, 4, False, told=False), seen(5, True))), (3, 0)),
    "the loser was applied": (CallHistory((ok(1, 2), refused(3, 4, False), seen(5, False))), (1, 0)),
    "refused but applied": (CallHistory((refused(1, 2), seen(3, True))), (1, 0)),
    "applied before it was asked": (CallHistory((ok(5, 6), seen(3, True))), (0,)),
    "the first is told that it comes too late": (CallHistory((ok(1, 2, already=True),)), (1,)),
    "accepted behind a decision told earlier": (CallHistory((ok(1, 2, told=True), ok(3, 4, False))), (1, 3)),
    "accepted and still undecided": (CallHistory((ok(1, 2), lost(3, False)), undecided=True), (1,)),
    "approved and denied were seen": (CallHistory((lost(1), lost(2, False), seen(4, True), seen(5, False))), (0, 0)),
    "refused though nobody had decided": (CallHistory((refused(3, 4), ok(5, 6)), pending=2), (3,)),
    "the first decision came later": (CallHistory((refused(1, 2, False), lost(3)), pending=0), (1,)),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_histories_are_linearizable(name: str) -> None:
    """One decision explains all answers."""
    assert is_linearizable(GOOD[name])
    assert contradiction(GOOD[name]) is None


@pytest.mark.parametrize("name", BAD)
def test_bad_histories_name_the_answers_that_clash(name: str) -> None:
    """What cannot be true is found, and the smallest set of answers that says so."""
    call, clash = BAD[name]
    assert not is_linearizable(call)
    found = contradiction(call)
    assert found is not None
    assert sorted(operation.invoked for operation in found) == sorted(clash)


def test_the_explanation_names_asking_and_answer() -> None:
    """The words of an operation say what was asked, at which entry, and what came of it."""
    words = [str(row) for row in (ok(1, 2), refused(3, 4, False), ok(5, 6, told=False), ok(7, 8, already=True), lost(9), seen(10, False))]
    assert words == [
        "approve (entry 1) was accepted",
        "deny (entry 3) was refused",
        "approve (entry 5) was told that the call is denied",
        "approve (entry 7) was told that the call is decided already",
        "approve (entry 9) has no known answer",
        "the call was seen denied (entry 10)",
    ]


def test_many_racing_decisions_are_searched_at_once() -> None:
    """Twenty-four approvals and denials in parallel, of which all but one are refused, take no time to explain."""
    race = tuple(refused(number, 100 + number, number % 2 == 0) for number in range(1, 24))
    assert is_linearizable(CallHistory((*race, ok(30, 60)), pending=0))
    assert not is_linearizable(CallHistory((*race, ok(30, 60), ok(31, 61, False)), pending=0))
    early = CallHistory((*race, ok(200, 260), ok(201, 261, False)), pending=150)
    assert [operation.invoked for operation in contradiction(early) or ()] == [200, 201]


def test_the_search_agrees_with_a_naive_one() -> None:
    """On 1,500 small random histories the search says what trying every order of every subset says."""
    random_ = random.Random(20)
    verdicts = [(is_linearizable(call), _naively(call)) for call in (_drawn(random_) for _ in range(1_500))]
    assert all(found == expected for found, expected in verdicts)
    assert 200 < sum(found for found, _ in verdicts) < 1_300


def test_the_explanation_is_minimal_on_random_histories() -> None:
    """Each contradiction is one by itself, and none of its answers can be left out."""
    random_ = random.Random(21)
    for call in (_drawn(random_) for _ in range(300)):
        clash = contradiction(call)
        assert (clash is None) == is_linearizable(call)
        for left_out in clash or ():
            rest = tuple(row.forgotten() if row is left_out else row for row in _only(call, clash or ()))
            assert is_linearizable(CallHistory(rest, call.pending, call.closed, call.undecided, call.lapses))


def _only(call: CallHistory, kept: Sequence[Operation]) -> tuple[Operation, ...]:
    return tuple(row if any(row is one for one in kept) else row.forgotten() for row in call.operations)


def _drawn(random_: random.Random) -> CallHistory:
    moments = list(range(1, 11))
    random_.shuffle(moments)
    operations = []
    for _ in range(random_.randint(1, 4)):
        first, last = sorted((moments.pop(), moments.pop()))
        approved = random_.random() < 0.5
        answers: list[Answer] = ["accepted", "accepted", "refused", "unknown", "seen"]
        answer = random_.choice(answers)
        told = random_.choice([None, None, True, False]) if answer == "accepted" else None
        already = answer == "accepted" and random_.random() < 0.2
        invoked = 0 if answer == "seen" else first
        operations.append(Operation(invoked, None if answer == "unknown" else last, approved, answer, told, already))
    pending = random_.choice([None, 0, 4])
    return CallHistory(tuple(operations), pending, random_.choice([None, None, 7]), random_.random() < 0.1, random_.random() < 0.1)


def _naively(call: CallHistory) -> bool:
    """Every subset of the unknown operations, every order that agrees with real time, one walk through the register each."""
    operations = [*call.operations, *([Operation(0, None, False, "unknown")] if call.lapses else [])]
    owed = [row for row in operations if row.definite]
    maybe = [row for row in operations if not row.definite and row.answer == "unknown"]
    chosen = (chosen for size in range(len(maybe) + 1) for chosen in combinations(maybe, size))
    return any(_walk(call, order) for extra in chosen for order in permutations([*owed, *extra]))


def _walk(call: CallHistory, order: Sequence[Operation]) -> bool:
    value: bool | None = None
    for place, row in enumerate(order):
        if any(later.answered is not None and later.answered < row.invoked for later in order[place:]):
            return False
        wants = row.approved
        if row.answer == "unknown":
            value = wants if value is None else value
        elif row.answer == "seen":
            if value is not wants:
                return False
        elif row.answer == "refused":
            late = call.closed is not None and row.answered is not None and row.answered > call.closed
            if value is None and call.pending is not None and row.invoked >= call.pending and not late:
                return False
        elif value is None:
            if row.already or row.told is (not wants):
                return False
            value = wants
        elif (row.told is not value) if row.told is not None else not (row.already or value is wants):
            return False
    return not (call.undecided and value is not None)
