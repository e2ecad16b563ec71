"""What a repro file of this contract may hold, as JSON Schema: the operations of both plays with their arguments, and the configs."""

from __future__ import annotations

from collections.abc import Mapping

from ..schemas import BASE_SUFFIX, BOOLEAN, COUNT, EVENT, EVENTS, INTEGER, TEXT, Schema, nullable_numbers, object_of

NUMBER = {"type": ["integer", "string"], "pattern": "^L([+-][0-9]+)?$"}
"""A sequence number, plain or counted from the position L that was read before."""

SENDER_OPERATIONS: Mapping[str, Schema] = {
    "enqueue": object_of({"event": EVENT}, {"watch": BOOLEAN}),
    "enqueue_many": object_of({"events": EVENTS}),
    "stop": object_of({"complete": BOOLEAN}),
    "wait": object_of({"ms": COUNT}),
    "heal": object_of({}),
    "recover": object_of({}),
    "restart": object_of({}),
}

SENDER_CONFIG: Schema = object_of(
    {"project_id": INTEGER, "task_id": TEXT, "run_id": TEXT},
    {
        "persistent_upload": {"type": ["boolean", "null"]},
        "base_suffix": BASE_SUFFIX,
        "limits": nullable_numbers("max_buffered_events", "max_event_bytes", "max_upload_events", "max_upload_bytes"),
        "timing_ms": nullable_numbers("flush_delay", "retry_delay", "request_timeout", "stop_timeout", "upload_window"),
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
    "request": object_of({}, {**_REQUEST, "method": TEXT, "framing": {"enum": ["length", "chunked"]}, "segment_bytes": COUNT}),
    "open": object_of({"upload": TEXT}, {**_REQUEST, "until": NUMBER}),
    "more": object_of({"upload": TEXT}, {"pieces": _PIECES, "until": NUMBER}),
    "end": object_of({"upload": TEXT}, {"how": {"enum": ["end", "fin", "rst"]}}),
}

_RUN = object_of({"project_id": INTEGER, "task_id": TEXT, "run_id": TEXT})
SERVER_CONFIG: Schema = object_of({"runs": {"type": "array", "items": _RUN, "minItems": 1}, "leg": {"enum": ["proxy", "direct"]}})
