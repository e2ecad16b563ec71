"""The checkers of the contract ``sse``: each a pure function, one requirement each. The table is the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...values.verdict import Judgement
from . import asking, connecting, delivery, life, memory
from .view import View

SSE_CHECKERS: Mapping[str, Callable[[View], Judgement]] = {
    "SSE-ACC-1": asking.check_accept,
    "SSE-ORD-1": delivery.check_order,
    "SSE-LOSS-1": delivery.check_loss,
    "SSE-DUP-1": delivery.check_duplicates,
    "SSE-PARSE-1": delivery.check_parsing,
    "SSE-ID-1": delivery.check_id,
    "SSE-HALF-1": delivery.check_halves,
    "SSE-TYPE-1": delivery.check_media_type,
    "SSE-STAT-1": delivery.check_status,
    "SSE-REC-1": connecting.check_reconnect,
    "SSE-RES-1": connecting.check_resume,
    "SSE-WAIT-1": connecting.check_wait,
    "SSE-STORM-1": connecting.check_storm,
    "SSE-END-1": connecting.check_end,
    "SSE-FAIL-1": connecting.check_failed,
    "SSE-RED-1": asking.check_other_origin,
    "SSE-HDR-1": asking.check_headers,
    "SSE-STO-1": asking.check_stored_id,
    "SSE-OPEN-1": life.check_open,
    "SSE-TELL-1": life.check_tells_end,
    "SSE-ROB-1": life.check_robust,
    "SSE-CLOSE-1": life.check_close,
    "SSE-MEM-1": memory.check_memory,
}
