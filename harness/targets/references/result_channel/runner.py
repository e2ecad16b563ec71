"""Takes tasks in and runs them, one after another, each attempt at most once for a state folder.

What a hello lists as not started may be discarded by its answer: so it is held until that answer has come, or for T. What an earlier
life has left running was interrupted, whatever became of the command: nobody was there to see its end.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, ClassVar
from urllib.parse import quote

from .attempts import Key, State
from .core import Core
from .envelope import FINAL, STARTED, new_message_id
from .execution import CODE_NONE, STATUS_INTERRUPTED, Execution
from .outbox import REPORT

TellFinal = Callable[[int], None]
"""Called with the number of the row when a final was stored."""


class Runner:
    execution_type: ClassVar[type[Execution]] = Execution

    def __init__(self, core: Core, tell_final: TellFinal) -> None:
        self.core = core
        self.tell_final = tell_final
        self.queue: deque[Key] = deque()
        self.running: Execution | None = None
        self.held: set[Key] = set()
        self.hold_timer: asyncio.TimerHandle | None = None
        self.news = asyncio.Event()

    # --- taking in --------------------------------------------------------------------------------------------------

    def admit(self, key: Key, command: str) -> State | None:
        """The state that the attempt was in; None for a new one, which is stored and queued."""
        known = self.core.attempts.find(key)
        if known is not None:
            return known.state
        self.core.attempts.receive(key, command)
        self.enqueue(key)
        return None

    def enqueue(self, key: Key) -> None:
        self.queue.append(key)
        self.news.set()

    def discard(self, key: Key) -> None:
        """A running attempt is left to end by itself."""
        if self.core.attempts.discard(key):
            self.queue.remove(key)

    # --- after a restart --------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """What ran was interrupted; what had not begun waits for the answer to the first hello, or for T."""
        for attempt in self.core.attempts.in_state(State.RUNNING):
            self.record(attempt.key, self.interrupted(), State.INTERRUPTED, self.interrupted_id(attempt.key))
        waiting = [attempt.key for attempt in self.core.attempts.in_state(State.RECEIVED)]
        self.queue = deque(waiting)
        self.hold(waiting)

    def interrupted(self) -> dict[str, Any]:
        return {"status": STATUS_INTERRUPTED, "exit_code": CODE_NONE, "output": "", "error": "the agent was restarted while it ran"}

    def interrupted_id(self, key: Key) -> str:
        """Told from the attempt alone; the parts are encoded, so that no other attempt has the same."""
        task, attempt = (quote(part, safe="").replace("-", "%2D") for part in key)
        return f"local-interrupted-{task}-{attempt}"

    # --- holding back -----------------------------------------------------------------------------------------------

    def hold(self, keys: Iterable[Key]) -> None:
        self.held.update(keys)
        if self.held and self.hold_timer is None:
            self.hold_timer = asyncio.get_running_loop().call_later(self.core.settings.patience_s, self.release)

    def release(self) -> None:
        self.held.clear()
        if self.hold_timer is not None:
            self.hold_timer.cancel()
            self.hold_timer = None
        self.news.set()

    # --- running ----------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        while True:
            key = await self.next()
            await self.execute(key)

    async def next(self) -> Key:
        while (key := self.runnable()) is None:
            self.news.clear()
            await self.news.wait()
        self.queue.remove(key)
        return key

    def runnable(self) -> Key | None:
        return next((key for key in self.queue if key not in self.held), None)

    async def execute(self, key: Key) -> None:
        self.running = self.execution_type(self.core, self.core.attempts.start(key))
        self.announce(key)
        payload = await self.running.run()
        self.record(key, payload, State.FINAL, self.final_id())
        self.running = None

    def announce(self, key: Key) -> None:
        channel = self.core.active_channel()
        if channel is not None and key[1]:
            channel.notice(STARTED, key)

    def final_id(self) -> str:
        return new_message_id("final")

    def record(self, key: Key, payload: dict[str, Any], state: State, message_id: str) -> None:
        """The final and the state of its attempt, together: an attempt has one outcome."""
        kind = FINAL if self.core.uses_channel(key) else REPORT
        with self.core.database.transaction():
            number = self.core.outbox.add_final(key, kind, payload, message_id)
            self.core.attempts.set_state(key, state)
        self.tell_final(number)

    async def stop(self) -> None:
        """Ends the command that runs. Its attempt stays marked as running: the next start interrupts it."""
        self.release()
        execution, self.running = self.running, None
        if execution is not None:
            await execution.kill()
