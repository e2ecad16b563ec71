"""Fault ``stale``: an answer tells a position that is older than the true one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import Stale


@dataclass(frozen=True, kw_only=True)
class StaleRead(Fault):
    """A read from a replica that lags ``behind`` positions. Acts on answers of 200 only."""

    name: ClassVar[str] = "stale"
    family: ClassVar[Family] = "proxy"
    summary: ClassVar[str] = "last_accepted_seq of the answer lags behind the truth"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"behind": (1, None)}

    behind: int = 1

    def on_request(self) -> Stale:
        return Stale(self.behind)
