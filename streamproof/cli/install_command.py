"""`streamproof install`: a built-in target from its registry."""

from __future__ import annotations

import click

from ..catalog import catalog
from ..harness.values.nearest import unknown_name
from .terminal import say


@click.command("install")
@click.argument("target")
def command(target: str) -> int:
    """Fetch a built-in target from its registry, pinned, into a cache. Does nothing when it is there."""
    builtins = catalog().targets.builtins
    if target not in builtins:
        raise unknown_name("built-in target", target, builtins)
    install = builtins[target].install
    if install is None:
        say(f"{target}: there is nothing to install")
        return 0
    install(say)
    say(f"{target} is installed: streamproof run --target {target}")
    return 0
