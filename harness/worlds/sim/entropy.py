"""Seeded entropy inside an example: ``os.urandom``, and with it ``secrets`` and ``uuid``; ``random``; and the generators
that libraries hide.

What a library draws in C from the operating system itself (the salts of a signature, the keys of TLS) stays real, which
is why histories hold "valid" in place of such bytes.
"""

from __future__ import annotations

import os
import random
import sys
import uuid
from collections.abc import Iterator
from threading import get_ident
from typing import Any

from .patches import Substitute, substitute

HIDDEN_GENERATORS = (("aiohttp._websocket.writer", "WebSocketWriter"),)
"""(module, class): a `random.Random` is the default of an argument of its constructor (here: for the masks of frames)."""


class _Source:
    """What bytes are drawn from, and in which thread; None outside an example."""

    generator: random.Random | None = None
    thread = 0


def _generator() -> random.Random | None:
    return _Source.generator if _Source.thread == get_ident() else None


_real_urandom = os.urandom
_real_seed = random.Random.seed
_real_getnode = uuid.getnode


def _urandom(size: int) -> bytes:
    generator = _generator()
    return _real_urandom(size) if generator is None else generator.randbytes(size)


def _getrandom(size: int, flags: int = 0) -> bytes:
    return _urandom(size)


def _seed(self: random.Random, a: Any = None, version: int = 2) -> None:
    """A generator without a seed takes one from the operating system, in C; so it is given one here."""
    generator = _generator()
    if a is None and generator is not None:
        a = generator.getrandbits(64)
    _real_seed(self, a, version)


def _getnode() -> int:
    return _real_getnode() if _generator() is None else 0x02_00_00_00_00_01


SUBSTITUTES: tuple[Substitute, ...] = (
    substitute(os, "urandom", _urandom),
    *((substitute(os, "getrandom", _getrandom),) if hasattr(os, "getrandom") else ()),
    substitute(random.Random, "seed", _seed),
    substitute(uuid, "getnode", _getnode),
    Substitute(uuid, "_generate_time_safe", getattr(uuid, "_generate_time_safe", None), None),  # the clock and a sequence of the machine
)


class Seeding:
    """Seeds everything for one example, and puts back what it found."""

    def __init__(self, seed: int) -> None:
        self._state = random.getstate()
        self._uuid_timestamp = getattr(uuid, "_last_timestamp", None)
        uuid._last_timestamp = None  # type: ignore[attr-defined]  # what uuid1 remembers of an earlier example
        _Source.generator = random.Random(seed)
        _Source.thread = get_ident()
        random.seed(seed)
        for generator in hidden_generators():
            generator.seed(seed)

    def undo(self) -> None:
        _Source.generator = None
        random.setstate(self._state)
        uuid._last_timestamp = self._uuid_timestamp  # type: ignore[attr-defined]  # as above


def hidden_generators() -> Iterator[random.Random]:
    """The generators of `HIDDEN_GENERATORS` whose module is loaded."""
    for module_name, class_name in HIDDEN_GENERATORS:
        constructor: Any = getattr(getattr(sys.modules.get(module_name), class_name, None), "__init__", None)
        defaults = (*(getattr(constructor, "__defaults__", None) or ()), *(getattr(constructor, "__kwdefaults__", None) or {}).values())
        yield from (value for value in defaults if isinstance(value, random.Random))
