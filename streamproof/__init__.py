"""Streamproof: simulation and conformance test harness for event streams.

What a user imports: the outcomes that a verb of an in-process target may raise, `driver.serve` for stdio drivers, and `spawn`, by
which an agent starts the command of a task, in a simulation as in life.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .harness.values.errors import Failed, Unknown, Unsupported

if TYPE_CHECKING:
    from .harness.targets.commands.spawn import spawn

__version__ = "0.1.0"

__all__ = ["Failed", "Unknown", "Unsupported", "__version__", "spawn"]


def __getattr__(name: str) -> Any:
    """`spawn` comes when it is asked for: it brings asyncio, which nothing else here needs."""
    if name == "spawn":
        from .harness.targets.commands.spawn import spawn

        return spawn
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
