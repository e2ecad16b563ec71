"""The scenarios of the contract ``ingest``: one file each, and this table, which is their order in a session."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .already_complete import ALREADY_COMPLETE
from .backpressure import BACKPRESSURE
from .buffering_ingress import BUFFERING_INGRESS
from .completion import COMPLETION
from .cuts import CUTS
from .drain import DRAINED
from .empty_stop import EMPTY_STOP
from .hostile_answers import HOSTILE_ANSWERS
from .identities import IDENTITIES
from .lost_answers import LOST_ANSWERS
from .lost_tail import LOST_TAIL
from .outage import OUTAGE
from .partial_commits import PARTIAL_COMMITS
from .pure import PURE
from .rebase import REBASE
from .recovery import RECOVERY
from .redirects import REDIRECTS
from .restarts import RESTARTS
from .rollback_unannounced import ROLLBACK_UNANNOUNCED
from .rolling import ROLLING
from .server import SERVER_SCENARIOS
from .sizes import SIZES
from .stalls import STALLS
from .steady import STEADY
from .stop_retried import STOP_RETRIED
from .stop_under_fault import STOP_UNDER_FAULT
from .swarm import SWARM
from .turned_away import TURNED_AWAY
from .window import WINDOW

SENDER_SCENARIOS: tuple[Scenario, ...] = (
    STEADY,
    IDENTITIES,
    EMPTY_STOP,
    LOST_ANSWERS,
    CUTS,
    STALLS,
    HOSTILE_ANSWERS,
    PARTIAL_COMMITS,
    REBASE,
    ROLLBACK_UNANNOUNCED,
    RESTARTS,
    COMPLETION,
    LOST_TAIL,
    STOP_UNDER_FAULT,
    STOP_RETRIED,
    BACKPRESSURE,
    SIZES,
    ROLLING,
    WINDOW,
    BUFFERING_INGRESS,
    RECOVERY,
    OUTAGE,
    TURNED_AWAY,
    ALREADY_COMPLETE,
    REDIRECTS,
    PURE,
    DRAINED,
    SWARM,
)

INGEST_SCENARIOS: tuple[Scenario, ...] = SENDER_SCENARIOS + SERVER_SCENARIOS
