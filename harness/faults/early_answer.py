"""Fault ``early-answer``: the server answers while the upload is still open, after so many lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from .base import Family, Fault
from .decisions import Answer, Commit


@dataclass(frozen=True, kw_only=True)
class EarlyAnswer(Fault):
    """``commit`` says whether the lines before the answer take effect; the lines behind it never do."""

    name: ClassVar[str] = "early-answer"
    family: ClassVar[Family] = "http"
    summary: ClassVar[str] = "the answer comes after k lines, while the sender still writes"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"status": (200, 599)}

    status: int = 413
    after_lines: int = 1
    commit: Commit = "all"
    body: Literal["contract", "empty", "html"] = "contract"
    acknowledge: bool = True

    def on_request(self) -> Answer:
        return Answer(self.status, self.commit, self.body, self.acknowledge, after_lines=self.after_lines)
