"""The implementations that the name of a target can mean. Apart from the catalog, so that a driver which is one of them starts fast."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from .fake_servers.durable_execution.mutants import DURABLE_SERVER_MUTANTS
from .fake_servers.durable_execution.reference import reference_server as reference_durable_server
from .fake_servers.ingest.mutants import SERVER_MUTANTS
from .fake_servers.ingest.reference import reference_server
from .harness.targets.builtins import BUILTINS
from .harness.targets.mutants import MUTANTS
from .harness.targets.names import TargetTables, target_tables
from .harness.targets.references.agent_session.runner import reference_runner
from .harness.targets.references.durable_client import reference_client
from .harness.targets.references.ingest_sender import reference_sender
from .harness.targets.references.result_channel import reference_agent
from .harness.targets.references.run_stream_reader import reference_reader
from .harness.targets.references.sse_reader import reference_sse_reader
from .harness.targets.verbs import Factory

REFERENCES: Mapping[tuple[str, str], Factory] = {
    ("ingest", "sender"): reference_sender,
    ("ingest", "server"): reference_server,
    ("durable-execution", "client"): reference_client,
    ("durable-execution", "server"): reference_durable_server,
    ("result-channel", "agent"): reference_agent,
    ("run-stream", "reader"): reference_reader,
    ("sse", "reader"): reference_sse_reader,
    ("agent-session", "runner"): reference_runner,
}


@cache
def tables() -> TargetTables:
    """What the name of a target can mean."""
    mutants = {mutant.name: mutant for mutant in (*MUTANTS, *SERVER_MUTANTS, *DURABLE_SERVER_MUTANTS)}
    return target_tables(REFERENCES, mutants, BUILTINS)
