"""`streamproof selftest`: the harness judged as hard as it judges others."""

from __future__ import annotations

import click

from ..catalog import catalog
from ..harness.engine.selftest import run_selftest
from ..reports.text import print_selftest
from . import options
from .reports import parse_outputs, write_outputs
from .terminal import progress, show

EXAMPLES = 500
"""Of the reference, for each contract."""


@click.command("selftest")
@options.contract
@options.option("--examples", type=click.IntRange(min=1), default=EXAMPLES, show_default=True, help="Of the reference, for each contract.")
@options.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, another search.")
@options.jobs
@options.report
def command(contract: tuple[str, ...], examples: int, seed: int, jobs: int | None, report: tuple[str, ...]) -> int:
    """The kill score: every mutant killed by its requirement, null drivers pass nothing, the reference is clean."""
    names = catalog()
    options.check_names("contract", contract, names.contracts)
    outputs = parse_outputs(report)
    with progress() as shown:
        result = run_selftest(
            names, contract or tuple(names.contracts), seed=seed, jobs=options.job_count(jobs), examples=examples, progress=shown
        )
    show(lambda console: print_selftest(console, result))
    return write_outputs(outputs, lambda written, folder: written.selftest(result, folder), result.exit_code)
