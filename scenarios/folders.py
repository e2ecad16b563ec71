"""Folders that a target under test may write to, for the length of one example."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..harness.worlds.base import Scene

FOLDERS = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path(tempfile.gettempdir())  # noqa: S108  # in memory where there is such a place
_numbers = itertools.count(1)


@contextmanager
def new_folder(scene: Scene, tag: str) -> Iterator[Path]:
    """An empty folder that is gone afterwards, and shows as ``<tag>`` in the history.

    Its name is no random one: in the simulation that would use up the seed.
    """
    path = _make()
    scene.secrets.add(str(path), tag)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)  # a process that is still being ended may write to it


def _make() -> Path:
    while True:
        path = FOLDERS / f"streamproof-{os.getpid():07}-{next(_numbers):07}"  # of one length, since commands that hold it go over the wire
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:  # of a process of the same number that was killed
            continue
        return path
