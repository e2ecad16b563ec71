"""The runs of a history, each with what was asked of it: its creation, samples of its status, its readers, its whole stream.

A run is known by its label; its id is what the head of its creation told. ``original`` is what GET stream shows from index 0
at the end of the example: whatever else was read is compared with it. Nothing is judged here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ...contracts.durable_script import Script, turns_from_json
from ...values.history import Entry, History
from .asks import CREATING, Ask, Frame
from .model import Model, TurnAsked

TERMINAL = ("completed", "failed")
REST = ("suspended", *TERMINAL)
STATUSES = ("running", *REST)
MILLISECONDS_FROM = 100_000_000_000
"""An epoch beyond this counts milliseconds: in seconds it would be the year 5138."""


@dataclass(frozen=True)
class Sample:
    """One answer to GET status: the run had this status at some moment between ``asked`` and ``over`` (entries)."""

    ask: Ask
    status: Any
    body: Mapping[str, Any]

    @property
    def asked(self) -> int:
        return self.ask.entry

    @property
    def over(self) -> int:
        return self.ask.over_entry

    @property
    def at_rest(self) -> bool:
        return self.status in REST

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def updated_s(self) -> float | None:
        """``updatedAt`` in seconds of the epoch; None where it cannot be read."""
        return time_s(self.body.get("updatedAt"))


def time_s(value: Any) -> float | None:
    """A time stamp, ISO 8601 or an epoch in seconds or milliseconds, in seconds of the epoch."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value / 1000 if abs(value) > MILLISECONDS_FROM else float(value)


@dataclass
class Run:
    """``asks``: all that name it, by label or by id, of whichever tenant, in order. ``id`` None: no creation told one."""

    label: str
    entry: int
    at_us: int
    tenant: int | str
    conversation: str | None
    script: Script
    via: str
    durable: bool
    create: Ask | None
    asks: list[Ask] = field(default_factory=list)
    turns: list[TurnAsked] = field(default_factory=list)
    """Requests to the model for its script."""
    deaths: list[int] = field(default_factory=list)
    """Entries at which the server was killed behind the creation."""

    @property
    def id(self) -> str | None:
        return self.create.run_id if self.create is not None else None

    @cached_property
    def own(self) -> list[Ask]:
        """The asks of its owner; its creation is none of them."""
        return [ask for ask in self.asks if ask.tenant == self.tenant and ask is not self.create]

    @cached_property
    def samples(self) -> list[Sample]:
        """Statuses in the order in which they were asked for."""
        found = []
        for ask in self.own:
            if ask.route == "status" and ask.id_asked == self.id and ask.status == 200 and ask.json is not None and "status" in ask.json:
                found.append(Sample(ask, ask.json["status"], ask.json))
        return found

    @cached_property
    def conversations(self) -> set[str]:
        """The ids by which its conversation is known to clients."""
        told = {sample.body.get("conversationId") for sample in self.samples}
        return {name for name in (self.conversation, *told) if isinstance(name, str)}

    @cached_property
    def readers(self) -> list[Ask]:
        """Asks of the owner for its stream by its id, in order; its creation is none of them."""
        return [ask for ask in self.own if ask.route == "stream" and ask.id_asked == self.id]

    @cached_property
    def decisions(self) -> list[Ask]:
        """All asks that may decide an approval of it, whoever made them, in order: what is posted to it, or to its conversation and
        creates no run."""
        return [ask for ask in self.asks if ask.method == "POST" and ask.creates is None]

    @cached_property
    def accepted(self) -> list[Ask]:
        """Decisions that the server answered with success."""
        return [ask for ask in self.decisions if ask.status == 200 and (ask.route == "approval" or ask.is_event_stream)]

    # --- the stream -------------------------------------------------------------------------------------------------

    @cached_property
    def whole(self) -> Ask | None:
        """The reading of the whole stream at the end: the ``last`` one from index 0 that ended by itself."""
        for ask in reversed(self.readers):
            if ask.last and ask.status == 200 and ask.is_whole and not ask.failed_stream and ask.start_texts in ((), ("0",)):
                return ask
        return None

    @cached_property
    def original(self) -> tuple[Frame, ...] | None:
        return self.whole.frames if self.whole is not None else None

    @cached_property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Of the original; empty without one."""
        return self.whole.keys if self.whole is not None else ()

    @cached_property
    def text(self) -> str:
        """What the model said in it, by its original."""
        return self.whole.words if self.whole is not None else ""

    @property
    def expected_text(self) -> str:
        """All that its model says: the script up to its first turn without a call, which ends it."""
        text = ""
        for turn in self.script.turns:
            text += "".join(turn.text)
            if not turn.calls:
                break
        return text

    @cached_property
    def announced(self) -> list[tuple[int, str]]:
        """(index, call) of each approval request of the original."""
        return [(index, frame.said.approval) for index, frame in enumerate(self.original or ()) if frame.said.approval is not None]

    # --- the state over time ----------------------------------------------------------------------------------------

    @property
    def last_status(self) -> Any:
        return self.samples[-1].status if self.samples else None

    @cached_property
    def _by_over(self) -> list[Sample]:
        return sorted(self.samples, key=lambda sample: sample.over)

    @cached_property
    def _overs(self) -> list[int]:
        return [sample.over for sample in self._by_over]

    def sample_before(self, entry: int) -> Sample | None:
        """The last status that was answered before an entry."""
        place = bisect_left(self._overs, entry)
        return self._by_over[place - 1] if place else None

    def samples_after(self, entry: int) -> list[Sample]:
        """Statuses asked for behind an entry."""
        return self.samples[bisect_right(self.samples, entry, key=lambda sample: sample.asked) :]

    def sample_after(self, entry: int) -> Sample | None:
        place = bisect_right(self.samples, entry, key=lambda sample: sample.asked)
        return self.samples[place] if place < len(self.samples) else None

    def decided_between(self, first: int, last: int) -> bool:
        """Whether something that may decide was under way between two entries."""
        return any(ask.entry < last and ask.end_entry > first for ask in self.decisions)

    def rest_before(self, entry: int) -> Sample | None:
        """The sample that shows that the run was at rest at an entry: terminal, or suspended with no decision since."""
        sample = self.sample_before(entry)
        if sample is None or not sample.at_rest:
            return None
        return sample if sample.terminal or not self.decided_between(sample.asked, entry) else None

    def rest_since(self, entry: int) -> Sample | None:
        """The first of the samples which show that the run was at rest up to an entry, without a break."""
        first = self.rest_before(entry)
        place = bisect_left(self._overs, entry) - 2
        while first is not None and place >= 0 and self._by_over[place].at_rest:
            earlier = self._by_over[place]
            if not earlier.terminal and self.decided_between(earlier.asked, entry):
                break
            first, place = earlier, place - 1
        return first

    @cached_property
    def over_entry(self) -> int | None:
        """Where a terminal status had been seen first."""
        return next((sample.over for sample in self._by_over if sample.terminal), None)

    @cached_property
    def disturbed(self) -> int:
        """The last entry of a crash in its life, or of a turn that the model was asked for again; 0 without. What readers that
        began before saw is a matter of recovery."""
        asked: set[int] = set()
        again = 0
        for turn in self.turns:
            again = turn.entry if turn.turn in asked else again
            asked.add(turn.turn)
        over = self.over_entry
        return max(again, *(entry for entry in self.deaths if over is None or entry < over), 0)

    @property
    def crashed(self) -> bool:
        """The server was killed before the run was seen to be over."""
        return any(self.over_entry is None or entry < self.over_entry for entry in self.deaths)

    @cached_property
    def retried(self) -> bool:
        """The model was asked for a turn of it more than once."""
        return len({turn.turn for turn in self.turns}) < len(self.turns)


def read_runs(history: History, asks: Mapping[int, Ask], model: Model) -> dict[str, Run]:
    """Label -> run, in the order of creation. Linear but for the decisions of one run, which are few."""
    runs = {entry.data["run"]: _made(entry, asks) for entry in history.of_kind("run")}
    for run in runs.values():
        if run.create is not None:
            run.create.creates = run.label
    by_id = {run.id: run for run in runs.values() if run.id is not None}
    by_conversation: dict[tuple[Any, str], list[Run]] = {}
    for run in runs.values():
        if run.conversation is not None:
            by_conversation.setdefault((run.tenant, run.conversation), []).append(run)
        run.turns = list(model.turns_by_script.get(run.script.id, ()))
    for ask in asks.values():
        for run in _concerned(ask, runs, by_id, by_conversation):
            run.asks.append(ask)
    _share_deaths(history, runs.values())
    return runs


def _made(entry: Entry, asks: Mapping[int, Ask]) -> Run:
    data = entry.data
    return Run(
        label=data["run"],
        entry=entry.number,
        at_us=entry.at_us,
        tenant=data["tenant"],
        conversation=data["conversation"],
        script=Script(data["script"], turns_from_json(data["turns"])),
        via=data["via"],
        durable=data["durable"],
        create=asks.get(data["ask"]),
    )


def _concerned(
    ask: Ask, runs: Mapping[str, Run], by_id: Mapping[str, Run], by_conversation: Mapping[tuple[Any, str], list[Run]]
) -> list[Run]:
    """By the id in the path where it names a run, else by the label; what is posted to a conversation concerns all of its runs."""
    found: dict[str, Run] = {}
    named = by_id.get(ask.id_asked or "") if ask.route in ("status", "stream", "approval") else runs.get(ask.run or "")
    if named is not None:
        found[named.label] = named
    if ask.route in CREATING and ask.conversation is not None:
        for run in by_conversation.get((ask.tenant, ask.conversation), ()):
            if run.create is None or run.create.entry <= ask.entry:
                found[run.label] = run
    return list(found.values())


def _share_deaths(history: History, runs: Iterable[Run]) -> None:
    deaths = [entry.number for entry in history.of_kind("crash", "gone")]
    for run in runs:
        run.deaths = [number for number in deaths if number > run.entry]
