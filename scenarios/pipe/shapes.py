"""What a repro file of the contract ``pipe`` may hold: the operations of both ends, and the config."""

from __future__ import annotations

from collections.abc import Mapping

from ..ingest.shapes import SENDER_OPERATIONS
from ..schemas import BASE_SUFFIX, COUNT, INTEGER, TEXT, Schema, nullable_numbers, object_of

READER = {"enum": ["r1", "r2", "r3"]}

OPERATIONS: Mapping[str, Schema] = {
    **{verb: SENDER_OPERATIONS[verb] for verb in ("enqueue", "enqueue_many", "stop")},
    "watch": object_of({"reader": READER}),
    "unwatch": object_of({"reader": READER}),
    "wait": object_of({"ms": COUNT}),
    "heal": object_of({}),
    "recover": object_of({}),
}

CONFIG: Schema = object_of(
    {"team_id": INTEGER, "task_id": TEXT, "run_id": TEXT},
    {
        "base_suffix": BASE_SUFFIX,
        "sender": object_of(
            {}, {"timing_ms": nullable_numbers("flush_delay", "retry_delay", "request_timeout", "stop_timeout", "upload_window")}
        ),
        "reader": object_of({}, {"timing_ms": nullable_numbers("backoff_base", "backoff_max", "idle_timeout", "batch_delay")}),
    },
)
