"""Fault ``spoilt-body``: the request succeeds, but the body of its answer is useless."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from .base import Family, Fault
from .decisions import Rewrite


@dataclass(frozen=True, kw_only=True)
class SpoiltBody(Fault):
    """Acts on answers of 2xx only. ``truncated``: half of the JSON, in a message that HTTP finds complete."""

    name: ClassVar[str] = "spoilt-body"
    family: ClassVar[Family] = "http"
    summary: ClassVar[str] = "a 2xx whose body is empty, HTML or half of the JSON"

    body: Literal["empty", "html", "truncated"] = "empty"

    def on_request(self) -> Rewrite:
        return Rewrite(body=self.body)
