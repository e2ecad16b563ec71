"""Whether a case is of the shape that its scenario describes, which is what a repro file of it may hold."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from ..values.case import Case
from .scenario import Scenario


def fits(scenario: Scenario, case: Case) -> bool:
    """A scenario that describes nothing takes everything."""
    if scenario.config and not _valid(scenario.config, case.config):
        return False
    if not scenario.operations:
        return True
    return all(verb in scenario.operations and _valid(scenario.operations[verb], args) for verb, args in case.workload)


def _valid(schema: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    # By way of JSON, since a drawn value may hold tuples, which are arrays only once they are written.
    return bool(_validator(json.dumps(schema, sort_keys=True)).is_valid(json.loads(json.dumps(value))))


@functools.cache
def _validator(schema: str) -> Draft202012Validator:
    """Kept, since a reduction asks hundreds of times."""
    return Draft202012Validator(json.loads(schema))
