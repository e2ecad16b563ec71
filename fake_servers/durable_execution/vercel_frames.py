"""The flavour of /run/api/chat: every frame is a part of a message of a user interface, `{"type", ..}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .frames import Flavour, Frames, call_input, line
from .records import Call


class VercelFrames(Flavour):
    name = "vercel"

    def start(self) -> Frames:
        return [line({"type": "start", "messageId": self.run.id})]

    def text(self, turn: int, piece: str) -> Frames:
        return [line({"type": "text-delta", "id": f"text-{turn}", "delta": piece})]

    def call(self, call: Call) -> Frames:
        named = {"toolCallId": call.id, "toolName": call.name}
        return [
            line({"type": "tool-input-start", **named}),
            line({"type": "tool-input-available", **named, "input": call_input(call)}),
        ]

    def envelope(self, envelope: Mapping[str, Any]) -> Frames:
        return [line(envelope)]

    def finish(self) -> Frames:
        return [line({"type": "finish"})]
