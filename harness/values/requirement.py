"""Contracts, roles and requirements as values; the tables themselves are in ``harness.contracts``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["MUST", "SHOULD"]


@dataclass(frozen=True)
class Requirement:
    """One numbered sentence of a contract.

    ``role`` ``a+b``: of two roles together. ``internal``: only an implementation that opens itself up (runs in process) can be judged.
    ``needs``: capabilities without which it is ``not_run``. ``worlds``: where it can be judged.
    ``profiles``: the profiles in which it applies. ``source``: where the sentence comes from.
    """

    id: str
    contract: str
    role: str
    level: Level
    text: str
    source: str
    needs: tuple[str, ...] = ()
    worlds: tuple[str, ...] = ("sim", "loopback")
    internal: bool = False
    untested: str | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        return split_roles(self.role)


def split_roles(role: str) -> tuple[str, ...]:
    """``sender+reader`` is a matter of both roles together."""
    return tuple(role.split("+"))


@dataclass(frozen=True)
class Verb:
    """A verb of a role. ``deadline_ms`` None means: its own time-out (from the config) plus 30 s."""

    name: str
    args: tuple[str, ...] = ()
    deadline_ms: int | None = 5_000


@dataclass(frozen=True)
class Role:
    """What is under test in a contract. ``capabilities``: those it may declare beside its verbs.

    ``contract``: the name by which a driver knows it; another contract may borrow the role.

    ``implied``: what every target has that is opened with a config, so that no driver declares it.

    ``example``: a small valid config for a first try; ``{url}`` stands for the base URL of a server, ``{folder}`` for an empty folder.
    """

    name: str
    contract: str
    verbs: Mapping[str, Verb]
    notes: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    implied: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Contract:
    """One wire protocol: its roles, profiles and numbered requirements."""

    name: str
    title: str
    roles: Mapping[str, Role]
    profiles: tuple[str, ...]
    requirements: tuple[Requirement, ...] = ()
    by_id: Mapping[str, Requirement] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {row.id: row for row in self.requirements})
