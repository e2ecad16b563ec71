"""What a repro file of this contract may hold, as JSON Schema: the operations of the play with their arguments, and the config."""

from __future__ import annotations

from collections.abc import Mapping

from ..schemas import BASE_SUFFIX, COUNT, EVENTS, INTEGER, TEXT, Schema, nullable_numbers, object_of

STATUSES = ("queued", "in_progress", "completed", "failed", "cancelled")
LEGS = ("proxy", "direct", "legacy")
_ANY: Schema = {}
_STATE: Mapping[str, Schema] = {
    "status": {"enum": list(STATUSES)},
    "stage": {"type": ["string", "null"]},
    "output": _ANY,
    "error_message": {"type": ["string", "null"]},
    "branch": {"type": ["string", "null"]},
    "task_summary": {"type": ["string", "null"]},
    "updated_at": TEXT,
}
_UP_TO = {"ms": COUNT}

READER_OPERATIONS: Mapping[str, Schema] = {
    "append": object_of({"events": EVENTS}),
    "fill": object_of({"count": COUNT}),
    "huge": object_of({"mark": INTEGER, "bytes": COUNT}),
    "state": object_of({}, _STATE),
    "finish": object_of({}),
    "move": object_of({"leg": {"enum": list(LEGS)}}),
    "expire": object_of({}),
    "watch": object_of({}),
    "retry": object_of({}),
    "unwatch": object_of({}),
    "until_told": object_of(_UP_TO),
    "until_over": object_of(_UP_TO),
    "wait": object_of(_UP_TO),
    "heal": object_of({}),
    "recover": object_of({}),
}

_IDENTITY: Schema = {"type": "string", "minLength": 1, "not": {"enum": [".", ".."]}}
"""A client that normalises URLs cannot ask for a segment of dots, nor for an empty one."""

READER_CONFIG: Schema = object_of(
    {"team_id": INTEGER, "task_id": _IDENTITY, "run_id": _IDENTITY},
    {
        "base_suffix": BASE_SUFFIX,
        "timing_ms": nullable_numbers("backoff_base", "backoff_max", "idle_timeout", "batch_delay"),
        "server": nullable_numbers("keepalive_ms", "rotation_ms", "token_ttl_ms"),
    },
)
