"""Planted bugs in what becomes of the session when the run is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from typing import Any

from ..references.agent_session.api import RequestFailed
from ..references.agent_session.clean_up import CleanUp
from ..references.agent_session.observer import TERMINAL_STATUSES
from ..references.agent_session.run import Run


class LeavesTheSession(Run):
    """A session that has emitted is left alone."""

    async def clean(self, hooks: Collection[asyncio.Task[Any]]) -> None:
        if self.status not in TERMINAL_STATUSES:
            await super().clean(hooks)


class LeavesWhatTimedOut(Run):
    """A session that was given up is left alone."""

    async def clean(self, hooks: Collection[asyncio.Task[Any]]) -> None:
        if self.status not in ("timeout", "error"):
            await super().clean(hooks)


class LeavesWhatFailed(Run):
    """A failed run leaves its session."""

    async def clean(self, hooks: Collection[asyncio.Task[Any]]) -> None:
        if self.status or self.is_cancelled:
            await super().clean(hooks)


class LeavesTheCancelled(Run):
    """`cancel` interrupts the session, and leaves it."""

    async def clean(self, hooks: Collection[asyncio.Task[Any]]) -> None:
        if self.is_cancelled:
            await self.clean_up.interrupt(self.session)
        else:
            await super().clean(hooks)


class NeverInterrupts(CleanUp):
    async def interrupt(self, session: str) -> None:
        return None


class DeletesOnce(CleanUp):
    """It is not interrupted, and a DELETE that is refused is not tried again."""

    async def delete(self, session: str) -> None:
        await self.done(self.api.delete(session))


class DeletesThePersistent(Run):
    """Every session is deleted."""

    async def clean(self, hooks: Collection[asyncio.Task[Any]]) -> None:
        if hooks:
            await asyncio.wait(hooks)
        await self.clean_up.delete(self.session)


class KeepsTheCancelled(Run):
    """A session that is to persist persists even when it is cancelled."""

    async def clean(self, hooks: Collection[asyncio.Task[Any]]) -> None:
        if hooks:
            await asyncio.wait(hooks)
        if self.settings.persist_session:
            await self.clean_up.interrupt(self.session)
        else:
            await self.clean_up.delete(self.session)


class LooksWhetherItIsGone(CleanUp):
    """Behind the DELETE the status is read."""

    async def done(self, request: Awaitable[None]) -> bool:
        if not await super().done(request):
            return False
        if self.is_deleting:
            try:
                await self.api.status(self.session)
            except RequestFailed as failed:
                self.log(str(failed))
        return True

    async def delete(self, session: str) -> None:
        self.session, self.is_deleting = session, False
        await super().delete(session)

    async def interrupt(self, session: str) -> None:
        self.is_deleting = False
        await super().interrupt(session)
        self.is_deleting = True


class PollsOnBehindTheDelete(Run):
    """The hook that is due when the run is cancelled asks for the session once more."""

    async def clean(self, hooks: Collection[asyncio.Task[Any]]) -> None:
        await super().clean(hooks)
        if self.is_cancelled:
            try:
                await self.observer.look(1)
            except RequestFailed as failed:
                self.application.log(str(failed))


class FailsWithTheDelete(Run):
    """A DELETE that fails is told as a failure of the run."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.clean_up.done = self.done_or_failed  # type: ignore[method-assign]  # the bug of this object alone

    async def done_or_failed(self, request: Awaitable[None]) -> bool:
        is_done = await CleanUp.done(self.clean_up, request)
        if not is_done and not self.is_cancelled:
            self.application.fail("the session could not be deleted")
        return is_done


class StoresTheFailedDelete(FailsWithTheDelete):
    """A DELETE that fails turns the metadata to an error."""

    async def done_or_failed(self, request: Awaitable[None]) -> bool:
        is_done = await CleanUp.done(self.clean_up, request)
        if not is_done:
            self.store("error")
        return is_done
