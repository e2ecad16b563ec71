"""The WebSockets of an agent as the control plane saw them: frames that arrived, what was said, and which pings were answered.

Nothing is judged here. A *frame* is a data frame of the agent that arrived; what was *said* is a data frame just before it went out,
so that it may never have reached the agent. The agent's pong shows that whatever stood before the ping has arrived; what was surely
read is told by `proofs`. Frames may hold anything: fields of the wrong type read as empty. Times are microseconds; entry numbers order
what happened within one microsecond.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...values.history import Entry
from .hello import AttemptKey, Directives, Hello, StreamKey, read_directives, read_hello, text_of

HELLO, HELLO_ACK, OUTPUT, FINAL = "agent.hello", "agent.hello_ack", "task.output", "task.final"
DURABLE = (OUTPUT, FINAL)
"""Types of the messages that are kept until their ack."""


@dataclass(eq=False)
class Frame:
    """A data frame of the agent. ``type`` "" and ``envelope`` {} where it has none. ``sequence`` 0: none that can be used.

    ``problems``: what makes it no valid envelope, in the words of the control plane. ``taken``: what the ledger did with a task.output or
    task.final, in order ("accepted", "duplicate", "gap", "conflict", "dropped", "refused", "ignored"); more than one where it was repeated.
    """

    entry: int
    at_us: int
    socket: int
    number: int
    type: str
    envelope: Mapping[str, Any]
    problems: tuple[str, ...] = ()
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        payload = self.envelope.get("payload")
        self.payload: Mapping[str, Any] = payload if isinstance(payload, Mapping) else {}
        self.message_id = text_of(self.envelope.get("message_id"))
        self.task = text_of(self.envelope.get("task_id"))
        self.attempt = text_of(self.envelope.get("execution_attempt_id"))
        self.stream = text_of(self.payload.get("stream")) if self.type == OUTPUT else ""
        sequence = self.envelope.get("sequence")
        self.sequence: int = sequence if type(sequence) is int and self.type == OUTPUT else 0

    @property
    def attempt_key(self) -> AttemptKey:
        return self.task, self.attempt

    @property
    def stream_key(self) -> StreamKey:
        return self.task, self.attempt, self.stream

    @property
    def data(self) -> str:
        """The text of a task.output."""
        return text_of(self.payload.get("data"))

    @property
    def durable(self) -> bool:
        """A task.output or task.final that names its message well enough to follow it."""
        return self.type in DURABLE and bool(self.message_id) and (self.type == FINAL or self.sequence > 0)


@dataclass(eq=False)
class Said:
    """A data frame of the control plane. ``meant``: why ("hello-ack", "ack", "ack-again", "stray", "gap", "error", "deliver", "illegal",
    "harmless"). ``answers``: number of the frame of this socket that it answers, 0 if none. ``illegal``: the agent must close on it."""

    entry: int
    at_us: int
    socket: int
    number: int
    type: str
    envelope: Mapping[str, Any]
    meant: str
    answers: int
    illegal: bool

    def __post_init__(self) -> None:
        payload = self.envelope.get("payload")
        self.payload: Mapping[str, Any] = payload if isinstance(payload, Mapping) else {}
        self.task = text_of(self.envelope.get("task_id"))
        self.attempt = text_of(self.envelope.get("execution_attempt_id"))

    @property
    def attempt_key(self) -> AttemptKey:
        return self.task, self.attempt

    @property
    def acked_id(self) -> str:
        """The message that an ack or a hello_ack names; "" for what is no ack."""
        return text_of(self.payload.get("acked_message_id")) if self.type in ("ack", HELLO_ACK) else ""

    @property
    def related_id(self) -> str:
        """The message that an error names; "" where it names none."""
        return text_of(self.payload.get("related_message_id")) if self.type == "error" else ""

    @property
    def is_fatal(self) -> bool:
        return self.type == "error" and self.payload.get("retryable") is False

    @property
    def must_close(self) -> bool:
        """The agent has to close the connection on it."""
        return self.illegal or self.is_fatal

    @property
    def is_gap(self) -> bool:
        return self.type == "error" and self.payload.get("code") == "output_sequence_gap" and self.payload.get("retryable") is True

    @property
    def highest(self) -> int | None:
        """``highest_accepted_sequence`` of an error, ``highest_output_sequence`` of an ack; None where there is none."""
        value = self.payload.get("highest_accepted_sequence" if self.type == "error" else "highest_output_sequence")
        return value if type(value) is int else None


@dataclass(eq=False)
class Control:
    """A control frame. ``by``: "agent" | "server"; ``what``: "ping" | "pong" | "close"; ``code`` of a close, else None."""

    entry: int
    at_us: int
    by: str
    what: str
    data: str
    code: int | None


@dataclass(frozen=True)
class Moment:
    entry: int
    at_us: int


@dataclass(eq=False)
class Socket:
    """One upgrade that was accepted, from then to its end. ``number`` is that of its request; ``life`` counts from 1.

    ``faults``: names of the faults that acted on its bytes (``stall``, ``black-hole`` ..); ``frame_faults``: on its messages.
    ``over_*``: its end, None where the history ends first; ``over_by``: "agent" | "server" | "broken", "" while it is open.
    """

    number: int
    connection: int
    entry: int
    at_us: int
    life: int
    request_entry: int
    """Entry of the upgrade request: what had not happened by then, the hello may not know."""
    faults: set[str] = field(default_factory=set)
    frame_faults: list[Entry] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    over_entry: int | None = None
    over_us: int | None = None
    over_by: str = ""
    over_code: int | None = None
    over_problem: str | None = None
    unmasked_entry: int | None = None
    """Where the agent sent its first frame without a mask."""
    hello_frame: Frame | None = None
    """Its first agent.hello."""
    hello_ack: Said | None = None
    """The first hello_ack that names that hello."""
    must_close: Said | None = None
    """The first frame on which the agent has to close."""
    _pings: dict[str, int] = field(default_factory=dict)
    _read_to: list[int] = field(default_factory=list)
    """Entries up to which all has arrived, ascending; ``_read_at`` says when that was shown."""
    _read_at: list[Moment] = field(default_factory=list)

    @cached_property
    def hello(self) -> Hello | None:
        """What the hello lists."""
        return read_hello(self.hello_frame.payload) if self.hello_frame is not None else None

    @cached_property
    def directives(self) -> Directives:
        """Those of its hello_ack; ``directives.present`` is False where there are none (or no hello_ack)."""
        return read_directives(self.hello_ack.payload if self.hello_ack is not None else {})

    @property
    def active_us(self) -> int | None:
        """When it became active at the earliest: when the matching hello_ack was said. None: never."""
        return None if self.hello_ack is None else self.hello_ack.at_us

    def pong_behind(self, entry: int) -> Moment | None:
        """When a pong showed that what was said at ``entry`` has arrived; None: nothing shows it."""
        at = bisect_right(self._read_to, entry)
        return self._read_at[at] if at < len(self._read_at) else None

    def is_void(self, entry: int) -> bool:
        """A frame on which the agent has to close stands before it, so that the agent need not obey what was said at ``entry``."""
        return self.must_close is not None and self.must_close.entry < entry

    # --- while it is read -------------------------------------------------------------------------------------------

    def add_frame(self, frame: Frame) -> None:
        self.frames.append(frame)
        if frame.type == HELLO and self.hello_frame is None:
            self.hello_frame = frame

    def add_said(self, said: Said) -> None:
        self.said.append(said)
        if self.must_close is None and said.must_close:
            self.must_close = said
        hello = self.hello_frame
        if said.type == HELLO_ACK and self.hello_ack is None and hello is not None and said.acked_id == hello.message_id:
            self.hello_ack = said

    def add_control(self, control: Control) -> None:
        self.controls.append(control)
        if control.by == "server" and control.what == "ping":
            self._pings[control.data] = control.entry
        elif control.by == "agent" and control.what == "pong":
            pinged = self._pings.pop(control.data, None)
            if pinged is not None and (not self._read_to or pinged > self._read_to[-1]):
                self._read_to.append(pinged)
                self._read_at.append(Moment(control.entry, control.at_us))
