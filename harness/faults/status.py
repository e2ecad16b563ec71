"""Fault ``status``: the server answers with a status of its own choosing, before or after the commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from .base import Family, Fault
from .decisions import Answer, Commit


@dataclass(frozen=True, kw_only=True)
class Status(Fault):
    """With ``commit`` "all" the request takes effect and only its answer is false: the sender cannot know it."""

    name: ClassVar[str] = "status"
    family: ClassVar[Family] = "http"
    summary: ClassVar[str] = "the request is answered with another status, before or after its commit"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"status": (200, 599)}

    status: int = 503
    commit: Commit = "none"
    body: Literal["contract", "empty", "html"] = "contract"
    acknowledge: bool = False
    retry_after_s: int | None = None

    def on_request(self) -> Answer:
        return Answer(self.status, self.commit, self.body, self.acknowledge, self.retry_after_s)
