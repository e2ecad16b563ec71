"""Messages that are kept until their ack (task.output, task.final): each by its id, with all its sightings and what let it go.

Nothing is judged here. What an ack did is read strictly: one that was *said* may have reached the agent, so from there on nobody is
blamed for having dropped the message; one that was surely *read* forbids to send it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .hello import AttemptKey, Hello, StreamKey
from .sockets import FINAL, OUTPUT, Frame, Moment, Said, Socket

FATAL_MAX = 5
"""After so many fatal errors that name it, a message may be given up (parked)."""


@dataclass(eq=False)
class Message:
    """A task.output or task.final by its message id, as its first sighting shows it. ``stream`` "" and ``sequence`` 0 for a final."""

    id: str
    type: str
    task: str
    attempt: str
    stream: str
    sequence: int
    sightings: list[Frame] = field(default_factory=list)
    acks: list[Said] = field(default_factory=list)
    """Every `ack` said that names it, repeated ones too."""
    refusals: list[Said] = field(default_factory=list)
    """Every error said that names it, retryable or fatal."""
    accepted_by_hello_ack: list[Said] = field(default_factory=list)
    """Matching hello_acks whose acknowledged_final_message_ids name it."""
    listed: list[int] = field(default_factory=list)
    """Entries of the hellos that list it (its output row, or its final)."""
    free_entry: int | None = None
    """From this entry on nobody asks that it is kept: an ack of it (or of the same row under another id) was said, a hello_ack named it,
    a PUT of its task was answered 200, or it was refused for good so often that it may be parked. None: it is to be kept for ever."""

    @property
    def is_final(self) -> bool:
        return self.type == FINAL

    @property
    def first(self) -> Frame:
        return self.sightings[0]

    @property
    def attempt_key(self) -> AttemptKey:
        return self.task, self.attempt

    @property
    def stream_key(self) -> StreamKey:
        return self.task, self.attempt, self.stream

    @property
    def data(self) -> str:
        return self.first.data

    @property
    def last_sign(self) -> int:
        """The last entry that shows that it exists: a sighting, or a hello that lists it."""
        return max(self.sightings[-1].entry, self.listed[-1] if self.listed else 0)

    @property
    def parked_entry(self) -> int | None:
        """From when it may be given up, since it was refused for good so often; None: it was not."""
        fatal = [said for said in self.refusals if said.is_fatal]
        return fatal[FATAL_MAX - 1].entry if len(fatal) >= FATAL_MAX else None

    def sighted_on(self, socket: Socket) -> Iterator[Frame]:
        return (frame for frame in self.sightings if frame.socket == socket.number)

    def is_listed_by(self, hello: Hello) -> bool:
        return self.id in hello.finals if self.is_final else hello.lists_output(self.stream_key, self.sequence)

    def is_free(self, entry: int) -> bool:
        """By that entry the agent may have let go of it."""
        return self.free_entry is not None and self.free_entry <= entry

    def name(self) -> str:
        """For a message to a maintainer."""
        if self.is_final:
            return f"the final of {self.task!r} ({self.id!r})"
        return f"{self.stream} {self.sequence} of {self.task!r} ({self.id!r})"


@dataclass(eq=False)
class Row:
    """One sequence of one stream, under every id that it was sent with: more than one is a breach of SEQ-2."""

    stream: StreamKey
    sequence: int
    messages: list[Message] = field(default_factory=list)

    @property
    def accepted(self) -> Frame | None:
        """The frame that the control plane accepted for it."""
        return next((frame for message in self.messages for frame in message.sightings if "accepted" in frame.taken), None)

    @property
    def first_entry(self) -> int:
        return min(message.first.entry for message in self.messages)


@dataclass(frozen=True, eq=False)
class Taken:
    """What the control plane did with an output (``stream``, ``sequence``) or a final (``stream`` "", ``sequence`` 0) of a frame.

    ``how``: "accepted", "duplicate", "gap", "conflict" (the place of another message; answered as a duplicate), "dropped", "refused",
    "ignored". ``highest``: the highest accepted sequence of the stream afterwards, None for a final.
    """

    entry: int
    at_us: int
    frame: Frame
    how: str
    message: str
    stream: str
    sequence: int
    highest: int | None


@dataclass(eq=False)
class Attempt:
    """What was seen of one attempt. ``streams``: rows by stream and sequence. ``finals``: every task.final by message id, in order.

    ``started``, ``received``: frames task.started and task.received. ``delivered``: task.deliver said. Reports by PUT are in `tasks`.
    ``taken``: what the ledger of the control plane did with its outputs and finals, in order.
    """

    key: AttemptKey
    streams: dict[str, dict[int, Row]] = field(default_factory=dict)
    finals: list[Message] = field(default_factory=list)
    started: list[Frame] = field(default_factory=list)
    received: list[Frame] = field(default_factory=list)
    delivered: list[Said] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    @property
    def accepted_final(self) -> Taken | None:
        """How the control plane came to know its final: from a task.final, or (its frame is the hello then) from what a hello lists."""
        return next((taken for taken in self.taken if not taken.stream and taken.how == "accepted"), None)


@dataclass
class Ledger:
    """``messages`` by id in the order first seen; ``attempts`` by (task, attempt)."""

    messages: dict[str, Message] = field(default_factory=dict)
    attempts: dict[AttemptKey, Attempt] = field(default_factory=dict)

    def attempt(self, key: AttemptKey) -> Attempt:
        if key not in self.attempts:
            self.attempts[key] = Attempt(key)
        return self.attempts[key]

    @property
    def rows(self) -> Iterator[Row]:
        return (row for attempt in self.attempts.values() for rows in attempt.streams.values() for row in rows.values())

    def row(self, stream: StreamKey, sequence: int) -> Row | None:
        attempt = self.attempts.get(stream[:2])
        return attempt.streams.get(stream[2], {}).get(sequence) if attempt is not None else None

    # --- while it is read -------------------------------------------------------------------------------------------

    def add_frame(self, frame: Frame) -> None:
        if frame.type in ("task.started", "task.received"):
            attempt = self.attempt(frame.attempt_key)
            (attempt.started if frame.type == "task.started" else attempt.received).append(frame)
        elif frame.durable:
            message = self.messages.get(frame.message_id)
            if message is None or not _same(message, frame):
                message = self._new(frame, is_twin=message is not None)
            message.sightings.append(frame)

    def add_said(self, said: Said) -> None:
        if said.type == "task.deliver":
            self.attempt(said.attempt_key).delivered.append(said)
        elif said.type == "ack" and said.acked_id in self.messages:
            self.messages[said.acked_id].acks.append(said)
        elif said.related_id in self.messages:
            self.messages[said.related_id].refusals.append(said)

    def _new(self, frame: Frame, *, is_twin: bool) -> Message:
        """A message seen for the first time. An id that two rows share (a breach of ENV-1) goes on with the first of them."""
        message = Message(frame.message_id, frame.type, frame.task, frame.attempt, frame.stream, frame.sequence)
        attempt = self.attempt(frame.attempt_key)
        if frame.type == OUTPUT:
            row = attempt.streams.setdefault(frame.stream, {}).setdefault(frame.sequence, Row(frame.stream_key, frame.sequence))
            row.messages.append(message)
        else:
            attempt.finals.append(message)
        if not is_twin:
            self.messages[frame.message_id] = message
        return message


def _same(message: Message, frame: Frame) -> bool:
    return (message.type, message.stream_key, message.sequence) == (frame.type, frame.stream_key, frame.sequence)


@dataclass(frozen=True)
class SureAck:
    """An ack that the agent has surely read, and when that was proved."""

    said: Said
    proof: Moment
