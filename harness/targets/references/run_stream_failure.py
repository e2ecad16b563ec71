"""How following a run fails for good: the one exception that ends a bootstrap, and what it tells the application."""

from __future__ import annotations

from typing import Any


class WatchFailed(Exception):
    """``retryable``: whether `retry` may help."""

    def __init__(self, title: str, message: str, *, retryable: bool) -> None:
        super().__init__(f"{title}: {message}")
        self.title = title
        self.message = message
        self.retryable = retryable

    def to_note(self) -> dict[str, Any]:
        return {"title": self.title, "message": self.message, "retryable": self.retryable}
