"""Fault ``second-writer``: somebody else writes events into the same run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import ChangeState


@dataclass(frozen=True, kw_only=True)
class SecondWriter(Fault):
    """The position moves up by ``count`` when the request arrives. Writers of one run cannot be told apart."""

    name: ClassVar[str] = "second-writer"
    family: ClassVar[Family] = "server-state"
    summary: ClassVar[str] = "another sender adds n events to the run"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"count": (1, None)}

    count: int = 1

    def on_request(self) -> ChangeState:
        return ChangeState("second-writer", self.count)
