"""The options that several commands share. Each can also come from the environment (STREAMPROOF_SEED) or the configuration file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ..harness.values.errors import UsageError
from ..harness.values.nearest import unknown_name

F = TypeVar("F", bound=Callable[..., Any])


def option(name: str, **settings: Any) -> Callable[[F], F]:
    """An option with its environment variable: ``--keep-histories`` is STREAMPROOF_KEEP_HISTORIES."""
    variable = "STREAMPROOF_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=variable, **settings)


target = option(
    "--target", metavar="T", help="What is put under test: a name of `list targets`, cmd:COMMAND, python:module:factory, http://.."
)
contract = option("--contract", multiple=True, metavar="C", help="Only this contract (repeatable; default: all).")
world = option("--world", type=click.Choice(["sim", "loopback"]), help="Default: sim for what runs in process, else loopback.")
seed = option("--seed", type=click.IntRange(min=0), help="The same seed and options give the same findings. Default: drawn, and printed.")
jobs = option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Processes that share the work. Default: one for each core; on real sockets, where most wait, eight.",
)
report = option("--report", multiple=True, metavar="FORMAT=PATH", help="Also write this report (repeatable): see `list reports`.")


def drawn_seed(given: int | None) -> int:
    """The given seed, or a new one, which is printed at once so that it is known whatever happens."""
    if given is not None:
        return given
    seed = secrets.randbelow(2**32)
    click.echo(f"seed {seed} (drawn; the same again with --seed {seed})", err=True)
    return seed


def job_count(given: int | None) -> int:
    return given or len(os.sched_getaffinity(0))


def check_names(what: str, names: Iterable[str], known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise unknown_name(what, name, known)


def writable_folder(path: Path | None) -> Path | None:
    """Makes the folder now, since a run of minutes that cannot keep its results is no use."""
    if path is not None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"the folder {path} cannot be made: {error.strerror}") from None
    return path


def writable_file(path: Path) -> Path:
    """Tries whether the file can be written, without changing what is in it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        with path.open("a"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return path
