"""Finds, weighs and ends what a driver has started, also what has left its process group.

A descendant is known by a mark in its environment, which is inherited across forks and sessions, or by its session. What
has both a new session and a new environment escapes.
"""

from __future__ import annotations

import os
import time

import psutil

MARK_VARIABLE = "STREAMPROOF_DRIVER"
GONE_S_MAX = 5.0
LOOK_AGAIN_S = 0.005


def descendants(leader: int, mark: str) -> list[psutil.Process]:
    """Living processes that ``leader`` (a session leader) started, directly or not; ``leader`` itself left out."""
    return [process for process in psutil.process_iter() if process.pid != leader and _belongs(process, leader, mark)]


def resident_bytes(leader: int, mark: str) -> int | None:
    """The resident memory of ``leader`` and its descendants together; None when that of ``leader`` cannot be read."""
    try:
        own = psutil.Process(leader).memory_info().rss
    except psutil.Error:  # it is gone, or the system does not let us look
        return None
    return int(own) + sum(_resident_bytes(process) for process in descendants(leader, mark))


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it ended just now: it holds nothing
        return 0


def end_descendants(leader: int, mark: str) -> int:
    """Kills them until there are none: one may fork while it is being looked for. Returns how many there were."""
    deadline = time.monotonic() + GONE_S_MAX
    ended: set[int] = set()
    while (found := descendants(leader, mark)) and time.monotonic() < deadline:
        ended.update(process.pid for process in found)
        for process in found:
            try:
                process.kill()
            except psutil.NoSuchProcess:  # it ended by itself in the meantime
                continue
        time.sleep(LOOK_AGAIN_S)
    return len(ended)


def _belongs(process: psutil.Process, leader: int, mark: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return os.getsid(process.pid) == leader or process.environ().get(MARK_VARIABLE) == mark
    except (psutil.Error, OSError):  # it ended just now, or belongs to another user: none of ours
        return False
