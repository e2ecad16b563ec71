"""Fault ``terminal``: the last frame of a finished stream goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import Terminal, Terminate


@dataclass(frozen=True, kw_only=True)
class TerminalFault(Fault):
    """``terminal``: how the last frame goes out. It acts when the stream is finished and its end is written to a matching answer."""

    name: ClassVar[str] = "terminal"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "the frame that ends a stream is missing, comes twice, or nothing ends behind it"

    endpoint: str = "stream"
    terminal: Terminal = "missing"

    def on_request(self) -> Terminate:
        return Terminate(self.terminal)
