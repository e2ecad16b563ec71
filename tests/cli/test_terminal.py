"""The progress line: drawn on a terminal only, not too often, by no thread; a pipe sees nothing of it."""

import io
import threading

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from streamproof.cli.terminal import NoProgress, ProgressLine, progress


def test_a_pipe_gets_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    """Where standard error is no terminal nothing is drawn."""
    with progress() as shown:
        shown.update(1, 2, 0, "ingest-steady")
    assert isinstance(shown, NoProgress)
    assert capsys.readouterr().err == ""


def test_the_line_is_drawn_now_and_then() -> None:
    """Updates within a tenth of a second share one drawing; no thread of its own draws, since an example replaces the clock."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    times = iter([1.0, 1.0, 1.05, 1.09, 1.2, 1.2])
    threads = threading.active_count()
    with Progress(TextColumn("{task.description} {task.completed}"), console=console, auto_refresh=False) as bar:
        line = ProgressLine(bar, lambda: next(times))
        for done in (1, 2, 3, 4):
            line.update(done, 10, 0, f"step-{done}")
        assert threading.active_count() == threads
        drawn = screen.getvalue()
    assert [f"step-{done}" in drawn for done in (1, 2, 3, 4)] == [True, False, False, True]


def test_a_label_cannot_act_on_the_terminal() -> None:
    """A name with an escape sequence is shown, not obeyed."""
    screen = io.StringIO()
    with Progress(
        TextColumn("{task.description}", markup=False), console=Console(file=screen, force_terminal=True), auto_refresh=False
    ) as bar:
        ProgressLine(bar).update(1, 2, 0, "a\x07b")
    assert "\x07" not in screen.getvalue()
