"""The planted bugs of the role sender: the table is sound, and a few that need a certain course of events show in just that."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from streamproof.harness.contracts.ingest import INGEST
from streamproof.harness.targets.mutants.base import Mutant
from streamproof.harness.targets.mutants.ingest_sender import SENDER_MUTANTS

BY_NAME = {mutant.name: mutant for mutant in SENDER_MUTANTS}
SENDER_REQUIREMENTS = {row.id for row in INGEST.requirements if row.role == "sender"}


def test_the_table_is_sound() -> None:
    """Names are unique and kebab-case, requirements exist, one or two a mutant."""
    assert len(BY_NAME) == len(SENDER_MUTANTS)
    for mutant in SENDER_MUTANTS:
        assert re.fullmatch(r"ingest(-[a-z0-9]+)+", mutant.name)
        assert (mutant.contract, mutant.role) == ("ingest", "sender")
        assert 1 <= len(mutant.requirements) <= 2
        assert set(mutant.requirements) <= SENDER_REQUIREMENTS
        assert mutant.planted
        assert mutant.origin


def test_each_requirement_of_the_sender_has_a_mutant() -> None:
    """No requirement stands without a bug that breaks it."""
    assert {row for mutant in SENDER_MUTANTS for row in mutant.requirements} == SENDER_REQUIREMENTS


def test_each_row_of_the_contracts_list_has_a_mutant() -> None:
    """M3 to M23; a row of two variants has two."""
    rows = Counter(int(row) for mutant in SENDER_MUTANTS for row in re.findall(r"\bM(\d+)", mutant.origin))
    assert set(rows) == set(range(3, 24))
    assert [row for row, count in rows.items() if count > 1] == [22, 10, 18]


@pytest.mark.parametrize("mutant", SENDER_MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_gets_through_a_calm_day_or_gives_up(ingest: SimpleNamespace, mutant: Mutant) -> None:
    """A bug is no crash: with a healthy peer each of them takes events in, and its stop returns in the end."""

    async def main(play: Any) -> None:
        sender = play.sender()
        value = sender.enqueue(ingest.event(1))
        if asyncio.iscoroutine(value):
            await value
        await asyncio.sleep(1)
        try:
            await sender.stop(complete=True)
        except Exception as error:  # the one outcome that is no error of the sender
            assert type(error).__name__ == "Unknown"  # noqa: PT017  # raised or not, both are right

    server = ingest.simulate(main, sender=mutant.factory)
    assert server.seen or mutant.name == "ingest-url-raw-id"


@pytest.mark.parametrize(
    ("faults", "accepted"),
    [
        (("lost answer", "reset"), [1, 1]),
        (("lost answer",), [1]),
        (("reset", "reset"), [1]),
        (("lost answer", "true answer", "reset"), [1]),
    ],
)
def test_a_lost_answer_is_renumbered_only_when_the_retry_is_reset(
    ingest: SimpleNamespace, faults: tuple[str, ...], accepted: list[int]
) -> None:
    """Neither fault alone shows the bug: it takes the lost answer and then the reset."""
    does = {"lost answer": ingest.lost(commit=True), "reset": ingest.lost(commit=False), "true answer": None}

    async def main(play: Any) -> None:
        sender = play.sender()
        sender.enqueue(ingest.event(1))
        await asyncio.sleep(8)
        await sender.stop()

    server = ingest.simulate(main, None, *[does[fault] for fault in faults], sender=BY_NAME["ingest-lost-answer-renumbered"].factory)
    assert [event["k"] for event in server.events] == accepted


@pytest.mark.parametrize(
    ("name", "numbers"), [("ingest-shift-on-every-sync", [[1, 2], [3, 4]]), ("ingest-renumber-after-failure", [[1, 2], [1, 2]])]
)
def test_what_follows_a_lost_answer(ingest: SimpleNamespace, name: str, numbers: list[list[int]]) -> None:
    """The uploads of a mutant that gets this wrong, where the reference would send no second one."""

    async def main(play: Any) -> None:
        play.sender().enqueue_many([ingest.event(1), ingest.event(2)])
        await asyncio.sleep(5)

    server = ingest.simulate(main, None, ingest.lost(commit=True), sender=BY_NAME[name].factory)
    assert [seen.numbers for seen in server.seen if seen.numbers] == numbers
