"""What `streamproof serve WHAT` starts: an application, how its requests are classified, and what it has to say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from ..harness.values.errors import UsageError
from ..harness.worlds.base import Classify
from .host import Host


def _nothing(url: str) -> None:
    """Most services need not know where they are."""


@dataclass(frozen=True)
class Service:
    """``server``: its name in the history. ``hints``: what its users must know beside the URL. ``summary``: what it saw, a line each.

    ``started`` is called with its URL once it listens.
    """

    server: str
    app: web.Application
    classify: Classify
    summary: Callable[[], list[str]]
    hints: Mapping[str, str] = field(default_factory=dict)
    started: Callable[[str], None] = _nothing


Builder = Callable[[Host, Mapping[str, str]], Service]
"""(host, options) -> the service. Options it does not know raise UsageError."""


def with_defaults(what: str, defaults: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """All options of a service. Raises UsageError for one that it does not know."""
    unknown = sorted(set(options) - set(defaults))
    if unknown:
        raise UsageError(f"serve {what}: unknown option {unknown[0]!r}; it knows {', '.join(defaults)}")
    return {**defaults, **options}


def whole_number(what: str, name: str, text: str) -> int:
    """Raises UsageError for a text that is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError(f"serve {what}: {name}={text!r}: expected a whole number, such as {name}=10")
    return int(text)


class Script:
    """``step(1)``, ``step(2)`` .. ``step(count)``, one every so many milliseconds of the running loop, then ``end()``."""

    def __init__(self, count: int, every_ms: int, step: Callable[[int], None], end: Callable[[], None]) -> None:
        self._count = count
        self._every_s = every_ms / 1_000
        self._step = step
        self._end = end
        self._done = 0

    def start(self) -> None:
        asyncio.get_running_loop().call_later(self._every_s, self._next)

    def _next(self) -> None:
        if self._done == self._count:
            self._end()
            return
        self._done += 1
        self._step(self._done)
        self.start()
