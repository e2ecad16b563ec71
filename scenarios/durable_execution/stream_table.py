"""The scenarios of creations, status, streams and start indexes; the table is the index."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .bad_indexes import BAD_INDEXES_EVERYWHERE
from .beyond_the_end import BEYOND_THE_END
from .classic import CLASSIC_CHAT
from .conversation_indexes import CONVERSATION_INDEXES
from .creation_race import CREATION_RACE
from .cuts import CUTS
from .endings import ENDINGS
from .failing_model import FAILING_MODEL
from .failing_writes import FAILING_WRITES
from .malformed import MALFORMED
from .newest import NEWEST
from .reading_only import READING_ONLY
from .replays import REPLAYS
from .steady import STEADY

STREAM_SCENARIOS: tuple[Scenario, ...] = (
    STEADY,
    CREATION_RACE,
    MALFORMED,
    CLASSIC_CHAT,
    FAILING_MODEL,
    ENDINGS,
    FAILING_WRITES,
    NEWEST,
    REPLAYS,
    BAD_INDEXES_EVERYWHERE,
    BEYOND_THE_END,
    CUTS,
    READING_ONLY,
    CONVERSATION_INDEXES,
)
