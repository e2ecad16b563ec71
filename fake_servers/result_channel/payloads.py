"""What may stand in the payload of each message that an agent sends: a function a type, which names everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Payload = Mapping[str, Any]
Rule = tuple[Callable[[Any], bool], str]
"""(what a value must meet, how that is said)"""

STATUSES = ("completed", "failed", "interrupted")
STREAMS = ("stdout", "stderr")

TEXT: Rule = (lambda value: isinstance(value, str), "a text")
NAME: Rule = (lambda value: isinstance(value, str) and value != "", "a text that is not empty")
FLAG: Rule = (lambda value: isinstance(value, bool), "true or false")
INTEGER: Rule = (lambda value: type(value) is int, "an integer")
COUNT: Rule = (lambda value: type(value) is int and value >= 0, "an integer from 0 on")
SEQUENCE: Rule = (lambda value: type(value) is int and value >= 1, "an integer from 1 on")
STREAM: Rule = (lambda value: value in STREAMS, "'stdout' or 'stderr'")
STATUS: Rule = (lambda value: value in STATUSES, "'completed', 'failed' or 'interrupted'")
OBJECT: Rule = (lambda value: isinstance(value, dict), "an object")
LIST: Rule = (lambda value: isinstance(value, list), "a list")

ATTEMPT = {"task_id": NAME, "execution_attempt_id": NAME}
FINAL = {"status": STATUS, "exit_code": INTEGER}
FINAL_OPTIONAL = {"output": TEXT, "error": TEXT, "output_truncated": FLAG, "error_truncated": FLAG}


def problems_of_output(payload: Payload) -> list[str]:
    return _fields(payload, {"stream": STREAM, "data": TEXT, "byte_count": COUNT}, {"truncated_locally": FLAG})


def problems_of_final(payload: Payload) -> list[str]:
    return _fields(payload, FINAL, FINAL_OPTIONAL)


def problems_of_nothing(payload: Payload) -> list[str]:
    return [f"{name} stands in a payload that is empty" for name in payload]


def problems_of_hello(payload: Payload) -> list[str]:
    lists = ("received_not_started", "unacked_finals", "unacked_output")
    fields = {**dict.fromkeys(lists, LIST), "spool_status": OBJECT, "client_version": TEXT, "capabilities": OBJECT}
    problems = _fields(payload, fields)
    problems += _running(payload.get("running_task", ""))
    problems += _rows(payload, "received_not_started", {**ATTEMPT, "received_at": NAME})
    problems += _rows(payload, "unacked_finals", {"message_id": NAME, **ATTEMPT, **FINAL}, FINAL_OPTIONAL)
    ranges = {**ATTEMPT, "stream": STREAM, "first_sequence": SEQUENCE, "last_sequence": SEQUENCE, "truncated_locally": FLAG}
    problems += _rows(payload, "unacked_output", ranges)
    problems += _inside(payload, "spool_status", {"bytes_used": COUNT, "byte_cap": COUNT, "has_rotated_chunks": FLAG})
    problems += _inside(payload, "capabilities", {"results_enabled": FLAG, "delivery_enabled": FLAG})
    return problems


PAYLOADS: Mapping[str, Callable[[Payload], list[str]]] = {
    "agent.hello": problems_of_hello,
    "task.received": problems_of_nothing,
    "task.started": problems_of_nothing,
    "task.output": problems_of_output,
    "task.final": problems_of_final,
}
"""By type, every message that an agent sends."""


def _running(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, dict):
        return ["running_task is neither null nor an object"]
    problems = _fields(value, {**ATTEMPT, "started_at": NAME, "last_output_sequence": OBJECT})
    problems += _inside(value, "last_output_sequence", dict.fromkeys(STREAMS, COUNT))
    return [f"running_task.{problem}" for problem in problems]


def _rows(payload: Payload, name: str, fields: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> list[str]:
    rows = payload.get(name)
    problems = []
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict):
            problems += [f"{name}[{index}].{problem}" for problem in _fields(row, fields, optional)]
        else:
            problems.append(f"{name}[{index}] is no object")
    return problems


def _inside(payload: Payload, name: str, fields: Mapping[str, Rule]) -> list[str]:
    value = payload.get(name)
    return [f"{name}.{problem}" for problem in _fields(value, fields)] if isinstance(value, dict) else []


def _fields(values: Payload, fields: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> list[str]:
    problems = []
    for name, (is_met, said) in fields.items():
        if name not in values:
            problems.append(f"{name} is missing")
        elif not is_met(values[name]):
            problems.append(f"{name} is not {said}")
    for name, (is_met, said) in (optional or {}).items():
        if name in values and not is_met(values[name]):
            problems.append(f"{name} is not {said}")
    return problems
