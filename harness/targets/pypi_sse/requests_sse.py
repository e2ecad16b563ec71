"""The driver of ``requests-sse``, which reconnects by itself."""

from __future__ import annotations

from requests_sse import EventSource

from .blocking_reader import BlockingReader


class RequestsSseReader(BlockingReader):
    serves = ({"contract": "sse", "role": "reader", "capabilities": ["reconnect", "headers", "stored_id"]},)
    _source: EventSource | None = None

    def read(self) -> None:
        self._source = EventSource(
            self.url, headers=self.headers, latest_event_id=self.last_event_id, on_open=self.tell_open, on_error=self._failed
        )
        with self._source as source:
            for event in source:
                self.tell_event(event.last_event_id, event.type, event.data)

    def stop(self) -> None:
        if self._source is not None:
            self._source.close()

    def _failed(self) -> None:
        self.tell_error("the client's on_error was called")


reader = RequestsSseReader
