"""The command as a user types it: run in this process for speed, with what it prints and its exit code."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from streamproof.cli import invoke
from streamproof.cli.errors import exit_code_of


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        return self.out.rstrip("\n").split("\n")[-1]


Command = Callable[..., Outcome]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs in an empty folder, without any STREAMPROOF_ variable of the machine."""
    for name in list(os.environ):
        if name.startswith("STREAMPROOF_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Outcome:
        code = exit_code_of(lambda: invoke(arguments))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run
