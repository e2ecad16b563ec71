"""The configuration of an agent: its figures with their defaults, and the URLs that it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..ingest_settings import UNRESERVED, with_defaults

DEFAULT_LIMITS = {"flush_threshold_bytes": 16_384, "spool_bytes": 64 << 20, "spool_reserve_bytes": 1 << 20}
DEFAULT_TIMING_MS = {
    "flush_interval": 100,
    "reconnect_min": 1_000,
    "reconnect_max": 300_000,
    "ping_interval": 30_000,
    "poll_interval": 10_000,
    "polling_fallback": 30_000,
}
PATIENCE_S_MIN = 5.0


@dataclass(frozen=True)
class Settings:
    """``base`` has no slash at its end. Durations are seconds."""

    base: str
    agent_id: str
    private_key_pem: str
    state_dir: str
    results: bool
    delivery: bool
    flush_threshold_bytes: int
    spool_bytes: int
    spool_reserve_bytes: int
    flush_interval_s: float
    reconnect_min_s: float
    reconnect_max_s: float
    ping_interval_s: float
    poll_interval_s: float
    polling_fallback_s: float

    @property
    def patience_s(self) -> float:
        """T: how long a socket is waited for before the old way is taken."""
        return max(self.polling_fallback_s, PATIENCE_S_MIN)

    @property
    def socket_url(self) -> str:
        scheme, _, rest = self.base.partition("://")
        return f"{'wss' if scheme in ('https', 'wss') else 'ws'}://{rest}/api/v1/agents/ws"

    @property
    def tasks_url(self) -> str:
        return f"{self.base}/api/v1/tasks"

    def report_url(self, task: str) -> str:
        return f"{self.tasks_url}/{quote(task, safe=UNRESERVED)}"


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Reads the configuration of the driver protocol; what is missing or null takes its default."""
    features = config.get("features") or {}
    timing_ms = with_defaults(config.get("timing_ms"), DEFAULT_TIMING_MS)
    return Settings(
        base=config["control_plane_url"].rstrip("/"),
        agent_id=config["agent_id"],
        private_key_pem=config["private_key_pem"],
        state_dir=config["state_dir"],
        results=bool(features.get("results")),
        delivery=bool(features.get("delivery")),
        **with_defaults(config.get("limits"), DEFAULT_LIMITS),
        **{f"{name}_s": milliseconds / 1_000 for name, milliseconds in timing_ms.items()},
    )
