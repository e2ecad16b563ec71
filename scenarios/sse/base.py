"""The family of all scenarios of ``sse``."""

from __future__ import annotations

from ..family import Family
from .play import play_reader
from .shapes import CONFIG, OPERATIONS

sse_scenario = Family("sse", "sse", "reader", "SSE", ("plain",), play_reader, OPERATIONS, CONFIG).scenario
