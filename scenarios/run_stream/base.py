"""The family of all scenarios of ``run-stream``."""

from __future__ import annotations

from ..family import Family
from .reader_play import play_reader
from .shapes import READER_CONFIG, READER_OPERATIONS

ALL = ("proxy", "direct", "legacy")
DURABLE = ("proxy", "direct")

reader_scenario = Family("run-stream", "run-stream", "reader", "RD", DURABLE, play_reader, READER_OPERATIONS, READER_CONFIG).scenario
