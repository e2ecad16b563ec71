"""Planted bugs of either end of the pipe: mutants of the sender or of the reader that show only, or also, at the other end."""

from __future__ import annotations

from .base import Mutant
from .ingest_sender import SENDER_MUTANTS
from .run_stream_reader import READER_MUTANTS

_BY_NAME = {mutant.name: mutant for mutant in (*SENDER_MUTANTS, *READER_MUTANTS)}


def _end(name: str, requirements: str) -> Mutant:
    """The mutant of that name, judged by the whole pipe."""
    mutant = _BY_NAME[name]
    ids = tuple(f"PIPE-{requirement}" for requirement in requirements.split())
    return Mutant(f"pipe-{mutant.name}", "pipe", mutant.role, ids, mutant.planted, mutant.origin, mutant.factory)


PIPE_MUTANTS: tuple[Mutant, ...] = (
    _end("ingest-written-is-delivered", "LOSS-1"),
    _end("ingest-completes-unacknowledged", "LOSS-1 LIVE-1"),
    _end("ingest-needs-new-event", "LIVE-1"),
    _end("run-stream-no-tail", "LOSS-1"),
    _end("run-stream-cursor-of-half-frame", "LOSS-1"),
    _end("run-stream-no-dedup", "DUP-1"),
    _end("run-stream-no-seen-ids", "DUP-1"),
    _end("run-stream-logs-backwards", "ORD-1"),
    _end("run-stream-clean-end-ends", "END-1"),
)
