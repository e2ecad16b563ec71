"""Replays repro files: FIXED, FAILED or CHANGED. Needs no Hypothesis: a repro file holds the operations and faults themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..targets.names import parse_target
from ..values.result import ReplayResult, ReplayWord, Repro
from ..worlds.table import make_world
from .catalog import Catalog
from .example import Example
from .excerpt import excerpt
from .files import load_repro
from .session import choose_world
from .workshop import Workshop


def replay_file(
    catalog: Catalog, path: Path, *, target: str | None, world: str | None, times: int, target_config: Mapping[str, Any]
) -> ReplayResult:
    """Plays the case of a file ``times`` times. Raises UsageError for a bad file, target or world."""
    repro = load_repro(path, catalog)
    workshop = open_workshop(catalog, target or "reference", world, target_config)
    try:
        examples = [workshop.run(repro.case) for _ in range(times)]
    finally:
        workshop.close()
    return _result(path, repro, examples)


def open_workshop(catalog: Catalog, target_text: str, world: str | None, target_config: Mapping[str, Any]) -> Workshop:
    target = parse_target(target_text, catalog.targets, target_config)
    return Workshop(catalog, target, make_world(choose_world(target, world)), 0)


def _result(path: Path, repro: Repro, examples: list[Example]) -> ReplayResult:
    words = [_verdict(repro, example) for example in examples]
    failed = [example for (word, _), example in zip(words, examples, strict=True) if word == "FAILED"]
    # One failure is enough to be FAILED; else one that changed is enough not to be FIXED.
    word, message = max(words, key=lambda row: ("FIXED", "CHANGED", "FAILED").index(row[0]))
    shown = failed[0] if failed else examples[0]
    findings = [finding for finding in shown.findings if finding.requirement in repro.expect] or shown.findings
    digests = [example.history.digest() for example in examples]
    digest = digests[0]
    if len(examples) > 1 and examples[0].history.header.world == "sim":
        message += f" ({len(examples)} replays, {len(set(digests))} {'history' if len(set(digests)) == 1 else 'different histories'})"
    return ReplayResult(
        path=path,
        verdict=word,
        message=message,
        times=len(examples),
        failed_times=len(failed),
        digest=digest,
        digest_matches=None if repro.digest is None else repro.digest == digest,
        findings=tuple(f"{finding.requirement}: {finding.message}" for finding in findings),
        excerpt=excerpt(shown.history, findings),
    )


def _verdict(repro: Repro, example: Example) -> tuple[ReplayWord, str]:
    for requirement in repro.expect:
        if example.trouble is None and example.fails(requirement):
            return "FAILED", f"{requirement} fails again"
    if example.trouble is not None:
        return "CHANGED", example.trouble
    in_real_time = example.history.header.world != "sim"  # there, what took too long beside what was asked about says nothing
    others = sorted({finding.requirement for finding in example.findings if not (in_real_time and finding.upper_bound)})
    if others:
        return "CHANGED", f"{', '.join(repro.expect)} holds, but {', '.join(others)} fails"
    unjudged = [requirement for requirement in repro.expect if not example.counts_as_judged(requirement)]
    if unjudged:
        judgement = example.judgements.get(unjudged[0])
        reason = example.not_counted or (judgement.reason if judgement is not None else None) or "it is not judged for this role"
        return "CHANGED", f"{unjudged[0]} could not be judged: {reason}"
    return "FIXED", f"{', '.join(repro.expect)} was judged and holds"
