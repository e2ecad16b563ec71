"""`streamproof shrink`: a smaller repro file out of any repro file, in either world, without Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..values.case import Case
from ..values.errors import UsageError
from ..values.result import Repro
from .catalog import Catalog
from .files import load_repro, save_repro
from .reduce import reduce_case
from .replay import open_workshop
from .session import Progress
from .unit import violation_key
from .workshop import TRIES_MAX


def shrink_file(
    catalog: Catalog, path: Path, *, target: str | None, world: str | None, out: Path, target_config: Mapping[str, Any], progress: Progress
) -> Repro:
    """Writes the smaller repro to ``out`` and returns it. Raises UsageError when the file does not fail here."""
    repro = load_repro(path, catalog)
    workshop = open_workshop(catalog, target or "reference", world, target_config)
    try:
        first = workshop.run(repro.case)
        shown = [finding for finding in first.findings if finding.requirement in repro.expect]
        if not shown:
            raise UsageError(
                f"{path}: {', '.join(repro.expect)} does not fail for target {workshop.target.name!r}: there is nothing to shrink"
            )
        key = violation_key(shown[0])
        fails = workshop.still_fails(repro.case, key)
        tries = 0

        def still_fails(case: Case) -> bool:
            nonlocal tries
            tries += 1
            progress.update(tries, TRIES_MAX[workshop.world.name], 1, f"shrinking {key[0]}")
            return fails(case)

        reduction = reduce_case(repro.case, still_fails, TRIES_MAX[workshop.world.name])
        confirmed = workshop.confirm(reduction.case, key, reduction.tries)
    finally:
        workshop.close()
    digest = confirmed.example.history.digest() if workshop.world.name == "sim" else None
    smaller = replace(repro, case=reduction.case, digest=digest)
    save_repro(smaller, out)
    return smaller
