"""The family of all server scenarios of ``durable-execution``."""

from __future__ import annotations

from ..family import Family
from .server_play import play_server
from .shapes import SERVER_CONFIG, SERVER_OPERATIONS

PROFILES = ("executions",)

server_scenario = Family("durable", "durable-execution", "server", "EXE", PROFILES, play_server, SERVER_OPERATIONS, SERVER_CONFIG).scenario
