"""The configuration of a run-stream reader: its figures with their defaults, and the URLs that the rest leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .ingest_settings import path_segment, with_defaults

DEFAULT_TIMING_MS = {"backoff_base": 500, "backoff_max": 30_000, "idle_timeout": 90_000, "batch_delay": 16}


@dataclass(frozen=True)
class Settings:
    """``api_base`` has no trailing slash; ``task`` and ``run`` are path segments, encoded as on the wire; durations are seconds."""

    api_base: str
    team: int
    task: str
    run: str
    session_token: str
    backoff_base_s: float
    backoff_max_s: float
    idle_timeout_s: float
    batch_delay_s: float

    @property
    def run_url(self) -> str:
        return f"{self.api_base}/api/projects/{self.team}/tasks/{self.task}/runs/{self.run}/"

    @property
    def direct_stream_url(self) -> str:
        return f"{self.run_url}stream/"

    def proxy_stream_url(self, stream_base_url: str) -> str:
        return f"{base_url(stream_base_url)}/v1/runs/{self.run}/stream"


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Reads the configuration of the driver protocol; what is missing or null takes its default."""
    timing_ms = with_defaults(config.get("timing_ms"), DEFAULT_TIMING_MS)
    return Settings(
        api_base=base_url(config["api_url"]),
        team=config["team_id"],
        task=path_segment(config["task_id"]),
        run=path_segment(config["run_id"]),
        session_token=config["session_token"],
        **{f"{name}_s": milliseconds / 1_000 for name, milliseconds in timing_ms.items()},
    )


def base_url(url: str) -> str:
    """Without any trailing slash; a path prefix stays."""
    return url.rstrip("/")
