"""The checkers of the contract ``ingest``: each a pure function, one requirement each. The table is the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...values.verdict import Judgement
from . import addressing, delivery, dropping, numbering, pacing, stopping, uploading
from .view import View

SENDER_CHECKERS: Mapping[str, Callable[[View], Judgement]] = {
    "ING-URL-1": addressing.check_url,
    "ING-HDR-1": addressing.check_headers,
    "ING-SYNC-1": numbering.check_sync,
    "ING-ORD-1": numbering.check_consecutive,
    "ING-ORD-2": delivery.check_order,
    "ING-LOSS-1": delivery.check_loss,
    "ING-IDEM-1": numbering.check_identical_resend,
    "ING-ACK-1": numbering.check_acknowledged,
    "ING-ACK-2": numbering.check_prefix_of_failure,
    "ING-RST-1": numbering.check_restart,
    "ING-REB-1": numbering.check_rebase,
    "ING-REB-2": numbering.check_rebase_only_on_409,
    "ING-DROP-1": numbering.check_no_gap,
    "ING-DROP-2": dropping.check_size_rule,
    "ING-DROP-3": dropping.check_drop_policy,
    "ING-ROLL-1": uploading.check_upload_size,
    "ING-ROLL-2": uploading.check_upload_age,
    "ING-LIVE-1": delivery.check_live,
    "ING-LIVE-2": delivery.check_recovery,
    "ING-NBLK-1": pacing.check_enqueue_returns,
    "ING-RETRY-1": pacing.check_retry_pause,
    "ING-TMO-1": pacing.check_timeout,
    "ING-STOP-1": stopping.check_waits_for_answer,
    "ING-STOP-2": stopping.check_returns,
    "ING-STOP-3": stopping.check_completion_line,
    "ING-STOP-4": stopping.check_empty_stop,
    "ING-STOP-5": stopping.check_stop_retries,
    "ING-CMP-1": delivery.check_completion,
    "ING-CMP-2": pacing.check_completed_loop,
    "ING-AUTH-1": pacing.check_refused_loop,
    "ING-STOP-6": stopping.check_silence,
    "ING-RED-1": addressing.check_other_origin,
    "ING-PURE-1": dropping.check_pure,
}
