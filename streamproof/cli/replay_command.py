"""`streamproof replay`: does it still fail?"""

from __future__ import annotations

from pathlib import Path

import click

from ..catalog import catalog
from ..harness.engine.files import load_repro
from ..harness.engine.replay import replay_file
from ..harness.values.errors import HarnessFault, TargetProblem
from ..harness.values.result import ReplayResult
from . import options
from .config import Config
from .errors import AT_FAULT, NOT_JUDGED, complain
from .terminal import say

STYLES = {"FIXED": "green", "FAILED": "bold red", "CHANGED": "yellow"}


@click.command("replay")
@click.argument("files", nargs=-1, required=True, metavar="FILE..", type=click.Path(path_type=Path))
@options.target
@options.world
@options.option("--times", type=click.IntRange(min=1), default=1, show_default=True, help="How often; failing once is FAILED.")
@click.pass_context
def command(ctx: click.Context, files: tuple[Path, ...], target: str | None, world: str | None, times: int) -> int:
    """FIXED, FAILED or CHANGED for each repro file.

    FAILED: an expected requirement fails again. FIXED: all of them were judged and hold. CHANGED: anything else, such as
    another requirement that fails, or a fault that could not be injected any more.
    """
    config: Config = ctx.obj
    names = catalog()
    for path in files:
        load_repro(path, names)  # a bad file is told before anything is run
    codes = []
    for path in files:
        try:
            result = replay_file(names, path, target=target, world=world, times=times, target_config=config.targets)
        except (HarnessFault, TargetProblem) as error:
            codes.append(complain(f"{path}: {error}", AT_FAULT))
            continue
        _print(result)
        codes.append({"FAILED": 1, "CHANGED": NOT_JUDGED, "FIXED": 0}[result.verdict])
    return next((code for code in (1, AT_FAULT, NOT_JUDGED) if code in codes), 0)


def _print(result: ReplayResult) -> None:
    often = f" ({result.failed_times} of {result.times} times)" if result.times > 1 and result.failed_times else ""
    say(f"{result.verdict} {result.path}: {result.message}{often}", STYLES[result.verdict])
    for finding in result.findings:
        say(f"  {finding}")
    for line in result.excerpt:
        say(f"    {line}")
    if result.digest_matches is False and result.verdict != "FIXED":
        say("  the history is not the one that was saved: target, world or versions differ (advice, not the verdict)")
