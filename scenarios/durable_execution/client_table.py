"""The scenarios of the role ``client``: one file each, and this table, which is their order in a session."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .client_agent_failures import AGENT_FAILURES
from .client_cuts import CUTS
from .client_done import DONE
from .client_early_cuts import EARLY_CUTS
from .client_false_streams import FALSE_STREAMS
from .client_framing import FRAMING
from .client_identities import IDENTITIES
from .client_look_alikes import LOOK_ALIKES
from .client_lost_approvals import LOST_APPROVALS
from .client_lost_creates import LOST_CREATES
from .client_redirects import REDIRECTS
from .client_refusals import REFUSALS
from .client_rounds import ROUNDS
from .client_slow import SLOW
from .client_steady import STEADY
from .client_swarm import SWARM
from .client_transport_errors import TRANSPORT_ERRORS
from .client_unfollow import UNFOLLOWED

CLIENT_SCENARIOS: tuple[Scenario, ...] = (
    STEADY,
    ROUNDS,
    CUTS,
    EARLY_CUTS,
    TRANSPORT_ERRORS,
    AGENT_FAILURES,
    LOOK_ALIKES,
    DONE,
    FRAMING,
    SLOW,
    FALSE_STREAMS,
    REDIRECTS,
    LOST_CREATES,
    LOST_APPROVALS,
    REFUSALS,
    IDENTITIES,
    UNFOLLOWED,
    SWARM,
)
