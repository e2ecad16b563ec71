"""The configuration file: ``streamproof.toml``, or the table ``[tool.streamproof]`` of ``pyproject.toml``, in the current folder."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..harness.values.errors import UsageError
from ..harness.values.nearest import unknown_name

Kind = tuple[type, ...]

TEXT: Kind = (str,)
INTEGER: Kind = (int,)
NUMBER: Kind = (int, float)
TEXTS: Kind = (str, list)
WORDS = {TEXT: "a text", INTEGER: "an integer", NUMBER: "a number", TEXTS: "a text or a list of texts"}

KEYS: Mapping[str, Kind] = {
    "target": TEXT,
    "contract": TEXTS,
    "scenario": TEXTS,
    "role": TEXT,
    "world": TEXT,
    "examples": INTEGER,
    "seconds": NUMBER,
    "seed": INTEGER,
    "jobs": INTEGER,
    "report": TEXTS,
    "out": TEXT,
    "keep_histories": TEXT,
    "times": INTEGER,
}
"""Keys are the long options of the commands, with an underscore for a hyphen."""


@dataclass(frozen=True)
class Config:
    """``defaults``: values of options. ``targets``: the tables ``targets.NAME``, as they are."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def load_config(folder: Path | None = None) -> Config:
    """Raises UsageError that names the file and the key. A ``streamproof.toml`` stands instead of a table in pyproject.toml."""
    folder = folder or Path()
    own, shared = folder / "streamproof.toml", folder / "pyproject.toml"
    if own.is_file():
        return _config(_read(own), str(own))
    if shared.is_file():
        table = _read(shared).get("tool", {}).get("streamproof", {})
        return _config(table, f"{shared}: [tool.streamproof]")
    return Config()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None


def _config(table: Any, where: str) -> Config:
    if not isinstance(table, dict):
        raise UsageError(f"{where}: expected a table, got {table!r}")
    targets = table.get("targets", {})
    if not isinstance(targets, dict) or not all(isinstance(options, dict) for options in targets.values()):
        raise UsageError(f"{where}: 'targets' must hold one table for each target, such as [tool.streamproof.targets.mine]")
    defaults = {key: _checked(key, value, where) for key, value in table.items() if key != "targets"}
    return Config(defaults, targets)


def _checked(key: str, value: Any, where: str) -> Any:
    if key not in KEYS:
        raise unknown_name("key", key, [*KEYS, "targets"], where=where)
    kind = KEYS[key]
    fits = isinstance(value, kind) and not isinstance(value, bool)
    if isinstance(value, list):
        fits = fits and all(isinstance(item, str) for item in value)
    if not fits:
        raise UsageError(f"{where}: {key!r} must be {WORDS[kind]}, got {value!r}")
    return [value] if kind is TEXTS and isinstance(value, str) else value
