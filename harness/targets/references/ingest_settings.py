"""The configuration of an ingest sender: the figures with their defaults, and the URL that they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

UNRESERVED = "-_.!~*'()"
"""What `encodeURIComponent` leaves alone, beside letters and digits."""
DEFAULT_LIMITS = {"max_buffered_events": 20_000, "max_event_bytes": 900_000, "max_upload_events": 900, "max_upload_bytes": 4_000_000}
DEFAULT_TIMING_MS = {
    "flush_delay": 0,
    "retry_delay": 1_000,
    "request_timeout": 10_000,
    "stop_timeout": 30_000,
    "upload_window": 300_000,
}


@dataclass(frozen=True)
class Settings:
    """Sizes are bytes of a line without its LF (events) or of a body with its LFs (uploads); durations are seconds."""

    target: str
    """The ingest URL, encoded as it goes on the wire."""
    token: str
    persistent: bool
    max_buffered_events: int
    max_event_bytes: int
    max_upload_events: int
    max_upload_bytes: int
    flush_delay_s: float
    retry_delay_s: float
    request_timeout_s: float
    stop_timeout_s: float
    upload_window_s: float


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Reads the configuration of the driver protocol; what is missing or null takes its default."""
    limits = with_defaults(config.get("limits"), DEFAULT_LIMITS)
    timing_ms = with_defaults(config.get("timing_ms"), DEFAULT_TIMING_MS)
    persistent = config.get("persistent_upload")
    return Settings(
        target=ingest_target(config),
        token=config["token"],
        # Behind the proxy stands an ingress that buffers a body until it ends: an upload held open would strand its events.
        persistent=config.get("ingest_url") is None if persistent is None else persistent,
        **limits,
        **{f"{name}_s": milliseconds / 1_000 for name, milliseconds in timing_ms.items()},
    )


def with_defaults(given: Mapping[str, Any] | None, defaults: Mapping[str, int]) -> dict[str, Any]:
    """The figures that are given, the default where one is missing or null."""
    chosen = {name: (given or {}).get(name) for name in defaults}
    return {name: default if chosen[name] is None else chosen[name] for name, default in defaults.items()}


def ingest_target(config: Mapping[str, Any]) -> str:
    """The ingest URL of the leg that is configured: the proxy's if it has a base of its own, else the backend's."""
    run = path_segment(config["run_id"])
    if config.get("ingest_url") is not None:
        return f"{base_url(config['ingest_url'])}/v1/runs/{run}/ingest"
    base = base_url(config["api_url"])
    return f"{base}/api/projects/{config['project_id']}/tasks/{path_segment(config['task_id'])}/runs/{run}/event_stream/"


def base_url(url: str) -> str:
    """Without one trailing slash: a second one belongs to the base path."""
    return url.removesuffix("/")


def path_segment(identifier: str) -> str:
    """Exactly one path segment that decodes to ``identifier``. Dot segments would be collapsed on the way, so their dots are encoded."""
    if identifier in (".", ".."):
        return identifier.replace(".", "%2E")
    return quote(identifier, safe=UNRESERVED)
