"""What the checkers of role ``server`` ask of a history: asks, runs, the model's record, and when the server was dead.

Built once a history; linear. Nothing is judged here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from ...values.history import Header, History
from .asks import Ask, read_asks
from .model import Model, read_model
from .replays import Replays
from .runs import Run, read_runs

ENDS_MS = 5_000
"""How long after the rest of its run a body may be open (in loopback; an upper bound)."""
FAILS_MS = 30_000
"""How long after the first failure of its model a run may take to show that it failed."""


class View:
    """A history of the role ``server``, ready to be judged."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.header: Header = history.header
        self.by_number: Mapping[int, Ask] = read_asks(history)
        self.asks: list[Ask] = list(self.by_number.values())
        self.model: Model = read_model(history)
        self.runs: Mapping[str, Run] = read_runs(history, self.by_number, self.model)

    @property
    def config(self) -> Mapping[str, Any]:
        return self.header.config

    @property
    def allowance_us(self) -> int:
        return self.header.allowance_ms * 1000

    @property
    def ends_us(self) -> int:
        return ENDS_MS * 1000 + self.allowance_us

    @property
    def clamps(self) -> bool:
        """The target says that it may clamp a bad index instead of refusing it."""
        return self.config.get("index_policy") == "clamp"

    @property
    def fails_reads(self) -> bool:
        return bool(self.config.get("fail_reads"))

    @property
    def fails_writes(self) -> bool:
        return bool(self.config.get("fail_writes"))

    @cached_property
    def runs_by_id(self) -> Mapping[str, Run]:
        return {run.id: run for run in self.runs.values() if run.id is not None}

    @cached_property
    def known_runs(self) -> list[Run]:
        """Durable runs whose creation told an id."""
        return [run for run in self.runs.values() if run.durable and run.id is not None]

    def run_of(self, ask: Ask) -> Run | None:
        """The run that an ask names, by the id in its path or else by its label."""
        if ask.route in ("status", "stream", "approval"):
            return self.runs_by_id.get(ask.id_asked or "")
        return self.runs.get(ask.run or "")

    def may_wait_unseen(self, run: Run) -> bool:
        """A decided run that is suspended may wait for a call whose request nobody can read: its stream shows nothing behind a decision."""
        gated = {tool["name"] for tool in self.config.get("tools", ()) if tool["needs_approval"]}
        announced = {call for _, call in run.announced}
        return bool(run.accepted) and any(call.name in gated and call.id not in announced for call in run.script.calls)

    def of_route(self, *routes: str) -> Iterator[Ask]:
        return (ask for ask in self.asks if ask.route in routes)

    @cached_property
    def replays(self) -> Mapping[str, Replays]:
        """Label -> what was read of a known run."""
        shared = Counter((run.tenant, run.conversation) for run in self.runs.values())
        return {
            run.label: Replays(run, alone=run.conversation is None or shared[run.tenant, run.conversation] < 2) for run in self.known_runs
        }

    # --- lives ------------------------------------------------------------------------------------------------------

    @cached_property
    def deaths(self) -> list[int]:
        """Entries at which the server was killed."""
        return [entry.number for entry in self.history.of_kind("crash", "gone")]

    @cached_property
    def births(self) -> list[int]:
        """Entries at which it was open again."""
        return [entry.number for entry in self.history.of_kind("back")]

    def died_between(self, first: int, last: int) -> bool:
        """Whether it was killed, or was still dead, between two entries."""
        place = bisect_right(self.deaths, last)
        if not place:
            return False
        death = self.deaths[place - 1]
        reborn = bisect_right(self.births, death)
        return death >= first or reborn == len(self.births) or self.births[reborn] >= first

    def lived_through(self, ask: Ask) -> bool:
        """No death of the server can explain what came of an ask."""
        return not self.died_between(ask.entry, ask.end_entry)

    # --- time -------------------------------------------------------------------------------------------------------

    def open_at_rest_ms(self, run: Run, ask: Ask) -> int | None:
        """How long a body that was given up was open while its run was known to be at rest; None if that is within the bound."""
        if ask.how != "timeout" or not self.lived_through(ask):
            return None
        rest = run.rest_since(ask.over_entry)
        since_us = rest.ask.over_us if rest is not None else ask.over_us - (ask.rest_ms or 0) * 1000
        open_us = ask.over_us - max(ask.at_us, since_us)
        return open_us // 1000 if open_us >= ENDS_MS * 1000 else None
