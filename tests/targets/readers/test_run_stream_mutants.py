"""The planted bugs of the run-stream reader: the table is sound, and none of them is a mere crash."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from streamproof.harness.contracts.run_stream import RUN_STREAM
from streamproof.harness.targets.mutants.base import Mutant
from streamproof.harness.targets.mutants.run_stream_reader import READER_MUTANTS

REQUIREMENTS = {row.id for row in RUN_STREAM.requirements}


def test_the_table_is_sound() -> None:
    """Names are unique and kebab-case, requirements exist, one or two a mutant."""
    assert len({mutant.name for mutant in READER_MUTANTS}) == len(READER_MUTANTS)
    for mutant in READER_MUTANTS:
        assert re.fullmatch(r"run-stream(-[a-z0-9]+)+", mutant.name)
        assert (mutant.contract, mutant.role) == ("run-stream", "reader")
        assert 1 <= len(mutant.requirements) <= 2
        assert set(mutant.requirements) <= REQUIREMENTS
        assert mutant.planted
        assert mutant.origin


def test_each_requirement_has_a_mutant() -> None:
    """No requirement stands without a bug that breaks it."""
    assert {row for mutant in READER_MUTANTS for row in mutant.requirements} == REQUIREMENTS


def test_each_row_of_the_contracts_list_has_a_mutant() -> None:
    """M1, M2 and M24 to M37; a row of two variants has two at least."""
    rows = Counter(int(row) for mutant in READER_MUTANTS for row in re.findall(r"\bM(\d+)", mutant.origin))
    assert set(rows) == {1, 2, *range(24, 38)}
    assert {row for row, count in rows.items() if count > 1} >= {1, 26, 30, 32, 33, 34}


@pytest.mark.parametrize("mutant", READER_MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_lives_through_a_calm_day(run_stream: SimpleNamespace, mutant: Mutant) -> None:
    """A bug is no crash: with healthy servers each of them asks, tells a snapshot, and lets go when it is closed."""

    async def main(play: Any) -> None:
        play.reader().watch()
        await asyncio.sleep(1)
        play.server.append(*run_stream.marked(2, 3))
        await asyncio.sleep(1)
        play.server.finish()
        await asyncio.sleep(200)

    play = run_stream.simulate(main, log=run_stream.marked(1), reader=mutant.factory)
    assert play.server.of("run")
    assert "snapshot" in play.names
    assert play.server.of("stream")
