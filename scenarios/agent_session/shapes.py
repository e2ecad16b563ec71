"""What a repro file of the contract may hold, as JSON Schema: the operations with their arguments, and the config."""

from __future__ import annotations

from collections.abc import Mapping

from ...fake_servers.agent_session.script import TYPES
from ..schemas import BOOLEAN, COUNT, INTEGER, TEXT, Schema, nullable_numbers, object_of

_LABEL = {"type": "string", "minLength": 1}
_STEP = object_of(
    {"after_ms": COUNT, "type": {"enum": list(TYPES)}},
    {
        "texts": {"type": "array", "items": TEXT},
        "stop": {"enum": [None, "end_turn", "requires_action"]},
        "lag_ms": COUNT,
        "status_lag_ms": INTEGER,
        "streamed": BOOLEAN,
        "listed": BOOLEAN,
        "kilobytes": {**COUNT, "maximum": 4_096},
    },
)
_COUNTED = object_of({"run": _LABEL, "count": COUNT})

OPERATIONS: Mapping[str, Schema] = {
    "run": object_of({"run": _LABEL, "steps": {"type": "array", "items": _STEP}, "wait": BOOLEAN}),
    "cancel": object_of({"run": _LABEL}),
    "fail_emits": _COUNTED,
    "fail_schedules": _COUNTED,
    "until": object_of({"run": _LABEL, "what": {"enum": ["emit", "failed", "scheduled", "done", "stream"]}, "count": COUNT}),
    "crash": object_of({}),
    "wait": object_of({"ms": COUNT}),
    "heal": object_of({}),
}

CONFIG: Schema = object_of(
    {
        "persist_session": BOOLEAN,
        "base": {"type": "string", "pattern": "^(/.*[^/])?$"},
        "timing_ms": nullable_numbers("first_poll", "poll_max", "list_delay"),
        "page_size": {"type": "integer", "minimum": 1, "maximum": 20},
        "ids": {"type": "string", "pattern": r"\{n\}"},
        "cyclic": BOOLEAN,
        "next_page_end": {"enum": ["null", "empty", "absent"]},
        "begins_idle": BOOLEAN,
        "deletes_running": BOOLEAN,
    }
)
