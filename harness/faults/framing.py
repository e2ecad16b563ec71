"""Fault ``framing``: the same events, in other bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import Framing as FramingDecision
from .decisions import Newline


@dataclass(frozen=True, kw_only=True)
class Framing(Fault):
    """``newline``: every line end of the answer. ``bom``: a byte order mark comes first. ``space`` False: no space after the colons.

    ``data_lines``: the data of an event goes over so many lines, where its text has room for them (JSON between two tokens).
    """

    name: ClassVar[str] = "framing"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "the frames of a stream are written in another way that the standard allows"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"data_lines": (1, 20)}

    endpoint: str = "stream"
    newline: Newline = "crlf"
    bom: bool = False
    space: bool = True
    data_lines: int = 1

    def on_request(self) -> FramingDecision:
        return FramingDecision(self.newline, self.bom, self.space, self.data_lines)
