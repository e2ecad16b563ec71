"""Finds and ends what a driver has started, also what has left its process group.

A descendant is known by a mark in its environment, which is inherited across forks and sessions, or by its session. What
has both a new session and a new environment escapes.
"""

from __future__ import annotations

import os

import psutil

MARK_VARIABLE = "STREAMPROOF_DRIVER"
GONE_S_MAX = 2.0


def descendants(leader: int, mark: str) -> list[psutil.Process]:
    """Living processes that ``leader`` (a session leader) started, directly or not; ``leader`` itself left out."""
    return [process for process in psutil.process_iter() if process.pid != leader and _belongs(process, leader, mark)]


def end_descendants(leader: int, mark: str) -> None:
    """Kills them until there are none: one may fork while it is being looked for."""
    for _ in range(10):
        found = descendants(leader, mark)
        if not found:
            return
        for process in found:
            try:
                process.kill()
            except psutil.NoSuchProcess:  # it ended by itself in the meantime
                continue
        psutil.wait_procs(found, timeout=GONE_S_MAX)


def _belongs(process: psutil.Process, leader: int, mark: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return os.getsid(process.pid) == leader or process.environ().get(MARK_VARIABLE) == mark
    except (psutil.Error, OSError):  # it ended just now, or belongs to another user: none of ours
        return False
