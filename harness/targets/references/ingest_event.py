"""An event as bytes: serialised once, when it is handed over, so that what the caller does with its object later is not followed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

APP_DATA_KEY = "com.posthog.mcp/app_data"
RAW = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
ESCAPED = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))
TOOL_UPDATES = ("tool_call", "tool_call_update")


def serialised(event: Mapping[str, Any]) -> bytes:
    """Compact JSON in raw UTF-8. Raises TypeError or ValueError for what JSON cannot carry."""
    try:
        return RAW.encode(event).encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form, but an escape
        return ESCAPED.encode(event).encode()


def without_app_data(payload: bytes) -> bytes | None:
    """The same event without the app data that a tool call may carry; None when it carries none.

    Works on a copy that it reads from ``payload``: the caller's own object stays as it is. An emptied ``_meta`` stays.
    """
    event = json.loads(payload)
    meta = app_data_holder(event)
    if meta is None:
        return None
    del meta[APP_DATA_KEY]
    return serialised(event)


def app_data_holder(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object that holds the app data, for a session update about a tool call; else None."""
    notification = _object(event, "notification")
    update = _object(_object(notification, "params"), "update")
    if notification.get("method") != "session/update" or update.get("sessionUpdate") not in TOOL_UPDATES:
        return None
    meta = _object(_object(update, "rawOutput"), "_meta")
    return meta if APP_DATA_KEY in meta else None


def _object(parent: Mapping[str, Any], key: str) -> dict[str, Any]:
    child = parent.get(key)
    return child if isinstance(child, dict) else {}
