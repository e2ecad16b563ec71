"""What faults still have to do to one streamed answer. They say what; the stream performs it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..harness.faults.decisions import EndStream, Framing, HoldBack, IdleTimeout, Interject, Reorder, Repeat, Terminate
from .frames import PLAIN, Frame
from .held_back import HeldBack
from .orders import Orders

BehindEvents = Interject | Repeat | EndStream


@dataclass
class StreamFaults:
    """Each with its index in the plan. Of two of a kind where there can be but one, the first in the plan acts."""

    framing: tuple[int, Framing] | None = None
    hold: HeldBack | None = None
    idle: tuple[int, IdleTimeout] | None = None
    terminate: tuple[int, Terminate] | None = None
    reorder: tuple[int, Reorder] | None = None
    truncate: int | None = None
    """The body ends in the middle of its first event, though HTTP finds it complete."""
    waiting: list[tuple[int, BehindEvents]] = field(default_factory=list)
    """Those behind a number of events; those that end the answer come last."""

    def due(self, events: int) -> tuple[int, BehindEvents] | None:
        """The next one that sits behind so many events; it is taken out."""
        for position, row in enumerate(self.waiting):
            if row[1].after_events <= events:
                return self.waiting.pop(position)
        return None

    def heal(self) -> None:
        """They stop, but for what the stream has to undo first (``hold``). One answer keeps the way in which it is written."""
        self.waiting.clear()
        self.reorder = self.idle = self.terminate = self.truncate = None


def stream_faults(orders: Orders) -> StreamFaults:
    faults = StreamFaults()
    for index, order in orders.stream:
        match order:
            case Framing():
                if order != PLAIN:
                    faults.framing = faults.framing or (index, order)
            case HoldBack():
                faults.hold = faults.hold or HeldBack(index, order.bytes)
            case IdleTimeout():
                faults.idle = faults.idle or (index, order)
            case Terminate():
                faults.terminate = faults.terminate or (index, order)
            case Reorder():
                faults.reorder = faults.reorder or (index, order)
            case Interject() | Repeat() | EndStream():
                faults.waiting.append((index, order))
    faults.waiting.sort(key=lambda row: isinstance(row[1], EndStream))
    for index, rewrite in orders.rewrites:
        if rewrite.body == "truncated" and faults.truncate is None:
            faults.truncate = index
    return faults


def terminal_frames(order: Terminate, frames: list[Frame]) -> list[Frame]:
    """The frames that end a finished stream, as they go out; what stands behind them is not among them."""
    match order.terminal:
        case "missing":
            return []
        case "twice":
            return frames * 2
        case "empty":
            return [Frame(frame.kind, "{}", frame.id, frame.event) for frame in frames]
        case _:
            return frames
