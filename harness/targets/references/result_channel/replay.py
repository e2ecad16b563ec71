"""What a session sends again once its hello was answered.

Without directives: all that is not acknowledged. With any, and an empty list is one: of what the hello listed only the output that is
asked for; what came to be since then goes out besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .envelope import FINAL, OUTPUT, is_number
from .outbox import Outbox, Row

DIRECTIVES = ("acknowledged_final_message_ids", "discarded_attempts", "output_replay")


class Replay:
    """``newest_listed``: the newest row that there was at the hello."""

    def __init__(self, outbox: Outbox, newest_listed: int) -> None:
        self.outbox = outbox
        self.newest_listed = newest_listed

    def rows(self, payload: Mapping[str, Any]) -> list[int]:
        """The rows to send, in their order, by the payload of the hello_ack. Finals that it acknowledges are gone then."""
        finals = payload.get("acknowledged_final_message_ids")
        if isinstance(finals, list):
            self.outbox.acknowledge_finals(id for id in finals if isinstance(id, str))
        entries = self.directed(payload) if self.has_directives(payload) else self.outbox.rows()
        return [entry.number for entry in self.ordered(entries) if entry.kind in (OUTPUT, FINAL)]

    def has_directives(self, payload: Mapping[str, Any]) -> bool:
        return any(payload.get(name) is not None for name in DIRECTIVES)

    def ordered(self, entries: list[Row]) -> list[Row]:
        """As they came to be: output before the final that tells its end."""
        return entries

    def directed(self, payload: Mapping[str, Any]) -> list[Row]:
        asked = {entry.number: entry for row in payload.get("output_replay") or [] for entry in self.asked(row)}
        return [*(asked[number] for number in sorted(asked)), *self.outbox.newer_than(self.newest_listed)]

    def asked(self, row: Any) -> list[Row]:
        """One directive; of what it names only what the hello could list."""
        if not isinstance(row, dict) or not is_number(row.get("next_sequence")):
            return []
        key = (str(row.get("task_id")), str(row.get("execution_attempt_id")))
        entries = self.outbox.of_stream(key, str(row.get("stream")), row["next_sequence"])
        return [entry for entry in entries if entry.number <= self.newest_listed]
