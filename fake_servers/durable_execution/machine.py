"""The steps of a run. Each reads from the store how far the run is, does the next thing, and records it in one transaction.

So it makes no difference whether a step follows another in one life of the server or comes after a crash. What happens
outside (a request to the model or to a tool) lies between two transactions and may happen again: text that is in frames is
skipped when it comes a second time, and a tool knows a repeated call by its key.

    begin -> ask the model -> settle its calls one by one -> ask the model .. -> finish
                                 |  gated: suspend, wait for the decision
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .announcements import Announcements
from .failures import StepFailed
from .frames import Flavour, Frames
from .model_client import ModelClient
from .prompt import prompt
from .records import Call, NewCall, Run, Turn
from .settings import Settings
from .store import Store, now_ms
from .tool_client import ToolClient

MODEL_PAUSES_S = (0.2, 0.4, 0.8, 1.6)
TOOL_PAUSES_S = (0.1, 0.2, 0.4, 0.8)
"""Between the tries of one request: there is one try more."""
TURNS_MAX = 32
TIMED_OUT = "The approval timed out."


class RunFailed(Exception):
    """The run cannot go on. The message is told to its readers."""


@dataclass(frozen=True)
class Parts:
    """What the steps of all runs work with."""

    settings: Settings
    store: Store
    announcements: Announcements
    model: ModelClient
    tools: ToolClient
    flavours: Mapping[str, type[Flavour]]
    log: Callable[[str], None]


class Machine:
    """The steps of one run. One object at a time works on a run."""

    def __init__(self, parts: Parts, run_id: str) -> None:
        self.parts = parts
        self.store = parts.store
        self.run_id = run_id

    async def advance(self) -> bool:
        """Does the next step. False: the run is over. Raises RunFailed."""
        run = self.store.run(self.run_id)
        if run.over:
            return False
        turns = self.store.turns(run.id)
        if not turns:
            self.begin(run)
        elif not turns[-1].answered:
            await self.ask_model(run, turns[-1])
        else:
            await self.follow_answer(run, turns)
        return True

    async def follow_answer(self, run: Run, turns: Sequence[Turn]) -> None:
        calls = [call for call in self.store.calls(run.id) if call.turn == turns[-1].number]
        open_call = next((call for call in calls if call.state != "settled"), None)
        if open_call is not None:
            await self.settle(run, open_call)
        elif not calls:
            self.finish(run, turns)
        elif len(turns) < TURNS_MAX:
            with self.store.change(run.id) as change:
                change.begin_turn(turns[-1].number + 1)
        else:
            raise RunFailed(f"The run was not done after {TURNS_MAX} answers of the model.")

    def flavour(self, run: Run) -> Flavour:
        return self.parts.flavours[run.flavour](run)

    # --- beginning and end

    def begin(self, run: Run) -> None:
        flavour = self.flavour(run)
        with self.store.change(run.id) as change:
            change.add_frames([*flavour.start(), *flavour.operation("agent_initializing")])
            change.begin_turn(0)

    def finish(self, run: Run, turns: Sequence[Turn]) -> None:
        flavour = self.flavour(run)
        with self.store.change(run.id) as change:
            change.add_frames([*flavour.operation("completion"), *flavour.finish()])
            change.say("".join(turn.text for turn in turns))
            change.set_status("completed")

    def fail(self, text: str) -> None:
        """Ends the run. Raises RunIsOver if it has ended."""
        flavour = self.flavour(self.store.run(self.run_id))
        with self.store.change(self.run_id) as change:
            change.add_frames([*flavour.error(text), *flavour.finish()])
            change.set_status("failed")

    # --- the model

    async def ask_model(self, run: Run, turn: Turn) -> None:
        messages = prompt(self.store, run)
        for pause_s in (*MODEL_PAUSES_S, None):
            try:
                calls = await self.parts.model.answer(messages, self.text_writer(run, turn.number))
                break
            except StepFailed as failure:
                self.parts.log(f"run {run.id}: {failure}")
                if pause_s is None or not failure.retry:
                    raise RunFailed("The model failed.") from failure
            await asyncio.sleep(pause_s)
        self.end_turn(run, turn.number, calls)

    def text_writer(self, run: Run, turn: int) -> Callable[[str], None]:
        """For one try: makes frames of what is not in frames yet."""
        flavour = self.flavour(run)
        skip = self.written_chars(run, turn)

        def write(piece: str) -> None:
            nonlocal skip
            new, skip = piece[skip:], max(0, skip - len(piece))
            if new:
                with self.store.change(run.id) as change:
                    change.add_frames(flavour.text(turn, new))
                    change.add_text(turn, new)

        return write

    def written_chars(self, run: Run, turn: int) -> int:
        """How much of the answer is in frames."""
        return len(self.store.turns(run.id)[turn].text)

    def end_turn(self, run: Run, turn: int, calls: Sequence[NewCall]) -> None:
        flavour = self.flavour(run)
        with self.store.change(run.id) as change:
            for position, new in enumerate(calls):
                change.add_frames(flavour.call(change.add_call(turn, position, new)))
            change.end_turn(turn)

    # --- a call

    async def settle(self, run: Run, call: Call) -> None:
        """Takes the call one state further."""
        tool = self.parts.settings.tools.get(call.name)
        if call.state == "pending":
            await self.wait_for_decision(call)
        elif call.state == "decided" and not call.approved:
            self.record(run, call, self.flavour(run).denied(call), _denial(call))
        elif tool is None:
            self.record_error(run, call, "There is no such tool.")
        elif (arguments := _arguments(call)) is None:
            self.record_error(run, call, "The arguments are no JSON object.")
        elif tool.needs_approval and call.state == "waiting":
            self.suspend(run, call)
        else:
            await self.use_tool(run, call, arguments)

    def suspend(self, run: Run, call: Call) -> None:
        """Asks for the approval. From here on it can be given: the frame, the status and the call change at once."""
        with self.store.change(run.id) as change:
            change.add_frames(self.flavour(run).approval_request(call))
            change.suspend_for(call, change.now_ms + self.parts.settings.approval_timeout_ms)

    async def wait_for_decision(self, call: Call) -> None:
        """Returns at any change; in the end the call is denied."""
        assert call.deadline_ms is not None  # of every pending call
        remaining_ms = call.deadline_ms - now_ms()
        if remaining_ms > 0:
            await self.parts.announcements.next(call.run_id, remaining_ms / 1000)
            return
        with self.store.change(call.run_id) as change:
            change.decide(call, False, TIMED_OUT)

    async def use_tool(self, run: Run, call: Call, arguments: Mapping[str, Any]) -> None:
        for pause_s in (*TOOL_PAUSES_S, None):
            try:
                output = await self.parts.tools.run(call, arguments)
                break
            except StepFailed as failure:
                self.parts.log(f"run {run.id}: {failure}")
                if pause_s is None or not failure.retry:
                    self.record_error(run, call, "The tool failed.")
                    return
            await asyncio.sleep(pause_s)
        content = output if isinstance(output, str) else json.dumps(output)
        self.record(run, call, self.flavour(run).output(call, output), content)

    def record(self, run: Run, call: Call, frames: Frames, content: str) -> None:
        """The outcome of a call: told to the readers and to the model."""
        with self.store.change(run.id) as change:
            change.add_frames(frames)
            change.settle(call, content)

    def record_error(self, run: Run, call: Call, text: str) -> None:
        self.record(run, call, self.flavour(run).output_error(call, text), text)


def _denial(call: Call) -> str:
    return "The call was denied." + (f" Reason: {call.reason}" if call.reason else "")


def _arguments(call: Call) -> Mapping[str, Any] | None:
    """None: they are no JSON object. A model that has none to give may give nothing."""
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) else None
