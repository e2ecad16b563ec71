"""Fault ``gzip``: the answer is compressed, to a client that asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import Rewrite


@dataclass(frozen=True, kw_only=True)
class Gzip(Fault):
    """Does nothing unless the request says ``Accept-Encoding: gzip``: what nobody asked for is not judged."""

    name: ClassVar[str] = "gzip"
    family: ClassVar[Family] = "http"
    summary: ClassVar[str] = "the answer is gzip-compressed, if the client asks for that"

    def on_request(self) -> Rewrite:
        return Rewrite(gzip=True)
