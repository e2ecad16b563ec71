"""The checkers of ``durable-execution``, role ``client``: each a pure function, one requirement each. The table is the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ....values.verdict import Judgement
from . import asking, delivery, effects, leaving, outcomes
from .view import View

CLIENT_CHECKERS: Mapping[str, Callable[[View], Judgement]] = {
    "EXE-CLI-1": outcomes.check_outcome,
    "EXE-CLI-2": outcomes.check_done,
    "EXE-CLI-3": delivery.check_going_on,
    "EXE-CLI-4": delivery.check_frames,
    "EXE-CLI-5": asking.check_requests,
    "EXE-CLI-6": effects.check_creations,
    "EXE-CLI-7": effects.check_approvals,
    "EXE-CLI-8": leaving.check_unfollow,
    "EXE-CLI-9": asking.check_other_origin,
}
