"""The scripted model: OpenAI chat completions that say what the last user message tells them to say.

It remembers nothing. Which turn is asked for is the number of assistant messages behind the last user message; a conversation
without a script gets one fixed sentence, and a turn that the script does not have a short one that ends it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from ...harness.contracts.durable_script import Script, Turn, script_of
from ..answers import Wire, json_answer
from ..event_stream import BrokenOff, Pace, Watcher
from ..frames import Frame, event_text
from ..streaming import Streamed
from .completions import chunks, completion, model_error
from .exchange import WholeBodyExchange, json_object

UNSCRIPTED = Turn(text=("There is no script ", "in this conversation."))
BEYOND = Turn(text=("That is all.",))
DONE = Frame("done", "[DONE]")

Says = Literal["text", "calls", "error", "beyond", "unknown"]


@dataclass(frozen=True)
class Asked:
    """What one request asks the model for. ``turn_index``: from 0. ``tools``: the results behind the last user message, in order.

    ``earlier``: ids of the scripts of earlier user messages.
    """

    script: Script | None
    turn_index: int
    tools: tuple[Mapping[str, str], ...]
    earlier: tuple[str, ...]

    @property
    def turn(self) -> Turn:
        if self.script is None:
            return UNSCRIPTED
        return self.script.turns[self.turn_index] if self.turn_index < len(self.script.turns) else BEYOND

    @property
    def says(self) -> Says:
        if self.script is None:
            return "unknown"
        if self.turn is BEYOND:
            return "beyond"
        if self.turn.status is not None:
            return "error"
        return "calls" if self.turn.calls else "text"

    @property
    def id(self) -> str:
        """Of the completion: the same for the same turn."""
        return f"chatcmpl-{self.script.id if self.script is not None else 'unscripted'}-{self.turn_index}"


def asked(messages: Sequence[Mapping[str, Any]]) -> Asked:
    """Raises ValueError when the last user message carries a script that cannot be read."""
    users = [index for index, message in enumerate(messages) if message.get("role") == "user"]
    last = users[-1] if users else -1
    behind = messages[last + 1 :]
    return Asked(
        script_of(text_of(messages[last])) if users else None,
        sum(message.get("role") == "assistant" for message in behind),
        tuple(
            {"id": str(message.get("tool_call_id", "")), "content": text_of(message)} for message in behind if message.get("role") == "tool"
        ),
        tuple(id for index in users[:-1] if (id := _script_id(text_of(messages[index]))) is not None),
    )


def text_of(message: Mapping[str, Any]) -> str:
    """The content of a message, which is a text or a list of parts, of which those that are text count."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict) and part.get("type", "text") == "text")


def _script_id(text: str) -> str | None:
    try:
        script = script_of(text)
    except ValueError:  # of what was said earlier only the id is of interest
        return None
    return script.id if script is not None else None


class TurnSource:
    """The frames of one turn, at the pace of its script. ``wake`` is called when the next piece may come."""

    def __init__(self, turn: Turn, id: str, *, usage: bool, wake: Callable[[], None]) -> None:
        self._frames = deque(
            Frame("event", event_text(chunk), position=position) for position, chunk in enumerate(chunks(turn, id, usage=usage), 1)
        )
        self._turn = turn
        self._wake = wake
        self._taken = 0
        self._waiting = False

    def next(self) -> Frame | None:
        """Raises BrokenOff where the script breaks the connection off."""
        pieces = self._taken - 1  # the first frame tells the role
        if self._turn.cut_after is not None and pieces >= min(self._turn.cut_after, len(self._turn.text)):
            raise BrokenOff
        if self._waiting or not self._frames:
            return None
        self._taken += 1
        if self._turn.pause_ms and 1 <= self._taken - 1 < len(self._turn.text):
            self._waiting = True
            asyncio.get_running_loop().call_later(self._turn.pause_ms / 1_000, self._go_on)
        return self._frames.popleft()

    def _go_on(self) -> None:
        self._waiting = False
        self._wake()

    def ending(self) -> Sequence[Frame] | None:
        return None if self._frames else (DONE,)


class ModelExchange(WholeBodyExchange):
    """One request to the model."""

    async def respond(self, body: bytes) -> web.StreamResponse:
        request = json_object(body)
        messages = request.get("messages") if request is not None else None
        if self.position.endpoint != "completion":
            return await self.answer(lambda: model_error(404, "the model is at POST /v1/chat/completions"))
        if request is None or not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
            return await self.answer(lambda: model_error(400, "expected a JSON object with messages, a list of objects"))
        try:
            question = asked(messages)
        except ValueError as error:
            text = str(error)
            return await self.answer(lambda: model_error(400, text))
        self._note(question, request)
        gate = question.turn.gate
        if gate is not None and self.orders.answer is None:
            await self.servers.pass_gate(gate)
        return await self.answer(lambda: self._say(question, request))

    def _note(self, question: Asked, request: Mapping[str, Any]) -> None:
        self.history.add(
            "turn",
            request=self.number,
            script=question.script.id if question.script is not None else None,
            turn=question.turn_index,
            tools=[dict(result) for result in question.tools],
            earlier=list(question.earlier),
            stream=request.get("stream") is True,
            says=question.says,
        )

    def _say(self, question: Asked, request: Mapping[str, Any]) -> Wire | Streamed:
        turn = question.turn
        if turn.status is not None:
            return model_error(turn.status, "the script of this conversation fails here")
        if request.get("stream") is True:
            options = request.get("stream_options")
            usage = isinstance(options, dict) and options.get("include_usage") is True
            return Streamed(TurnSource(turn, question.id, usage=usage, wake=self.servers.wake_streams), Pace(), Watcher())
        if turn.cut_after is not None and self.http.transport is not None:
            self.http.transport.close()  # it has no pieces: nothing of it arrives
        return json_answer(200, completion(turn, question.id))

    def error(self, status: int) -> Wire:
        return model_error(status, "a fault of the plan")
