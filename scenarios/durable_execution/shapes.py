"""What a repro file of this contract may hold, as JSON Schema: the operations of the server play with their arguments, and the config.

Runs go by labels, conversations by names; the play makes ids of them that a server which lives on has not seen. The label
``!unknown`` is a run that no server has, and as a name such a conversation. A ``call`` is "pending" (that of the latest request for
an approval), "call-2" (the second that any frame has named) or "=" and the id itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...harness.contracts.durable_script import TURNS_MAX
from ..schemas import BOOLEAN, COUNT, TEXT, Schema, nullable_numbers, object_of

TOOL = {"enum": ["pay", "note"]}
"""The tools that there are: a smaller case is not one that calls another."""
_TEXT_OR_NULL = {"type": ["string", "null"]}
_TEXTS = {"type": "array", "items": TEXT}
_HEADERS = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "string", "pattern": "^[^\\r\\n\\u0000]*$"}, "minItems": 2, "maxItems": 2},
}
_TENANT = {"enum": [0, 1, 2, "none", "wrong", "disagree"]}
_LEAVE = {
    "type": ["object", "null"],
    "properties": {"frames": COUNT, "bytes": COUNT},
    "additionalProperties": False,
    "maxProperties": 1,
    "minProperties": 1,
}
_STREAM_WAIT = {"enum": ["rest", "head", "none"]}
_ANSWER_WAIT = {"enum": ["answer", "head", "none"]}
_CALL = {"type": "string", "pattern": "^(pending|call-[1-9][0-9]{0,2}|=[^\\r\\n]*)$"}
_INDEX_TEXT = {"type": "string", "pattern": "^[^\\r\\n\\u0000]*$"}
_INDEX = {
    "anyOf": [{"type": ["integer", "null"]}, _INDEX_TEXT, {"type": "array", "items": _INDEX_TEXT, "minItems": 2, "maxItems": 2}],
}

TURN = object_of(
    {"text": _TEXTS},
    {
        "calls": {"type": "array", "items": object_of({"id": TEXT, "name": TOOL}, {"arguments": {"type": "object"}})},
        "status": {"type": ["integer", "null"]},
        "gate": _TEXT_OR_NULL,
        "cut_after": {"type": ["integer", "null"], "minimum": 0},
        "pause_ms": COUNT,
    },
)
_TURNS = {"type": "array", "items": TURN, "minItems": 1, "maxItems": TURNS_MAX}
_DECISION: Mapping[str, Schema] = {"approved": BOOLEAN, "reason": _TEXT_OR_NULL}

_SINGLE: Mapping[str, Schema] = {
    "create": object_of(
        {"run": TEXT, "turns": _TURNS},
        {
            "tenant": {"enum": [0, 1, 2]},
            "conversation": _TEXT_OR_NULL,
            "via": {"enum": ["executions", "chat", "completions"]},
            "durable": BOOLEAN,
            "operations": BOOLEAN,
            "messages_before": COUNT,
            "headers": _HEADERS,
            "leave": _LEAVE,
            "wait": _STREAM_WAIT,
        },
    ),
    "status": object_of({"run": TEXT}, {"tenant": _TENANT, "until": {"enum": [None, "suspended", "terminal", "rest"]}}),
    "follow": object_of(
        {"run": TEXT},
        {"tenant": _TENANT, "index": _INDEX, "via": {"enum": ["executions", "conversation"]}, "leave": _LEAVE, "wait": _STREAM_WAIT},
    ),
    "approve": object_of(
        {"run": TEXT},
        {
            **_DECISION,
            "call": _CALL,
            "tenant": _TENANT,
            "via": {"enum": ["executions", "chat", "chat-content", "chat-text"]},
            "conversation": _TEXT_OR_NULL,
            "body": TEXT,
            "wait": _ANSWER_WAIT,
        },
    ),
    "batch": object_of(
        {"run": TEXT, "items": {"type": "array", "items": object_of({"call": _CALL}, _DECISION)}},
        {"tenant": _TENANT, "conversation": _TEXT_OR_NULL, "shape": {"enum": ["parts", "content"]}, "wait": _ANSWER_WAIT},
    ),
    "pending": object_of({"conversation": TEXT}, {"tenant": _TENANT}),
    "send": object_of(
        {"method": {"type": "string", "pattern": "^[A-Z]+$"}, "path": {"type": "string", "pattern": "^/[!-~]*$"}},
        {"tenant": _TENANT, "headers": _HEADERS, "body": _TEXT_OR_NULL, "note": _TEXT_OR_NULL, "wait": _ANSWER_WAIT},
    ),
    "open": object_of({"gate": TEXT}),
    "crash": object_of({}),
    "wait": object_of({"ms": COUNT}),
    "heal": object_of({}),
}


def _operation() -> Schema:
    """One operation inside ``together``: its name and its arguments."""
    rows = [
        {"if": {"prefixItems": [{"const": verb}]}, "then": {"prefixItems": [{"const": verb}, shape]}} for verb, shape in _SINGLE.items()
    ]
    return {"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [{"enum": list(_SINGLE)}], "allOf": rows}


SERVER_OPERATIONS: Mapping[str, Schema] = {
    **_SINGLE,
    "together": object_of({"operations": {"type": "array", "items": _operation(), "minItems": 1}}),
}

_AFTER = {"type": ["object", "null"], "required": ["after"], "properties": {"after": COUNT}, "additionalProperties": False}
SERVER_CONFIG: Schema = object_of(
    {"tenants": {"enum": [2, 3]}, "tools": {"type": "array", "items": object_of({"name": TOOL, "needs_approval": BOOLEAN}), "minItems": 2}},
    {"timing_ms": nullable_numbers("approval_timeout"), "fail_reads": _AFTER, "fail_writes": _AFTER, "index_policy": {"enum": ["clamp"]}},
)
