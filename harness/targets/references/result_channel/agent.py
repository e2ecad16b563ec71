"""The reference agent: its verbs, and how its parts are put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from .attempts import Attempts
from .core import Core
from .dialer import Dialer
from .envelope import FINAL
from .outbox import Outbox
from .poller import Poller
from .reporter import Reporter, http_session
from .runner import Runner
from .settings import Settings, read_settings
from .signing import Signer

Note = Callable[[str, dict[str, Any]], None]


class Life:
    """What there is between a start and the next stop."""

    def __init__(self, agent: ReferenceAgent) -> None:
        self.core = agent.core
        self.http = http_session()
        self.reporter = agent.reporter_type(self.core, self.http)
        self.runner = agent.runner_type(self.core, self.tell_final)
        self.poller = agent.poller_type(self.core, self.http, self.runner)
        self.dialer = agent.dialer_type(self.core, self.http, self.runner, self.reporter, self.poller)
        self.tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Finals of an earlier life are reported after T, unless a session carries them before."""
        self.runner.recover()
        self.reporter.expect_all(self.core.settings.patience_s)
        for work in (self.dialer.work, self.runner.work, self.poller.work):
            self.tasks.append(asyncio.get_running_loop().create_task(work()))

    def tell_final(self, number: int) -> None:
        """By the session if one is active, else the old way, at once."""
        row, channel = self.core.outbox.row(number), self.core.active_channel()
        if row is not None and row.kind == FINAL and channel is not None:
            channel.stored(number)
        else:
            self.reporter.expect(number, 0.0)

    async def end(self) -> None:
        """Returns when nothing is sent any more and no command runs."""
        for task in self.tasks:
            task.cancel()
        await self.runner.stop()
        if self.tasks:
            await asyncio.wait(self.tasks)
        await self.reporter.stop()  # the last, since a session that ends plans reports
        await self.http.close()


class ReferenceAgent:
    """Call it on the running loop. ``config`` and ``note`` are those of the driver protocol."""

    serves: ClassVar[Sequence[Mapping[str, Any]]] = ({"contract": "result-channel", "role": "agent", "capabilities": ["timing", "limits"]},)
    outbox_type: ClassVar[type[Outbox]] = Outbox
    attempts_type: ClassVar[type[Attempts]] = Attempts
    life_type: ClassVar[type[Life]] = Life
    signer_type: ClassVar[type[Signer]] = Signer
    dialer_type: ClassVar[type[Dialer]] = Dialer
    runner_type: ClassVar[type[Runner]] = Runner
    reporter_type: ClassVar[type[Reporter]] = Reporter
    poller_type: ClassVar[type[Poller]] = Poller

    def __init__(self, config: Mapping[str, Any], note: Note) -> None:
        self.note = note
        settings = self.settings_of(config)
        signer = self.signer_type(settings.agent_id, settings.private_key_pem)
        self.core = Core(settings, self.log, self.outbox_type, self.attempts_type, signer)
        self.life: Life | None = None

    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        return read_settings(config)

    def start(self) -> None:
        """Begins to connect; nothing of it is waited for. Does nothing while it is started."""
        if self.life is None:
            self.life = self.life_type(self)
            self.life.begin()

    async def stop(self) -> None:
        """Closes the connection and kills what runs. Once it has returned, nothing is sent any more."""
        life, self.life = self.life, None
        if life is not None:
            await life.end()

    def close(self) -> asyncio.Task[None]:
        """The task that it returns ends when everything is let go of."""
        return asyncio.get_running_loop().create_task(self.release())

    async def release(self) -> None:
        await self.stop()
        self.core.database.close()

    def log(self, level: str, message: str) -> None:
        self.note("log", {"level": level, "message": message})
