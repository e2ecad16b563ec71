"""The checkers of the contract ``result-channel``: each a pure function, one requirement each. The table is the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...values.verdict import Judgement
from . import connecting, envelopes, errors, executing, finals, flushing, gaps, persistence, polling, reporting
from .view import View

AGENT_CHECKERS: Mapping[str, Callable[[View], Judgement]] = {
    "WSR-AUTH-1": envelopes.check_signatures,
    "WSR-ENV-1": envelopes.check_envelopes,
    "WSR-ENV-2": errors.check_invalid_frames,
    "WSR-SEQ-5": envelopes.check_byte_counts,
    "WSR-ERR-1": errors.check_retryable,
    "WSR-ERR-2": gaps.check_gaps,
    "WSR-ERR-3": errors.check_fatal,
    "WSR-ERR-4": persistence.check_retries,
    "WSR-ERR-5": persistence.check_poison,
    "WSR-ERR-6": gaps.check_unanswerable,
    "WSR-FLUSH-1": flushing.check_interval,
    "WSR-FLUSH-2": flushing.check_threshold,
    "WSR-FLUSH-3": flushing.check_broken,
    "WSR-FIN-1": finals.check_order,
    "WSR-FIN-2": finals.check_one_outcome,
    "WSR-FIN-3": finals.check_durable,
    "WSR-FIN-4": finals.check_exit,
    "WSR-HTTP-1": reporting.check_reports,
    "WSR-HTTP-2": reporting.check_no_report,
    "WSR-HTTP-3": reporting.check_after_report,
    "WSR-HTTP-4": reporting.check_unacknowledged,
    "WSR-DLV-1": executing.check_at_most_once,
    "WSR-DLV-2": executing.check_at_least_once,
    "WSR-DLV-3": executing.check_discarded,
    "WSR-CONN-1": connecting.check_whole_frames,
    "WSR-CONN-2": connecting.check_reconnect_delay,
    "WSR-CONN-3": connecting.check_dead_peer,
    "WSR-CONN-4": connecting.check_unread,
    "WSR-POLL-1": polling.check_polling,
}
