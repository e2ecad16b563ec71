"""The scenarios of approvals, crashes, retries and tenants; the table is the index."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .approval_batches import BATCHED_APPROVALS
from .approval_duplicates import DUPLICATE_APPROVALS
from .approval_early import EARLY_APPROVALS
from .approval_followed import FOLLOWED_APPROVALS
from .approval_forged import FORGED_APPROVALS
from .approval_late import LATE_APPROVALS
from .approval_permuted import PERMUTED_APPROVALS
from .approval_races import RACES
from .approval_seen import SEEN_SUSPENDED
from .approval_shapes import APPROVAL_SHAPES
from .approval_timeout import APPROVAL_TIMEOUT
from .approval_unknown import UNKNOWN_OUTCOMES
from .crash_approvals import CRASH_AT_APPROVALS
from .crash_points import CRASH_MOMENTS, CRASH_POINTS
from .mixture import SWARM
from .model_faults import MODEL_FAULTS
from .tenant_keys import KEYS
from .tenant_strangers import STRANGERS
from .tenant_twins import TWINS
from .tool_faults import TOOL_FAULTS

APPROVAL_SCENARIOS: tuple[Scenario, ...] = (
    SEEN_SUSPENDED,
    DUPLICATE_APPROVALS,
    RACES,
    EARLY_APPROVALS,
    LATE_APPROVALS,
    FORGED_APPROVALS,
    PERMUTED_APPROVALS,
    BATCHED_APPROVALS,
    APPROVAL_SHAPES,
    UNKNOWN_OUTCOMES,
    FOLLOWED_APPROVALS,
    APPROVAL_TIMEOUT,
    CRASH_AT_APPROVALS,
    CRASH_POINTS,
    CRASH_MOMENTS,
    MODEL_FAULTS,
    TOOL_FAULTS,
    STRANGERS,
    KEYS,
    TWINS,
    SWARM,
)
