"""`streamproof shrink`: a smaller repro file."""

from __future__ import annotations

from pathlib import Path

import click

from ..catalog import catalog
from ..harness.engine.files import load_repro
from ..harness.engine.findings import replay_command
from ..harness.engine.shrink import shrink_file
from ..reports.phrases import case_lines, plural
from . import options
from .config import Config
from .terminal import progress, say


@click.command("shrink")
@click.argument("file", type=click.Path(path_type=Path))
@options.target
@options.world
@options.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Default: FILE with .shrunk before its ending.")
@click.pass_context
def command(ctx: click.Context, file: Path, target: str | None, world: str | None, out: Path | None) -> int:
    """A smaller repro file out of any repro file: operations and faults dropped, values simplified, while it still fails."""
    config: Config = ctx.obj
    names = catalog()
    before = load_repro(file, names).case.size
    out = options.writable_file(out or file.with_suffix(f".shrunk{file.suffix}"))
    with progress() as shown:
        smaller = shrink_file(names, file, target=target, world=world, out=out, target_config=config.targets, progress=shown)
    say(f"{out}: {_size(before)} shrunk to {_size(smaller.case.size)}")
    for line in case_lines(smaller.case):
        say(f"  {line}")
    say(f"replay: {replay_command(out, target or 'reference')}")
    return 0


def _size(size: tuple[int, int]) -> str:
    return f"{plural(size[0], 'operation')} and {plural(size[1], 'fault')}"
