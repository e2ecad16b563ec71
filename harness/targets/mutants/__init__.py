"""References with one planted bug each: what the harness is judged by. To add one: its class, and a row in a table.

Mutants of servers are beside the servers, in ``fake_servers``; the doors join the tables.
"""

from __future__ import annotations

from .agent_session import RUNNER_MUTANTS
from .base import Mutant
from .durable_client import DURABLE_CLIENT_MUTANTS
from .ingest_sender import SENDER_MUTANTS
from .pipe import PIPE_MUTANTS
from .result_channel import AGENT_MUTANTS
from .run_stream_reader import READER_MUTANTS
from .sse_reader import SSE_READER_MUTANTS

MUTANTS: tuple[Mutant, ...] = (
    *SENDER_MUTANTS,
    *READER_MUTANTS,
    *SSE_READER_MUTANTS,
    *PIPE_MUTANTS,
    *DURABLE_CLIENT_MUTANTS,
    *AGENT_MUTANTS,
    *RUNNER_MUTANTS,
)
