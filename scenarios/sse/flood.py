"""An endless stream, in small: megabytes of comments, an event behind each piece, and what they do to the memory of the client.

The first quarter is there to warm up: heaps grow to the size that suits them, and buffers to theirs. The memory is measured
behind it and at the end. Two thirds of what was streamed in between are the limit: collectors of garbage may lag, and who
keeps everything keeps all of it.

The entry ``memory`` {streamed_bytes, limit_bytes, exceeded (null where the memory cannot be told)} is only written when the
client has read everything. It holds no raw figures, since they differ between two runs of the same seed.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from ...harness.engine.cast import Player
from ...harness.values.history import History

PIECE_BYTES = 256 * 1024
"""So much is under way at once."""
WARM_UP_SHARE = 4
LIMIT_BYTES_MIN = {"sim": 1_000_000, "loopback": 32_000_000}
"""Whatever was streamed: a heap and the pages of a process grow in steps, for reasons of their own; V8 by some 15 MB."""

Pour = Callable[[bytes, str], Awaitable[bool]]
"""Streams a piece and the event with that mark; False when the client did not read them."""


def pieces(megabytes: int, line_bytes: int) -> list[bytes]:
    """Comment lines of that length, one like the other."""
    line = b":" + b"x" * (line_bytes - 2) + b"\n"
    return [line * max(1, PIECE_BYTES // line_bytes)] * (megabytes * 1_000_000 // PIECE_BYTES)


async def flood(history: History, player: Player, pieces: Sequence[bytes], pour: Pour) -> None:
    warm_up = len(pieces) // WARM_UP_SHARE
    before_bytes: int | None = None
    with _traced(player):
        for number, piece in enumerate(pieces):
            if number == warm_up:
                before_bytes = player.memory_bytes()
            if not await pour(piece, f"flood-{number + 1}"):
                return
        after_bytes = player.memory_bytes()
    streamed_bytes = sum(map(len, pieces[warm_up:]))
    limit_bytes = max(streamed_bytes * 2 // 3, LIMIT_BYTES_MIN[history.header.world])
    told = before_bytes is not None and after_bytes is not None
    grown_bytes = (after_bytes or 0) - (before_bytes or 0)
    history.add("memory", streamed_bytes=streamed_bytes, limit_bytes=limit_bytes, exceeded=grown_bytes > limit_bytes if told else None)


@contextmanager
def _traced(player: Player) -> Iterator[None]:
    """A target in this process can tell its memory only while it is traced; to trace in vain, for one that never can, does no harm."""
    if player.memory_bytes() is not None:
        yield
        return
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()
