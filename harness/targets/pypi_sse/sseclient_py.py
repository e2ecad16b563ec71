"""The driver of ``sseclient-py``, which parses an answer of requests and leaves all of HTTP to its application.

It is used as its documentation shows: no look at the status or the media type of the answer.
"""

from __future__ import annotations

import requests
from sseclient import SSEClient

from .blocking_reader import BlockingReader


class SseclientPyReader(BlockingReader):
    serves = ({"contract": "sse", "role": "reader", "capabilities": ["headers"]},)
    _client: SSEClient | None = None

    def read(self) -> None:
        with requests.get(self.url, stream=True, headers=self.headers) as response:  # noqa: S113 - a stream may be silent for ever
            self._client = SSEClient(response)
            self.tell_open()
            for event in self._client.events():
                self.tell_event(event.id or "", event.event, event.data)

    def stop(self) -> None:
        if self._client is not None:
            self._client.close()


reader = SseclientPyReader
