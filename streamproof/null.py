"""The null drivers as real programs behind the stdio protocol: ``python -m streamproof.null NAME [--late-ms N]``.

They are there to test what contains a bad driver. Requests are answered one after the other, so that what is wrong with
such a driver is only what its name says.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from . import __version__
from .harness.targets.declared import everything, serves_to_json
from .harness.targets.null_table import EXIT_STATUS, NULLS, Null

LATE_MS = 6_000
"""Beyond the deadline of the verbs that answer at once."""


class NullDriver:
    def __init__(self, null: Null, late_ms: int) -> None:
        self._null = null
        self._late_ms = late_ms
        self._previous: Mapping[str, Any] = {}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """The reply without its id; None for none."""
        if request["op"] == "hello":
            serves = serves_to_json(everything())
            return _ok({"protocol": 1, "name": self._null.name, "version": __version__, "language": "python", "serves": serves})
        if request["op"] != "call":
            return _ok({})
        return self._call(request.get("args", {}))

    def _call(self, args: Mapping[str, Any]) -> dict[str, Any] | None:
        match self._null.manner:
            case "silent":
                return None
            case "fail":
                return {"outcome": "fail", "error": {"kind": "null", "message": "a null driver"}}
            case "missing":
                return {"outcome": "unsupported", "error": {"kind": "null", "message": "a null driver"}}
            case "exit":
                sys.exit(EXIT_STATUS)
            case "late":
                time.sleep(self._late_ms / 1000)
        value, self._previous = self._previous, args
        return _ok(value if self._null.manner == "stale" else {})


def _ok(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"outcome": "ok", "value": dict(value)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m streamproof.null", description="A driver that does nothing right.")
    parser.add_argument("name", choices=sorted(NULLS), type=lambda name: name if name in NULLS else f"null-{name}")
    parser.add_argument("--late-ms", type=int, default=LATE_MS, help="how long null-late waits before it answers a call")
    options = parser.parse_args()
    driver = NullDriver(NULLS[options.name], options.late_ms)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        reply = driver.answer(request)
        if reply is not None:
            sys.stdout.write(json.dumps({"id": request["id"], **reply}) + "\n")
            sys.stdout.flush()
        if request["op"] == "shutdown":
            return


if __name__ == "__main__":
    main()
