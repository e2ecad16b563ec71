"""The mutants of the server of durable executions: the table of them, and that each is a server all the same."""

from __future__ import annotations

import re

import pytest

from streamproof.fake_servers.durable_execution.mutants import DURABLE_SERVER_MUTANTS
from streamproof.fake_servers.durable_execution.reference import SERVES
from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.example import run_example
from streamproof.harness.engine.scenario import Setting
from streamproof.harness.targets.declared import serves_from_json
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.targets.mutants.base import Mutant
from streamproof.harness.worlds.table import make_world
from streamproof.scenarios.durable_execution.approval_draws import approve, case, create, script, status
from streamproof.scenarios.durable_execution.approval_seen import SEEN_SUSPENDED

CONTRACT = CONTRACTS["durable-execution"]
TESTED = {row.id for row in CONTRACT.requirements if row.role == "server" and row.untested is None}
ROWS_OF_A_CLIENT = {25, 27}
ROWS_WITHOUT_A_WIRE_EFFECT = {22, 23, 24}


def test_the_table_is_sound() -> None:
    """Names are unique and kebab-case, and each says what is planted and where the idea comes from."""
    names = [mutant.name for mutant in DURABLE_SERVER_MUTANTS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"durable(-[a-z0-9]+)+", name) for name in names)
    assert all(mutant.planted and mutant.origin and mutant.requirements for mutant in DURABLE_SERVER_MUTANTS)
    assert {(mutant.contract, mutant.role) for mutant in DURABLE_SERVER_MUTANTS} == {("durable-execution", "server")}


def test_each_requirement_has_a_mutant() -> None:
    """No requirement that can be tested stands without a bug that breaks it."""
    assert {name for mutant in DURABLE_SERVER_MUTANTS for name in mutant.requirements} == TESTED


def test_each_row_of_the_contracts_list_has_a_mutant() -> None:
    """M-C01 to M-C35, but for what a client does and what nobody sees."""
    rows = {int(row) for mutant in DURABLE_SERVER_MUTANTS for row in re.findall(r"\bM-C(\d+)", mutant.origin)}
    assert rows == set(range(1, 36)) - ROWS_OF_A_CLIENT - ROWS_WITHOUT_A_WIRE_EFFECT


@pytest.mark.parametrize("mutant", DURABLE_SERVER_MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_serves(mutant: Mutant) -> None:
    """A bug is no crash: each of them opens, answers a creation, an approval and a question, and closes."""
    target = InProcessTarget("under test", lambda contract, role: mutant.factory, serves=serves_from_json(SERVES))
    setting = Setting("executions", "sim", (), {}, ("server",))
    workload = [create(script([["pay"]])), status(), approve(), status()]
    example = run_example(CONTRACT, SEEN_SUSPENDED, case("seen-suspended", setting, workload), target, make_world("sim"))
    assert example.trouble is None
    assert example.history.entries[-1].kind in ("close", "closed")
    assert any(entry.data["status"] for entry in example.history.of_kind("head"))
