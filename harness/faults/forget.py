"""Fault ``forget``: the server loses the newest part of its state, or all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import ChangeState


@dataclass(frozen=True, kw_only=True)
class Forget(Fault):
    """``count`` None: everything. The completion, as the newest write of all, is lost with any of it."""

    name: ClassVar[str] = "forget"
    family: ClassVar[Family] = "server-state"
    summary: ClassVar[str] = "the last n accepted positions are lost (an expired key, a failover)"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"count": (1, None)}

    count: int | None = None

    def on_request(self) -> ChangeState:
        return ChangeState("forget", self.count)
