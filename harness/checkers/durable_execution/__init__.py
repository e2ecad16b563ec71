"""The checkers of ``durable-execution``, role ``server``: each a pure function, one requirement each. The table is the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...values.verdict import Judgement
from . import (
    approvals,
    batches,
    changes,
    creating,
    ends,
    frames,
    heading,
    indexes,
    keeping,
    lookups,
    recovery,
    refusals,
    replaying,
    shapes,
    statuses,
    tenants,
    twins,
    waiting,
)
from .view import View

SERVER_CHECKERS: Mapping[str, Callable[[View], Judgement]] = {
    "EXE-CREATE-1": creating.check_fresh,
    "EXE-CREATE-2": creating.check_race,
    "EXE-CREATE-3": creating.check_known_at_once,
    "EXE-CREATE-4": creating.check_malformed,
    "EXE-HDR-1": heading.check_streams,
    "EXE-HDR-2": heading.check_classic,
    "EXE-STAT-1": statuses.check_walk,
    "EXE-STAT-2": statuses.check_suspended,
    "EXE-STAT-3": statuses.check_failure,
    "EXE-STAT-4": lookups.check_newest,
    "EXE-SSE-1": frames.check_frames,
    "EXE-SSE-2": ends.check_tells,
    "EXE-SSE-3": ends.check_ends,
    "EXE-SSE-4": frames.check_done,
    "EXE-SSE-5": keeping.check_writes,
    "EXE-SSE-6": keeping.check_rounds,
    "EXE-IDX-1": replaying.check_replays,
    "EXE-IDX-2": indexes.check_bad,
    "EXE-IDX-3": indexes.check_beyond,
    "EXE-IDX-4": replaying.check_resumed,
    "EXE-IDX-5": changes.check_unchanged,
    "EXE-APR-1": approvals.check_duplicates,
    "EXE-APR-2": refusals.check_late,
    "EXE-APR-3": refusals.check_forged,
    "EXE-APR-4": approvals.check_linearizable,
    "EXE-APR-5": approvals.check_accepted_is_applied,
    "EXE-APR-6": approvals.check_bound_to_call,
    "EXE-APR-7": batches.check_batch,
    "EXE-APR-8": shapes.check_shapes,
    "EXE-APR-9": shapes.check_unknown_conversation,
    "EXE-APR-10": waiting.check_pending,
    "EXE-TEN-1": tenants.check_foreign,
    "EXE-TEN-2": tenants.check_keys,
    "EXE-TEN-3": twins.check_twins,
    "EXE-RCV-1": recovery.check_crash,
    "EXE-RCV-2": recovery.check_retry,
}
