"""JSON files that a person wrote or edited: reading them, and pointing at what is wrong by file, line and field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from ..values.errors import UsageError
from ..values.nearest import unknown_name

SHOWN_CHARACTERS_MAX = 80

FieldPath = Sequence[str | int]
"""``("workload", 3, 1, "event")``"""


@dataclass(frozen=True)
class Document:
    """The text of a file, or one line of NDJSON (then ``first_line`` says which), that can point into itself."""

    path: Path
    text: str
    first_line: int = 1

    def parse(self) -> Any:
        """Raises UsageError with line and column."""
        try:
            return json.loads(self.text)
        except json.JSONDecodeError as error:
            line = self.first_line + error.lineno - 1
            raise UsageError(f"{self.path}:{line}:{error.colno}: not valid JSON: {error.msg}{_hint(self.text, error)}") from None
        except (RecursionError, ValueError) as error:
            what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise UsageError(f"{self.path}:{self.first_line}: cannot be read: {what}") from None

    def where(self, field: FieldPath = ()) -> str:
        """``repro.json:12: workload[3][1].event``"""
        line = self.first_line + self.text.count("\n", 0, position_of(self.text, field))
        return f"{self.path}:{line}" + (f": {field_text(field)}" if field else "")

    def error(self, field: FieldPath, message: str) -> UsageError:
        return UsageError(f"{self.where(field)}: {message}")

    def validate(self, value: Any, schema: Mapping[str, Any], at: FieldPath = ()) -> None:
        """``value`` is what stands at ``at``. Raises UsageError for its first violation of the schema, in the order of the file."""
        errors = list(_leaves(Draft202012Validator(schema).iter_errors(value)))
        if errors:
            # A missing key comes last: often another key is that one, misspelt.
            first = min(errors, key=lambda error: (error.validator == "required", position_of(self.text, [*at, *error.absolute_path])))
            raise self._violation([*at, *first.absolute_path], first)

    def _violation(self, field: FieldPath, error: ValidationError) -> UsageError:
        wanted: Any = error.validator_value
        schema: Any = error.schema
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = schema["properties"]
            extra = next(key for key in error.instance if key not in known)
            return unknown_name("key", extra, known, where=self.where([*field, extra]))
        if error.validator == "required" and isinstance(error.instance, dict):
            missing = [key for key in wanted if key not in error.instance]
            return self.error(field, f"the key {missing[0]!r} is missing")
        return self.error(field, _sentence(error))


def read_text(path: Path) -> str:
    """The file as text. Raises UsageError when it cannot be read or is not UTF-8, then with the line."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: not valid UTF-8: byte 0x{content[error.start]:02x}") from None


def read_document(path: Path) -> Document:
    document = Document(path, read_text(path))
    if not document.text.strip():
        raise UsageError(f"{path}: the file is empty")
    return document


def field_text(field: FieldPath) -> str:
    """``workload[3][1].event``"""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in field]
    return "".join(parts).removeprefix(".")


def position_of(text: str, field: FieldPath) -> int:
    """Where a member (its key) or an item begins in a valid JSON text; as deep as the path can be followed."""
    start = value_at = _skip_space(text, 0)
    for step in field:
        # Of a key that is given twice the last counts, as it does for the parser.
        found = [(begin, value) for key, begin, value in _children(text, value_at) if key == step]
        if not found:
            break
        start, value_at = found[-1]
    return start


_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return position if match is None else match.end()


def _children(text: str, position: int) -> Iterator[tuple[str | int, int, int]]:
    """(key or index, where it begins, where its value begins) for what is in the object or array that begins at ``position``."""
    if position >= len(text) or text[position] not in "{[":
        return
    keyed = text[position] == "{"
    position, index = _skip_space(text, position + 1), 0
    while text[position] not in "}]":
        start, key = position, index
        if keyed:
            key, end = _DECODER.raw_decode(text, start)
            position = _skip_space(text, _skip_space(text, end) + 1)
        yield key, start, position
        _, end = _DECODER.raw_decode(text, position)
        position, index = _skip_space(text, end), index + 1
        if text[position] == ",":
            position = _skip_space(text, position + 1)


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    """An error of ``if``/``then`` or ``allOf`` is told by what is wrong inside."""
    for error in errors:
        if error.context:
            yield from _leaves(iter(error.context))
        else:
            yield error


_TYPE_WORDS = {
    "object": "an object",
    "array": "an array",
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def _sentence(error: ValidationError) -> str:
    instance: Any = error.instance
    got = shown(instance)
    wanted: Any = error.validator_value
    if error.validator == "type":
        names = [wanted] if isinstance(wanted, str) else wanted
        return f"expected {' or '.join(_TYPE_WORDS[name] for name in names)}, got {got}"
    if error.validator == "enum":
        return f"expected one of {', '.join(shown(choice) for choice in wanted)}, got {got}"
    if error.validator == "const":
        return f"expected {shown(wanted)}, got {got}"
    if error.validator in ("minimum", "maximum"):
        return f"expected at {'least' if error.validator == 'minimum' else 'most'} {wanted}, got {got}"
    if error.validator in ("minItems", "maxItems"):
        return f"expected at {'least' if error.validator == 'minItems' else 'most'} {wanted} items, got {len(instance)}"
    return f"{error.message[:SHOWN_CHARACTERS_MAX]}, got {got}"


def shown(value: Any) -> str:
    """A value as JSON, shortened with a mark."""
    text = json.dumps(value)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[:SHOWN_CHARACTERS_MAX]} .. ({len(text):,} characters)"


def _hint(text: str, error: json.JSONDecodeError) -> str:
    """The usual cause of a syntax error at this place, if there is one."""
    if error.pos >= len(text.rstrip()):
        return " (the file ends here: it seems to be cut off)"
    if error.msg.startswith("Unterminated string") and '"' not in text[error.pos + 1 :]:
        return " (the file ends inside a string: it seems to be cut off)"
    return ""
