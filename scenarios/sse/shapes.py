"""What a repro file of ``sse`` may hold, as JSON Schema: the operations with their arguments, and the config."""

from __future__ import annotations

from collections.abc import Mapping

from ..schemas import COUNT, TEXT, Schema, object_of

_EVENT = object_of({}, dict.fromkeys(("id", "event", "data", "retry", "comment"), TEXT))

OPERATIONS: Mapping[str, Schema] = {
    "watch": object_of({}),
    "unwatch": object_of({}),
    "send": object_of({"events": {"type": "array", "items": _EVENT}}),
    "raw": object_of({"text": TEXT}),
    "flood": object_of({"megabytes": COUNT, "line_bytes": {"type": "integer", "minimum": 100, "maximum": 100_000}}),
    "end": object_of({}),
    "finish": object_of({}),
    "wait": object_of({"ms": COUNT}),
    "until_told": object_of({"ms": COUNT}),
    "heal": object_of({}),
    "recover": object_of({}),
}

CONFIG: Schema = object_of(
    {},
    {
        "headers": {"type": ["object", "null"], "additionalProperties": TEXT},
        "last_event_id": {"type": ["string", "null"]},
        "server": object_of({}, {"replay": {"enum": ["id", "new"]}}),
    },
)
