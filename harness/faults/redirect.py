"""Fault ``redirect``: the answer sends the client elsewhere, on the same origin or to another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from .base import Family, Fault
from .decisions import Answer


@dataclass(frozen=True, kw_only=True)
class Redirect(Fault):
    """On the same origin the target is the URL that was asked for, so that to follow it is of use once the fault is over."""

    name: ClassVar[str] = "redirect"
    family: ClassVar[Family] = "http"
    summary: ClassVar[str] = "the request is redirected, to the same origin or to another"
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {"status": (307, 308, 302, 301, 303)}

    status: int = 307
    origin: Literal["same", "other"] = "same"

    def on_request(self) -> Answer:
        return Answer(self.status, body="empty", location=self.origin)
