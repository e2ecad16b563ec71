"""How often a tool was run for a call: by the idempotency keys that the tool server saw.

Repeats with one key are one effect. Without a key each request is one; a server that was killed in between could not know
better, so that such a second effect proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...values.verdict import Finding
from .model import Effect
from .runs import Run
from .view import View


@dataclass(frozen=True)
class Effects:
    """Of one call. ``excused``: more than one, but by requests without a key around the death of the server."""

    all: tuple[Effect, ...] = ()
    excused: bool = False

    @property
    def distinct(self) -> tuple[Effect, ...]:
        """The first request of each key, and each without one."""
        by_key: Mapping[object, Effect] = {effect.key if effect.key is not None else effect.entry: effect for effect in reversed(self.all)}
        return tuple(sorted(by_key.values(), key=lambda effect: effect.entry))

    @property
    def count(self) -> int:
        return len(self.distinct)


def effects_of(view: View, run: Run, call: str) -> Effects:
    found = tuple(effect for effect in view.model.effects_by_run.get(run.id or "", ()) if effect.call == call)
    keyless = [effect for effect in found if effect.key is None]
    excused = bool(keyless) and len(found) > 1 and view.died_between(found[0].entry, found[-1].entry)
    return Effects(found, excused)


def twice(requirement: str, call: str, effects: Effects) -> Iterator[Finding]:
    """A tool that was run more than once for one call."""
    if effects.count > 1 and not effects.excused:
        entries = tuple(effect.entry for effect in effects.distinct)
        keys = "with unlike keys" if all(effect.key is not None for effect in effects.distinct) else "without a key"
        yield Finding(requirement, f"the tool of the call {call!r} was run {effects.count} times, {keys}", entries)
