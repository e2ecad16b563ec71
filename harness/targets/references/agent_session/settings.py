"""The configuration of a runner, with the figures of the contract where none are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DELAY_MS_MIN = 1_000
DOUBLINGS_MAX = 8


@dataclass(frozen=True)
class Settings:
    base_url: str
    api_key: str
    agent: Any
    environment_id: str
    streams: bool = False
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
        return int(min(self.first_poll_ms * 2 ** min(number - 1, DOUBLINGS_MAX), self.poll_max_ms))

    @property
    def list_delay_s(self) -> float:
        return self.list_delay_ms / 1_000


def read_settings(config: Mapping[str, Any]) -> Settings:
    """From the config of the driver protocol; a figure that is null or missing is the contract's."""
    timing = config.get("timing_ms") or {}
    given = {f"{name}_ms": timing[name] for name in ("first_poll", "poll_max", "list_delay") if timing.get(name) is not None}
    return Settings(
        base_url=config["base_url"].rstrip("/"),
        api_key=config["api_key"],
        agent=config["agent"],
        environment_id=config["environment_id"],
        streams=config.get("mode") == "sse",
        persist_session=bool(config.get("persist_session")),
        **given,
    )
