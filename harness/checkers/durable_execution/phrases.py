"""How findings speak of asks: what was asked, and what came of it."""

from __future__ import annotations

from typing import Any

from .asks import Ask

SHOWN_MAX = 60


def shown(value: Any) -> str:
    """A value, quoted, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 3]}..."


def named(ask: Ask) -> str:
    """Which ask: its number, method and path, and of which run."""
    of_run = f" for run {ask.run}" if ask.run is not None else ""
    return f"ask {ask.number} ({ask.method} {shown(ask.path)[1:-1]}{of_run})"


def got(ask: Ask) -> str:
    """What it was answered."""
    if ask.status:
        return str(ask.status)
    return {
        "timeout": "no answer for as long as the client waited",
        "cut": "a connection that ended before the answer",
        "refused": "no connection",
    }.get(ask.how, "no answer")


def proof(*entries: int) -> tuple[int, ...]:
    """Numbers of entries, without those that do not exist."""
    return tuple(dict.fromkeys(entry for entry in entries if entry))


def proof_of(*asks: Ask | None) -> tuple[int, ...]:
    """The entries that show asks and what came of them."""
    return proof(*(entry for ask in asks if ask is not None for entry in (ask.entry, ask.head_entry, ask.over_entry)))
