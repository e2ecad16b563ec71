"""Envelopes: reading the text of a frame, and everything that is wrong with an envelope of the agent, as exact sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from .payloads import PAYLOADS

VERSION = 1
FROM_AGENT = tuple(PAYLOADS)
TYPES = (*FROM_AGENT, "agent.hello_ack", "ack", "error", "task.deliver", "task.lease_heartbeat")
"""All types of the contract. Only those of `FROM_AGENT` may come from an agent."""
_SENT_AT = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|\+00:00)", re.ASCII)
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Message:
    """What the control plane needs of an envelope. Texts that an envelope lacks are empty; ``sequence`` is 0 without one."""

    type: str
    id: str
    task: str
    attempt: str
    sequence: int
    payload: Mapping[str, Any]


def _no_json(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def read_text(text: str) -> tuple[dict[str, Any] | None, list[str]]:
    """(the object, what is wrong with the text). Half surrogate pairs are replaced: no text of the record has any."""
    try:
        value = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        return None, [f"it is no JSON: {error}"]
    if not isinstance(value, dict):
        return None, [f"it is {_name(value)}, not an object"]
    if "\\u" in text and _SURROGATES.search(json.dumps(value, ensure_ascii=False)):
        return _mended(value), ["a text holds half a surrogate pair"]
    return value, []


def problems_of(envelope: Mapping[str, Any], agent_id: str) -> list[str]:
    """What the table of the contract forbids in an envelope of the agent; nothing when all is well."""
    get = envelope.get
    kind = get("type")
    problems = []
    if type(get("protocol_version")) is not int or envelope["protocol_version"] != VERSION:
        problems.append(f"protocol_version is {_show(get('protocol_version'))}, not {VERSION}")
    if not _is_text(get("message_id")):
        problems.append(f"message_id is {_show(get('message_id'))}, not a text that is not empty")
    if get("agent_id") != agent_id:
        problems.append(f"agent_id is {_show(get('agent_id'))}, not {agent_id!r}")
    sent_at = get("sent_at")
    if not isinstance(sent_at, str) or not _SENT_AT.fullmatch(sent_at):
        problems.append(f"sent_at is {_show(sent_at)}, not an RFC 3339 time in UTC")
    if kind not in TYPES:
        problems.append(f"type is {_show(kind)}, none of the contract")
    elif kind not in FROM_AGENT:
        problems.append(f"type is {kind!r}, which no agent sends")
    problems += _task_problems(envelope, isinstance(kind, str) and kind.startswith("task."))
    problems += _sequence_problems(envelope, kind == "task.output")
    payload = get("payload")
    if not isinstance(payload, dict):
        problems.append(f"payload is {_show(payload)}, not an object")
    elif kind in FROM_AGENT:
        problems += [f"payload.{problem}" for problem in PAYLOADS[kind](payload)]
    return problems


def _task_problems(envelope: Mapping[str, Any], of_task: bool) -> list[str]:
    problems = []
    for name in ("task_id", "execution_attempt_id"):
        value = envelope.get(name)
        if of_task and not _is_text(value):
            problems.append(f"{name} is {_show(value)}, not a text that is not empty")
        elif not of_task and name in envelope and not isinstance(value, str):
            problems.append(f"{name} is {_show(value)}, not a text")
    return problems


def _sequence_problems(envelope: Mapping[str, Any], needed: bool) -> list[str]:
    if not needed:
        return [f"sequence is {_show(envelope['sequence'])}, which only task.output has"] if "sequence" in envelope else []
    value = envelope.get("sequence")
    return [] if type(value) is int and value >= 1 else [f"sequence is {_show(value)}, not an integer from 1 on"]


def message_of(envelope: Mapping[str, Any]) -> Message | None:
    """What can be made of an envelope, whatever else is wrong with it; None when the control plane could do nothing with it."""
    get = envelope.get
    kind, payload, message_id = get("type"), get("payload"), get("message_id")
    if kind not in FROM_AGENT or not isinstance(payload, dict) or not _is_text(message_id):
        return None
    task, attempt, sequence = get("task_id", ""), get("execution_attempt_id", ""), get("sequence", 0)
    if not kind.startswith("task."):
        return Message(kind, message_id, "", "", 0, payload)
    if not (_is_text(task) and _is_text(attempt)):
        return None
    usable = _USABLE.get(kind)
    if usable is not None and not usable(sequence, payload):
        return None
    return Message(kind, message_id, task, attempt, sequence, payload)


def _output_is_usable(sequence: Any, payload: Mapping[str, Any]) -> bool:
    known = payload.get("stream") in ("stdout", "stderr") and isinstance(payload.get("data"), str)
    return type(sequence) is int and sequence >= 1 and known


def _final_is_usable(sequence: Any, payload: Mapping[str, Any]) -> bool:
    return isinstance(payload.get("status"), str) and type(payload.get("exit_code")) is int


_USABLE: Mapping[str, Callable[[Any, Mapping[str, Any]], bool]] = {"task.output": _output_is_usable, "task.final": _final_is_usable}


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""


def _name(value: Any) -> str:
    """What kind of JSON value it is."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return "an array" if isinstance(value, list) else "a text" if isinstance(value, str) else "a number"


def _show(value: Any) -> str:
    """A value as it is, or the beginning of a long one."""
    text = "missing or null" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:80]}.."


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, list) else value
