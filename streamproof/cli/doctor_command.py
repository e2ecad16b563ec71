"""`streamproof doctor`: is the driver sound?"""

from __future__ import annotations

import click

from ..catalog import catalog
from ..harness.engine.doctor import doctor
from . import options
from .config import Config
from .terminal import say


@click.command("doctor")
@options.option("--target", required=True, metavar="T", help="The target whose driver is looked at.")
@click.pass_context
def command(ctx: click.Context, target: str) -> int:
    """Is the driver of a target sound? It is started, asked and ended; advice line by line."""
    config: Config = ctx.obj
    result = doctor(target, catalog().targets, config.targets)
    for line in result.lines:
        say(line)
    return result.exit_code
