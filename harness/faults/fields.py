"""The parameters of a fault, read from its dataclass: what values are allowed, as a check and as JSON Schema.

Allowed types: int, bool, str, Literal, ``tuple[int, ...]``, and each of them or None. ``choices`` and ``ranges`` of the
class narrow them further.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..values.errors import UsageError

if TYPE_CHECKING:
    from .base import Fault

Kind = Literal["integer", "boolean", "string", "integers"]


@dataclass(frozen=True)
class Parameter:
    """One field of a fault. ``choices`` None: any value of the kind. Bounds are of integers, or of each of them."""

    name: str
    kind: Kind
    nullable: bool
    choices: tuple[Any, ...] | None
    minimum: int
    maximum: int | None
    default: Any

    @property
    def expected(self) -> str:
        """What a value must be, for an error message."""
        if self.choices is not None:
            text = "one of " + ", ".join(repr(choice) for choice in self.choices)
        else:
            bounds = f" from {self.minimum} to {self.maximum}" if self.maximum is not None else f" of at least {self.minimum}"
            text = {
                "integer": f"an integer{bounds}",
                "integers": f"a list of one or more integers, each{bounds}",
                "boolean": "true or false",
                "string": "a text that is not empty",
            }[self.kind]
        return f"{text}, or null" if self.nullable else text

    def allows(self, value: Any) -> bool:
        if value is None:
            return self.nullable
        if self.choices is not None:
            return any(value == choice and type(value) is type(choice) for choice in self.choices)
        if self.kind == "integers":
            return isinstance(value, tuple) and bool(value) and all(self._in_range(item) for item in value)
        if self.kind == "integer":
            return self._in_range(value)
        if self.kind == "boolean":
            return isinstance(value, bool)
        return isinstance(value, str) and value != ""

    def _in_range(self, value: Any) -> bool:
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return self.minimum <= value and (self.maximum is None or value <= self.maximum)

    def schema(self) -> dict[str, Any]:
        """As JSON Schema (draft 2020-12)."""
        if self.choices is not None:
            return {"enum": [*self.choices, *([None] if self.nullable else [])], "default": self.default}
        bounds = {"minimum": self.minimum, **({"maximum": self.maximum} if self.maximum is not None else {})}
        rows: dict[Kind, dict[str, Any]] = {
            "integer": {"type": "integer", **bounds},
            "integers": {"type": "array", "minItems": 1, "items": {"type": "integer", **bounds}},
            "boolean": {"type": "boolean"},
            "string": {"type": "string", "minLength": 1},
        }
        row = rows[self.kind]
        if self.nullable:
            row["type"] = [row["type"], "null"]
        default = list(self.default) if isinstance(self.default, tuple) else self.default
        return {**row, "default": default}


_by_type: dict[type[Fault], Mapping[str, Parameter]] = {}


def parameters(fault_type: type[Fault]) -> Mapping[str, Parameter]:
    """By name, in the order of the fields. Read once for each type, since every fault that is made is checked."""
    if fault_type not in _by_type:
        _by_type[fault_type] = _read_parameters(fault_type)
    return _by_type[fault_type]


def _read_parameters(fault_type: type[Fault]) -> Mapping[str, Parameter]:
    hints = typing.get_type_hints(fault_type)
    return {field.name: _parameter(fault_type, field, hints[field.name]) for field in dataclasses.fields(fault_type)}


def _parameter(fault_type: type[Fault], field: dataclasses.Field[Any], hint: Any) -> Parameter:
    members = typing.get_args(hint) if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union else (hint,)
    nullable = type(None) in members
    (plain,) = [member for member in members if member is not type(None)]
    choices = fault_type.choices.get(field.name)
    if choices is None and typing.get_origin(plain) is Literal:
        choices = typing.get_args(plain)
    if choices is not None:
        choices = tuple(choice for choice in choices if choice is not None)
    kind: Kind = "string" if typing.get_origin(plain) is Literal else _KINDS[plain]
    minimum, maximum = _range(fault_type, field.name)
    return Parameter(field.name, kind, nullable, choices, minimum, maximum, field.default)


def _range(fault_type: type[Fault], name: str) -> tuple[int, int | None]:
    """A subclass adds rows to those of its bases."""
    for each in fault_type.__mro__:
        ranges: Mapping[str, tuple[int, int | None]] = vars(each).get("ranges", {})
        if name in ranges:
            return ranges[name]
    return 0, None


_KINDS: dict[Any, Kind] = {int: "integer", bool: "boolean", str: "string", tuple[int, ...]: "integers"}


def check(fault: Fault) -> None:
    """Raises UsageError that names the fault, the field, what was got and what was expected."""
    for parameter in parameters(type(fault)).values():
        value = getattr(fault, parameter.name)
        if not parameter.allows(value):
            raise UsageError(f"fault {fault.name!r}: {parameter.name} is {value!r}; expected {parameter.expected}")
