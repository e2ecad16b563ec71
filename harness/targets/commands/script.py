"""SCRIPT: what a command writes, when, and how it ends, as one word of standard base64 over JSON.

Shared by the program and by `spawn`. No dataclasses here: their import would double the time that the program takes to start.
"""

from __future__ import annotations

import binascii
import json
import signal
from typing import Any, NamedTuple

PROGRAM = "streamproof-emit"
EXIT_USAGE = 64
STREAMS = ("stdout", "stderr")
SCRIPT_KEYS = {"v", "marker", "steps", "exit_at_ms", "exit", "signal"}
WRITE_KEYS = {"at_ms", "stream", "data_b64", "repeat"}
CLOSE_KEYS = {"at_ms", "close"}
BLOCK_BYTES = 65_536


class Step(NamedTuple):
    """``data`` is written ``repeat`` times as one burst; None closes the stream."""

    at_ms: int
    stream: str
    data: bytes | None
    repeat: int = 1

    def blocks(self) -> list[tuple[bytes, int]]:
        """The burst as (block, how many times): short data is joined first, so that it goes out in few writes."""
        data = self.data or b""
        if not data:
            return []
        per_block = max(1, BLOCK_BYTES // len(data))
        whole, rest = divmod(self.repeat, per_block)
        return [(data * per_block, whole), (data * rest, 1 if rest else 0)]


class Script(NamedTuple):
    """``exit_at_ms`` is the earliest time of the exit. With a ``signal`` the program ends by it, else with ``exit_code``."""

    marker: str | None
    steps: tuple[Step, ...]
    exit_at_ms: int
    exit_code: int
    signal: int | None


def parse_script(word: str) -> Script:
    """Raises ValueError that says what is wrong."""
    fields = _object(json.loads(_bytes(word)), SCRIPT_KEYS)
    if fields.get("v") != 1 or isinstance(fields["v"], bool):
        raise ValueError(f"`v` must be 1, got {fields.get('v')!r}")
    marker, code, name = fields.get("marker"), fields.get("exit"), fields.get("signal")
    if marker is not None and not isinstance(marker, str):
        raise ValueError(f"`marker` must be the name of a file or null, got {marker!r}")
    if code is not None and name is not None:
        raise ValueError("`exit` and `signal` exclude each other")
    return Script(
        marker,
        _steps(fields.get("steps")),
        _number("exit_at_ms", fields.get("exit_at_ms") or 0),
        _number("exit", 0 if code is None else code, highest=255),
        None if name is None else _signal(name),
    )


def _steps(rows: Any) -> tuple[Step, ...]:
    if not isinstance(rows, list):
        raise ValueError(f"`steps` must be a list, got {rows!r}")
    steps = tuple(_step(row) for row in rows)
    closed: set[str] = set()
    for before, step in zip((None, *steps), steps, strict=False):
        if before is not None and step.at_ms < before.at_ms:
            raise ValueError(f"`at_ms` must ascend, got {step.at_ms} behind {before.at_ms}")
        if step.stream in closed:
            raise ValueError(f"{step.stream} is used after it was closed")
        closed |= {step.stream} if step.data is None else set()
    return steps


def _step(row: Any) -> Step:
    closes = isinstance(row, dict) and "close" in row
    fields = _object(row, CLOSE_KEYS if closes else WRITE_KEYS)
    stream = fields.get("close" if closes else "stream")
    if stream not in STREAMS:
        raise ValueError(f"a stream must be one of {STREAMS}, got {stream!r}")
    at_ms = _number("at_ms", fields.get("at_ms"))
    if closes:
        return Step(at_ms, stream, None)
    return Step(at_ms, stream, _bytes(fields.get("data_b64")), _number("repeat", fields.get("repeat", 1)))


def _object(value: Any, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {value!r}")
    if unknown := value.keys() - keys:
        raise ValueError(f"unknown keys: {sorted(unknown)}")
    return value


def _number(name: str, value: Any, highest: int | None = None) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0 or (highest is not None and value > highest):
        raise ValueError(f"`{name}` must be a whole number from 0{'' if highest is None else f' to {highest}'}, got {value!r}")
    return value


def _bytes(word: Any) -> bytes:
    if not isinstance(word, str) or len(word) % 4:
        raise ValueError(f"expected standard base64 with padding, got {str(word)[:40]!r}")
    return binascii.a2b_base64(word, strict_mode=True)


def _signal(name: Any) -> int:
    try:
        return signal.Signals[name].value
    except KeyError:
        raise ValueError(f"`signal` must be the name of one, got {name!r}") from None
