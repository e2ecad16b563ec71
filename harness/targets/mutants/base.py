"""What a mutant is: a reference with one planted bug, and the requirement that must catch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Factory = Callable[..., Any]
"""``factory(config, note)`` as for any target in process; it returns the object with the bug."""


@dataclass(frozen=True)
class Mutant:
    """One planted bug.

    ``name`` is kebab-case and begins with the contract. ``requirements``: caught when any one of these fails. ``planted`` says in
    one sentence what is wrong. ``origin`` says where the idea comes from (a row of the contract's table, or a requirement).
    """

    name: str
    contract: str
    role: str
    requirements: tuple[str, ...]
    planted: str
    origin: str
    factory: Factory
