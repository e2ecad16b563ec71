"""All tables put together: the one place that knows every floor."""

from __future__ import annotations

from functools import cache

from .fake_servers import SERVERS
from .harness.contracts import CONTRACTS
from .harness.engine.catalog import Catalog
from .harness.faults import FAULTS
from .implementations import tables
from .reports import REPORTS
from .scenarios import SCENARIOS


@cache
def catalog() -> Catalog:
    """The tables that run. Lists on the command line and in the documentation are printed from them."""
    return Catalog(CONTRACTS, SCENARIOS, FAULTS, tables(), SERVERS, REPORTS)
