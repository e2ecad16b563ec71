"""Events at the size limit to the byte, in one-byte and multi-byte text, with and without app data to strip."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import sender_scenario
from .draws import STOP, case, config, event, figures, limits, timings

LIMIT = 400


def sized_event(seq: int, line_bytes: int, letter: str, kind: str) -> dict[str, Any]:
    """An event whose compact UTF-8 line under ``seq`` has ``line_bytes`` bytes (a byte or two of filling in plain letters)."""
    body: dict[str, Any] = {"k": 1_000 + seq * 10 + line_bytes % 10, "text": ""}
    if kind == "app-data":
        meta = {"com.posthog.mcp/app_data": "x" * 40}
        update = {"sessionUpdate": "tool_call", "rawOutput": {"_meta": meta}}
        body["notification"] = {"method": "session/update", "params": {"update": update}}
    empty = len(json.dumps({"seq": seq, "event": body}, ensure_ascii=False, separators=(",", ":")).encode())
    missing = line_bytes - empty
    wide = len(letter.encode())
    body["text"] = letter * (missing // wide) + "a" * (missing % wide)
    return body


JUDGES = ("DROP-2", "DROP-1", "LOSS-1", "ROLL-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    one = st.tuples(st.integers(-3, 3), st.sampled_from(("a", "é", "🙂")), st.sampled_from(("plain", "plain", "app-data")))

    def build(timing: Mapping[str, int] | None, warm: int, sizes: list[tuple[int, str, str]]) -> Case:
        workload: list[Operation] = [
            ("enqueue_many", {"events": [event(number) for number in range(1, warm + 1)]}),
            ("wait", {"ms": figures(timing)["retry_delay"]}),
        ]
        seq = warm + 1
        for over, letter, kind in sizes:
            workload.append(("enqueue", {"event": sized_event(seq, LIMIT + over, letter, kind)}))
            seq += over <= 0
        workload += [("enqueue", {"event": event(900_001)}), STOP]
        return case("ingest-sizes", setting, config(timing, limits(setting, max_event_bytes=LIMIT)), workload)

    return st.builds(build, timings(setting), st.sampled_from((1, 8, 9)), st.lists(one, min_size=1, max_size=4))


SIZES = sender_scenario("sizes", "events around max_event_bytes, counted in bytes with the real next number", JUDGES, draw)
