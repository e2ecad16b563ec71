"""The table of all mutants, beside the tables of all requirements."""

from __future__ import annotations

import pytest

from streamproof.catalog import catalog

TABLES = catalog()


@pytest.mark.parametrize("contract", TABLES.contracts)
def test_every_requirement_has_a_mutant(contract: str) -> None:
    """A requirement that no mutant breaks could be judged by a check that cannot fail."""
    tested = {requirement.id for requirement in TABLES.contracts[contract].requirements if requirement.untested is None}
    broken = {name for mutant in TABLES.targets.mutants.values() if mutant.contract == contract for name in mutant.requirements}
    assert broken == tested
