"""Several runs side by side: a row a requirement, a column a target. Read from their JSON reports, printed as text or Markdown.

Targets are columns by number, with their names above, so that the table fits a terminal; what is not a pass is explained
below it, each reason once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .printable import one_line
from .text import STYLES

WORDS = {"pass": "pass", "fail": "FAIL", "inconclusive": "open", "not_run": "-"}
"""What a cell shows; ``open`` is a verdict that could not be reached."""

Runs = Sequence[Mapping[str, Any]]


def title_of(run: Mapping[str, Any]) -> str:
    return " ".join(part for part in (run["target"], run.get("target_version", "")) if part)


def requirement_rows(runs: Runs, contracts: Sequence[str]) -> list[tuple[str, str, list[str]]]:
    """(id, level, a verdict of each run or an empty word), in the order of the reports. What no run was judged by is left out."""
    levels: dict[str, str] = {}
    for run in runs:
        for row in run["requirements"]:
            if not contracts or row["contract"] in contracts:
                levels.setdefault(row["id"], row["level"])
    verdicts = [{row["id"]: row["verdict"] for row in run["requirements"]} for run in runs]
    rows = [(id, level, [verdict.get(id, "") for verdict in verdicts]) for id, level in levels.items()]
    return [row for row in rows if set(row[2]) - {"", "not_run"}]


def print_matrix(console: Console, runs: Runs, contracts: Sequence[str] = ()) -> None:
    rows = requirement_rows(runs, contracts)
    for number, run in enumerate(runs, 1):
        where = f"{run['world']}, seed {run['seed']}, {run['examples']:,} examples"
        console.print(Text(one_line(f"{number:3} {title_of(run)}: {where}")), soft_wrap=True)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    for name in ("requirement", "level", *(str(number) for number in range(1, len(runs) + 1))):
        table.add_column(name, no_wrap=True)
    for id, level, verdicts in rows:
        table.add_row(id, level, *(Text(WORDS.get(verdict, ""), STYLES.get(verdict, "")) for verdict in verdicts))
    console.print(table)
    for line in explanations(runs, {id for id, _, _ in rows}):
        console.print(Text(one_line(line)), soft_wrap=True)


def markdown(runs: Runs, contracts: Sequence[str] = ()) -> str:
    """The same as a table of Markdown."""
    rows = requirement_rows(runs, contracts)
    lines = ["| requirement | level | " + " | ".join(_cell(title_of(run)) for run in runs) + " |"]
    lines.append("| --- | --- |" + " --- |" * len(runs))
    for id, level, verdicts in rows:
        lines.append(f"| {id} | {level} | " + " | ".join(WORDS.get(verdict, "") for verdict in verdicts) + " |")
    told = explanations(runs, {id for id, _, _ in rows})
    return "\n".join([*lines, "", *(f"* {_cell(line.strip())}" for line in told if line)]) + "\n"


def explanations(runs: Runs, ids: set[str]) -> Iterator[str]:
    """Why a cell is no pass: findings by their sentences, the rest by its reason, with the requirements that share it."""
    for number, run in enumerate(runs, 1):
        yield ""
        yield f"{number:3} {title_of(run)}: {run['verdict']}"
        for row in run["requirements"]:
            if row["id"] in ids:
                for finding in row["findings"]:
                    yield f"    FAIL {row['id']} ({row['level']}): {finding['message']}"
        for reason, group in _shared_reasons(run, ids).items():
            yield f"    {reason[0]} {', '.join(group)}: {reason[1]}"


def _shared_reasons(run: Mapping[str, Any], ids: set[str]) -> dict[tuple[str, str], list[str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for row in run["requirements"]:
        if row["id"] in ids and row["verdict"] in ("inconclusive", "not_run"):
            word = "not run:" if row["verdict"] == "not_run" else "open:"
            groups.setdefault((word, row["reason"] or ""), []).append(row["id"])
    return groups


def _cell(text: str) -> str:
    return one_line(text).replace("|", "\\|")
