"""What a repro file of the contract may hold, as JSON Schema: the operations with their arguments, and the config."""

from __future__ import annotations

from collections.abc import Mapping

from ...fake_servers.agent_session.script import EVENT_TYPES
from ..schemas import BOOLEAN, COUNT, INTEGER, TEXT, Schema, nullable_numbers, object_of

_LABEL = {"type": "string", "minLength": 1}
_SAID = {
    "text": TEXT,
    "texts": {"type": "array", "items": TEXT, "minItems": 1},
    "stop": {"enum": ["end_turn", "requires_action", None]},
    "kilobytes": {"type": "integer", "minimum": 0, "maximum": 8_192},
}
_BEFORE = object_of({"type": {"enum": list(EVENT_TYPES)}}, _SAID)
_STEP = object_of(
    {"after_ms": COUNT, "type": {"enum": list(EVENT_TYPES)}},
    {**_SAID, "lag_ms": COUNT, "status_lag_ms": INTEGER, "streamed": BOOLEAN, "listed": BOOLEAN, "comment": BOOLEAN},
)
_SAID_ALONE = {"type": "array", "items": _BEFORE}
_SCRIPT = object_of(
    {"steps": {"type": "array", "items": _STEP}}, {"before": _SAID_ALONE, "between_pages": _SAID_ALONE, "status_lag_ms": COUNT}
)
_RUN = {"run": _LABEL}
_COUNTED = object_of({**_RUN, "count": COUNT})

OPERATIONS: Mapping[str, Schema] = {
    "run": object_of({**_RUN, "prompt": _LABEL, "script": _SCRIPT}, {"hurry": BOOLEAN}),
    "cancel": object_of(_RUN),
    "fail_emits": _COUNTED,
    "fail_schedules": _COUNTED,
    "until": object_of({**_RUN, "what": {"enum": ["scheduled", "stream-open", "emit", "failed", "done", "recorded"]}}, {"count": COUNT}),
    "crash": object_of({}),
    "wait": object_of({"ms": COUNT}),
    "heal": object_of({}),
}

CONFIG: Schema = object_of(
    {
        "persist_session": BOOLEAN,
        "agent": _LABEL,
        "environment_id": _LABEL,
        "base": {"type": "string", "pattern": "^(/[^?#]*[^/?#])?$"},
        "timing_ms": nullable_numbers("first_poll", "poll_max", "list_delay"),
        "page_size": {"type": "integer", "minimum": 1, "maximum": 20},
        "ids": {"enum": ["plain", "special"]},
        "cyclic": BOOLEAN,
        "next_page_end": {"enum": [None, "", "absent"]},
        "delete_running": {"enum": ["refuse", "allow"]},
    },
    {
        "mode": {"enum": ["sse", "poll"]},
        "paging": {"enum": ["cursor", "offset"]},
        "endless": BOOLEAN,
        "first_id": COUNT,
        "heartbeat_ms": {"type": ["integer", "null"], "minimum": 1},
    },
)
