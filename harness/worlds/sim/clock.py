"""The virtual clock as the standard library shows it: ``time`` and ``datetime`` inside an example.

Libraries measure keep-alive and caches with ``time.monotonic``, not with the clock of their loop; unpatched, a pooled
connection would never grow old in virtual time. ``time.perf_counter`` is left alone: profilers and Hypothesis use it.
Other threads see the real clock.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Any

from .patches import Substitute, substitute

if TYPE_CHECKING:
    from .loop import SimLoop

EPOCH_S = 1_700_000_000
"""What ``time.time`` adds to the loop's clock: every example begins in the same minute of November 2023."""


class _Showing:
    """The loop whose clock is shown, and in which thread; None outside an example."""

    loop: SimLoop | None = None
    thread = 0


def show(loop: SimLoop | None) -> None:
    """Shows the clock of ``loop`` in this thread while the patches are applied; None: the real one again."""
    _Showing.loop = loop
    _Showing.thread = get_ident()


def shown_loop() -> SimLoop | None:
    """The loop of the example that runs in this thread, if one does."""
    return _Showing.loop if _Showing.thread == get_ident() else None


def _replace_clock(real: Callable[[], Any], read: Callable[[float], Any]) -> Callable[[], Any]:
    def virtual() -> Any:
        loop = shown_loop()
        return real() if loop is None else read(loop.time())

    return virtual


def _replace_default_time(real: Callable[..., Any]) -> Callable[..., Any]:
    """For functions that take seconds and mean "now" without them."""

    def virtual(seconds: float | None = None) -> Any:
        return real(time.time() if seconds is None else seconds)

    return virtual


_real_sleep = time.sleep
_real_strftime = time.strftime


def _sleep(seconds: float) -> None:
    loop = shown_loop()
    if loop is None:
        _real_sleep(seconds)
    else:
        loop.block(seconds)


def _strftime(form: str, moment: Any = None) -> str:
    return _real_strftime(form, time.localtime() if moment is None else moment)


_real_datetime = datetime.datetime
_real_date = datetime.date


class _AsReal(type):
    """Makes the classes below pass for the real ones, whose instances they make."""

    _real: type

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls._real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls._real)


class _Datetime(_real_datetime, metaclass=_AsReal):
    _real = _real_datetime

    def __new__(cls, *args: Any, **named: Any) -> Any:
        return _real_datetime(*args, **named)

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return _real_datetime.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        return _real_datetime.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return _real_datetime.fromtimestamp(time.time())


class _Date(_real_date, metaclass=_AsReal):
    _real = _real_date

    def __new__(cls, *args: Any, **named: Any) -> Any:
        return _real_date(*args, **named)

    @classmethod
    def today(cls) -> Any:
        return _real_date.fromtimestamp(time.time())


SUBSTITUTES: tuple[Substitute, ...] = (
    substitute(time, "time", _replace_clock(time.time, lambda now: EPOCH_S + now)),
    substitute(time, "time_ns", _replace_clock(time.time_ns, lambda now: EPOCH_S * 1_000_000_000 + round(now * 1e9))),
    substitute(time, "monotonic", _replace_clock(time.monotonic, lambda now: now)),
    substitute(time, "monotonic_ns", _replace_clock(time.monotonic_ns, lambda now: round(now * 1e9))),
    substitute(time, "sleep", _sleep),
    substitute(time, "gmtime", _replace_default_time(time.gmtime)),
    substitute(time, "localtime", _replace_default_time(time.localtime)),
    substitute(time, "ctime", _replace_default_time(time.ctime)),
    substitute(time, "strftime", _strftime),
    substitute(datetime, "datetime", _Datetime),
    substitute(datetime, "date", _Date),
)
