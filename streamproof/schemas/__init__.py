"""The JSON Schemas of the files that Streamproof writes or reads, shipped for users. Data only; it imports nothing of ours."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

NAMES = ("run", "selftest", "repro", "history", "list")


def load_schema(name: str) -> dict[str, Any]:
    """The schema of that name (one of `NAMES`), in the dialect 2020-12."""
    text = resources.files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
