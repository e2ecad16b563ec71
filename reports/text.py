"""The result as a person reads it: what failed first, then a row a requirement, what was not run and why, the figures last.

The command line prints this on the terminal; in a pipe or a file it is plain text, with lines as long as they are.
"""

from __future__ import annotations

import io
import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..harness.values.result import RequirementResult, RunResult, SelftestResult, SessionFinding
from .base import Report
from .phrases import case_lines, per_second, plural
from .printable import one_line

STYLES = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "not_run": "dim", "killed": "green", "lives": "bold red"}

PLAIN_WIDTH = 2_000
"""Outside a terminal nothing is wrapped or cut: the reader is a pager, a log or a program."""


class TextReport(Report):
    name = "text"
    summary = "what the terminal shows, as plain text"

    def run(self, result: RunResult, folder: Path) -> str:
        return plain_text(lambda console: print_run(console, result))

    def selftest(self, result: SelftestResult, folder: Path) -> str:
        return plain_text(lambda console: print_selftest(console, result))


def plain_text(show: Callable[[Console], None]) -> str:
    """What ``show`` prints, without colours and without blanks at the end of a line."""
    file = io.StringIO()
    show(Console(file=file, width=PLAIN_WIDTH, color_system=None, force_terminal=False))
    return "\n".join(line.rstrip() for line in file.getvalue().split("\n"))


def print_run(console: Console, result: RunResult) -> None:
    target = f"{result.target} {result.target_version}".rstrip()
    _line(console, f"streamproof {result.tool_version}: target {target}, world {result.world}, seed {result.seed}")
    for row in result.requirements:
        for finding in row.findings:
            _print_finding(console, row, finding)
    for contract in dict.fromkeys(row.contract for row in result.requirements):
        _print_contract(console, contract, [row for row in result.requirements if row.contract == contract])
    _print_not_run(console, result.requirements)
    if result.faults:
        injected = ", ".join(f"{name} {count:,}" for name, count in sorted(result.faults.items()))
        _line(console, f"\nfaults injected: {injected}")
    for warning in result.warnings:
        _line(console, f"warning: {warning}", "yellow")
    _line(console, "")
    _line(console, _run_figures(result), STYLES[result.verdict])


def print_selftest(console: Console, result: SelftestResult) -> None:
    _print_mutants(console, result)
    for null in result.null_drivers:
        _line(
            console,
            f"null driver {null.name} ({null.contract}): " + (f"PASSES {', '.join(null.passed)}" if null.passed else "passes nothing"),
        )
    for reference in result.reference:
        outcome = f"CAUGHT by {', '.join(reference.violations)}" if reference.violations else "clean"
        _line(console, f"reference ({reference.contract}): {outcome} over {plural(reference.examples, 'example')}")
    for id, reason in result.untested:
        _line(console, f"untested: {id}: {reason}")
    _line(console, "")
    _line(console, _shrunk_sizes(result))
    _line(console, _selftest_figures(result), STYLES["killed" if result.exit_code == 0 else "lives"])


def _print_finding(console: Console, row: RequirementResult, finding: SessionFinding) -> None:
    operations, faults = finding.repro.case.size
    _line(console, "")
    _line(console, f"FAIL {row.id} ({row.level}, {row.contract} {row.role}): {finding.message}", STYLES["fail"])
    found = f"  scenario {finding.scenario}, found after {plural(finding.examples_until_found, 'example')}"
    _line(console, f"{found}, shrunk to {plural(operations, 'operation')} and {plural(faults, 'fault')}")
    for line in case_lines(finding.repro.case):
        _line(console, f"  {line}")
    if finding.excerpt:
        _line(console, "  proof:")
    for line in finding.excerpt:
        _line(console, f"    {line}")
    _line(console, f"  replay: {finding.replay_command or 'the repro file could not be written'}")


def _print_contract(console: Console, contract: str, rows: Sequence[RequirementResult]) -> None:
    table = _table("requirement", "level", "role", "verdict", "judged", "")
    for row in rows:
        if row.verdict != "not_run":
            word = Text(row.verdict, STYLES[row.verdict])
            reason = row.reason or ("harness at fault" if row.harness_fault else "")
            table.add_row(row.id, row.level, row.role, word, f"{row.judged:,}", Text(one_line(reason)))
    if table.row_count:
        _line(console, f"\n{contract}")
        console.print(table)


def _print_not_run(console: Console, rows: Iterable[RequirementResult]) -> None:
    """One line for each reason, since one reason often holds for twenty requirements; what was required is named apart."""
    groups: dict[tuple[bool, str], list[str]] = {}
    for row in rows:
        if row.verdict == "not_run":
            groups.setdefault((not row.required, row.reason or "no reason given"), []).append(row.id)
    for (optional, reason), ids in sorted(groups.items()):
        what = "not run" if optional else "NOT RUN though required"
        _line(console, f"{what}: {', '.join(ids)}: {reason}", "dim" if optional else "yellow")


def _run_figures(result: RunResult) -> str:
    parts = [
        f"verdict {result.verdict} (exit {result.exit_code})" + (", interrupted" if result.interrupted else ""),
        f"{plural(result.examples, 'example')} in {result.elapsed_s:.1f} s",
        f"{per_second(result.examples, result.elapsed_s)} examples/s",
    ]
    if result.world == "sim":
        parts.append(f"{per_second(result.simulated_s, result.elapsed_s)} simulated s per wall s")
    return ", ".join([*parts, f"seed {result.seed}"])


def _print_mutants(console: Console, result: SelftestResult) -> None:
    table = _table("mutant", "contract", "requirement", "", "killed by", "examples", "operations", "faults", "seconds")
    for row in result.mutants:
        word = "killed" if row.killed else "lives"
        operations, faults = ("-" if count is None else str(count) for count in (row.operations, row.faults))
        wanted, killers = ", ".join(row.requirements), ", ".join(row.killed_by)
        figures = (f"{row.examples:,}", operations, faults, f"{row.seconds:.1f}")
        table.add_row(row.name, row.contract, wanted, Text(word, STYLES[word]), killers, *figures)
    if table.row_count:
        console.print(table)


def _selftest_figures(result: SelftestResult) -> str:
    killed = sum(row.killed for row in result.mutants)
    words = "interrupted, " if result.interrupted else ""
    return f"{words}{killed} of {plural(len(result.mutants), 'mutant')} killed (exit {result.exit_code}) in {result.elapsed_s:.1f} s"


def _shrunk_sizes(result: SelftestResult) -> str:
    """Median and largest, each of operations and of faults."""
    operations = [row.operations for row in result.mutants if row.operations is not None]
    faults = [row.faults for row in result.mutants if row.faults is not None]
    if not operations or not faults:
        return "nothing was shrunk"
    median = f"median {statistics.median(operations):g} operations and {statistics.median(faults):g} faults"
    return f"shrunk failures: {median}, largest {max(operations)} operations and {max(faults)} faults"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        numeric = name in ("judged", "examples", "operations", "faults", "seconds")
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    return table


def _line(console: Console, text: str, style: str = "") -> None:
    """One line as it is: no markup, no wrapping by us, nothing in it that acts on a terminal."""
    console.print(Text("\n".join(one_line(part) for part in text.split("\n")), style), soft_wrap=True)
