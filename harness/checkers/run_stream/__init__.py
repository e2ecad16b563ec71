"""The checkers of the contract ``run-stream``: each a pure function, one requirement each. The table is the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...values.verdict import Judgement
from . import addressing, closing, ending, framing, pacing, resolving, resuming, snapshots, transcript
from .view import View

RUN_STREAM_CHECKERS: Mapping[str, Callable[[View], Judgement]] = {
    "RD-TOK-1": resolving.check_resolve,
    "RD-URL-1": addressing.check_url,
    "RD-AUTH-1": addressing.check_auth,
    "RD-RES-1": resuming.check_cursor,
    "RD-RES-2": resuming.check_leg,
    "RD-LOSS-1": transcript.check_loss,
    "RD-DUP-1": transcript.check_repeats,
    "RD-ORD-1": transcript.check_order,
    "RD-BOOT-1": ending.check_end_in_bootstrap,
    "RD-END-1": ending.check_end,
    "RD-END-2": ending.check_no_end,
    "RD-BACK-1": pacing.check_pauses,
    "RD-BACK-2": pacing.check_clean_ends,
    "RD-KA-1": pacing.check_keepalives,
    "RD-CTL-1": framing.check_control,
    "RD-ERR-1": pacing.check_error_frames,
    "RD-IDLE-1": closing.check_idle,
    "RD-PARSE-1": framing.check_parsing,
    "RD-SUB-1": snapshots.check_late_subscriber,
    "RD-RETRY-1": snapshots.check_retry,
    "RD-SNAP-1": snapshots.check_snapshot,
    "RD-CLOSE-1": closing.check_unwatch,
}
