"""The scenarios of the contract ``sse``: one file each, and this table, which is their order in a session."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .clean_ends import CLEAN_ENDS
from .cuts import CUTS
from .early_cuts import EARLY_CUTS
from .endless import ENDLESS
from .false_streams import FALSE_STATUSES, FALSE_TYPES
from .fields import FIELDS
from .finish import FINISHED
from .framing import FRAMING
from .halves import HALVES_AT_THE_END
from .headers import HEADERS_GIVEN
from .hostile import HOSTILE
from .huge import HUGE
from .ids import STRANGE_IDS
from .redirects import REDIRECTS
from .repeats import REPEATS
from .resume import RESUME
from .retry import RETRY
from .stalls import STALLS
from .steady import STEADY
from .stored import STORED
from .storms import STORMS
from .swarm import SWARM
from .unwatch import UNWATCHED
from .without_ids import WITHOUT_IDS

SSE_SCENARIOS: tuple[Scenario, ...] = (
    STEADY,
    FRAMING,
    FIELDS,
    HUGE,
    STRANGE_IDS,
    CUTS,
    EARLY_CUTS,
    RESUME,
    WITHOUT_IDS,
    CLEAN_ENDS,
    HALVES_AT_THE_END,
    RETRY,
    STORMS,
    FINISHED,
    FALSE_TYPES,
    FALSE_STATUSES,
    REDIRECTS,
    HEADERS_GIVEN,
    STORED,
    HOSTILE,
    UNWATCHED,
    REPEATS,
    STALLS,
    SWARM,
    ENDLESS,
)
