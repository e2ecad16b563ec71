"""The scenarios of the contract ``agent-session``: one file each, and this table, which is their order in a session."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .blocked import BLOCKED_RUNS
from .bursts import BURSTS
from .cancels import CANCELS
from .crashes import CRASHES
from .deletes import DELETES
from .early_idle import EARLY_IDLE
from .endless_pages import ENDLESS_PAGES
from .errors import ERRORS
from .failing_emits import FAILING_EMITS
from .failing_schedules import FAILING_SCHEDULES
from .first_read import FIRST_READ
from .framing import FRAMING
from .heartbeats import HEARTBEATS
from .huge import HUGE
from .identities import IDENTITIES
from .idle_before import IDLE_BEFORE
from .lagging import LAGGING
from .long_streams import LONG_STREAMS
from .lost_answers import LOST_ANSWERS
from .merged import MERGED
from .missed import MISSED
from .never_listed import NEVER_LISTED
from .pages import PAGES
from .passing import PASSING_TROUBLE
from .permanent import PERMANENT
from .rescheduled import RESCHEDULED
from .resumed import RESUMED
from .schedules import SCHEDULES
from .segments import SEGMENTS
from .several import SEVERAL
from .shifted_pages import SHIFTED_PAGES
from .silent_errors import SILENT_ERRORS
from .stale import STALE
from .steady import STEADY
from .stream_cuts import STREAM_CUTS
from .stream_refused import STREAM_REFUSED
from .swarm import SWARM
from .texts import SAID
from .timeouts import TIMEOUTS
from .tokens import TOKENS
from .wordless import WORDLESS

AGENT_SESSION_SCENARIOS: tuple[Scenario, ...] = (
    STEADY,
    LAGGING,
    SAID,
    PAGES,
    SHIFTED_PAGES,
    TOKENS,
    MERGED,
    FRAMING,
    CANCELS,
    LOST_ANSWERS,
    PERMANENT,
    FAILING_EMITS,
    FAILING_SCHEDULES,
    EARLY_IDLE,
    STALE,
    IDLE_BEFORE,
    RESUMED,
    RESCHEDULED,
    BLOCKED_RUNS,
    ERRORS,
    SILENT_ERRORS,
    WORDLESS,
    PASSING_TROUBLE,
    FIRST_READ,
    BURSTS,
    STREAM_CUTS,
    STREAM_REFUSED,
    SEGMENTS,
    MISSED,
    LONG_STREAMS,
    HEARTBEATS,
    HUGE,
    DELETES,
    SCHEDULES,
    IDENTITIES,
    CRASHES,
    SEVERAL,
    SWARM,
    TIMEOUTS,
    NEVER_LISTED,
    ENDLESS_PAGES,
)
