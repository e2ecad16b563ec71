"""A link with wires of the test's own: everything the link does to a connection is written down, timers run by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from streamproof.harness.faults.base import Fault
from streamproof.harness.values.history import Header, History
from streamproof.harness.worlds.link import Link, Numbers
from streamproof.harness.worlds.link_connection import LinkConnection
from streamproof.harness.worlds.plan import ActivePlan
from streamproof.harness.worlds.wire import Side, Wire


class Timer:
    def __init__(self, milliseconds: float, callback: Callable[[], None]) -> None:
        self.milliseconds = milliseconds
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeWire(Wire):
    """``log``: what the link did, in order, as (verb, side, ..)."""

    def __init__(self, address: object) -> None:
        self.address = address
        self.log: list[tuple[Any, ...]] = []
        self.timers: list[Timer] = []

    def send(self, side: Side, data: bytes) -> None:
        self.log.append(("send", side, data))

    def finish(self, side: Side) -> None:
        self.log.append(("finish", side))

    def close(self, side: Side) -> None:
        self.log.append(("close", side))

    def reset(self, side: Side) -> None:
        self.log.append(("reset", side))

    def pause(self, side: Side) -> None:
        self.log.append(("pause", side))

    def resume(self, side: Side) -> None:
        self.log.append(("resume", side))

    def call_later(self, milliseconds: float, callback: Callable[[], None]) -> Timer:
        self.timers.append(Timer(milliseconds, callback))
        return self.timers[-1]

    def server_address(self) -> object:
        return self.address

    def sent(self, side: Side) -> bytes:
        return b"".join(row[2] for row in self.log if row[:2] == ("send", side))

    def segments(self, side: Side) -> list[bytes]:
        return [row[2] for row in self.log if row[:2] == ("send", side)]

    def did(self, *verbs: str) -> list[tuple[Any, ...]]:
        return [row for row in self.log if row[0] in verbs]

    def fire(self) -> float | None:
        """Runs the oldest timer that still stands; returns its milliseconds."""
        for timer in self.timers:
            if not timer.cancelled:
                timer.cancelled = True
                timer.callback()
                return timer.milliseconds
        return None


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    return "sync" if headers.get("content-length") == "0" else "upload"


class LinkBench:
    """A link under a plan, its history, and connections with fake wires."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.history = History(Header("ingest", ("sender",), "proxy", "", "sim", "", 0, (), {}, (), ()))
        self.plan = ActivePlan(faults, self.history)
        self.link = Link("proxy", classify, self.plan, self.history, Numbers())

    def connect(self) -> tuple[FakeWire, LinkConnection]:
        wire = FakeWire(("127.0.0.1", 50_000 + self.link.numbers.connections))
        connection = self.link.accept(wire)
        assert connection is not None
        return wire, connection

    def entries(self, *kinds: str) -> list[dict[str, Any]]:
        return [{"kind": entry.kind, **entry.data} for entry in self.history.of_kind(*kinds)]

    @property
    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.history.entries]


@pytest.fixture
def link_bench() -> Callable[..., LinkBench]:
    return lambda *faults: LinkBench(faults)


@pytest.fixture
def fake_wire() -> Callable[[object], FakeWire]:
    return FakeWire
