"""Worker threads of anyio, which httpx uses for TLS: inside an example their work is done on the spot.

asyncio's own go through the loop (`run_in_executor`) and trio's through its guest run; anyio starts its own. Another
thread would neither see the virtual clock nor keep its order, and the loop would not know that it has to wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .clock import shown_loop
from .patches import Substitute, substitute

try:
    # Loaded here if it is installed at all: a library that loads it only inside an example would miss the substitute.
    import anyio.lowlevel
    import anyio.to_thread
except ImportError:
    SUBSTITUTES: tuple[Substitute, ...] = ()
else:
    _real_run_sync = anyio.to_thread.run_sync

    async def _run_sync(func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if shown_loop() is None:
            return await _real_run_sync(func, *args, **options)
        await anyio.lowlevel.checkpoint()
        return func(*args)

    SUBSTITUTES = (substitute(anyio.to_thread, "run_sync", _run_sync),)
