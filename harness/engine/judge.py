"""From one history to one judgement a requirement. A crashed checker is our own fault: inconclusive, never pass, never fail."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

from ..checkers import CHECKERS
from ..contracts.durable_execution_roles import WITHOUT
from ..values.history import Header, History
from ..values.requirement import Contract, Requirement
from ..values.verdict import Judgement, not_judged


def judge_history(contract: Contract, history: History) -> Mapping[str, Judgement]:
    """Requirement id -> judgement, for every requirement of the roles that the history is about. Pure."""
    judgements: dict[str, Judgement] = {}
    for role in _roles(contract, history.header):
        make_view, checkers = CHECKERS[contract.name, role]
        try:
            view = make_view(history)
        except Exception:
            crashed = _crashed("the view of the history")
            judgements.update({row.id: crashed for row in contract.requirements if row.role == role})
            continue
        for row in contract.requirements:
            if row.role != role:
                continue
            reason = cannot_judge(row, history.header)
            if reason is not None:
                judgements[row.id] = not_judged(reason)
                continue
            try:
                judgements[row.id] = checkers[row.id](view)
            except Exception:
                judgements[row.id] = _crashed(f"the checker of {row.id}")
    return judgements


def _roles(contract: Contract, header: Header) -> list[str]:
    """The roles, or roles together, that have requirements which concern the history."""
    concerned = (row.role for row in contract.requirements if set(row.roles) & set(header.roles))
    return list(dict.fromkeys(concerned))


def cannot_judge(row: Requirement, header: Header) -> str | None:
    """Why a requirement cannot be judged at all on such histories, or None."""
    return not_applicable(row, header.capabilities, header.world, internal=header.internal)


def not_applicable(row: Requirement, capabilities: tuple[str, ...], world: str, *, internal: bool) -> str | None:
    """Why a requirement cannot be judged for a target with these capabilities in this world, or None."""
    if row.untested is not None:
        return f"untested: {row.untested}"
    missing = [need for need in row.needs if need not in capabilities]
    if missing:
        if missing[0] in WITHOUT:
            return WITHOUT[missing[0]]
        return f"capability not declared: {', '.join(missing)}"
    if row.internal and not internal:
        return "internal: only an implementation that runs in process can be judged"
    if world not in row.worlds:
        return f"cannot be judged in {world}"
    return None


def _crashed(what: str) -> Judgement:
    where = traceback.format_exc(limit=-2).strip().replace("\n", " | ")
    return Judgement(False, f"fault of the harness: {what} crashed: {where}", inconclusive=True, harness_fault=True)
