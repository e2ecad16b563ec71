"""Mutants that go on wrongly after a crash, or after a step that was tried again."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..machine import Machine, Parts, RunFailed
from ..records import Call, Run, Turn
from ..store import Store
from ..tool_client import ToolClient
from .base import mutant

QUEUE_S = 0.02


class UnrecoveredStore(Store):
    """Nothing is taken up by itself."""

    def unfinished(self) -> list[str]:
        return []


class SuspendedOnlyStore(Store):
    """Only what waits for a decision is taken up."""

    def unfinished(self) -> list[str]:
        return [run_id for run_id in super().unfinished() if self.run(run_id).status == "suspended"]


class InterruptedMachine(Machine):
    """A run that it finds in the middle has failed."""

    begun = False

    def begin(self, run: Run) -> None:
        self.begun = True
        super().begin(run)

    async def advance(self) -> bool:
        run = self.store.run(self.run_id)
        if not self.begun and run.status == "running" and self.store.turns(run.id):
            raise RunFailed("The run was interrupted.")
        self.begun = True
        return await super().advance()


class RewritingStore(Store):
    """A run that is taken up writes its stream anew."""

    def unfinished(self) -> list[str]:
        found = super().unfinished()
        for run_id in found:
            if self.run(run_id).status == "running":
                self._database.execute("DELETE FROM frames WHERE run_id = ?", (run_id,))
                self._database.execute("UPDATE runs SET frame_count = 0 WHERE id = ?", (run_id,))
        return found


class RepeatingMachine(Machine):
    """What a try writes begins at the beginning. ``whole``: which tries of one object do."""

    def __init__(self, parts: Parts, run_id: str) -> None:
        super().__init__(parts, run_id)
        self.tries: dict[int, int] = {}

    def is_whole(self, tries: int) -> bool:
        return tries > 1

    def text_writer(self, run: Run, turn: int) -> Callable[[str], None]:
        self.tries[turn] = self.tries.get(turn, 0) + 1
        return super().text_writer(run, turn)

    def written_chars(self, run: Run, turn: int) -> int:
        return 0 if self.is_whole(self.tries.get(turn, 1)) else super().written_chars(run, turn)


class RepeatingAfterCrash(RepeatingMachine):
    def is_whole(self, tries: int) -> bool:
        return tries == 1


class WritingBehindTheEnd(RepeatingMachine):
    """The rest of a try that was given up is written when it comes, if need be behind the end."""

    def is_whole(self, tries: int) -> bool:
        return False

    def finish(self, run: Run, turns: Sequence[Turn]) -> None:
        flavour = self.flavour(run)
        with self.store.change(run.id) as change:
            change.add_frames(flavour.finish())
            if any(tries > 1 for tries in self.tries.values()):
                change.add_frames(flavour.text(turns[-1].number, turns[-1].text))
            change.set_status("completed")


class AnsweringTwice(RepeatingMachine):
    """A try that was lost at its last word has its calls in frames, and so has the next one."""

    def is_whole(self, tries: int) -> bool:
        return False

    def record(self, run: Run, call: Call, frames: Sequence[str], content: str) -> None:
        again = any(tries > 1 for tries in self.tries.values())
        super().record(run, call, [*frames, *frames] if again else frames, content)


class FreshKeys(ToolClient):
    """Each try is one of its own."""

    def key(self, call: Call) -> str:
        return str(uuid.uuid4())


class KeysOfALife(ToolClient):
    """Keys are made when a tool is run, and kept in memory."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.keys: dict[tuple[str, str], str] = {}

    def key(self, call: Call) -> str:
        return self.keys.setdefault((call.run_id, call.id), str(uuid.uuid4()))


class ForgottenDenials(Machine):
    """A decision waits in a queue, and of one of an earlier life it knows only that it was taken."""

    def __init__(self, parts: Parts, run_id: str) -> None:
        super().__init__(parts, run_id)
        self.earlier = {call.id for call in parts.store.calls(run_id) if call.state == "decided"}

    async def settle(self, run: Run, call: Call) -> None:
        if call.state == "decided":
            await asyncio.sleep(QUEUE_S)
            call = replace(call, approved=True) if call.id in self.earlier else call
        await super().settle(run, call)


class SkippedTools(Machine):
    """A call that was under way when the server died is taken for done."""

    def __init__(self, parts: Parts, run_id: str) -> None:
        super().__init__(parts, run_id)
        self.earlier = {call.id for call in parts.store.calls(run_id) if call.state == "decided"}

    async def use_tool(self, run: Run, call: Call, arguments: Mapping[str, Any]) -> None:
        if call.id in self.earlier:
            self.record(run, call, self.flavour(run).output(call, None), "")
        else:
            await super().use_tool(run, call, arguments)


RECOVERY = (
    mutant("no-recovery", "RCV-1", "a run does not go on after a crash", store_type=UnrecoveredStore),
    mutant("half-recovery", "RCV-1", "only suspended runs go on after a crash", store_type=SuspendedOnlyStore),
    mutant("interrupted-run-fails", "RCV-1", "a run in the middle of its work fails after a crash", machine_type=InterruptedMachine),
    mutant("rewritten-stream", "RCV-1", "the stream of a run begins anew after a crash", store_type=RewritingStore),
    mutant(
        "text-again-after-crash", "RCV-1", "text that readers have seen is written again after a crash", machine_type=RepeatingAfterCrash
    ),
    mutant(
        "text-again-after-retry",
        "RCV-2",
        "text that readers have seen is written again when the model is asked again",
        machine_type=RepeatingMachine,
    ),
    mutant(
        "write-behind-the-end",
        "RCV-2",
        "what was tried again is written behind the end of the stream",
        "M-C33",
        machine_type=WritingBehindTheEnd,
    ),
    mutant("outputs-twice-after-retry", "RCV-2", "outputs are told twice when the model was asked again", machine_type=AnsweringTwice),
    mutant("fresh-keys", "APR-1 RCV-1", "each try of a tool has a key of its own", tools_type=FreshKeys),
    mutant("keys-in-memory", "RCV-1", "a tool that is run again after a crash gets another key", tools_type=KeysOfALife),
    mutant("denial-lost-in-crash", "APR-5 RCV-1", "a denial is taken for an approval after a crash", machine_type=ForgottenDenials),
    mutant("effect-lost-in-crash", "RCV-1 APR-5", "a tool that was about to run is skipped after a crash", machine_type=SkippedTools),
)
