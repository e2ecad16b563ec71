"""The faults of WebSocket messages and frames that the agent scenarios draw from, by the types of message they may sit at."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.faults.base import Fault
from ...harness.faults.close_socket import CloseSocket
from ...harness.faults.crash_at_frame import CrashAtFrame
from ...harness.faults.cut_frame import CutFrame
from ...harness.faults.delay_frame import DelayFrame
from ...harness.faults.drop_frame import DropFrame
from ...harness.faults.refuse_frame import RefuseFrame
from ...harness.faults.repeat_frame import RepeatFrame
from ...harness.faults.stray_ack import StrayAck
from ..drawing import DIRECTION, HOW, TIMES, Names

HELLO, OUTPUT, FINAL, RECEIVED, STARTED = "agent.hello", "task.output", "task.final", "task.received", "task.started"
HELLO_ACK, ACK, ERROR, DELIVER = "agent.hello_ack", "ack", "error", "task.deliver"
SOCKET, TASKS, REPORT = "socket", "tasks", "report"
"""Endpoints of HTTP. A fault of the link sits at the request of the upgrade."""

RESULTS = st.sampled_from((OUTPUT, FINAL))
STORED = st.sampled_from((OUTPUT, OUTPUT, FINAL))
EVERY = (OUTPUT, FINAL, HELLO, STARTED, RECEIVED, ACK, HELLO_ACK, DELIVER)
"""What goes to and fro in any example, but for errors."""
INBOUND = st.sampled_from((OUTPUT, FINAL, HELLO, RECEIVED, STARTED))
MANY = (OUTPUT, ACK)
"""Types of which there are several for each task; of the others there is one, or one for each connection."""
NTH = st.sampled_from((1, 2, 1, 3, 4, 2))
FIRST = st.sampled_from((1, 1, 2))
FEW = st.sampled_from((1, 1, 1, 1, 2))
CODES = st.sampled_from((1001, 1000, 1011, 1008, 1012, 1013, 4000))
RETRYABLE = ("internal", "rate_limited", "output_sequence_gap")
FATAL = ("internal", "unauthorized", "invalid_envelope")
TIMES_OF = {"times": TIMES}

Faults = SearchStrategy[Fault]


def at(fault: type[Fault], types: Names, **fields: SearchStrategy[Any]) -> Faults:
    """A fault at one of these types of message; ``nth`` is as large as the type makes sense of, unless it is given."""

    def build(kind: str) -> Faults:
        places = {"nth": NTH if kind in MANY else FEW} | fields
        return st.builds(fault, endpoint=st.just(kind), **places)

    return types.flatmap(build)


def drops(types: Names, **fields: SearchStrategy[Any]) -> Faults:
    return at(DropFrame, types, **TIMES_OF | fields)


def delays(types: Names, for_ms: SearchStrategy[int], **fields: SearchStrategy[Any]) -> Faults:
    return at(DelayFrame, types, for_ms=for_ms, **TIMES_OF | fields)


def repeats(types: Names) -> Faults:
    return at(RepeatFrame, types, times=TIMES, count=st.integers(1, 3))


def strays(types: Names = STORED) -> Faults:
    return at(StrayAck, types, times=TIMES, of=st.sampled_from(("unknown", "acked")))


def closes(types: Names, **fields: SearchStrategy[Any]) -> Faults:
    return at(CloseSocket, types, code=CODES, moment=st.sampled_from(("after", "before")), **fields)


def refusals(types: Names, *, retryable: bool, **fields: SearchStrategy[Any]) -> Faults:
    """The code of a gap is among the retryable ones; here it comes without the highest sequence that makes it one."""
    return at(
        RefuseFrame, types, times=TIMES, retryable=st.just(retryable), code=st.sampled_from(RETRYABLE if retryable else FATAL),
        commit=st.sampled_from(("none", "none", "all")), related=st.sampled_from(("message", "message", "message", "nothing", "unknown")),
        **fields,
    )  # fmt: skip


def crashes_at(types: Names) -> Faults:
    return at(CrashAtFrame, types, moment=st.sampled_from(("arrived", "committed", "answered")))


def cut_frames(nth: SearchStrategy[int] = FEW) -> Faults:
    """Inside a frame, or in front of it, of the ``nth`` connection, in either direction."""
    return st.builds(
        CutFrame, endpoint=st.just(SOCKET), nth=nth, direction=DIRECTION, frame=st.integers(1, 12), after_bytes=st.integers(0, 60), how=HOW
    )
