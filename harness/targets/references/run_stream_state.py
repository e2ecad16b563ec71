"""What a reader knows of the state of its run. Two sources tell of it, the run itself and events of the stream, in any order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FIELDS = ("status", "stage", "output", "error_message", "branch")
TERMINAL = ("completed", "failed", "cancelled")


class RunState:
    """``fields``: the newest known. ``told``: what the application was told last, None before the first time."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = dict.fromkeys(FIELDS)
        self.active: dict[str, Any] | None = None
        """The newest that was not terminal; None when there was none."""
        self.told: dict[str, Any] | None = None
        self._updated: datetime | None = None

    @property
    def is_terminal(self) -> bool:
        return self.fields["status"] in TERMINAL

    @property
    def is_news(self) -> bool:
        """Whether the application knows something else."""
        return self.fields != self.told

    def tell(self) -> dict[str, Any]:
        """The fields of a note; from here on the application knows them."""
        self.told = dict(self.fields)
        return dict(self.fields)

    def tell_snapshot(self) -> dict[str, Any]:
        """As `tell`, but of a run that is still being followed a terminal status is told at the end of it only."""
        self.told = dict(self.active or self.fields)
        return dict(self.told)

    def take_event(self, event: Mapping[str, Any]) -> None:
        """An event of the stream counts when it is strictly newer; one without a time does."""
        told = instant(event.get("updated_at"))
        if told is None or self._updated is None or told > self._updated:
            self._take(event, told)

    def take_answer(self, answer: Mapping[str, Any]) -> None:
        """An answer of the backend counts unless it is older: a replica may lag."""
        told = instant(answer.get("updated_at"))
        if told is None or self._updated is None or told >= self._updated:
            self._take(answer, told)

    def _take(self, source: Mapping[str, Any], updated: datetime | None) -> None:
        self.fields.update({name: source[name] for name in FIELDS if name in source})
        self._updated = updated or self._updated
        if not self.is_terminal:
            self.active = dict(self.fields)


def instant(text: Any) -> datetime | None:
    """The instant of an ISO 8601 text, UTC where it names no zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
