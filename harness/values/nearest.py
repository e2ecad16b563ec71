"""The message for a name that nobody knows: what was got, what it probably should have been, and what there is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .errors import UsageError

LISTED_MAX = 12
"""More names than these would bury the message; then only the nearest are named."""


def nearest(got: str, known: Iterable[str]) -> list[str]:
    """Up to three names: those that begin with ``got``, else those that look like it. Letter case does not count."""
    by_lower = {name.lower(): name for name in known}
    begun = [name for name in by_lower if len(got) > 1 and name.startswith(got.lower())]
    found = begun or difflib.get_close_matches(got.lower(), by_lower, n=3, cutoff=0.5)
    return [by_lower[name] for name in found[:3]]


def unknown_name(what: str, got: str, known: Iterable[str], *, where: str = "") -> UsageError:
    """The error to raise for an unknown name. ``what``: "contract", "fault" ..; ``where``: file, line and field, if any."""
    names = sorted(known)
    close = nearest(got, names)
    message = f"{where}: " if where else ""
    message += f"unknown {what} {got!r}"
    if close:
        message += f"; did you mean {' or '.join(repr(name) for name in close)}?"
    if names and (len(names) <= LISTED_MAX or not close):
        message += f"{'' if close else ';'} known: {', '.join(names[:LISTED_MAX])}"
        message += f" and {len(names) - LISTED_MAX} more" if len(names) > LISTED_MAX else ""
    return UsageError(message)
