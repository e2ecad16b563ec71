"""What all parts of an agent share: its figures, its store, and the session of the moment, if there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from .attempts import Attempts, Key
from .database import Database
from .outbox import Outbox
from .settings import Settings
from .signing import Signer

Log = Callable[[str, str], None]
"""(level, message)"""


class Channel(Protocol):
    """A session as it looks to those who have something to tell. Active once its hello was answered."""

    active: bool

    def stored(self, number: int) -> None:
        """A new row of the outbox. Only while active."""

    def notice(self, type: str, key: Key) -> None:
        """A message that is not kept and not repeated."""


class Core:
    def __init__(self, settings: Settings, log: Log, outbox_type: type[Outbox], attempts_type: type[Attempts], signer: Signer) -> None:
        self.settings = settings
        self.log = log
        self.signer = signer
        self.database = Database(settings.state_dir)
        self.attempts = attempts_type(self.database)
        self.outbox = outbox_type(self.database, self.attempts, settings.spool_bytes - settings.spool_reserve_bytes)
        self.channel: Channel | None = None
        """The connection of the moment, from its hello on."""

    def active_channel(self) -> Channel | None:
        return self.channel if self.channel is not None and self.channel.active else None

    def clock(self) -> float:
        return asyncio.get_running_loop().time()

    def uses_channel(self, key: Key) -> bool:
        """Whether output and final of an attempt go over the socket; if not, the final is reported, and that is all."""
        return self.settings.results and key[1] != ""
