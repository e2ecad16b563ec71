"""The entries of a history that prove a finding, one printable line each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..values.history import Entry, History
from ..values.verdict import Finding

LINE_MAX = 260
ENTRIES_MAX = 12
HIDDEN = {"headers", "protocol_version", "agent_id", "sent_at"}
"""Long, or the same in every envelope, and rarely the point; the history has them."""


def excerpt(history: History, findings: Sequence[Finding]) -> tuple[str, ...]:
    """The proof of the first finding: its entries, and the injected faults that lie before the last of them."""
    if not findings:
        return ()
    proof = set(findings[0].entries)
    last = max(proof, default=0)
    wanted = [entry for entry in history.entries if entry.number in proof or (entry.kind in ("fault", "heal") and entry.number < last)]
    lines = [entry_line(entry, proof=entry.number in proof) for entry in wanted[:ENTRIES_MAX]]
    if len(wanted) > ENTRIES_MAX:
        lines.append(f"  .. and {len(wanted) - ENTRIES_MAX} more entries")
    return tuple(lines)


def entry_line(entry: Entry, *, proof: bool = True) -> str:
    """``*`` marks an entry that proves the finding; time in milliseconds of the example."""
    words = " ".join(f"{key}={_short(value, entry.data)}" for key, value in _telling(entry.data).items())
    line = f"{'*' if proof else ' '} #{entry.number:<4} {entry.at_us / 1000:>10.3f} ms  {entry.kind:<9} {words}"
    return line if len(line) <= LINE_MAX else line[: LINE_MAX - 2] + ".."


def _telling(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in HIDDEN and value not in (None, {}, [])}


def _short(value: Any, entry: Mapping[str, Any]) -> str:
    if isinstance(value, Mapping):
        value = {key: item for key, item in _telling(value).items() if entry.get(key) != item}  # the line has that already
    return value if isinstance(value, str) and value.isalnum() else json.dumps(value, ensure_ascii=True, separators=(",", ":"))
