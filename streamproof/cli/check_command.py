"""`streamproof check`: a recorded history, from here or from production, judged as any other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from ..catalog import catalog
from ..harness.engine.excerpt import excerpt
from ..harness.engine.files import load_history
from ..harness.engine.judge import judge_history
from ..harness.values.history import History
from ..harness.values.requirement import Contract
from ..harness.values.verdict import Judgement
from .errors import AT_FAULT, NOT_JUDGED
from .terminal import print_table, say


@click.command("check")
@click.argument("history", type=click.Path(path_type=Path))
def command(history: Path) -> int:
    """Judge a recorded history (NDJSON), as `run --keep-histories` and `serve --history` write them."""
    names = catalog()
    recorded = load_history(history, names)
    contract = names.contracts[recorded.header.contract]
    judgements = judge_history(contract, recorded)
    _print_findings(contract, recorded, judgements)
    print_table(("requirement", "level", "verdict", ""), [_row(contract, id, judgements[id]) for id in judgements])
    judged = sum(judgement.judged for judgement in judgements.values())
    findings = sum(len(judgement.findings) for judgement in judgements.values())
    say()
    say(f"{findings} findings, {judged} of {len(judgements)} requirements judged, {len(recorded.entries)} entries")
    return _exit_code(contract, judgements)


def _exit_code(contract: Contract, judgements: Mapping[str, Judgement]) -> int:
    """One history needs to be no more than it is: what it says nothing about is not held against it."""
    musts = [judgement for id, judgement in judgements.items() if contract.by_id[id].level == "MUST"]
    if any(judgement.findings for judgement in musts):
        return 1
    if any(judgement.harness_fault for judgement in musts):
        return AT_FAULT
    if any(judgement.inconclusive for judgement in musts) or not any(judgement.judged for judgement in judgements.values()):
        return NOT_JUDGED
    return 0


def _print_findings(contract: Contract, recorded: History, judgements: Mapping[str, Judgement]) -> None:
    for id, judgement in judgements.items():
        for finding in judgement.findings:
            say(f"FAIL {id} ({contract.by_id[id].level}): {finding.message}", "bold red")
            for line in excerpt(recorded, [finding]):
                say(f"    {line}")


def _row(contract: Contract, id: str, judgement: Judgement) -> tuple[str, str, str, str]:
    verdict = "fail" if judgement.findings else "inconclusive" if judgement.inconclusive else "pass" if judgement.judged else "not_run"
    return id, contract.by_id[id].level, verdict, judgement.reason or ""
