"""``--report FORMAT=PATH``: noticed before the run what cannot work, written after it, each on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..harness.values.errors import UsageError
from ..harness.values.nearest import unknown_name
from ..reports import REPORTS
from ..reports.base import Report
from .errors import AT_FAULT, complain
from .options import writable_file


@dataclass(frozen=True)
class Output:
    report: Report
    path: Path


def parse_outputs(texts: Iterable[str]) -> list[Output]:
    """Raises UsageError for an unknown format, a path that cannot be written, or one path for two reports."""
    outputs: list[Output] = []
    for text in texts:
        name, separator, path = text.partition("=")
        if not separator or not path:
            raise UsageError(f"--report {text!r}: expected FORMAT=PATH, such as json=streamproof.json")
        if name not in REPORTS:
            raise unknown_name("report format", name, REPORTS)
        if any(output.path == Path(path) for output in outputs):
            raise UsageError(f"--report: two reports would be written to {path}")
        outputs.append(Output(REPORTS[name], writable_file(Path(path))))
    return outputs


def write_outputs(outputs: Iterable[Output], render: Callable[[Report, Path], str], exit_code: int) -> int:
    """Writes each report; one that fails does not keep the others from being written.

    Returns the exit code of the command: a report that is missing is never a success.
    """
    for output in outputs:
        try:
            output.path.write_text(render(output.report, output.path.parent), encoding="utf-8")
        except OSError as error:
            complain(f"the report {output.path} could not be written: {error.strerror or error}", AT_FAULT)
            exit_code = exit_code or AT_FAULT
    return exit_code
