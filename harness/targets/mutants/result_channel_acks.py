"""Bugs of an agent's outbox: what is acknowledged, what is kept, and under which ids and numbers it comes again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..references.result_channel.attempts import Key
from ..references.result_channel.capture import Capture
from ..references.result_channel.envelope import FINAL, OUTPUT, new_message_id
from ..references.result_channel.execution import Publisher
from ..references.result_channel.outbox import Outbox, Row
from ..references.result_channel.pump import Pump
from ..references.result_channel.replay import Replay


class RemovesOnWrite(Pump):
    async def send_next(self) -> None:
        row = self.core.outbox.row(self.rows[0]) if self.rows and not self.urgent else None
        await super().send_next()
        if row is not None:
            self.core.outbox.remove(row)


class AcknowledgesAllBefore(Outbox):
    def acknowledge(self, message_id: str) -> None:
        acknowledged = self.named(message_id)
        for row in self.rows():
            if acknowledged is not None and row.number <= acknowledged.number:
                self.remove(row)


class AcknowledgesBySequence(Outbox):
    def acknowledge(self, message_id: str) -> None:
        acknowledged = self.named(message_id)
        for row in self.rows():
            if acknowledged is not None and (row.kind, row.sequence) == (acknowledged.kind, acknowledged.sequence):
                self.remove(row)


class AcknowledgesWhatIsUnknown(Outbox):
    def acknowledge(self, message_id: str) -> None:
        """An ack of nothing that is kept is taken for one of the oldest."""
        row = self.named(message_id) or next(iter(self.rows()), None)
        if row is not None:
            self.remove(row)


class KeepsAcknowledged(Outbox):
    def acknowledge(self, message_id: str) -> None:
        """Only finals are let go of."""
        row = self.named(message_id)
        if row is not None and row.kind != OUTPUT:
            self.remove(row)


class CountsBytesInCharacters(Outbox):
    def byte_count(self, data: str) -> int:
        return len(data)


class CountsIds(Outbox):
    """Message ids are numbers that begin at 1 in each life."""

    ids = 0

    def output_id(self) -> str:
        self.ids += 1
        return f"msg-output-{self.ids}"

    def add(self, message_id: str, kind: str, key: Key, payload: Mapping[str, Any], stream: str = "", sequence: int = 0) -> int:
        while message_id in self.by_id:  # the file does not take an id twice at a time
            message_id = self.output_id()
        return super().add(message_id, kind, key, payload, stream, sequence)


class StoresFinalsNowhere(Outbox):
    """A final is kept in memory only."""

    def add(self, message_id: str, kind: str, key: Key, payload: Mapping[str, Any], stream: str = "", sequence: int = 0) -> int:
        number = super().add(message_id, kind, key, payload, stream, sequence)
        if kind == FINAL:
            self.database.execute("DELETE FROM outbox WHERE number = ?", number)
        return number


class KeepsQuietAboutRotation(Outbox):
    def learn(self, row: Row) -> None:
        super().learn(replace(row, payload={name: value for name, value in row.payload.items() if name != "truncated_locally"}))


# --- what comes again -----------------------------------------------------------------------------------------------


class ReplaysUnderNewIds(Replay):
    def ordered(self, entries: list[Row]) -> list[Row]:
        return [self.renamed(row) for row in entries]

    def renamed(self, row: Row) -> Row:
        new = replace(row, message_id=new_message_id("again"))
        self.outbox.by_number[row.number] = self.outbox.by_id[new.message_id] = new
        return new


class ReplaysFromOne(Replay):
    """What is kept of a stream is numbered from 1 again."""

    def ordered(self, entries: list[Row]) -> list[Row]:
        counts: Counter[tuple[Key, str]] = Counter()
        return [self.renumbered(row, counts) if row.kind == OUTPUT else row for row in entries]

    def renumbered(self, row: Row, counts: Counter[tuple[Key, str]]) -> Row:
        counts[row.key, row.stream] += 1
        new = replace(row, sequence=counts[row.key, row.stream])
        self.outbox.by_number[row.number] = self.outbox.by_id[row.message_id] = new
        return new


class ReplaysBackwards(Replay):
    def ordered(self, entries: list[Row]) -> list[Row]:
        return entries[::-1]


class ReplaysFinalsFirst(Replay):
    def ordered(self, entries: list[Row]) -> list[Row]:
        return sorted(entries, key=lambda row: row.kind == OUTPUT)


class ReplaysOutputOnly(Replay):
    def ordered(self, entries: list[Row]) -> list[Row]:
        return [row for row in entries if row.kind == OUTPUT]


class TakesEmptyForAbsent(Replay):
    def has_directives(self, payload: Mapping[str, Any]) -> bool:
        return any(payload.get(name) for name in ("acknowledged_final_message_ids", "discarded_attempts", "output_replay"))


class TakesAbsentForEmpty(Replay):
    def has_directives(self, payload: Mapping[str, Any]) -> bool:
        return True


class ReplaysOnePastTheDirective(Replay):
    def asked(self, row: Any) -> list[Row]:
        return super().asked(row)[1:]


class KeepsFinalsOfDirective(Replay):
    def rows(self, payload: Mapping[str, Any]) -> list[int]:
        return super().rows({**payload, "acknowledged_final_message_ids": payload.get("acknowledged_final_message_ids") and []})


class ForgetsWhatCameMeanwhile(Replay):
    def ordered(self, entries: list[Row]) -> list[Row]:
        return [row for row in entries if row.number <= self.newest_listed]


# --- flushes --------------------------------------------------------------------------------------------------------


class SharesOneCounter(Publisher):
    """Both outputs of a command draw their sequences from one counter."""

    def store(self, chunks: list[str]) -> list[int]:
        running = self.counters()
        self.sequence = max((publisher.sequence for publisher in running), default=0)
        return super().store(chunks)

    def counters(self) -> Iterable[Publisher]:
        known: dict[Key, list[Publisher]] = self.core.__dict__.setdefault("publishers_by_key", {})
        if self not in known.setdefault(self.key, []):
            known[self.key].append(self)
        return known[self.key]


class DropsWithoutSession(Publisher):
    """Output is stored when it is sent, and what cannot be sent is lost."""

    def store(self, chunks: list[str]) -> list[int]:
        return super().store(chunks) if self.core.active_channel() is not None else []

    def advance(self, chunks: int) -> None:
        if self.core.active_channel() is not None:
            super().advance(chunks)


class CountsWithoutSession(DropsWithoutSession):
    """The same, and the sequence goes on."""

    def advance(self, chunks: int) -> None:
        self.sequence += chunks


class StoresTwiceWithoutSession(Publisher):
    """What cannot be sent is stored, and then stored again under the same sequence."""

    def store(self, chunks: list[str]) -> list[int]:
        if self.core.active_channel() is None:
            super().store(chunks)
        return super().store(chunks)


class NeverFlushesByTime(Capture):
    def expect_flush(self) -> None:
        """Only the threshold and the end flush."""


class NeverFlushesBySize(Capture):
    def is_due(self) -> bool:
        return False


class FlushesAllAtOnce(Capture):
    """However much has come, it is one chunk."""

    def full_chunks(self) -> list[str]:
        return [self.decoded(self.pending)] if self.is_due() else []


class LosesTheTail(Capture):
    async def finish(self) -> None:
        self.forget_timer()


class DecodesEachRead(Capture):
    def feed(self, data: bytes) -> None:
        """A character that two reads share is decoded twice, as half of one each time."""
        self.decoder.reset()
        self.take(self.decoder.decode(data, final=True))
        super().feed(b"")
