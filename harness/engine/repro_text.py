"""How a repro file is laid out: to be read and edited by a person, one operation and one fault a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..values.result import Repro

REPRO_SCHEMA = 1


def repro_text(repro: Repro) -> str:
    case = repro.case
    rows = [
        ("schema", _value(REPRO_SCHEMA)),
        ("title", _value(repro.title)),
        ("source", _value(repro.source)),
        ("contract", _value(case.contract)),
        ("roles", _value(case.roles)),
        ("profile", _value(case.profile)),
        ("scenario", _value(case.scenario)),
        ("config", _object(case.config)),
        ("seed", _value(case.seed)),
        ("workload", _array([verb, args] for verb, args in case.workload)),
        ("faults", _array(fault.to_json() for fault in case.faults)),
        ("expect", _value(repro.expect)),
        ("digest", _value(repro.digest)),
    ]
    return "{\n" + ",\n".join(f'  "{key}": {text}' for key, text in rows) + "\n}\n"


def _array(rows: Iterable[Any]) -> str:
    lines = [f"    {_value(row)}" for row in rows]
    return "[\n" + ",\n".join(lines) + "\n  ]" if lines else "[]"


def _object(mapping: Mapping[str, Any]) -> str:
    lines = [f"    {_value(key)}: {_value(value)}" for key, value in mapping.items()]
    return "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"


def _value(value: Any) -> str:
    """Compact JSON in which characters that print stand for themselves; the others (and lone surrogates) are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in text)
