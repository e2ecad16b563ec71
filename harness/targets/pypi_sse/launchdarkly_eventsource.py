"""The driver of LaunchDarkly's ``launchdarkly-eventsource``, which reconnects if it is given an error strategy that lets it.

Without one it stops at the first end of a stream (``reader``). With one (``reconnecting_reader``) it goes on after lost
connections, and stops for answers that are no stream: what the documentation of its class says that the default does.
"""

from __future__ import annotations

from ld_eventsource import SSEClient
from ld_eventsource.actions import Event, Fault, Start
from ld_eventsource.config import ConnectStrategy, ErrorStrategy
from ld_eventsource.errors import HTTPContentTypeError, HTTPStatusError

from .blocking_reader import BlockingReader


class LaunchdarklyReader(BlockingReader):
    serves = ({"contract": "sse", "role": "reader", "capabilities": ["headers", "stored_id"]},)
    error_strategy: ErrorStrategy | None = None
    _client: SSEClient | None = None

    def read(self) -> None:
        self._client = SSEClient(
            ConnectStrategy.http(self.url, headers=self.headers),
            error_strategy=self.error_strategy,
            last_event_id=self.last_event_id,
        )
        for action in self._client.all:
            if isinstance(action, Start):
                self.tell_open()
            elif isinstance(action, Event):
                self.tell_event(action.last_event_id or "", action.event, action.data)
            elif isinstance(action, Fault):
                self.tell_error(str(action.error or "the stream ended"))

    def stop(self) -> None:
        if self._client is not None:
            self._client.close()


class ReconnectingLaunchdarklyReader(LaunchdarklyReader):
    serves = ({"contract": "sse", "role": "reader", "capabilities": ["reconnect", "headers", "stored_id"]},)
    # (True: give up; None: keep the strategy)
    error_strategy = ErrorStrategy.from_lambda(lambda error: (isinstance(error, (HTTPStatusError, HTTPContentTypeError)), None))


reader = LaunchdarklyReader
reconnecting_reader = ReconnectingLaunchdarklyReader
