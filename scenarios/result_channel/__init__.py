"""The scenarios of the contract ``result-channel``; the table is the index. The play is `agent_play`, its operations are in `agent_stage`,
their shapes in `shapes`; what the commands of the tasks write is in `scripts`.
"""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .acks import LATE_ACKS, LOST_ACKS, STRAY_ACKS
from .bytes import BURSTS, BYTES
from .deliveries import DISCARDED, DROPPED_DELIVERIES, DUPLICATES, WAITING
from .drips import DRIPS
from .errors import CLOSES, FATAL_ERRORS, HARMLESS_WORDS, POISON, RETRYABLE_ERRORS, STUBBORN_REFUSALS
from .exits import EXITS
from .false_hello_acks import FALSE_HELLO_ACKS, TWO_HELLO_ACKS
from .features import FEATURES
from .gaps import GAP_ERRORS, GAPS
from .identities import IDENTITIES, LOOK_ALIKES
from .illegal import ILLEGAL_FRAMES
from .late_hello_acks import LATE_HELLO_ACKS
from .outages import LOST_REPORTS, OUTAGES, POLLED_REPORTS, STRANDED_FINALS
from .pacing import PACING
from .polls import POLLING_GATE, POLLS
from .replays import DIRECTIVES, REPLAYS
from .restarts import CRASH_FRAMES, CRASH_REQUESTS, CRASHES, DURABLE_FINALS, STOPS
from .spools import SMALL_SPOOL
from .steady import STEADY
from .swarm import SWARM
from .wire import CUT_FRAMES, DEAD_PEERS, SLICED_FRAMES, UNREAD

RESULT_CHANNEL_SCENARIOS: tuple[Scenario, ...] = (
    STEADY,
    BYTES,
    BURSTS,
    DRIPS,
    EXITS,
    REPLAYS,
    DIRECTIVES,
    LATE_HELLO_ACKS,
    FALSE_HELLO_ACKS,
    TWO_HELLO_ACKS,
    LOST_ACKS,
    STRAY_ACKS,
    LATE_ACKS,
    GAPS,
    GAP_ERRORS,
    RETRYABLE_ERRORS,
    STUBBORN_REFUSALS,
    HARMLESS_WORDS,
    FATAL_ERRORS,
    POISON,
    CLOSES,
    CUT_FRAMES,
    SLICED_FRAMES,
    DEAD_PEERS,
    UNREAD,
    OUTAGES,
    STRANDED_FINALS,
    LOST_REPORTS,
    POLLED_REPORTS,
    POLLS,
    POLLING_GATE,
    DUPLICATES,
    DROPPED_DELIVERIES,
    WAITING,
    DISCARDED,
    ILLEGAL_FRAMES,
    IDENTITIES,
    LOOK_ALIKES,
    STOPS,
    CRASHES,
    CRASH_FRAMES,
    CRASH_REQUESTS,
    DURABLE_FINALS,
    PACING,
    SMALL_SPOOL,
    FEATURES,
    SWARM,
)
