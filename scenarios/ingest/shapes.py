"""What a repro file of this contract may hold, as JSON Schema: the operations of both plays with their arguments, and the configs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    properties = {**required, **(optional or {})}
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def _nullable(*names: str) -> dict[str, Any]:
    """An object of numbers, each of which may be missing, or null as a whole."""
    properties = {name: {"type": ["integer", "null"], "minimum": 0} for name in names}
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


TEXT = {"type": "string"}
INTEGER = {"type": "integer"}
COUNT = {"type": "integer", "minimum": 0}
BOOLEAN = {"type": "boolean"}
EVENT = {"type": "object"}
NUMBER = {"type": ["integer", "string"], "pattern": "^L([+-][0-9]+)?$"}
"""A sequence number, plain or counted from the position L that was read before."""

SENDER_OPERATIONS: Mapping[str, Schema] = {
    "enqueue": _object({"event": EVENT}, {"watch": BOOLEAN}),
    "enqueue_many": _object({"events": {"type": "array", "items": EVENT}}),
    "stop": _object({"complete": BOOLEAN}),
    "wait": _object({"ms": COUNT}),
    "heal": _object({}),
    "recover": _object({}),
    "restart": _object({}),
}

SENDER_CONFIG: Schema = _object(
    {"project_id": INTEGER, "task_id": TEXT, "run_id": TEXT},
    {
        "persistent_upload": {"type": ["boolean", "null"]},
        "base_suffix": {"type": "string", "pattern": "^(/.*)?$"},
        "limits": _nullable("max_buffered_events", "max_event_bytes", "max_upload_events", "max_upload_bytes"),
        "timing_ms": _nullable("flush_delay", "retry_delay", "request_timeout", "stop_timeout", "upload_window"),
    },
)

_PIECE_ARGUMENTS: Mapping[str, tuple[Schema, ...]] = {
    "event": (NUMBER, TEXT),
    "events": (NUMBER, COUNT),
    "sized": (NUMBER, COUNT),
    "complete": (NUMBER,),
    "blank": (TEXT,),
    "bad": (TEXT,),
    "bad-hex": ({"type": "string", "pattern": "^([0-9a-f]{2})*$"},),
    "last-event": (NUMBER, TEXT),
    "last-complete": (NUMBER,),
    "partial": (TEXT,),
}
_MAY_BE_MISSING = ("event", "last-event")
"""Their text is optional."""


def _piece_schema() -> Schema:
    rows = []
    for word, arguments in _PIECE_ARGUMENTS.items():
        count_max = 1 + len(arguments)
        count_min = count_max - (word in _MAY_BE_MISSING)
        shape = {"prefixItems": [{"const": word}, *arguments], "minItems": count_min, "maxItems": count_max}
        rows.append({"if": {"prefixItems": [{"const": word}]}, "then": shape})
    return {"type": "array", "minItems": 1, "prefixItems": [{"enum": list(_PIECE_ARGUMENTS)}], "allOf": rows}


_PIECES: Schema = {"type": "array", "items": _piece_schema()}
_FINAL_SEQ = {"type": ["string", "integer", "null"]}
_HEADER = {"type": ["array", "null"], "prefixItems": [{"type": ["string", "boolean", "null"]}, _FINAL_SEQ], "minItems": 2, "maxItems": 2}
_REQUEST: Mapping[str, Schema] = {
    "run": COUNT,
    "pieces": _PIECES,
    "token": {"enum": ["own", "other", "none", "wrong", "scheme"]},
    "header": _HEADER,
}

SERVER_OPERATIONS: Mapping[str, Schema] = {
    "request": _object({}, {**_REQUEST, "method": TEXT, "framing": {"enum": ["length", "chunked"]}, "segment_bytes": COUNT}),
    "open": _object({"upload": TEXT}, {**_REQUEST, "until": NUMBER}),
    "more": _object({"upload": TEXT}, {"pieces": _PIECES, "until": NUMBER}),
    "end": _object({"upload": TEXT}, {"how": {"enum": ["end", "fin", "rst"]}}),
}

_RUN = _object({"project_id": INTEGER, "task_id": TEXT, "run_id": TEXT})
SERVER_CONFIG: Schema = _object({"runs": {"type": "array", "items": _RUN, "minItems": 1}, "leg": {"enum": ["proxy", "direct"]}})
