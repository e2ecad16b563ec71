"""What there is, read from the tables that run: the rows of `streamproof list`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..harness.engine.catalog import Catalog
from ..harness.faults.fields import parameters
from ..harness.targets.names import FORMS

Row = Mapping[str, Any]

ANY = "any"
"""In place of a contract, for what serves all of them."""


def contracts(catalog: Catalog) -> Iterator[Row]:
    for row in catalog.contracts.values():
        yield {
            "name": row.name,
            "contract": row.name,
            "title": row.title,
            "roles": list(row.roles),
            "profiles": list(row.profiles),
            "requirements": len(row.requirements),
        }


def requirements(catalog: Catalog) -> Iterator[Row]:
    for contract in catalog.contracts.values():
        for row in contract.requirements:
            yield {
                "id": row.id,
                "contract": row.contract,
                "role": row.role,
                "level": row.level,
                "text": row.text,
                "source": row.source,
                "needs": list(row.needs),
                "worlds": list(row.worlds),
                "internal": row.internal,
                "untested": row.untested,
            }


def scenarios(catalog: Catalog) -> Iterator[Row]:
    for row in catalog.scenarios.values():
        yield {
            "name": row.name,
            "contract": row.contract,
            "role": row.role,
            "summary": row.summary,
            "profiles": list(row.profiles),
            "worlds": list(row.worlds),
            "judges": list(row.judges),
        }


def faults(catalog: Catalog) -> Iterator[Row]:
    for name, row in catalog.faults.items():
        shapes = {field: parameter.schema() for field, parameter in parameters(row).items()}
        yield {"name": name, "contract": ANY, "family": row.family, "summary": row.summary, "parameters": shapes}


def targets(catalog: Catalog) -> Iterator[Row]:
    tables = catalog.targets
    served = [{"contract": contract, "role": role} for contract, role in tables.references]
    yield {"name": "reference", "contract": ANY, "summary": "a correct implementation of every role", "serves": served}
    for name, builtin in tables.builtins.items():
        serves = [{"contract": contract, "role": role} for contract, role in builtin.serves]
        contract = serves[0]["contract"] if len({row["contract"] for row in serves}) == 1 else ANY
        yield {"name": name, "contract": contract, "summary": builtin.summary, "serves": serves}
    for null in tables.nulls.values():
        yield {"name": f"null:{null.name}", "contract": ANY, "summary": null.summary, "serves": []}
    for form in FORMS:
        if not form.startswith("null:"):
            yield {"name": form, "contract": ANY, "summary": FORM_SUMMARIES[form], "serves": []}


FORM_SUMMARIES: Mapping[str, str] = {
    "mutant:NAME": "a reference with one planted bug: `streamproof list mutants`",
    "python:MODULE:NAME": "a factory in this process",
    "trio:MODULE:NAME": "a factory on trio in this process",
    "cmd:COMMAND": "a driver in any language, over its standard input and output",
    "http://HOST:PORT": "a server that already runs",
}


def mutants(catalog: Catalog) -> Iterator[Row]:
    for name, row in catalog.targets.mutants.items():
        yield {
            "name": name,
            "contract": row.contract,
            "role": row.role,
            "requirements": list(row.requirements),
            "planted": row.planted,
            "origin": row.origin,
        }


def reports(catalog: Catalog) -> Iterator[Row]:
    for name, row in catalog.reports.items():
        yield {"name": name, "contract": ANY, "summary": row.summary}


TABLES: Mapping[str, Callable[[Catalog], Iterator[Row]]] = {
    "contracts": contracts,
    "requirements": requirements,
    "scenarios": scenarios,
    "faults": faults,
    "targets": targets,
    "mutants": mutants,
    "reports": reports,
}

SHOWN: Mapping[str, tuple[str, ...]] = {
    "contracts": ("name", "title", "roles", "profiles", "requirements"),
    "requirements": ("id", "level", "role", "text"),
    "scenarios": ("name", "contract", "role", "summary"),
    "faults": ("name", "family", "summary"),
    "targets": ("name", "summary"),
    "mutants": ("name", "requirements", "planted"),
    "reports": ("name", "summary"),
}
"""The columns for people; JSON holds everything."""


def cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else value if isinstance(value, str) else json.dumps(value)
