"""The checkers of the contract ``pipe``: the application's events against what each subscriber was shown. The table is the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...values.verdict import Judgement
from . import arriving, ending
from .view import View

PIPE_CHECKERS: Mapping[str, Callable[[View], Judgement]] = {
    "PIPE-LOSS-1": arriving.check_loss,
    "PIPE-DUP-1": arriving.check_repeats,
    "PIPE-ORD-1": arriving.check_order,
    "PIPE-END-1": ending.check_end,
    "PIPE-LIVE-1": arriving.check_live,
}
