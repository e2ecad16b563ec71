"""The figures that the design asks for, measured on this machine; nothing passes or fails by them. `make bench` runs it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from streamproof.catalog import catalog
from streamproof.harness.engine.judge import judge_history
from streamproof.harness.engine.session import SessionOptions, run_session
from streamproof.harness.values.history import Header, History

FAMOUS = "mutant:ingest-lost-answer-renumbered"
ENTRIES = 100_000


class Silent:
    def update(self, done: int, total: int | None, failures: int, label: str) -> None:
        return None


def timed(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def long_history(entries: int) -> History:
    """A healthy sender with single-event uploads, about ``entries`` entries long."""
    header = Header("ingest", ("sender",), "proxy", "bench", "sim", "bench", 0, ("timing", "limits"), CONFIG, (), ())
    rows: list[tuple[int, str, dict[str, object]]] = [(0, "open", {"handle": "s1", "contract": "ingest", "role": "sender", "life": 1})]
    for number in range(1, entries // 9 + 1):
        rows += steps(number)
    return History.from_entries(header, rows)


def long_reading(entries: int) -> History:
    """A healthy reader that is told each event by itself, about ``entries`` entries long."""
    config = {"team_id": 7, "task_id": "t", "run_id": "r", "timing_ms": None}
    header = Header("run-stream", ("reader",), "proxy", "bench", "sim", "bench", 0, ("timing",), config, (), ())
    rows: list[tuple[int, str, dict[str, object]]] = [
        (0, "call", {"call": 1, "handle": "r1", "life": 1, "verb": "watch", "args": {}}),
        (0, "reply", {"call": 1, "outcome": "ok", "value": {}, "error": None, "late": False}),
        (0, "request", asked(1, "run", "/api/projects/7/tasks/t/runs/r/")),
        (0, "request", asked(2, "stream", "/v1/runs/r/stream?start=latest")),
        (0, "answer", {"request": 2, "status": 200, "headers": [], "body": "", "early": False}),
        (0, "note", {"handle": "r1", "life": 1, "number": 1, "note": "snapshot", "data": {"entries": [], "status": "in_progress"}}),
    ]
    for number in range(1, entries // 3 + 1):
        event, id = {"k": number}, f"1780000000000-{number}"
        frame = {"request": 2, "frame": "event", "position": number, "id": id, "again": False, "body_bytes": 50 * number}
        logs = {"handle": "r1", "life": 1, "number": number + 1, "note": "logs", "data": {"entries": [event], "total": number}}
        rows.append((number * 1_000, "append", {"run": "r", "position": number, "id": id, "event": event}))
        rows += [(number * 1_000, "frame", frame), (number * 1_000, "note", logs)]
    return History.from_entries(header, rows)


def asked(number: int, endpoint: str, target: str) -> dict[str, object]:
    request = {"request": number, "connection": number, "server": "proxy", "endpoint": endpoint, "nth": 1, "method": "GET"}
    return {**request, "target": target, "headers": [["Authorization", "Bearer <run-token>"]]}


CONFIG = {"project_id": 7, "task_id": "t", "run_id": "r", "timing_ms": None, "limits": None}
HEADERS = [["Authorization", "Bearer <run-token>"], ["Content-Type", "application/x-ndjson"]]


def steps(number: int) -> list[tuple[int, str, dict[str, object]]]:
    at_us = number * 1_000
    text = f'{{"seq":{number},"event":{{"k":{number}}}}}'
    request = {"request": number, "connection": 1, "server": "proxy", "endpoint": "upload", "nth": number, "method": "POST"}
    answer = {"request": number, "status": 200, "headers": [], "body": f'{{"last_accepted_seq":{number}}}', "early": False}
    return [
        (at_us, "call", {"call": number, "handle": "s1", "life": 1, "verb": "enqueue", "args": {"event": {"k": number}}}),
        (at_us, "reply", {"call": number, "outcome": "ok", "value": {}, "error": None, "late": False}),
        (at_us, "request", {**request, "target": "/v1/runs/r/ingest", "headers": HEADERS}),
        (at_us, "line", {"request": number, "index": 1, "bytes": len(text), "text": text, "ended": True}),
        (at_us, "accept", {"run": "r", "request": number, "index": 1, "seq": number}),
        (at_us, "body-end", {"request": number, "how": "end", "bytes": len(text) + 1}),
        (at_us, "answer", answer),
        (at_us, "delivered", {"request": number, "certain": True}),
        (at_us, "note", {"handle": "s1", "life": 1, "number": number, "note": "log", "data": {"level": "debug", "message": "sent"}}),
    ]


def main() -> None:
    tables = catalog()
    with tempfile.TemporaryDirectory() as folder:
        options = SessionOptions(contracts=("ingest",), role="sender", examples=1_500, seed=1, jobs=1, out_dir=Path(folder))
        for contract in tables.contracts:
            run = run_session(tables, replace(options, contracts=(contract,), role=None), {}, Silent())
            simulated = f"{run.simulated_s / run.elapsed_s:,.0f} simulated seconds a second"
            print(f"sim, one core, the reference of {contract}: {run.examples / run.elapsed_s:,.0f} examples/s, {simulated}")
        hunt = replace(options, target=FAMOUS, scenarios=("ingest-lost-answers",), examples=60)
        found = run_session(tables, hunt, {}, Silent())
        repro = next(row.findings[0] for row in found.requirements if row.id == "ING-LOSS-1").repro
        print(f"planted pair: found and all its violations shrunk in {found.elapsed_s:.1f} s, to {repro.case.size} (operations, faults)")
        path = next(row.findings[0] for row in found.requirements if row.id == "ING-LOSS-1").repro_path
        command = [sys.executable, "-m", "streamproof", "replay", str(path), "--target", FAMOUS]
        seconds = timed(lambda: subprocess.run(command, capture_output=True, check=False))  # noqa: S603 - our own command
        print(f"replay of one file with start-up: {seconds:.2f} s")
    for entries in (ENTRIES // 2, ENTRIES):
        history = long_history(entries)
        seconds = timed(lambda history=history: judge_history(tables.contracts["ingest"], history))
        print(f"all sender checkers on {len(history.entries):,} entries: {seconds:.2f} s")
        reading = long_reading(entries)
        seconds = timed(lambda reading=reading: judge_history(tables.contracts["run-stream"], reading))
        print(f"all reader checkers on {len(reading.entries):,} entries: {seconds:.2f} s")


if __name__ == "__main__":
    main()
