"""Which roles of a scenario a target plays: those that it serves. What it does not serve is played by the reference."""

from __future__ import annotations

from ..targets.base import Target
from ..values.requirement import Contract


def served(contract: Contract, roles: tuple[str, ...], target: Target) -> tuple[str, ...]:
    """Those of ``roles`` that the target serves. One that declares nothing is taken for the first of them."""
    if not target.declares:
        return roles[:1]
    return tuple(role for role in roles if target.capabilities(contract.roles[role].contract, role) is not None)


def capabilities(contract: Contract, roles: tuple[str, ...], target: Target) -> tuple[str, ...] | None:
    """What the target declares for every one of ``roles`` that it serves, or None when it serves none of them."""
    rows = [
        (*(target.capabilities(contract.roles[role].contract, role) or ()), *target.implied(contract.roles[role]))
        for role in served(contract, roles, target)
    ]
    if not rows:
        return None
    return tuple(name for name in rows[0] if all(name in row for row in rows))
