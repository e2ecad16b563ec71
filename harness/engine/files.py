"""The files that a user hands in: repro files, plans of faults and histories. Reading them checks every name in them.

Every problem is a UsageError that says file, line and field, what was got and what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ...schemas import load_schema
from ..faults import fault_from_json
from ..faults.base import Fault
from ..values.case import Case
from ..values.errors import UsageError
from ..values.history import SCHEMA as HISTORY_SCHEMA
from ..values.history import Entry, Header, History
from ..values.nearest import unknown_name
from ..values.requirement import Contract
from ..values.result import Repro
from .jsonfile import Document, FieldPath, read_document, read_text, shown
from .repro_text import REPRO_SCHEMA, repro_text
from .scenario import Scenario

RUN_REPORT_SCHEMA = 1


class Tables(Protocol):
    """The part of the catalog that files refer to."""

    @property
    def contracts(self) -> Mapping[str, Contract]: ...

    @property
    def scenarios(self) -> Mapping[str, Scenario]: ...


def save_repro(repro: Repro, path: Path) -> None:
    """Raises OSError when it cannot be written."""
    path.write_text(repro_text(repro), encoding="utf-8")


def load_repro(path: Path, catalog: Tables) -> Repro:
    document = read_document(path)
    data = document.parse()
    _check_kind(document, data, "a repro file", REPRO_SCHEMA)
    document.validate(data, load_schema("repro"))
    contract = _named(document, ("contract",), "contract", data["contract"], catalog.contracts)
    scenario = _scenario(document, data, contract, catalog)
    _check_names(document, data, contract)
    _check_workload(document, data, scenario)
    if scenario.config:
        document.validate(data["config"], scenario.config, ("config",))
    case = Case(
        contract=contract.name,
        roles=tuple(data["roles"]),
        profile=data["profile"],
        scenario=scenario.name,
        config=data["config"],
        workload=tuple((verb, args) for verb, args in data["workload"]),
        faults=_faults(document, data["faults"], ("faults",)),
        seed=data["seed"],
    )
    return Repro(case, tuple(data["expect"]), data["title"], data.get("source"), data.get("digest"))


RUN_REPORT = "a report of `streamproof run`"


def load_run_report(path: Path) -> Mapping[str, Any]:
    """The JSON report of a run, as its shipped schema has it."""
    document = read_document(path)
    data: Mapping[str, Any] = document.parse()
    _check_kind(document, data, RUN_REPORT, RUN_REPORT_SCHEMA)
    document.validate(data, load_schema("run"))
    return data


def load_plan(path: Path) -> tuple[Fault, ...]:
    """A plan is an array of faults, such as the value of ``faults`` in a repro file."""
    document = read_document(path)
    data = document.parse()
    if not isinstance(data, list):
        hint = " (a repro file holds one under 'faults')" if isinstance(data, dict) and "faults" in data else ""
        raise document.error((), f"expected a plan, which is an array of faults{hint}, got {shown(data)}")
    return _faults(document, data, ())


def load_history(path: Path, catalog: Tables) -> History:
    """Reads NDJSON: a header, then entries numbered 1, 2, 3 .."""
    text = read_text(path)
    lines = text.split("\n")
    if not text.strip():
        raise UsageError(f"{path}: the file is empty; expected a history: a header line, then one entry a line")
    if lines[-1]:
        raise UsageError(f"{path}:{len(lines)}: the last line has no end: the file seems to be cut off")
    header = _header(Document(path, lines[0], 1), catalog)
    rows = [Document(path, line, number) for number, line in enumerate(lines[1:-1], 2)]
    return History(header, entries=[_entry(row, number) for number, row in enumerate(rows, 1)], sealed=True)


def _header(document: Document, catalog: Tables) -> Header:
    data = document.parse()
    _check_kind(document, data, "a history", HISTORY_SCHEMA)
    if data.get("kind") != "history":
        raise document.error((), f"expected the header of a history ('kind' is 'history'), got {shown(data)}")
    document.validate(data, load_schema("history")["$defs"]["header"])
    contract = _named(document, ("contract",), "contract", data["contract"], catalog.contracts)
    _check_names(document, data, contract)
    return Header.from_json(data)


def _entry(document: Document, number: int) -> Entry:
    """Checked by hand: a schema would take seconds for a long history."""
    data = document.parse()
    if not isinstance(data, dict):
        raise document.error((), f"expected an entry, got {shown(data)}")
    for key, kind in (("n", int), ("at_us", int), ("kind", str)):
        if type(data.get(key)) is not kind:
            wanted = "an integer" if kind is int else "a text"
            raise document.error((key,), f"expected {wanted}, got {shown(data[key])}" if key in data else f"the key {key!r} is missing")
    if data["n"] != number:
        raise document.error(("n",), f"expected entry number {number}, got {data['n']}: a line is missing or out of place")
    fields = {key: value for key, value in data.items() if key not in ("n", "at_us", "kind")}
    return Entry(number, data["at_us"], data["kind"], fields)


def _check_kind(document: Document, data: Any, what: str, schema: int) -> None:
    """A file of another kind or of another version of the format is named as such, not by its first missing key."""
    if not isinstance(data, dict):
        raise document.error((), f"expected {what}, which is an object, got {shown(data)}")
    number = data.get("schema")
    if number != schema or isinstance(number, bool):
        got = f"got {shown(number)}" if "schema" in data else "there is none"
        raise document.error(("schema",), f"expected {what} of schema {schema}, {got}: written for another version, or no such file")
    kinds = {"run": RUN_REPORT, "selftest": "a report of `streamproof selftest`", "history": "a history"}
    kind = kinds.get(str(data.get("kind")))
    if kind is not None and kind != what:
        raise document.error(("kind",), f"expected {what}, got {kind}")


def _named(document: Document, field: FieldPath, what: str, name: str, table: Mapping[str, Any]) -> Any:
    if name not in table:
        raise unknown_name(what, name, table, where=document.where(field))
    return table[name]


def _check_names(document: Document, data: Mapping[str, Any], contract: Contract) -> None:
    for index, role in enumerate(data["roles"]):
        _named(document, ("roles", index), f"role of {contract.name}", role, contract.roles)
    _named(document, ("profile",), f"profile of {contract.name}", data["profile"], dict.fromkeys(contract.profiles))
    for index, requirement in enumerate(data.get("expect", ())):
        _named(document, ("expect", index), f"requirement of {contract.name}", requirement, contract.by_id)


def _scenario(document: Document, data: Mapping[str, Any], contract: Contract, catalog: Tables) -> Scenario:
    """The scenario named in the file; for a file without one the first that fits and can judge what is expected."""
    of_contract = {name: row for name, row in catalog.scenarios.items() if row.contract == contract.name}
    if "scenario" in data:
        scenario: Scenario = _named(document, ("scenario",), f"scenario of {contract.name}", data["scenario"], of_contract)
        return scenario
    fitting = [row for row in of_contract.values() if set(row.roles) & set(data["roles"]) and data["profile"] in row.profiles]
    judging = [row for row in fitting if set(row.judges) & set(data["expect"])]
    if not fitting:
        message = f"no scenario plays {', '.join(data['roles'])} in the profile {data['profile']!r}; name one with the key 'scenario'"
        raise document.error(("profile",), message)
    return (judging or fitting)[0]


def _check_workload(document: Document, data: Mapping[str, Any], scenario: Scenario) -> None:
    if not scenario.operations:
        return
    for index, (verb, args) in enumerate(data["workload"]):
        shape = _named(document, ("workload", index, 0), "verb", verb, scenario.operations)
        document.validate(args, shape, ("workload", index, 1))


def _faults(document: Document, rows: Any, at: FieldPath) -> tuple[Fault, ...]:
    return tuple(_fault(document, row, [*at, index]) for index, row in enumerate(rows))


def _fault(document: Document, row: Any, at: FieldPath) -> Fault:
    try:
        return fault_from_json(row, where="")
    except UsageError as error:
        field = [*at, *_wrong_field(row)]
        raise document.error(field, str(error).removeprefix(": ")) from None


def _wrong_field(row: Any) -> FieldPath:
    """The field that is wrong on its own, found by trying each; none when only the combination is."""
    if not isinstance(row, dict) or "fault" not in row:
        return ()
    for key in row:
        try:
            fault_from_json({"fault": row["fault"], key: row[key]})
        except UsageError:
            return (key,)
    return ()
