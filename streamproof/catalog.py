"""All tables put together: the one place that knows every floor."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from .fake_servers import SERVERS
from .fake_servers.ingest.mutants import SERVER_MUTANTS
from .fake_servers.ingest.reference import reference_server
from .harness.contracts import CONTRACTS
from .harness.engine.catalog import Catalog
from .harness.faults import FAULTS
from .harness.targets.builtins import BUILTINS
from .harness.targets.mutants import MUTANTS
from .harness.targets.names import TargetTables, target_tables
from .harness.targets.references.ingest_sender import reference_sender
from .harness.targets.verbs import Factory
from .reports import REPORTS
from .scenarios import SCENARIOS

REFERENCES: Mapping[tuple[str, str], Factory] = {
    ("ingest", "sender"): reference_sender,
    ("ingest", "server"): reference_server,
}


@cache
def tables() -> TargetTables:
    """What the name of a target can mean."""
    mutants = {mutant.name: mutant for mutant in (*MUTANTS, *SERVER_MUTANTS)}
    return target_tables(REFERENCES, mutants, BUILTINS)


@cache
def catalog() -> Catalog:
    """The tables that run. Lists on the command line and in the documentation are printed from them."""
    return Catalog(CONTRACTS, SCENARIOS, FAULTS, tables(), SERVERS, REPORTS)
