"""Fault ``buffer-request``: an ingress hands the body to the application only once it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import BufferRequest


@dataclass(frozen=True, kw_only=True)
class BufferedRequest(Fault):
    """A body that is cut never reaches the application at all."""

    name: ClassVar[str] = "buffer-request"
    family: ClassVar[Family] = "proxy"
    summary: ClassVar[str] = "the body is held back until it has ended"

    def on_request(self) -> BufferRequest:
        return BufferRequest()
