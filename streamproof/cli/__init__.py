"""The command `streamproof`: one file a command, and the table of them. Here names are looked up, results printed, errors explained."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from .. import __version__
from ..harness.targets.cache import cache_folder
from ..harness.values.nearest import unknown_name
from .config import load_config
from .errors import exit_code_of

NAME = "streamproof"
COMPLETION_VARIABLE = "_STREAMPROOF_COMPLETE"
"""Set by the shell when it asks for completions, as click has it."""
DRAWING_VARIABLE = "HYPOTHESIS_STORAGE_DIRECTORY"
"""Where Hypothesis keeps what it learned about Unicode and the like: in our cache, and not in the folder of whoever runs us."""

COMMANDS: Mapping[str, str] = {
    "run": "search, shrink and judge: the main job",
    "replay": "FIXED, FAILED or CHANGED for each repro file",
    "shrink": "a smaller repro file out of any repro file",
    "selftest": "the kill score: mutants, null drivers, the reference",
    "check": "judge a recorded history",
    "matrix": "the reports of several runs side by side: requirements against targets",
    "list": "what there is: contracts, requirements, scenarios, faults, targets, mutants, reports",
    "explain": "a requirement, fault, mutant or scenario in full",
    "serve": "a fake server by hand",
    "doctor": "is the driver of a target sound? advice line by line",
    "install": "fetch a built-in target from its registry",
}
"""Each is the function ``command`` of the module ``NAME_command``, imported only when it is used, since that takes a while."""


class CommandTable(click.Group):
    """Reads `COMMANDS`; an unknown command gets its nearest match."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f".{cmd_name}_command", __name__).command
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise unknown_name("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=CommandTable, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=NAME)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Simulation and conformance test harness for event streams that break.

    Every option can stand in [tool.streamproof] of pyproject.toml (or in streamproof.toml) and in an environment variable
    such as STREAMPROOF_SEED; the command line comes first, then the environment, then the file.

    Exit codes: 0 fine; 1 a MUST failed; 2 wrong usage, nothing was run; 3 something required was not judged; 4 the
    harness or the driver was at fault; 130 interrupted.
    """
    config = load_config()
    ctx.obj = config
    ctx.default_map = {name: dict(config.defaults) for name in COMMANDS}


def invoke(arguments: Sequence[str]) -> object:
    """What the command returns, with errors as they are. Not click's own main, which turns a closed pipe into exit 1."""
    try:
        with cli.make_context(NAME, list(arguments)) as ctx:
            return cli.invoke(ctx)
    except click.exceptions.Exit as done:
        return done.exit_code


def main() -> None:
    """Runs the command and exits with its code."""
    if COMPLETION_VARIABLE in os.environ:
        cli.main(prog_name=NAME)  # answers the shell that asks for completions, and exits
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a time limit of CI ends a run as Ctrl-C does: with what was found
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character still gets the line.
            stream.reconfigure(errors="backslashreplace")
    os.environ.setdefault(DRAWING_VARIABLE, str(cache_folder() / "hypothesis"))
    sys.exit(exit_code_of(lambda: invoke(sys.argv[1:])))
