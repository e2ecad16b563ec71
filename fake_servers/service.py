"""What `streamproof serve WHAT` starts: an application, how its requests are classified, and what it has to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from ..harness.worlds.base import Classify
from .host import Host


@dataclass(frozen=True)
class Service:
    """``server``: its name in the history. ``hints``: what its users must know beside the URL. ``summary``: what it saw, a line each."""

    server: str
    app: web.Application
    classify: Classify
    summary: Callable[[], list[str]]
    hints: Mapping[str, str] = field(default_factory=dict)


Builder = Callable[[Host, Mapping[str, str]], Service]
"""(host, options) -> the service. Options it does not know raise UsageError."""
