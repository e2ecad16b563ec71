"""The family of all sender scenarios of ``ingest``."""

from __future__ import annotations

from ..family import Family
from ..preconditions import any_injected as any_injected
from ..preconditions import injected as injected
from .sender_play import play_sender
from .shapes import SENDER_CONFIG, SENDER_OPERATIONS

BOTH = ("proxy", "direct")

sender_scenario = Family("ingest", "ingest", "sender", "ING", BOTH, play_sender, SENDER_OPERATIONS, SENDER_CONFIG).scenario
