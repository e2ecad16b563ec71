"""`streamproof matrix`: the reports of several runs side by side."""

from __future__ import annotations

from pathlib import Path

import click

from ..catalog import catalog
from ..harness.engine.files import load_run_report
from ..reports.matrix import markdown, print_matrix
from . import options
from .terminal import show


@click.command("matrix")
@click.argument("reports", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="REPORT..")
@options.contract
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
def command(reports: tuple[Path, ...], contract: tuple[str, ...], form: str) -> int:
    """A table of requirements and targets out of the JSON reports of `run --report json=PATH`.

    Exit code 0 whatever the verdicts are: it was the runs that judged.
    """
    options.check_names("contract", contract, catalog().contracts)
    runs = [load_run_report(path) for path in reports]
    if form == "markdown":
        click.echo(markdown(runs, contract), nl=False)
    else:
        show(lambda console: print_matrix(console, runs, contract))
    return 0
