"""Finals over HTTP: PUT until it is answered 200, six times at most in a row, for what no session can carry.

A final is *expected* here after a while: at once where no session was active when it came to be, after T where the session that it
was handed to is gone. An active session that takes it over cancels that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

import aiohttp
from yarl import URL

from ..http_once import send_once
from .core import Core
from .envelope import FINAL
from .outbox import REPORT, Row

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)
TIMEOUT_S = 10.0
ROUND_PAUSE_S = 30.0
OK = 200


def http_session() -> aiohttp.ClientSession:
    """Made on the running loop."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout, middlewares=(send_once,))


class Round:
    """What is planned for one final."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.is_asking = False
        self.is_cancelled = False

    def cancel(self) -> None:
        """A PUT that is on its way is not cut off: it may have arrived."""
        self.is_cancelled = True
        if self.task is not None and not self.is_asking:
            self.task.cancel()


class Reporter:
    pauses_s: ClassVar[tuple[float, ...]] = PAUSES_S

    def __init__(self, core: Core, http: aiohttp.ClientSession) -> None:
        self.core = core
        self.http = http
        self.rounds: dict[int, Round] = {}

    # --- planning ---------------------------------------------------------------------------------------------------

    def expect(self, number: int, after_s: float) -> None:
        """The final of that row is reported after so long, unless that is planned already."""
        planned = self.rounds.get(number)
        if planned is not None and not planned.is_cancelled:
            return
        self.rounds[number] = Round()
        self.rounds[number].task = asyncio.get_running_loop().create_task(self.perform(number, self.rounds[number], after_s, planned))

    def expect_all(self, after_s: float) -> None:
        """What nobody has acknowledged, and no session carries any more."""
        for entry in self.core.outbox.rows():
            if entry.kind == REPORT:
                self.expect(entry.number, 0.0)
            elif entry.kind == FINAL:
                self.expect(entry.number, after_s)

    def hand_over(self, numbers: Iterable[int]) -> None:
        """An active session carries these."""
        for number in numbers:
            if number in self.rounds:
                self.rounds[number].cancel()

    async def stop(self) -> None:
        tasks = [planned.task for planned in self.rounds.values() if planned.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self.rounds.clear()

    # --- performing -------------------------------------------------------------------------------------------------

    async def perform(self, number: int, planned: Round, after_s: float, before: Round | None) -> None:
        if before is not None and before.task is not None:
            await asyncio.wait([before.task])
        await asyncio.sleep(after_s)
        while not planned.is_cancelled and await self.should_go_on(number, planned):  # noqa: ASYNC110 - the loop asks anew, it waits for nothing
            await asyncio.sleep(ROUND_PAUSE_S)
        if self.rounds.get(number) is planned:
            del self.rounds[number]

    async def should_go_on(self, number: int, planned: Round) -> bool:
        """One round. Whether another one follows: not once it is answered, or refused for good."""
        for pause_s in (0.0, *self.pauses_s):
            await asyncio.sleep(pause_s)
            row = self.core.outbox.row(number)
            if row is None or planned.is_cancelled:
                return False
            status = await self.ask(row, planned)
            if status == OK:
                self.reported(row)
            if status is not None and status < 500:
                return False
        self.core.log("warn", f"a report had no success in {1 + len(self.pauses_s)} tries")
        return True

    async def ask(self, row: Row, planned: Round) -> int | None:
        """The status of the answer, None without one."""
        planned.is_asking = True
        try:
            return await self.put(row)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.core.log("debug", f"no answer to a report: {error}")
            return None
        finally:
            planned.is_asking = False

    async def put(self, row: Row) -> int:
        url = URL(self.core.settings.report_url(row.task), encoded=True)
        async with self.http.put(url, json=self.body(row), headers=self.core.signer.headers(), allow_redirects=False) as answer:
            await answer.read()
            return answer.status

    def body(self, row: Row) -> dict[str, object]:
        return {name: row.payload[name] for name in ("status", "output", "error", "exit_code")}

    def reported(self, row: Row) -> None:
        """Whoever has answered 200 knows it: it is not sent over the socket any more."""
        self.core.outbox.remove(row)
