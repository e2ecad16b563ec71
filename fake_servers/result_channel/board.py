"""The tasks that the control plane has to give away, and how: over the socket, or to whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .ledger import Key, Ledger

Via = Literal["socket", "poll"]


@dataclass
class Task:
    """``again``: how many duplicates of it are still to be delivered over the socket, or listed."""

    id: str
    attempt: str
    command: str
    via: Via
    priority: int
    again_by_socket: int = 0
    again_by_poll: int = 0

    def listing(self) -> dict[str, Any]:
        """As GET tasks shows it. An id that is a number may be told as one: agents compare ids as texts."""
        plain = self.id.isascii() and self.id.isdigit() and len(self.id) <= 9 and not self.id.startswith("0")
        return {
            "id": int(self.id) if plain else self.id,
            "execution_attempt_id": self.attempt,
            "command": self.command,
            "status": "pending",
            "priority": self.priority,
        }


class Board:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._tasks: dict[Key, Task] = {}

    def add(self, task: Task) -> None:
        self._tasks[task.id, task.attempt] = task

    def task(self, id: str, attempt: str) -> Task | None:
        return self._tasks.get((id, attempt))

    def due_on_session(self) -> list[Task]:
        """What a session that has just become active is to be told; a task comes once more for each duplicate that is due."""
        due = []
        for task in self._tasks.values():
            facts = self._ledger.facts(task.id, task.attempt)
            if task.via == "socket" and not facts.seen and not facts.discarded:
                due.append(task)
            due += [task] * task.again_by_socket
            task.again_by_socket = 0
        return due

    def list(self) -> list[Task]:
        """What GET tasks answers."""
        listed = []
        for task in self._tasks.values():
            facts = self._ledger.facts(task.id, task.attempt)
            due = task.via == "poll" and not facts.over and not facts.discarded
            if due or task.again_by_poll:
                listed.append(task)
            if not due:
                task.again_by_poll = max(0, task.again_by_poll - 1)
        return listed

    def reported_attempt(self, id: str) -> Key | None:
        """Which attempt a report means, since it names none: the first that is not over yet, or the newest. None: no such task."""
        keys = [key for key in self._tasks if key[0] == id]
        return next((key for key in keys if not self._ledger.facts(*key).over), keys[-1] if keys else None)
