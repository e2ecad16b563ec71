"""How a mutant of the reference server is made: the reference with other parts in place of its own."""

from __future__ import annotations

from typing import Any

from ....harness.targets.mutants.base import Factory, Mutant
from ..reference import SERVES, Note, server_of
from ..server import ReferenceServer


def planted(**parts: Any) -> Factory:
    """A factory of the reference with these parts. It serves what the reference serves."""

    async def factory(config: dict[str, Any], note: Note) -> ReferenceServer:
        return await server_of(config, note, **parts)

    factory.serves = SERVES  # type: ignore[attr-defined]  # how a factory declares what it serves
    return factory


def mutant(name: str, requirements: str, bug: str, origin: str = "", **parts: Any) -> Mutant:
    """``requirements``: ids without the prefix ``EXE-``, divided by blanks: caught when any one of them fails."""
    ids = tuple(f"EXE-{requirement}" for requirement in requirements.split())
    return Mutant(f"durable-{name}", "durable-execution", "server", ids, bug, origin or ids[0], planted(**parts))
