"""How long an SSE reader waits before it connects again. Nothing here knows HTTP, time or a loop.

The server's word (``retry``) is the least, never the most: while connections bring no event the pause doubles, so a server
that fails at once is not stormed, whatever it asked for.
"""

from __future__ import annotations

DEFAULT_MS = 1_000
FLOOR_MS = 250
"""``retry: 0`` would otherwise never grow."""
GROWN_MAX_MS = 30_000
DOUBLINGS_MAX = 10
PAUSE_MAX_MS = 24 * 3_600_000


class Pause:
    """``retry_ms``: the reconnection time that the server asked for last."""

    def __init__(self) -> None:
        self.retry_ms = DEFAULT_MS
        self.in_vain = 0

    def on_event(self) -> None:
        self.in_vain = 0

    def next_ms(self) -> int:
        """The pause behind a connection that is over now. It is in vain until it brings an event."""
        pause_ms = max(self.retry_ms, self.grown_ms())
        self.in_vain += 1
        return min(pause_ms, PAUSE_MAX_MS)

    def grown_ms(self) -> int:
        grown_ms = max(self.retry_ms, FLOOR_MS) * int(2 ** min(self.in_vain, DOUBLINGS_MAX))
        return min(grown_ms, GROWN_MAX_MS)
