"""What the faults of the plan order for one message of the socket, sorted by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...harness.faults.base import Fault
from ...harness.faults.decisions import CloseSocket, CrashAtFrame, DelayFrame, DropFrame, RefuseFrame, RepeatFrame, StrayAck


@dataclass
class FrameOrders:
    """Each order with the index of its fault in the plan. Of two of a kind the first in the plan counts."""

    drop: tuple[int, DropFrame] | None = None
    delay: tuple[int, DelayFrame] | None = None
    repeat: tuple[int, RepeatFrame] | None = None
    close: tuple[int, CloseSocket] | None = None
    refuse: tuple[int, RefuseFrame] | None = None
    stray: tuple[int, StrayAck] | None = None
    crash: tuple[int, CrashAtFrame] | None = None


NO_ORDERS = FrameOrders()
_FIELDS = {
    DropFrame: "drop",
    DelayFrame: "delay",
    RepeatFrame: "repeat",
    CloseSocket: "close",
    RefuseFrame: "refuse",
    StrayAck: "stray",
    CrashAtFrame: "crash",
}


def frame_orders_of(faults: Sequence[tuple[int, Fault]]) -> FrameOrders:
    """Asks every fault that sits at the message what it wants done with it."""
    if not faults:
        return NO_ORDERS
    orders = FrameOrders()
    for index, fault in faults:
        decision = fault.on_frame()
        if decision is not None:
            name = _FIELDS[type(decision)]
            setattr(orders, name, getattr(orders, name) or (index, decision))
    return orders
