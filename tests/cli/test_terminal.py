"""The progress line: drawn on a terminal only, not too often, by no thread; a pipe sees nothing of it."""

import contextlib
import gc
import io
import signal
import threading
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from streamproof.cli.terminal import Interrupts, NoProgress, ProgressLine, progress


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
        line = ProgressLine(Interrupts(), bar, lambda: next(times))
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
        ProgressLine(Interrupts(), bar).update(1, 2, 0, "a\x07b")
    assert "\x07" not in screen.getvalue()


def test_an_interrupt_that_was_lost_is_raised_again() -> None:
    """Ctrl-C in a callback of the garbage collector cannot be raised there; it is at the next sign of progress."""

    def callback(phase: str, info: Any) -> None:
        if phase == "start":
            gc.callbacks.remove(callback)
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)

    with progress() as shown:
        shown.update(1, 2, 0, "before")
        gc.callbacks.append(callback)
        gc.collect()
        with pytest.raises(KeyboardInterrupt):
            shown.update(2, 2, 0, "after")


def test_the_handler_of_ctrl_c_is_put_back() -> None:
    """Behind a session Ctrl-C does what it did before."""
    before = signal.getsignal(signal.SIGINT)
    with progress():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
