"""What a repro file of this contract may hold, as JSON Schema: the operations of the play with their arguments, and the config.

Task ids and attempt ids are those of the wire. An attempt "" is a task of the old kind, which is told by polls only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...fake_servers.result_channel.frames_to_say import HARMLESS, ILLEGAL
from ...harness.targets.commands.script import STREAMS
from ..schemas import BASE_SUFFIX, BOOLEAN, COUNT, INTEGER, Schema, nullable_numbers, object_of

SIGNALS = ("SIGKILL", "SIGTERM", "SIGSEGV")
HOWS = ("fin", "rst", "close")
UNTIL = ("started", "output", "final", "acked", "reported")
VIA = {"enum": ["socket", "poll"]}

_STREAM = {"enum": list(STREAMS)}
_TASK = {"type": "string", "minLength": 1, "not": {"pattern": "^\\.+$"}}
"""A segment of dots only means something else in a path."""
_ATTEMPT = {"type": "string"}
_WHICH: Mapping[str, Schema] = {"task": _TASK, "attempt": _ATTEMPT}
_BASE64 = {"type": "string", "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}
_STEP = {
    "anyOf": [
        object_of({"at_ms": COUNT, "stream": _STREAM, "data_b64": _BASE64}, {"repeat": {"type": "integer", "minimum": 1}}),
        object_of({"at_ms": COUNT, "close": _STREAM}),
    ]
}
SCRIPT: Schema = object_of(
    {"steps": {"type": "array", "items": _STEP}},
    {"exit_at_ms": COUNT, "exit": {"type": "integer", "minimum": 0, "maximum": 255}, "signal": {"enum": list(SIGNALS)}},
)

AGENT_OPERATIONS: Mapping[str, Schema] = {
    "task": object_of({**_WHICH, "script": SCRIPT}, {"via": VIA, "priority": INTEGER}),
    "deliver": object_of(_WHICH, {"via": VIA}),
    "until": object_of({**_WHICH, "what": {"enum": list(UNTIL)}}, {"count": {"type": "integer", "minimum": 1}}),
    "drop": object_of({"how": {"enum": list(HOWS)}}, {"code": {"type": "integer", "minimum": 1000, "maximum": 4999}}),
    "hold": object_of({"ms": COUNT}),
    "say": object_of({"what": {"enum": [*ILLEGAL, *HARMLESS]}}),
    "gap": object_of({**_WHICH, "stream": _STREAM, "highest": {"anyOf": [{"const": "true"}, COUNT]}}),
    "poison": object_of({**_WHICH, "what": {"enum": ["final", "output"]}}),
    "stop": object_of({}),
    "start": object_of({}),
    "crash": object_of({}),
    "wait": object_of({"ms": COUNT}),
    "heal": object_of({}),
}

HELLO_ACK: Schema = object_of(
    {},
    {
        "ack": {"enum": ["right", "wrong-id", "never", "twice"]},
        "after_ms": COUNT,
        "finals": {"enum": [None, "empty", "listed"]},
        "discarded": {"enum": [None, "empty", "not-started"]},
        "replay": {"enum": [None, "empty", "missing", "from-one"]},
        "delivery": BOOLEAN,
        "omit": BOOLEAN,
    },
)
_LIMITS: dict[str, Any] = {
    "type": ["object", "null"],
    "properties": {"flush_threshold_bytes": {"type": "integer", "minimum": 8}, "spool_bytes": COUNT, "spool_reserve_bytes": COUNT},
    "additionalProperties": False,
}
_TIMING = nullable_numbers("flush_interval", "reconnect_min", "reconnect_max", "ping_interval", "poll_interval", "polling_fallback")

AGENT_CONFIG: Schema = object_of(
    {
        "features": object_of({"results": BOOLEAN, "delivery": BOOLEAN}),
        "base": BASE_SUFFIX,
        "agent_id": {"type": "string", "minLength": 1, "pattern": "^[!-~]+$"},
        "timing_ms": _TIMING,
        "limits": _LIMITS,
        "hello_acks": {"type": "array", "items": HELLO_ACK},
    }
)
