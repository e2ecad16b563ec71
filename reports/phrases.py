"""How workloads, faults and figures read in a report: one line each, the same in every format for people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.faults.base import Fault
from ..harness.values.case import Case
from .printable import shortened

VALUE_CHARACTERS_MAX = 160


def case_lines(case: Case) -> Iterator[str]:
    """The config, the workload and the faults, one line each, under the words that a repro file uses."""
    told = {name: value for name, value in case.config.items() if value not in (None, "", [], {}, False)}
    if told:
        yield operation_text("config:", told)
    yield "workload:"
    for verb, args in case.workload:
        yield f"  {operation_text(verb, args)}"
    yield "faults:" if case.faults else "faults: none"
    for fault in case.faults:
        yield f"  {fault_text(fault)}"


def operation_text(verb: str, args: Mapping[str, Any]) -> str:
    """``enqueue event={"k":1}``"""
    return " ".join([verb, *(f"{name}={_value(value)}" for name, value in args.items())])


def fault_text(fault: Fault) -> str:
    """``lose-answer endpoint=upload nth=2``: the name, and what differs from the defaults."""
    defaults = {field.name: field.default for field in dataclasses.fields(fault)}
    told = {name: getattr(fault, name) for name in defaults if getattr(fault, name) != defaults[name]}
    return operation_text(fault.name, told)


def per_second(count: float, seconds: float) -> str:
    """``1,234`` or ``12.3``; "-" when there was no time to speak of."""
    if seconds <= 0:
        return "-"
    rate = count / seconds
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) and value.isidentifier() else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return shortened(text, VALUE_CHARACTERS_MAX)
