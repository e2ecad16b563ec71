"""What the terminal shows: a progress line on standard error while a session goes on, and tables. A pipe gets plain text."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ..harness.engine.interrupts import INTERRUPTS
from ..reports.printable import one_line
from ..reports.text import plain_text

REFRESH_S = 0.1


def show(printer: Callable[[Console], None]) -> None:
    """Prints to standard output, with colours and the width of the terminal only where there is one."""
    if sys.stdout.isatty():
        printer(Console(highlight=False))
    else:
        click.echo(plain_text(printer), nl=False)


class NoProgress:
    """In a pipe or a log nobody wants to read a line that is overwritten."""

    def update(self, done: int, total: int | None, failures: int, label: str) -> None:
        return None


class ProgressLine:
    """Drawn between examples only, never by a thread: the simulation replaces the clock of the process while an example runs."""

    def __init__(self, bar: Progress, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._bar = bar
        self._clock_s = clock_s
        self._task: TaskID = bar.add_task("", total=None, failures="")
        self._drawn_s = 0.0

    def update(self, done: int, total: int | None, failures: int, label: str) -> None:
        told = f"{failures} failing" if failures else ""
        self._bar.update(self._task, completed=done, total=total, description=one_line(label), failures=told)
        if self._clock_s() - self._drawn_s >= REFRESH_S:
            self._drawn_s = self._clock_s()
            self._bar.refresh()


@contextmanager
def progress() -> Iterator[NoProgress | ProgressLine]:
    """A session goes on: its progress is shown, and Ctrl-C ends it with what was found so far."""
    with INTERRUPTS.noted():
        if not sys.stderr.isatty():
            yield NoProgress()
            return
        names = TextColumn("{task.description}", markup=False)
        columns = (names, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("[red]{task.fields[failures]}"))
        with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
            yield ProgressLine(bar)


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    show(lambda console: console.print(table))


def say(text: str = "", style: str = "") -> None:
    """One line as it is."""
    show(lambda console: console.print(Text(one_line(text), style), soft_wrap=True))
