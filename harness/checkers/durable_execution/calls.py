"""The tool calls of runs that clients were asked to decide, each with its decisions and with what was seen of its fate.

What was seen: an effect of its tool, its output in the next request to the model, a frame that tells its output or its denial.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from ...contracts.durable_script import ToolCall
from .asks import Ask, Frame
from .decisions import Decision, decisions_of
from .effects import Effects, effects_of
from .linearizable import CallHistory, Operation
from .runs import Run, Sample
from .view import View


class Fate(NamedTuple):
    """By ``entry`` the call was approved or denied. ``how``: what showed it."""

    entry: int
    approved: bool
    how: str


@dataclass
class Call:
    """``gated``: its tool waits for approvals. ``scripted``: the call of the script with this id, if no other has it.

    ``named``: a frame has named it. ``announced``: where a client first read the request for its approval; None: never.
    """

    run: Run
    id: str
    gated: bool
    scripted: ToolCall | None = None
    named: bool = False
    announced: int | None = None
    decisions: list[Decision] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    effects: Effects = field(default_factory=Effects)
    pending: int | None = None
    """From this entry on it surely waited until it was decided; where the server died, from the last life on."""
    settled: bool = False
    """The model was told of its outcome."""
    waits_at_end: Sample | None = None
    """The last status of the run, by which it still waits for this call."""

    @property
    def known(self) -> bool:
        """Whether the run has, or may come to have, such a call."""
        return self.scripted is not None or self.named

    @property
    def first_decision(self) -> int | None:
        """The first entry at which anybody with a right to it decided."""
        return min((decision.ask.entry for decision in self.decisions), default=None)

    @cached_property
    def first_fate(self) -> Fate | None:
        return min(self.fates, default=None)

    def may_be_decided(self, entry: int) -> bool:
        """Something that may have decided it was sent before an entry: whatever was not refused."""
        return any(decision.ask.entry < entry and decision.answer != "refused" for decision in self.decisions)

    def still_undecided(self) -> bool:
        sample = self.waits_at_end
        if sample is None or self.fates or self.settled:
            return False
        return all(decision.ask.end_entry < sample.asked for decision in self.decisions)

    def history(self, *, lapses: bool) -> CallHistory:
        """What the search for a linearization needs. A refusal of a shape that may be refused says nothing of the call."""
        asked = [decision.operation for decision in self.decisions if decision.shape in ("path", "parts") or decision.answer != "refused"]
        seen = [Operation(0, fate.entry, fate.approved, "seen") for fate in self._first_of_each_kind()]
        closed = self.pending if self.run.last_status == "failed" else None
        return CallHistory((*asked, *seen), self.pending, closed, self.still_undecided(), lapses)

    def _first_of_each_kind(self) -> Iterator[Fate]:
        for approved in (True, False):
            first = min((fate for fate in self.fates if fate.approved is approved), default=None)
            if first is not None:
                yield first


Calls = Mapping[tuple[str, str], Call]


@lru_cache(maxsize=1)
def read_calls(view: View) -> Calls:
    """(label of the run, call) -> call, for all that were announced, decided or in a script. All checkers of a history share it."""
    calls: dict[tuple[str, str], Call] = {}
    for run in view.known_runs:
        frames = frames_of(run)
        of_run = _calls_of(view, run, frames)
        announced = announcements(frames)
        for call in of_run.values():
            _look(view, call, frames, announced)
            calls[run.label, call.id] = call
    return calls


def _calls_of(view: View, run: Run, frames: Sequence[Frame]) -> dict[str, Call]:
    """Ids that a script uses twice, or leaves empty, are the server's to choose: such calls are known by the frames that name them."""
    gated = {tool["name"] for tool in view.config.get("tools", ()) if tool["needs_approval"]}
    count = Counter(row.id for row in run.script.calls)
    calls = {row.id: Call(run, row.id, row.name in gated, row) for row in run.script.calls if row.id and count[row.id] == 1}
    for frame in frames:
        for id in frame.said.calls:
            calls.setdefault(id, Call(run, id, gated=False)).named = True
    for entry, id in announcements(frames):
        call = calls.setdefault(id, Call(run, id, gated=True))
        call.gated = call.named = True
        call.announced = entry
    for decision in own_decisions(view, run):
        calls.setdefault(decision.call, Call(run, decision.call, gated=True)).decisions.append(decision)
    return calls


def lapses(view: View) -> bool:
    """Whether the server may decide by itself, when its time is over."""
    return bool((view.config.get("timing_ms") or {}).get("approval_timeout"))


def all_decisions(view: View) -> list[Decision]:
    """Of whoever sent them."""
    return [decision for ask in view.asks for decision in decisions_of(ask)]


def own_decisions(view: View, run: Run) -> Iterator[Decision]:
    """Those of its owner, by its id or its conversation. A key with the headers of another tenant keeps its own scope, if it is let in."""
    for ask in run.asks:
        owner = ask.tenant == run.tenant or (ask.tenant == "disagree" and run.tenant == 0 and ask.status == 200)
        if not owner:
            continue
        for decision in decisions_of(ask):
            if decision.shape == "path" or (decision.conversation in run.conversations and _is_newest(view, run, ask)):
                yield decision


def _is_newest(view: View, run: Run, ask: Ask) -> bool:
    """Whether a conversation means this run: no later one was begun before the ask was answered."""
    return not any(
        other.tenant == run.tenant and other.conversation == run.conversation and run.entry < other.entry < ask.end_entry
        for other in view.runs.values()
        if other is not run and run.conversation is not None
    )


def frames_of(run: Run) -> list[Frame]:
    """All frames of the run that its owner read, by any stream of it, in the order in which they were read; repeats too."""
    asks = [ask for ask in (run.create, *run.own) if ask is not None and ask.route != "conversation-stream"]
    # What names the run by its conversation alone may be the creation of another run in it.
    mine = [ask for ask in asks if ask is run.create or ask.route == "stream" or ask.run == run.label]
    return sorted((frame for ask in mine for frame in ask.frames), key=lambda frame: frame.entry)


def announcements(frames: Sequence[Frame]) -> list[tuple[int, str]]:
    """(entry, call) for each approval request, where it was first read, in order."""
    first: dict[str, int] = {}
    for frame in frames:
        if frame.said.approval is not None:
            first.setdefault(frame.said.approval, frame.entry)
    return sorted((entry, call) for call, entry in first.items())


def pending_at(announced: Sequence[tuple[int, str]], entry: int) -> str | None:
    """The call whose approval request was the last that had been read before an entry."""
    return next((call for seen, call in reversed(announced) if seen < entry), None)


def _look(view: View, call: Call, frames: Sequence[Frame], announced: Sequence[tuple[int, str]]) -> None:
    run = call.run
    call.effects = effects_of(view, run, call.id)
    if call.gated:
        call.fates = sorted({*_fates(call, frames)})
    call.settled = any(id == call.id for turn in run.turns for id, _ in turn.tools)
    if call.announced is None:
        return
    last_death = max((entry for entry in view.deaths if entry > run.entry), default=0)
    suspended = (sample for sample in run.samples_after(max(call.announced, last_death)) if sample.status == "suspended")
    waits = (sample.over for sample in suspended if pending_at(announced, sample.asked) == call.id and not call.may_be_decided(sample.over))
    call.pending = min(waits, default=None)
    last = run.samples[-1] if run.samples else None
    ends_with_it = bool(run.announced) and run.announced[-1][1] == call.id and announced[-1][1] == call.id
    if last is not None and last.status == "suspended" and ends_with_it and not view.may_wait_unseen(run):
        call.waits_at_end = last


def _fates(call: Call, frames: Sequence[Frame]) -> Iterator[Fate]:
    for effect in call.effects.all:
        yield Fate(effect.entry, True, "its tool had an effect")
    for frame in frames:
        if frame.said.output == call.id and frame.said.type == "tool-output-available":
            yield Fate(frame.entry, True, "its output was sent to readers")
        elif frame.said.output == call.id and frame.said.type == "tool-output-denied":
            yield Fate(frame.entry, False, "its denial was sent to readers")
    outputs = tuple(f"{effect.tool}:{call.id}:" for effect in call.effects.all)
    for turn in call.run.turns:
        for id, content in turn.tools:
            if id == call.id and outputs and content.startswith(outputs):
                yield Fate(turn.entry, True, "its output was given to the model")
