"""Small pieces of JSON Schema, out of which each contract writes what a repro file of it may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}
COUNT = {"type": "integer", "minimum": 0}
BOOLEAN = {"type": "boolean"}
EVENT = {"type": "object"}
EVENTS = {"type": "array", "items": EVENT}
BASE_SUFFIX = {"type": "string", "pattern": "^(/.*)?$"}


def object_of(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An object with these keys and no others."""
    properties = {**required, **(optional or {})}
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def nullable_numbers(*names: str) -> dict[str, Any]:
    """An object of numbers, each of which may be missing, or null as a whole."""
    properties = {name: {"type": ["integer", "null"], "minimum": 0} for name in names}
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}
