"""`streamproof run`: search, shrink, judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click
from click.core import ParameterSource

from .. import __version__
from ..catalog import catalog
from ..harness.engine.session import SessionOptions, choose_world, run_session
from ..harness.targets.names import parse_target
from ..harness.values.errors import UsageError
from ..harness.values.requirement import Contract
from ..reports.text import print_run
from . import options
from .config import Config
from .reports import parse_outputs, write_outputs
from .terminal import progress, show


@click.command("run")
@options.target
@options.contract
@options.option("--scenario", multiple=True, metavar="S", help="Only this scenario (repeatable).")
@options.option("--role", metavar="R", help="Only this role: sender, server ..")
@options.world
@options.option("--examples", type=click.IntRange(min=1), help="Examples of each contract, shared out among its scenarios.")
@options.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Search for so long instead.")
@options.seed
@options.jobs
@options.report
@options.option("--out", type=click.Path(path_type=Path), default=Path("streamproof-out"), show_default=True, help="Where repro files go.")
@options.option("--keep-histories", type=click.Path(path_type=Path), metavar="DIR", help="Keep the history of every example, as NDJSON.")
@click.pass_context
def command(
    ctx: click.Context,
    target: str | None,
    contract: tuple[str, ...],
    scenario: tuple[str, ...],
    role: str | None,
    world: str | None,
    examples: int | None,
    seconds: float | None,
    seed: int | None,
    jobs: int | None,
    report: tuple[str, ...],
    out: Path,
    keep_histories: Path | None,
) -> int:
    """Search, shrink and judge: the main job. Without options: the reference, all contracts.

    Each violation is shrunk, confirmed and saved as a repro file. A requirement passes only on at least five examples
    in which its precondition really occurred.
    """
    config: Config = ctx.obj
    names = catalog()
    options.check_names("contract", contract, names.contracts)
    options.check_names("scenario", scenario, names.scenarios)
    options.check_names("role", [role] if role else [], _roles(names.contracts))
    examples, seconds = _one_of(ctx, examples, seconds)
    target = target or "reference"
    choose_world(parse_target(target, names.targets, config.targets), world)  # told before a seed is drawn
    outputs = parse_outputs(report)
    session = SessionOptions(
        target=target,
        contracts=contract,
        scenarios=scenario,
        role=role,
        world=world,
        examples=examples,
        seconds=seconds,
        seed=options.drawn_seed(seed),
        jobs=options.job_count(jobs),
        out_dir=out,
        keep_histories=options.writable_folder(keep_histories),
    )
    with progress() as shown:
        result = replace(run_session(names, session, config.targets, shown), tool_version=__version__)
    show(lambda console: print_run(console, result))
    return write_outputs(outputs, lambda written, folder: written.run(result, folder), result.exit_code)


def _roles(contracts: Mapping[str, Contract]) -> dict[str, None]:
    return dict.fromkeys(role for contract in contracts.values() for role in contract.roles)


def _one_of(ctx: click.Context, examples: int | None, seconds: float | None) -> tuple[int | None, float | None]:
    """Given both, the one from nearer to the command line counts; from the same place they contradict each other."""
    if examples is None or seconds is None:
        return examples, seconds
    nearness = [ParameterSource.DEFAULT_MAP, ParameterSource.ENVIRONMENT, ParameterSource.COMMANDLINE]
    rank = {name: nearness.index(source) for name in ("examples", "seconds") if (source := ctx.get_parameter_source(name)) in nearness}
    if rank["examples"] == rank["seconds"]:
        raise UsageError("--examples and --seconds are both given; expected one of them")
    return (examples, None) if rank["examples"] > rank["seconds"] else (None, seconds)
