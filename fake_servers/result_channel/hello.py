"""How a hello is acknowledged: the shapes that a case may ask for, and what they say about the hello.

A shape (all keys optional): ``ack`` "right" | "wrong-id" | "never" | "twice"; ``after_ms``; ``finals`` null | "empty" | "listed";
``discarded`` null | "empty" | "not-started"; ``replay`` null | "empty" | "missing" | "from-one"; ``delivery``; ``omit``: directives that
are null are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .envelope import Message
from .ledger import STREAMS, Ledger

Shape = Mapping[str, Any]
PLAIN: Shape = {}
OTHER_HELLO = "msg-of-another-hello"
_DIRECTIVES = {"acknowledged_final_message_ids": "finals", "discarded_attempts": "discarded", "output_replay": "replay"}


class Shapes:
    """One shape for each connection whose hello arrives, the last one repeated; once healed all are plain."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = list(shapes) or [PLAIN]
        self._used = 0

    def next(self) -> Shape:
        shape = self._shapes[min(self._used, len(self._shapes) - 1)]
        self._used += 1
        return shape

    def heal(self) -> None:
        self._shapes = [PLAIN]


def hello_ack_payload(shape: Shape, hello: Message, ledger: Ledger) -> dict[str, Any]:
    """Says what the shape asks for; changes nothing."""
    directives: dict[str, list[Any] | None] = {name: None if shape.get(key) is None else [] for name, key in _DIRECTIVES.items()}
    if shape.get("finals") == "listed":
        directives["acknowledged_final_message_ids"] = [row["message_id"] for row in listed_finals(hello)]
    if shape.get("discarded") == "not-started":
        attempts = listed_not_started(hello)
        directives["discarded_attempts"] = [
            {"task_id": task, "execution_attempt_id": attempt, "reason": "superseded"} for task, attempt in attempts
        ]
    if shape.get("replay") in ("missing", "from-one"):
        directives["output_replay"] = _replay(hello, ledger, missing=shape["replay"] == "missing")
    if shape.get("omit"):
        directives = {name: rows for name, rows in directives.items() if rows is not None}
    return {
        "acked_message_id": OTHER_HELLO if shape.get("ack") == "wrong-id" else hello.id,
        "acked_type": hello.type,
        **directives,
        "delivery_enabled": shape.get("delivery", True),
    }


def listed_finals(hello: Message) -> list[Mapping[str, Any]]:
    """The unacknowledged finals that a hello lists, as far as they can be read."""
    return [
        row
        for row in _rows(hello, "unacked_finals")
        if _are_texts(row, "message_id", "task_id", "execution_attempt_id", "status") and type(row.get("exit_code")) is int
    ]


def listed_not_started(hello: Message) -> list[tuple[str, str]]:
    """(task, attempt) of what a hello lists as received, but not started."""
    rows = _rows(hello, "received_not_started")
    return [(row["task_id"], row["execution_attempt_id"]) for row in rows if _are_texts(row, "task_id", "execution_attempt_id")]


def _replay(hello: Message, ledger: Ledger, *, missing: bool) -> list[dict[str, Any]]:
    """One row a stream that the hello lists. ``missing``: from where the ledger ends, if that is within a range of the listing."""
    sequence_by_place: dict[tuple[str, str, str], int] = {}
    for row in _rows(hello, "unacked_output"):
        numbers = (row.get("first_sequence"), row.get("last_sequence"))
        if not _are_texts(row, "task_id", "execution_attempt_id", "stream") or not all(type(number) is int for number in numbers):
            continue
        place = (row["task_id"], row["execution_attempt_id"], row["stream"])
        if place[2] not in STREAMS:
            continue
        sequence = ledger.highest(*place) + 1 if missing else 1
        if not missing or row["first_sequence"] <= sequence <= row["last_sequence"]:
            sequence_by_place[place] = sequence
    return [
        {"task_id": task, "execution_attempt_id": attempt, "stream": stream, "next_sequence": sequence}
        for (task, attempt, stream), sequence in sequence_by_place.items()
    ]


def _rows(hello: Message, name: str) -> Iterator[Mapping[str, Any]]:
    rows = hello.payload.get(name)
    return (row for row in (rows if isinstance(rows, list) else ()) if isinstance(row, dict))


def _are_texts(row: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(row.get(name), str) for name in names)
