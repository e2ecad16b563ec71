"""What the faults of the plan order for one request, sorted by kind. The exchange asks here and reports what it performed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..harness.faults.base import Fault
from ..harness.faults.decisions import Answer, BufferRequest, ChangeState, Rewrite, Stale, StreamDecision


@dataclass
class Orders:
    """Each order with the index of its fault in the plan. Of two answers for one request the first in the plan is given."""

    answer: tuple[int, Answer] | None = None
    rewrites: list[tuple[int, Rewrite]] = field(default_factory=list)
    stale: tuple[int, Stale] | None = None
    buffer: int | None = None
    changes: list[tuple[int, ChangeState]] = field(default_factory=list)
    stream: list[tuple[int, StreamDecision]] = field(default_factory=list)


NO_ORDERS = Orders()


def orders_of(faults: Sequence[tuple[int, Fault]]) -> Orders:
    """Asks every fault that sits at the request what it wants of the server."""
    if not faults:
        return NO_ORDERS
    orders = Orders()
    for index, fault in faults:
        decision = fault.on_request()
        if isinstance(decision, Answer):
            orders.answer = orders.answer or (index, decision)
        elif isinstance(decision, Rewrite):
            orders.rewrites.append((index, decision))
        elif isinstance(decision, Stale):
            orders.stale = orders.stale or (index, decision)
        elif isinstance(decision, BufferRequest):
            orders.buffer = index
        elif isinstance(decision, ChangeState):
            orders.changes.append((index, decision))
        elif decision is not None:
            orders.stream.append((index, decision))
    return orders
