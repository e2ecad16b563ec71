"""What a repro file of the role ``client`` may hold, as JSON Schema: the operations with their arguments, and the config."""

from __future__ import annotations

from collections.abc import Mapping

from ..schemas import BOOLEAN, COUNT, EVENTS, TEXT, Schema, object_of

_NULLABLE_TEXT = {"type": ["string", "null"]}
_LABEL = {"type": "string", "minLength": 1}
_DRAFT = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": TEXT} | {
    "propertyNames": {"enum": ["text", "operation", "output", "denied", "output_error", "summary", "call"]}
}
_CALL = {"type": "string", "minLength": 1, "not": {"enum": [".", ".."]}}
"""A client that normalises URLs cannot ask for a segment of dots, nor for an empty one."""
_ROUND = object_of(
    {"frames": {"type": "array", "items": _DRAFT}, "end": {"enum": ["suspended", "success", "agent_failure", "transport"]}},
    {"call": _CALL, "every_ms": COUNT},
)
_RUN = {"run": _LABEL, "id": _CALL, "rounds": {"type": "array", "items": _ROUND, "minItems": 1}}
_UNTIL = {"anyOf": [{"enum": ["outcome", "none"]}, COUNT]}

CLIENT_OPERATIONS: Mapping[str, Schema] = {
    "begin": object_of(_RUN),
    "create": object_of({**_RUN, "messages": EVENTS, "conversation": _NULLABLE_TEXT, "until": _UNTIL}),
    "follow": object_of({"run": _LABEL, "index": {"anyOf": [{"const": "seen"}, COUNT]}, "again": COUNT, "until": _UNTIL}),
    "approve": object_of(
        {"run": _LABEL, "call": {"type": "string", "pattern": "^(pending|=.+)$"}, "approved": BOOLEAN, "reason": _NULLABLE_TEXT}
    ),
    "decide": object_of({"run": _LABEL, "approved": BOOLEAN}),
    "unfollow": object_of({}),
    "recover": object_of({}),
    "wait": object_of({"ms": COUNT}),
    "heal": object_of({}),
}

CLIENT_CONFIG: Schema = object_of(
    {"headers": {"type": "object", "additionalProperties": TEXT}, "done": {"enum": ["none", "end", "each"]}, "repeats": BOOLEAN}
)
