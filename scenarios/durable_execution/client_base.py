"""The family of all scenarios of the role ``client``; they judge by the numbers of the requirements."""

from __future__ import annotations

from ..family import Family
from .client_play import play_client
from .client_shapes import CLIENT_CONFIG, CLIENT_OPERATIONS

client_scenario = Family(
    "durable-client", "durable-execution", "client", "EXE-CLI", ("executions",), play_client, CLIENT_OPERATIONS, CLIENT_CONFIG
).scenario
