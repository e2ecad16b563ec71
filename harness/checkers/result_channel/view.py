"""What the checkers ask of a history of an agent: its sockets, its messages with what became of them, its tasks, reports and lives.

One pass over the entries; linear. Start here:

* ``sockets``: each accepted upgrade with frames, what was said, hello, hello_ack, end (`sockets.Socket`).
* ``ledger.messages``, ``ledger.attempts``: output and finals by id, and by attempt, stream and sequence (`ledger`).
* ``tasks``, ``reports``, ``pauses``: what is to come out, PUTs, and when the agent did not run (`tasks`).
* ``wire``: plain HTTP: requests with their answers, connections (`..wire`). ``signed``: the entries of that kind.
* ``heal``, ``final_look``, ``settled``: entries, None where the history ends before. ``end_us``: nobody looked further.
* ``proofs``: when each socket was over, and what was surely read on it (`proofs`).
* ``allowance_us`` is added to upper bounds in time; ``timing_ms``, ``limits``: the figures that the agent is known to go by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from ...contracts.result_channel import LIMITS, T_MS_MIN, TIMING
from ...values.history import Entry, Header, History
from ..wire import Wire, read_wire
from .hello import AttemptKey
from .ledger import Ledger, Message, SureAck
from .proofs import Proofs
from .reading import Record, read_record
from .sockets import Said, Socket
from .tasks import Pause, Report, Task

SPOOL_ROOM_BYTES = 1024 * 1024
"""What every spool has room for whose size nobody knows. The contract's default is 63 times that."""
MESSAGE_BYTES = 512
"""What a row may take in a spool beside its data."""


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
        self.proofs = Proofs(self.sockets, self.pauses, self.wire, self.allowance_us)
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
        """The figures that were given to the agent. Where one is missing the agent has a default of its own, which nobody knows."""
        return self._given("timing_ms", TIMING)

    @cached_property
    def limits(self) -> Mapping[str, int]:
        """The limits that were given to the agent, with the same meaning."""
        return self._given("limits", LIMITS)

    def _given(self, key: str, capability: str) -> Mapping[str, int]:
        given = self.header.config.get(key) if capability in self.header.capabilities else None
        return {name: value for name, value in (given or {}).items() if value is not None}

    @property
    def t_us(self) -> int | None:
        """T: how long a final that nobody acknowledges may wait for the socket; None: nobody knows."""
        fallback_ms = self.timing_ms.get("polling_fallback")
        return None if fallback_ms is None else max(fallback_ms, T_MS_MIN) * 1000

    @property
    def t_least_us(self) -> int:
        """What T is at least, whatever the agent goes by."""
        return T_MS_MIN * 1000 if self.t_us is None else self.t_us

    @cached_property
    def spool_may_rotate(self) -> bool:
        """All there was to keep may have reached the cap of the spool: then rows may be lost by right."""
        written = sum(size for task in self.tasks.values() for _, _, size in task.steps)
        return 2 * written + MESSAGE_BYTES * len(self.ledger.messages) > self._spool_room

    @property
    def _spool_room(self) -> int:
        """What the spool holds at least."""
        cap, reserve = self.limits.get("spool_bytes"), self.limits.get("spool_reserve_bytes")
        if cap is None:
            return SPOOL_ROOM_BYTES
        return 0 if reserve is None else cap - reserve

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
        """Until when the agent had to stand at that socket: the first sign of its end, or what it must close on, a crash or stop of the
        agent, or the end of the example."""
        end, pause = self.proofs.end_of(socket), next((pause for pause in self.pauses if pause.from_entry > socket.entry), None)
        ends = [each.at_us for each in (end, socket.must_close) if each is not None]
        return min([self.end_us, *ends, *([] if pause is None else [pause.from_us])])

    # --- messages ---------------------------------------------------------------------------------------------------

    def reports_of(self, task: str) -> list[Report]:
        return self._record.reports_by_task.get(task, [])

    def surely_acked(self, message: Message) -> SureAck | None:
        """The first ack of it that the agent has surely read."""
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
        """That the agent has read what was said, and had the time to act on it; None: it may not have."""
        socket = self.socket_by_number.get(said.socket)
        proof = self.proofs.read(socket, said.entry) if socket is not None else None
        return None if proof is None else SureAck(said, proof)

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
