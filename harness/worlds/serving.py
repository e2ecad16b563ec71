"""How every world runs an aiohttp application, so that a server behaves alike in all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from ..values.errors import HarnessFault

TARGET_SERVER = "target"
"""The name under which a server is served that is itself under test: what breaks in it is not our fault."""

Fail = Callable[[BaseException], None]


def make_runner(app: web.Application, server: str, fail: Fail, *, shutdown_timeout_s: float = 60.0) -> web.AppRunner:
    """A runner that is not set up yet. ``fail`` is told of errors in servers of ours. A handler whose client has gone is cancelled."""
    log: Any = _ErrorLog(server, fail)
    return web.AppRunner(app, access_log=None, handler_cancellation=True, logger=log, shutdown_timeout=shutdown_timeout_s)


class _ErrorLog:
    """In place of aiohttp's logger: an exception in one of our servers is a fault of ours, and ends the example.

    Not so what a hostile or vanished client causes: bytes that are no HTTP, a body that was cut, a connection that is gone.
    """

    def __init__(self, server: str, fail: Fail) -> None:
        self._server = server
        self._fail = fail

    def exception(self, message: str, *args: Any, exc_info: BaseException | None = None, **named: Any) -> None:
        ours = self._server != TARGET_SERVER
        if ours and exc_info is not None and not isinstance(exc_info, (HttpProcessingError, ConnectionError, web.RequestPayloadError)):
            fault = HarnessFault(f"the server {self._server!r} broke: {type(exc_info).__name__}: {exc_info}")
            fault.__cause__ = exc_info
            self._fail(fault)

    def debug(self, message: str, *args: Any, **named: Any) -> None:
        """Details of aiohttp that concern nobody."""

    info = warning = error = debug

    def isEnabledFor(self, level: int) -> bool:
        return False
