"""The scenarios of the contract ``run-stream``: one file each, and this table, which is their order in a session."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .attach import ATTACH
from .backoff import BACKOFF
from .clean_ends import CLEAN_ENDS
from .controls import CONTROLS
from .cuts import CUTS
from .early_cuts import EARLY_CUTS
from .end_early import END_EARLY
from .end_in_bootstrap import END_IN_BOOTSTRAP
from .error_frames import ERROR_FRAMES
from .framing import FRAMING
from .history_failures import HISTORY_FAILURES
from .huge import HUGE
from .identities import IDENTITIES
from .idle import IDLE
from .impatient_proxy import IMPATIENT_PROXY
from .keepalives import KEEPALIVES
from .last_frames import LAST_FRAMES
from .late import LATE
from .legs import LEGS
from .locked_out import LOCKED_OUT
from .moved import MOVED
from .outage import OUTAGE
from .pages import PAGES
from .repeats import REPEATS
from .restarts import RESTARTS
from .resume import RESUME
from .retry import RETRY_AFTER_ERROR
from .rotation import ROTATION
from .run_failures import RUN_FAILURES
from .slow import SLOW
from .stale import STALE
from .states import STATES
from .status_early import STATUS_EARLY
from .steady import STEADY
from .swarm import SWARM
from .terminal_at_watch import TERMINAL_AT_WATCH
from .tokens import TOKENS
from .trimmed import TRIMMED
from .turned_away import TURNED_AWAY
from .twins import TWINS
from .unwatch import UNWATCHED
from .worn_out import WORN_OUT

RUN_STREAM_SCENARIOS: tuple[Scenario, ...] = (
    STEADY,
    TERMINAL_AT_WATCH,
    IDENTITIES,
    RESUME,
    CUTS,
    EARLY_CUTS,
    ATTACH,
    TWINS,
    END_IN_BOOTSTRAP,
    BACKOFF,
    OUTAGE,
    CLEAN_ENDS,
    WORN_OUT,
    ERROR_FRAMES,
    ROTATION,
    KEEPALIVES,
    IDLE,
    STATUS_EARLY,
    END_EARLY,
    LAST_FRAMES,
    TOKENS,
    MOVED,
    LEGS,
    TURNED_AWAY,
    LOCKED_OUT,
    RUN_FAILURES,
    HISTORY_FAILURES,
    PAGES,
    FRAMING,
    HUGE,
    CONTROLS,
    REPEATS,
    LATE,
    SLOW,
    STATES,
    RETRY_AFTER_ERROR,
    UNWATCHED,
    TRIMMED,
    STALE,
    RESTARTS,
    IMPATIENT_PROXY,
    SWARM,
)
