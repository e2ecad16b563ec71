"""The checkers of a runner of managed sessions: each a pure function, one requirement each. The table is the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...values.verdict import Judgement
from . import broken_off, completing, deleting, ending, failing, framing, paging, scheduling, statuses
from .view import View

RUNNER_CHECKERS: Mapping[str, Callable[[View], Judgement]] = {
    "SES-COMPLETE-1": completing.check_messages,
    "SES-COMPLETE-2": completing.check_seen,
    "SES-COMPLETE-3": completing.check_turn,
    "SES-COMPLETE-4": completing.check_action,
    "SES-LAST-1": completing.check_last,
    "SES-END-1": ending.check_once,
    "SES-END-2": ending.check_order,
    "SES-END-3": statuses.check_status,
    "SES-END-4": ending.check_ends,
    "SES-END-5": broken_off.check_cut,
    "SES-END-6": ending.check_prompt,
    "SES-DEL-1": deleting.check_deleted,
    "SES-DEL-2": deleting.check_failing_delete,
    "SES-DEL-3": deleting.check_persisting,
    "SES-DEL-4": deleting.check_after_delete,
    "SES-SCHED-1": scheduling.check_delays,
    "SES-SCHED-2": scheduling.check_backoff,
    "SES-TX-1": scheduling.check_transactions,
    "SES-TX-2": scheduling.check_returns,
    "SES-ERR-1": failing.check_errors,
    "SES-ERR-2": failing.check_empty,
    "SES-ERR-3": failing.check_first_read,
    "SES-PAGE-1": paging.check_pages,
    "SES-SSE-1": framing.check_framing,
    "SES-SSE-2": broken_off.check_large,
    "SES-TIMEOUT-1": broken_off.check_time_out,
}
