"""Run tokens: a new one with each answer that tells where to follow the run, valid for a while."""

from __future__ import annotations

from collections.abc import Callable


class RunTokens:
    """``now_ms``: the clock by which they grow old. ``keep_secret`` is told of each."""

    def __init__(self, now_ms: Callable[[], int], ttl_ms: int, keep_secret: Callable[[str], object]) -> None:
        self._now_ms = now_ms
        self._ttl_ms = ttl_ms
        self._keep_secret = keep_secret
        self._minted = 0
        self._ends_ms: dict[str, int] = {}

    def mint(self) -> str:
        self._minted += 1
        token = f"run-token-{self._minted:04}"  # of one length, so that none is the beginning of another
        self._keep_secret(token)
        self._ends_ms[token] = self._now_ms() + self._ttl_ms
        return token

    def is_valid(self, token: str) -> bool:
        return self._now_ms() < self._ends_ms.get(token, 0)

    def expire(self) -> None:
        """All that were minted so far are valid no more."""
        self._ends_ms.clear()
