"""From the name of a target to the target.

======================  =========================================================================================
``reference``           plays every role it has a factory for
``mutant:NAME``         a reference with one planted bug
``null:NAME``           does nothing right
``NAME``                a built-in target, or one from the configuration
``python:MODULE:NAME``  a factory in this process; ``trio:MODULE:NAME`` the same on trio
``cmd:COMMAND``         any language, over the driver protocol; split as a shell would, but run without one
``http://..``           a server that already runs
======================  =========================================================================================

In the configuration, ``[tool.streamproof.targets.NAME]`` has the key ``target`` (one of the forms above) and free options;
an option whose name ends in ``_env`` names an environment variable that holds a secret.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..contracts import CONTRACTS
from ..values.errors import UsageError
from ..values.nearest import unknown_name
from .base import Serves, Target
from .declared import TIMING_AND_LIMITS, everything, serves_from_json
from .imports import load_factory
from .in_process import InProcessTarget
from .mutants.base import Mutant
from .null_table import NULLS, Null
from .nulls import NullTarget
from .stdio.target import StdioTarget
from .url import UrlTarget
from .verbs import Factory

FORMS = ("mutant:NAME", "null:NAME", "python:MODULE:NAME", "trio:MODULE:NAME", "cmd:COMMAND", "http://HOST:PORT")
SECRET_SUFFIX = "_env"  # noqa: S105 - the ending of an option's name, no secret

Options = Mapping[str, str]


@dataclass(frozen=True)
class Builtin:
    """A published implementation that a name stands for.

    ``serves``: (contract, role) pairs, for lists. ``make`` raises UsageError when it is not installed. ``install`` fetches it, and
    tells its argument what it does, a line each; None: there is nothing to install.
    """

    name: str
    summary: str
    serves: tuple[tuple[str, str], ...]
    make: Callable[[Options], Target]
    install: Callable[[Callable[[str], None]], object] | None = None


@dataclass(frozen=True)
class TargetTables:
    """All that a name can mean, beside what is on the user's disk. ``references``: (contract, role) -> factory."""

    references: Mapping[tuple[str, str], Factory]
    mutants: Mapping[str, Mutant]
    builtins: Mapping[str, Builtin]
    nulls: Mapping[str, Null]


def target_tables(
    references: Mapping[tuple[str, str], Factory], mutants: Mapping[str, Mutant], builtins: Mapping[str, Builtin]
) -> TargetTables:
    """With the null drivers, which every contract has."""
    return TargetTables(references, mutants, builtins, NULLS)


def parse_target(text: str, tables: TargetTables, config: Mapping[str, Any]) -> Target:
    """``config``: the tables ``targets.NAME`` of the configuration file. Raises UsageError. Starts nothing."""
    if text not in config:
        return _parse(text, tables, {}, config)
    form, options, secrets = _configured(text, config[text])
    target = _parse(form, tables, {**options, **secrets}, config)
    target.name = text
    target.options, target.secrets = options, secrets
    return target


def _configured(name: str, entry: Any) -> tuple[str, dict[str, str], dict[str, str]]:
    """(form, options, secrets) of one table of the configuration."""
    where = f"[tool.streamproof.targets.{name}]"
    if not isinstance(entry, Mapping) or not isinstance(entry.get("target"), str):
        raise UsageError(f'{where} needs the key "target": one of reference, NAME, {", ".join(FORMS)}')
    options: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for key, value in entry.items():
        if isinstance(value, (Mapping, list)):
            raise UsageError(f"{where}: option {key!r} must be a string, a number or a truth value, got {value!r}")
        if key.endswith(SECRET_SUFFIX):
            secrets[key.removesuffix(SECRET_SUFFIX)] = _from_environment(where, key, str(value))
        elif key != "target":
            options[key] = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return entry["target"], options, secrets


def _from_environment(where: str, key: str, variable: str) -> str:
    secret = os.environ.get(variable)
    if not secret:
        raise UsageError(f"{where}: {key} names the environment variable {variable!r}, which is not set; export it, then try again")
    return secret


def _parse(text: str, tables: TargetTables, options: Options, config: Mapping[str, Any]) -> Target:
    if text == "reference":
        return reference_target(tables)
    if text in tables.builtins:
        return tables.builtins[text].make(options)
    prefix, colon, rest = text.partition(":")
    if colon and prefix in ("http", "https"):
        return UrlTarget(text)
    if colon and prefix in _MAKERS:
        return _MAKERS[prefix](text, rest, tables)
    if colon:
        raise unknown_name("kind of target", prefix, (*_MAKERS, "http", "https"))
    raise unknown_name("target", text, ("reference", *tables.builtins, *config, *FORMS))


def reference_target(tables: TargetTables) -> InProcessTarget:
    serves = tuple(row for key, factory in tables.references.items() for row in _declared_for(key, factory))
    return InProcessTarget("reference", lambda contract, role: tables.references.get((contract, role)), serves=serves)


def _mutant(text: str, name: str, tables: TargetTables) -> Target:
    if name not in tables.mutants:
        raise unknown_name("mutant", name, tables.mutants)
    mutant = tables.mutants[name]
    key = (CONTRACTS[mutant.contract].roles[mutant.role].contract, mutant.role)
    return InProcessTarget(text, lambda *asked: mutant.factory if asked == key else None, serves=_declared_for(key, mutant.factory))


def _null(text: str, name: str, tables: TargetTables) -> Target:
    full = name if name.startswith("null-") else f"null-{name}"
    if full not in tables.nulls:
        raise unknown_name("null driver", full, tables.nulls)
    return NullTarget(tables.nulls[full])


def _python(text: str, spec: str, tables: TargetTables) -> Target:
    factory = load_factory(spec)
    return InProcessTarget(text, lambda contract, role: factory, serves=_declared(spec, factory))


def _trio(text: str, spec: str, tables: TargetTables) -> Target:
    from .in_trio import TrioTarget  # trio takes long to import, and most runs do without it

    factory = load_factory(spec)
    return TrioTarget(text, lambda contract, role: factory, serves=_declared(spec, factory))


def _command(text: str, command: str, tables: TargetTables) -> Target:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"the command of {text!r} cannot be split into words: {error}") from error
    if not words:
        raise UsageError(f'{text!r} names no command; expected for example "cmd:node driver.mjs"')
    return StdioTarget(text, words)


_MAKERS: Mapping[str, Callable[[str, str, TargetTables], Target]] = {
    "mutant": _mutant,
    "null": _null,
    "python": _python,
    "trio": _trio,
    "cmd": _command,
}


def _declared(spec: str, factory: Any) -> tuple[Serves, ...] | None:
    """What a user's factory says that it serves; None when it says nothing."""
    rows = getattr(factory, "serves", None)
    if rows is None:
        return None
    try:
        return serves_from_json(rows)
    except ValueError as error:
        raise UsageError(f"{spec!r}: {error}") from error


def _declared_for(key: tuple[str, str], factory: Factory) -> tuple[Serves, ...]:
    """One row for a factory of ours: what it says of itself, else that it can do all that the role knows."""
    rows = _declared(f"{key}", factory)
    found = [row for row in (rows if rows is not None else everything()) if (row.contract, row.role) == key]
    return tuple(found[:1]) or (Serves(*key, TIMING_AND_LIMITS),)
