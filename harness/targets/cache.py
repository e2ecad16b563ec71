"""The cache folder of installed targets, and how something gets into it: whole or not at all."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from ..values.errors import UsageError

CACHE_VARIABLE = "STREAMPROOF_CACHE"
Say = Callable[[str], None]


def cache_folder() -> Path:
    """Where installed targets live: ``STREAMPROOF_CACHE``, or the user's cache folder."""
    return Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("streamproof")).absolute()


def build_once(folder: Path, build: Callable[[Path], Path]) -> None:
    """``build`` gets an empty folder and returns a folder in it, which becomes ``folder``. Nothing is done when that is there.

    Raises UsageError when the cache cannot be written, and whatever ``build`` raises: then nothing is left behind.
    """
    if folder.is_dir():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".installing-", dir=folder.parent) as scratch:
            _move_into_place(build(Path(scratch)), folder)
    except OSError as error:
        raise UsageError(
            f"cannot write to the cache at {folder.parent}: {error}. Name another folder in the environment variable {CACHE_VARIABLE}"
        ) from error


def _move_into_place(finished: Path, folder: Path) -> None:
    try:
        finished.rename(folder)
    except OSError:
        # Another process was quicker; a folder that is there is whole.
        if not folder.is_dir():
            raise


def run_tool(command: list[str], folder: Path, seconds_max: int) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end. Raises UsageError when it takes too long."""
    try:
        return subprocess.run(  # noqa: S603 - programs that we name with arguments of ours, no shell
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=seconds_max,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"`{' '.join(command[:4])}` did not end within {seconds_max} s; nothing was installed, try again") from error


def last_lines(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
