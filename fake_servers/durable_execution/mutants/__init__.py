"""Mutants of the reference server of durable executions: one planted bug each, and the requirement that must catch it."""

from __future__ import annotations

from ....harness.targets.mutants.base import Mutant
from .approvals import APPROVALS
from .chats import CHATS
from .creating import CREATING
from .indexes import INDEXES
from .recovery import RECOVERY
from .statuses import STATUSES
from .streams import STREAMS
from .tenants import TENANTS

DURABLE_SERVER_MUTANTS: tuple[Mutant, ...] = (*CREATING, *STATUSES, *STREAMS, *INDEXES, *APPROVALS, *CHATS, *TENANTS, *RECOVERY)
"""Every mutant of the server, by theme. M-C22, 23 and 24 have no effect on the wire; M-C25 and 27 are mutants of a client."""
