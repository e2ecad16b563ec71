"""The contract ``pipe``: from the application that sends to every subscriber that reads, with everything between them.

A sender (the role of ``ingest``) uploads the events of a run to the proxy or the backend; readers (the role of ``run-stream``)
follow the same run from the same store, all of it under faults on every leg at once. Either role may be the target; what a
target does not serve is played by the reference, so that a failure belongs to the target.
"""

from __future__ import annotations

from ..values.requirement import Contract, Requirement
from .ingest import SENDER
from .run_stream import READER

_SOURCE = "purpose of the two contracts together: PostHog/code#2519, durable streaming"


def _must(id: str, text: str) -> Requirement:
    return Requirement(f"PIPE-{id}", "pipe", "sender+reader", "MUST", text, _SOURCE)


REQUIREMENTS = (
    _must("LOSS-1", "What the application enqueued, and the sender did not drop, every subscriber gets."),
    _must("DUP-1", "No subscriber gets an event twice."),
    _must("ORD-1", "Every subscriber gets the events in the order in which the application enqueued them."),
    _must("END-1", "A subscriber is told the end exactly when the sender completed the run, once, and behind the last event."),
    _must("LIVE-1", "Once the faults have stopped, every event that was enqueued reaches every subscriber within bounded time."),
)

PIPE = Contract(
    name="pipe",
    title="What an application sends is what every subscriber reads",
    roles={"sender": SENDER, "reader": READER},
    profiles=("proxy", "direct"),
    requirements=REQUIREMENTS,
)
