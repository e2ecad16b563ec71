"""The servers that targets talk to: aiohttp applications over one authoritative store each, the same in every world.

They know faults and history as values, and their surroundings as a small protocol (``host.py``); no world, no engine.
To add one: a folder for its contract, and a row in the table of what `streamproof serve` can start.
"""

from __future__ import annotations

from collections.abc import Mapping

from .agent_session.service import agent_session_service
from .durable_execution.model_service import durable_model_service
from .durable_execution.service import durable_execution_service
from .ingest.service import ingest_service
from .result_channel.service import result_channel_service
from .run_stream.service import run_stream_service
from .service import Builder
from .sse.service import sse_service

SERVERS: Mapping[str, Builder] = {
    "ingest": ingest_service,
    "run-stream": run_stream_service,
    "sse": sse_service,
    "durable-execution": durable_execution_service,
    "durable-model": durable_model_service,
    "result-channel": result_channel_service,
    "agent-session": agent_session_service,
}

RECORDED: Mapping[str, tuple[str, str]] = {
    "durable-execution": ("durable-execution", "server"),
    "durable-model": ("durable-execution", "server"),
}
"""Contract and role that the record of a server of the table tells of, where it is not a client of the contract of that name: what is
recorded there is a server of durable executions at its model and its tools."""
