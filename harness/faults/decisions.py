"""What a fault answers when it is asked. The link or the server performs it; a fault performs nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal["fin", "rst"]
Direction = Literal["request", "answer"]


# --- performed by the link ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refuse:
    """The connection is not accepted (``loopback``: accepted by the kernel and reset at once)."""


@dataclass(frozen=True)
class Cut:
    """Pass on ``keep`` bytes of this piece, then end the connection on both sides."""

    keep: int
    how: How


@dataclass(frozen=True)
class Swallow:
    """Pass on ``keep`` bytes of this piece, then drop what follows in this direction (the sender of it is not told)."""

    keep: int


@dataclass(frozen=True)
class Stall:
    """Pass on ``keep`` bytes, then hold this direction for ``for_ms``, or until the faults stop (None). Its source is not read."""

    keep: int
    for_ms: int | None


@dataclass(frozen=True)
class Drip:
    """From here to the end of the message pass ``size_bytes`` every ``every_ms``."""

    size_bytes: int
    every_ms: int


@dataclass(frozen=True)
class Slice:
    """From here to the end of the message pass the bytes in segments of these sizes, repeated in turn."""

    sizes: tuple[int, ...]


@dataclass(frozen=True)
class HalfClose:
    """Pass on ``keep`` bytes, then FIN towards the client; what the client still sends is still passed on."""

    keep: int


@dataclass(frozen=True)
class Replace:
    """Send ``data`` to the client in place of the rest of the answer, then close."""

    data: bytes
    how: How = "fin"


@dataclass(frozen=True)
class Crash:
    """Pass on ``keep`` bytes, then the target dies on the spot; the play starts it again."""

    keep: int


@dataclass(frozen=True)
class BlackHole:
    """Pass on ``keep`` bytes, then drop everything in both directions; neither side is told."""

    keep: int


LinkDecision = Cut | Swallow | Stall | Drip | Slice | HalfClose | Replace | Crash | BlackHole


# --- performed by the server --------------------------------------------------------------------------------------

Commit = Literal["none", "all"]


@dataclass(frozen=True)
class Answer:
    """Answer with this status instead of the true one.

    ``commit``: whether what the request asks for is done first. ``body``: ``contract`` is the contract's own error
    object for the status. ``acknowledge``: the contract's own body carries the true position.
    ``after_lines``: answer as soon as so many lines are read, while the request is still open (None: at its end).
    ``location``: ``same`` or ``other`` origin for a redirect.
    """

    status: int
    commit: Commit = "none"
    body: Literal["contract", "empty", "html"] = "contract"
    acknowledge: bool = False
    retry_after_s: int | None = None
    after_lines: int | None = None
    location: Literal["same", "other"] | None = None


@dataclass(frozen=True)
class Rewrite:
    """The true answer, with its body or headers spoilt on the way out (the request is committed)."""

    body: Literal["keep", "empty", "html", "truncated"] = "keep"
    content_type: str | None = None
    gzip: bool = False


@dataclass(frozen=True)
class BufferRequest:
    """The application sees the body only once it has ended, as behind an ingress that buffers."""


@dataclass(frozen=True)
class ChangeState:
    """Change the stored state when the request arrives.

    ``forget``: the last ``count`` positions (None: all). ``complete``: the stream is already complete.
    ``restart``: the server process restarts: every connection is reset, stored state stays.
    ``second-writer``: somebody else writes ``count`` events. ``trim``: the stream keeps only its newest ``count`` events.
    """

    change: Literal["forget", "complete", "restart", "second-writer", "trim"]
    count: int | None = None


@dataclass(frozen=True)
class Stale:
    """The answer tells a position that is ``behind`` lower than the true one (a read from a lagging replica)."""

    behind: int


# --- performed by the server while it streams -----------------------------------------------------------------------

Newline = Literal["lf", "cr", "crlf"]
Interjection = Literal["keepalive", "comment", "unknown", "bad-json", "no-object", "id-only", "bom", "retry", "empty-data"]
StreamEnd = Literal["clean", "rotated", "resync", "unknown", "error"]
Terminal = Literal["missing", "twice", "open", "followed", "empty"]


@dataclass(frozen=True)
class Framing:
    """Write every frame of the answer this way, which the standard allows. ``data_lines``: the data goes over so many lines."""

    newline: Newline
    bom: bool
    space: bool
    data_lines: int


@dataclass(frozen=True)
class Repeat:
    """Behind ``after_events`` events of the answer send the last ``count`` of them again, with their ids."""

    after_events: int
    count: int


@dataclass(frozen=True)
class Reorder:
    """Behind ``after_events`` events of the answer the next ``window`` go out in the opposite order."""

    after_events: int
    window: int


@dataclass(frozen=True)
class Interject:
    """Behind ``after_events`` events of the answer send ``count`` frames that are no events. ``with_id``: they carry an id."""

    after_events: int
    what: Interjection
    count: int
    with_id: bool


@dataclass(frozen=True)
class EndStream:
    """Behind ``after_events`` events the server ends the answer, whole as HTTP, though the stream goes on.

    ``end`` says with which frame: none (``clean``), ``event: end`` (``rotated``, ``resync``, ``unknown`` type), or
    ``event: error``. ``eof`` False: the frame is sent, but the connection stays open and silent.
    """

    after_events: int
    end: StreamEnd
    eof: bool


@dataclass(frozen=True)
class Terminate:
    """How the terminal frame of a finished stream goes out: not at all, twice, without the end of the answer behind it, with the
    last event once more behind it, or with the data ``{}``."""

    terminal: Terminal


@dataclass(frozen=True)
class HoldBack:
    """A proxy passes the body on only in blocks of ``bytes``, or when it ends."""

    bytes: int


@dataclass(frozen=True)
class IdleTimeout:
    """A proxy ends the answer once nothing was written for ``after_ms``."""

    after_ms: int


StreamDecision = Framing | Repeat | Reorder | Interject | EndStream | Terminate | HoldBack | IdleTimeout
ServerDecision = Answer | Rewrite | BufferRequest | ChangeState | Stale | StreamDecision


# --- performed by a WebSocket server, with one frame ----------------------------------------------------------------

Moment = Literal["before", "after"]


@dataclass(frozen=True)
class DropFrame:
    """A frame that arrived is not looked at; one that was to be sent is not sent."""


@dataclass(frozen=True)
class DelayFrame:
    """It is looked at, or sent, so much later. Frames behind it do not wait."""

    for_ms: int


@dataclass(frozen=True)
class RepeatFrame:
    """``count`` times more: one that arrived is answered again, as one that is there already; one to be sent is sent again."""

    count: int


@dataclass(frozen=True)
class CloseSocket:
    """The server closes with this code, before or after the frame took effect (or was sent)."""

    code: int
    moment: Moment


@dataclass(frozen=True)
class RefuseFrame:
    """A frame that arrived is answered with an error, before or after it took effect. ``related``: what the error names."""

    code: str
    retryable: bool
    related: Literal["message", "nothing", "unknown"]
    commit: Commit


@dataclass(frozen=True)
class StrayAck:
    """Before the true answer an ack of something else: a message nobody sent (``unknown``), or one that was acknowledged (``acked``)."""

    of: Literal["unknown", "acked"]


@dataclass(frozen=True)
class CrashAtFrame:
    """The target dies: when the frame has arrived (nothing came of it), took effect (no answer), or was answered."""

    moment: Literal["arrived", "committed", "answered"]


FrameDecision = DropFrame | DelayFrame | RepeatFrame | CloseSocket | RefuseFrame | StrayAck | CrashAtFrame
