"""The driver of ``sseclient-py``, which parses an answer of requests and leaves all of HTTP to its application.

So what the driver does before it hands the answer over is ours: it asks for an event stream, and takes nothing else for one.
"""

from __future__ import annotations

import requests
from sseclient import SSEClient

from .blocking_reader import BlockingReader

MEDIA_TYPE = "text/event-stream"


class SseclientPyReader(BlockingReader):
    serves = ({"contract": "sse", "role": "reader", "capabilities": ["headers"]},)
    _client: SSEClient | None = None

    def read(self) -> None:
        headers = {"Accept": MEDIA_TYPE, **self.headers}
        with requests.get(self.url, stream=True, headers=headers) as response:  # noqa: S113 - a stream may be silent for ever
            response.raise_for_status()
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if (response.status_code, media_type) != (200, MEDIA_TYPE):
                raise ValueError(f"no event stream: status {response.status_code}, media type {media_type!r}")
            self._client = SSEClient(response)
            self.tell_open()
            for event in self._client.events():
                self.tell_event(event.id or "", event.event, event.data)

    def stop(self) -> None:
        if self._client is not None:
            self._client.close()


reader = SseclientPyReader
