"""The faults of WebSocket messages and frames that the agent scenarios draw from, by the types of message they may sit at."""

from __future__ import annotations

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
INBOUND = st.sampled_from((OUTPUT, FINAL, HELLO, RECEIVED, STARTED))
NTH = st.integers(1, 6)
FIRST = st.sampled_from((1, 1, 2))
CODES = st.sampled_from((1001, 1000, 1011, 1008, 1012, 1013, 4000))
RETRYABLE = ("internal", "rate_limited", "output_sequence_gap")
FATAL = ("internal", "unauthorized", "invalid_envelope")

Faults = SearchStrategy[Fault]


def drops(types: Names, nth: SearchStrategy[int] = NTH, times: SearchStrategy[int] = TIMES) -> Faults:
    return st.builds(DropFrame, endpoint=types, nth=nth, times=times)


def delays(types: Names, for_ms: SearchStrategy[int], nth: SearchStrategy[int] = NTH) -> Faults:
    return st.builds(DelayFrame, endpoint=types, nth=nth, times=TIMES, for_ms=for_ms)


def repeats(types: Names) -> Faults:
    return st.builds(RepeatFrame, endpoint=types, nth=NTH, times=TIMES, count=st.integers(1, 3))


def strays(types: Names = STORED) -> Faults:
    return st.builds(StrayAck, endpoint=types, nth=NTH, times=TIMES, of=st.sampled_from(("unknown", "acked")))


def closes(types: Names, nth: SearchStrategy[int] = NTH) -> Faults:
    return st.builds(CloseSocket, endpoint=types, nth=nth, code=CODES, moment=st.sampled_from(("after", "before")))


def refusals(types: Names, *, retryable: bool, nth: SearchStrategy[int] = NTH, times: SearchStrategy[int] = TIMES) -> Faults:
    """With a code of its own the error of a gap is meant, too, which here names no highest sequence."""
    return st.builds(
        RefuseFrame, endpoint=types, nth=nth, times=times, retryable=st.just(retryable),
        code=st.sampled_from(RETRYABLE if retryable else FATAL), commit=st.sampled_from(("none", "none", "all")),
        related=st.sampled_from(("message", "message", "message", "nothing", "unknown")),
    )  # fmt: skip


def crashes_at(types: Names, nth: SearchStrategy[int] = NTH) -> Faults:
    moment = st.sampled_from(("arrived", "committed", "answered"))
    return st.builds(CrashAtFrame, endpoint=types, nth=nth, moment=moment)


def cut_frames(nth: SearchStrategy[int] = FIRST) -> Faults:
    """Inside a frame, or in front of it, of the ``nth`` connection, in either direction."""
    return st.builds(
        CutFrame, endpoint=st.just(SOCKET), nth=nth, direction=DIRECTION, frame=st.integers(1, 12), after_bytes=st.integers(0, 60), how=HOW
    )
