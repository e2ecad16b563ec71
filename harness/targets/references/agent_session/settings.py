"""The configuration of a runner, with the figures of the contract where none are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LISTINGS = 15
"""How often the list is read for one terminal status."""
POLLS_MAX = 200
ERRORS_MAX = 5
DELAY_MS_MIN = 1_000


@dataclass(frozen=True)
class Settings:
    base_url: str
    api_key: str
    agent: Any
    environment_id: str
    mode: str = "poll"
    persist_session: bool = False
    first_poll_ms: int = 15_000
    poll_max_ms: int = 300_000
    list_delay_ms: int = 2_000

    @property
    def delay_ms_min(self) -> int:
        """What the scheduler takes at least."""
        return min(DELAY_MS_MIN, self.first_poll_ms)

    def poll_delay_ms(self, number: int) -> int:
        """Before the ``number``-th poll, from 1."""
        return int(min(self.first_poll_ms * 2 ** min(number - 1, 8), self.poll_max_ms))


def read_settings(config: Mapping[str, Any]) -> Settings:
    timing = {f"{name}_ms": value for name, value in (config.get("timing_ms") or {}).items() if value is not None}
    known = {name: timing[name] for name in ("first_poll_ms", "poll_max_ms", "list_delay_ms") if name in timing}
    return Settings(
        base_url=config["base_url"].rstrip("/"),
        api_key=config["api_key"],
        agent=config["agent"],
        environment_id=config["environment_id"],
        mode=config.get("mode") or "poll",
        persist_session=bool(config.get("persist_session")),
        **known,
    )
