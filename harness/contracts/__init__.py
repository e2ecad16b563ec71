"""The rules: each contract with its roles, verbs and numbered requirements, one file a contract. To add one: its file, and a row here."""

from __future__ import annotations

from collections.abc import Mapping

from ..values.requirement import Contract
from .agent_session import AGENT_SESSION
from .durable_execution import DURABLE_EXECUTION
from .ingest import INGEST
from .pipe import PIPE
from .result_channel import RESULT_CHANNEL
from .run_stream import RUN_STREAM
from .sse import SSE

CONTRACTS: Mapping[str, Contract] = {
    contract.name: contract for contract in (INGEST, RUN_STREAM, SSE, PIPE, DURABLE_EXECUTION, RESULT_CHANNEL, AGENT_SESSION)
}
