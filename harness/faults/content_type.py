"""Fault ``content-type``: the true answer under a wrong media type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import Rewrite


@dataclass(frozen=True, kw_only=True)
class ContentType(Fault):
    """The body is left as it is, and so is its status."""

    name: ClassVar[str] = "content-type"
    family: ClassVar[Family] = "http"
    summary: ClassVar[str] = "the answer carries another Content-Type than its body has"

    media_type: str = "text/html"

    def on_request(self) -> Rewrite:
        return Rewrite(content_type=self.media_type)
