"""What the checkers ask of a history of an agent: its sockets, its messages with what became of them, its tasks, reports and lives.

One pass over the entries; linear. Start here:

* ``sockets``: each accepted upgrade with frames, what was said, hello, hello_ack, end (`sockets.Socket`).
* ``ledger.messages``, ``ledger.attempts``: output and finals by id, and by attempt, stream and sequence (`ledger`).
* ``tasks``, ``reports``, ``pauses``: what is to come out, PUTs, and when the agent did not run (`tasks`).
* ``wire``: plain HTTP: requests with their answers, connections (`..wire`). ``signed``: the entries of that kind.
* ``heal``, ``final_look``, ``settled``: entries, None where the history ends before. ``end_us``: nobody looked further.
* ``allowance_us`` is added to upper bounds in time; ``timing_ms`` are the figures the agent goes by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from ...contracts.result_channel import LIMITS, T_MS_MIN, TIMING
from ...values.history import Entry, Header, History
from ..wire import Wire, read_wire
from .hello import AttemptKey
from .ledger import Ledger, Message, SureAck
from .reading import Record, read_record
from .sockets import Said, Socket
from .tasks import Pause, Report, Task

TIMING_MS: Mapping[str, int] = {
    "flush_interval": 100,
    "reconnect_min": 1_000,
    "reconnect_max": 300_000,
    "ping_interval": 30_000,
    "poll_interval": 10_000,
    "polling_fallback": 30_000,
}
"""The defaults of the contract."""
SPOOL_BYTES, SPOOL_RESERVE_BYTES = 64 * 1024 * 1024, 1024 * 1024
MESSAGE_BYTES = 512
"""What a row may take in a spool beside its data."""
COMMIT_MS = 250
"""An ack that was read so shortly before a kill may not have reached the disk."""


class View:
    """A history of the role ``agent``, ready to be judged."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.header: Header = history.header
        self.wire: Wire = read_wire(history)
        self._record: Record = read_record(history, self.wire)
        self.sockets: list[Socket] = self._record.sockets
        self.ledger: Ledger = self._record.ledger
        self.tasks: dict[AttemptKey, Task] = self._record.tasks
        self.reports: list[Report] = self._record.reports
        self.pauses: list[Pause] = self._record.pauses
        self.signed: list[Entry] = self._record.signed
        self.listings: list[Entry] = self._record.listings
        """Entries ``listed``: the answers of GET tasks."""
        self.final_look: Entry | None = self._record.final_look
        self._set_free()
        self._due: dict[Socket, list[Message]] = self._read_listings()

    # --- the frame of it all ----------------------------------------------------------------------------------------

    @property
    def heal(self) -> Entry | None:
        return self.wire.healed

    @property
    def settled(self) -> Entry | None:
        return self.wire.settled

    @property
    def end_us(self) -> int:
        return self.wire.settled.at_us if self.wire.settled is not None else self.wire.end_us

    @property
    def allowance_us(self) -> int:
        return self.header.allowance_ms * 1000

    @property
    def features(self) -> Mapping[str, bool]:
        """``results``, ``delivery``: what the agent was told to use."""
        features: Mapping[str, bool] = self.header.config.get("features", {})
        return features

    @cached_property
    def timing_ms(self) -> Mapping[str, int]:
        """Figures the agent goes by; without the capability ``timing`` the contract's defaults, which it need not have."""
        given = self.header.config.get("timing_ms") if self.timing_is_known else None
        return {**TIMING_MS, **{name: value for name, value in (given or {}).items() if value is not None}}

    @property
    def timing_is_known(self) -> bool:
        return TIMING in self.header.capabilities

    @property
    def t_us(self) -> int:
        """T: how long a final that nobody acknowledges may wait for the socket."""
        return max(self.timing_ms["polling_fallback"], T_MS_MIN) * 1000

    @property
    def limits(self) -> Mapping[str, int]:
        """The limits that were given to the agent; {} without the capability."""
        given = self.header.config.get("limits") if LIMITS in self.header.capabilities else None
        return {name: value for name, value in (given or {}).items() if value is not None}

    @cached_property
    def spool_may_rotate(self) -> bool:
        """All there was to keep may have reached the cap of the spool: then rows may be lost by right."""
        room = self.limits.get("spool_bytes", SPOOL_BYTES) - self.limits.get("spool_reserve_bytes", SPOOL_RESERVE_BYTES)
        written = sum(size for task in self.tasks.values() for _, _, size in task.steps)
        return 2 * written + MESSAGE_BYTES * len(self.ledger.messages) > room

    # --- sockets ----------------------------------------------------------------------------------------------------

    @cached_property
    def socket_by_number(self) -> dict[int, Socket]:
        return {socket.number: socket for socket in self.sockets}

    @cached_property
    def greeted(self) -> list[Socket]:
        """Sockets on which a hello arrived, in the order of their hellos."""
        greeted = [socket for socket in self.sockets if socket.hello_frame is not None]
        return sorted(greeted, key=lambda socket: socket.hello_frame.entry if socket.hello_frame is not None else 0)

    def open_until_us(self, socket: Socket) -> int:
        """Until when the agent stood at that socket: its end, a crash or stop of the agent, or the end of the example."""
        ends = [self.end_us] if socket.over_us is None else [socket.over_us, self.end_us]
        pause = next((pause for pause in self.pauses if pause.from_entry > socket.entry), None)
        return min(ends) if pause is None else min(*ends, pause.from_us)

    # --- messages ---------------------------------------------------------------------------------------------------

    def reports_of(self, task: str) -> list[Report]:
        return self._record.reports_by_task.get(task, [])

    def surely_acked(self, message: Message) -> SureAck | None:
        """The first ack of it that the agent has surely read, and could put on its disk before any kill that followed."""
        return self._sure_acks.get(message)

    @cached_property
    def _sure_acks(self) -> dict[Message, SureAck]:
        found: dict[Message, SureAck] = {}
        for message in self.ledger.messages.values():
            sure = next((each for each in map(self.surely_read, message.acks) if each is not None), None)
            if sure is not None:
                found[message] = sure
        return found

    def surely_read(self, said: Said) -> SureAck | None:
        """That the agent has read what was said, behind which it lived on long enough to act on it; None: it may not have."""
        socket = self.socket_by_number.get(said.socket)
        proof = socket.read_proof(said.entry) if socket is not None else None
        if proof is None:
            return None
        crash = next((pause for pause in self.pauses if pause.how == "crash" and pause.from_us >= said.at_us), None)
        if crash is not None and crash.from_us < proof.at_us + COMMIT_MS * 1000 + self.allowance_us:
            return None
        return SureAck(said, proof)

    def _set_free(self) -> None:
        """Fills in ``free_entry`` of every message."""
        for row in self.ledger.rows:
            entry = _first_entry(said for message in row.messages for said in message.acks)
            for message in row.messages:
                message.free_entry = _earliest(entry, message.parked_entry)
        for attempt in self.ledger.attempts.values():
            entry = _first_entry(said for final in attempt.finals for said in (*final.acks, *final.accepted_by_hello_ack))
            reported = next((report.entry for report in self.reports_of(attempt.key[0]) if report.status == 200), None)
            for final in attempt.finals:
                final.free_entry = _earliest(entry, reported, final.parked_entry)

    def due_at(self, socket: Socket) -> list[Message]:
        """What was seen before that upgrade was asked for and is to be kept when its hello arrives: the hello has to list it."""
        return self._due.get(socket, [])

    def _read_listings(self) -> dict[Socket, list[Message]]:
        """Fills in ``listed`` of every message as long as it is to be kept."""
        due: dict[Socket, list[Message]] = {}
        coming = iter(sorted(self.ledger.messages.values(), key=lambda message: message.first.entry))
        following = next(coming, None)
        kept: dict[str, Message] = {}
        for socket in self.greeted:
            hello, frame = socket.hello, socket.hello_frame
            if hello is None or frame is None:
                continue
            while following is not None and following.first.entry < socket.request_entry:
                kept[following.id] = following
                following = next(coming, None)
            kept = {id: message for id, message in kept.items() if not message.is_free(frame.entry)}
            due[socket] = list(kept.values())
            for message in kept.values():
                if message.is_listed_by(hello):
                    message.listed.append(frame.entry)
        return due


def _first_entry(said: Iterable[Said]) -> int | None:
    return min((each.entry for each in said), default=None)


def _earliest(*entries: int | None) -> int | None:
    return min((entry for entry in entries if entry is not None), default=None)
