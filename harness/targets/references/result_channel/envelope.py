"""The envelope of every frame: how ours are made, and what makes one that arrives invalid."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from typing import Any

VERSION = 1
HELLO, HELLO_ACK, ACK, ERROR, DELIVER = "agent.hello", "agent.hello_ack", "ack", "error", "task.deliver"
RECEIVED, STARTED, OUTPUT, FINAL = "task.received", "task.started", "task.output", "task.final"
INBOUND = (HELLO_ACK, ACK, ERROR, DELIVER)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")

Envelope = dict[str, Any]


class InvalidFrame(Exception):
    """What arrived may not arrive: the connection is to be closed, and the frame has no effect."""


def utc_now() -> str:
    """RFC 3339, in whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def new_message_id(kind: str) -> str:
    """Never the same again, over restarts too: a clock alone would repeat itself."""
    return f"msg-{kind}-{time.time_ns()}-{os.urandom(8).hex()}"


def envelope(agent_id: str, message_id: str, type: str, payload: Mapping[str, Any], key: tuple[str, str] | None = None) -> Envelope:
    """``key``: the task and its attempt, of a message that is about one."""
    about = {} if key is None else {"task_id": key[0], "execution_attempt_id": key[1]}
    return {
        "protocol_version": VERSION,
        "message_id": message_id,
        "type": type,
        "agent_id": agent_id,
        **about,
        "sent_at": utc_now(),
        "payload": payload,
    }


def read_inbound(text: str, agent_id: str) -> Envelope:
    """The envelope in ``text``. Raises InvalidFrame."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidFrame(f"no JSON: {error}") from None
    if not isinstance(frame, dict):
        raise InvalidFrame(f"a frame must be an object, got {type(frame).__name__}")
    problem = envelope_problem(frame, agent_id) or payload_problem(frame["type"], frame["payload"])
    if problem is not None:
        raise InvalidFrame(problem)
    return frame


def envelope_problem(frame: Envelope, agent_id: str) -> str | None:
    if not is_number(frame.get("protocol_version")) or frame["protocol_version"] != VERSION:
        return f"protocol_version must be {VERSION}, got {frame.get('protocol_version')!r}"
    if frame.get("type") not in INBOUND:
        return f"type must be one of {INBOUND}, got {frame.get('type')!r}"
    if frame.get("agent_id") != agent_id:
        return f"agent_id must be {agent_id!r}, got {frame.get('agent_id')!r}"
    needed = ("message_id", "sent_at", *(("task_id", "execution_attempt_id") if frame["type"] == DELIVER else ()))
    for name in needed:
        if not is_text(frame.get(name)):
            return f"{name} must be a text that is not empty, got {frame.get(name)!r}"
    if not MOMENT.fullmatch(frame["sent_at"]):
        return f"sent_at must be a moment as in RFC 3339, got {frame['sent_at']!r}"
    return None if isinstance(frame.get("payload"), dict) else f"payload must be an object, got {frame.get('payload')!r}"


def payload_problem(type: str, payload: Mapping[str, Any]) -> str | None:
    if type == DELIVER and not is_text(payload.get("command")):
        return f"command must be a text that is not empty, got {payload.get('command')!r}"
    if type in (ACK, HELLO_ACK) and not isinstance(payload.get("acked_message_id"), str):
        return f"acked_message_id must be a text, got {payload.get('acked_message_id')!r}"
    if type == ERROR and not isinstance(payload.get("retryable"), bool):
        return f"retryable must be true or false, got {payload.get('retryable')!r}"
    return None


def is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def is_number(value: object) -> bool:
    """A whole number; JSON's true and false are none, whatever Python says."""
    return isinstance(value, int) and not isinstance(value, bool)
