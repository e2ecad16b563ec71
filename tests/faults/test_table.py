"""The table of faults: every fault survives its JSON, and what is wrong in a plan is named."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproof.harness.faults import FAULTS, fault_from_json, fault_schema, plan_from_json
from streamproof.harness.faults.base import Fault, Position
from streamproof.harness.faults.cut import Cut
from streamproof.harness.faults.fields import Parameter, parameters
from streamproof.harness.values.errors import UsageError

SCHEMA = jsonschema.Draft202012Validator(fault_schema())


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Everything that a parameter allows, as a fault holds it."""
    numbers = st.integers(parameter.minimum, min(parameter.maximum or 10**9, 10**9))
    plain: dict[str, st.SearchStrategy[Any]] = {
        "integer": numbers,
        "integers": st.lists(numbers, min_size=1, max_size=4).map(tuple),
        "boolean": st.booleans(),
        "string": st.text(min_size=1, max_size=5),
    }
    strategy = plain[parameter.kind] if parameter.choices is None else st.sampled_from(parameter.choices)
    return st.none() | strategy if parameter.nullable else strategy


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    row = draw(st.sampled_from(list(FAULTS.values())))
    drawn = {name: draw(values(parameter)) for name, parameter in parameters(row).items()}
    if drawn.get("inside") is not None:
        drawn["after_lines"] = None
    if drawn.get("inside") is not None or drawn.get("after_lines") is not None:
        drawn = {**drawn, **({"part": "body"} if "part" in drawn else {})}
    try:
        return row(**drawn)
    except UsageError as error:  # a rule over two fields of one fault
        pytest.fail(f"{row.name} with {drawn} is refused: {error}")


@given(st.lists(faults(), max_size=3))
def test_a_plan_survives_its_json(plan: list[Fault]) -> None:
    """Written as JSON text and read again it is the same plan, and the schema allows it."""
    data = json.loads(json.dumps([fault.to_json() for fault in plan]))
    assert plan_from_json(data) == tuple(plan)
    SCHEMA.validate(data)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_defaults_and_a_summary(name: str) -> None:
    """A fault with nothing but its name is one that can act, and the table tells what it does."""
    fault = fault_from_json({"fault": name})
    assert (fault.name, fault.nth, fault.times) == (name, 1, 1)
    assert fault.endpoint in ("any", "stream")  # what only a stream can suffer sits at streams
    assert fault.summary
    assert fault.summary[0].islower()
    assert not fault.summary.endswith(".")


def test_the_table_is_in_the_order_of_the_families() -> None:
    """A newcomer reads the table as the index."""
    families = list(dict.fromkeys(row.family for row in FAULTS.values()))
    assert families == ["wire", "http", "proxy", "server-state", "stream", "target"]
    assert [row.family for row in FAULTS.values()] == sorted((row.family for row in FAULTS.values()), key=families.index)


def test_the_json_is_flat_and_holds_every_field() -> None:
    """A person who edits a plan sees all that can be changed."""
    assert FAULTS["slice"](endpoint="sync", sizes=(3, 1)).to_json() == {
        "fault": "slice",
        "endpoint": "sync",
        "nth": 1,
        "times": 1,
        "direction": "both",
        "sizes": [3, 1],
    }


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"fault": "cutt"}, r"^faults\[1\]: unknown fault 'cutt'; did you mean 'cut'"),
        ({"fault": 7}, r"^faults\[1\]: the field 'fault' is 7; expected the name of a fault"),
        ({}, r"^faults\[1\]: the field 'fault' is None"),
        ("cut", r"^faults\[1\]: 'cut' is no fault; expected an object"),
        ({"fault": "cut", "after_byte": 1}, "field of the fault 'cut': 'after_byte'; did you mean 'after_bytes'"),
        ({"fault": "cut", "after_bytes": -1}, "'cut': after_bytes is -1; expected an integer of at least 0"),
        ({"fault": "cut", "after_bytes": True}, "after_bytes is True; expected an integer"),
        ({"fault": "cut", "after_bytes": 1.0}, "after_bytes is 1.0; expected an integer"),
        ({"fault": "cut", "after_bytes": None}, "after_bytes is None; expected an integer"),
        ({"fault": "cut", "nth": 0}, "nth is 0; expected an integer of at least 1"),
        ({"fault": "cut", "endpoint": ""}, "endpoint is ''; expected a text"),
        ({"fault": "cut", "how": "RST"}, "how is 'RST'; expected one of 'fin', 'rst'"),
        ({"fault": "stall", "for_ms": 0}, "for_ms is 0; expected an integer of at least 1, or null"),
        ({"fault": "slice", "sizes": []}, "sizes is .*; expected a list of one or more integers, each of at least 1"),
        ({"fault": "slice", "sizes": [1, 0]}, "sizes is .*; expected a list"),
        ({"fault": "slice", "sizes": 3}, "sizes is 3; expected a list"),
        ({"fault": "refuse", "endpoint": "sync"}, "endpoint is 'sync'; expected one of 'any'"),
        ({"fault": "redirect", "status": 300}, "status is 300; expected one of "),
        ({"fault": "status", "acknowledge": 1}, "acknowledge is 1; expected true or false"),
    ],
)
def test_a_wrong_item_is_named(item: Any, message: str) -> None:
    """The message says which item, which field, what was got and what was expected; the schema refuses it, too."""
    with pytest.raises(UsageError, match=message):
        plan_from_json([{"fault": "drip"}, item])
    if item != {"fault": "cut", "after_bytes": 1.0}:  # to JSON Schema 1.0 is an integer
        assert not SCHEMA.is_valid([item])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"after_lines": 1, "inside": "line"}, "after_lines and inside are both given"),
        ({"after_lines": 1, "part": "head"}, "after_lines is given with part 'head'"),
        ({"inside": "line", "part": "head"}, "inside is given with part 'head'"),
    ],
)
def test_a_cut_has_one_place(fields: dict[str, Any], message: str) -> None:
    """Two places at once are a mistake that is told, not resolved in silence."""
    with pytest.raises(UsageError, match=message):
        Cut(**fields)


def test_a_plan_is_an_array() -> None:
    """Anything else is told with what was got."""
    with pytest.raises(UsageError, match=r"faults: .* is no plan; expected an array"):
        plan_from_json({"fault": "cut"})


def test_the_schema_points_at_the_field() -> None:
    """A validator's error carries the path of the wrong field, not of the whole item."""
    (error,) = SCHEMA.iter_errors([{"fault": "cut"}, {"fault": "cut", "after_bytes": -1}])
    assert error.json_path == "$[1].after_bytes"


@pytest.mark.parametrize(
    ("endpoint", "nth", "times", "position", "matches"),
    [
        ("any", 3, 1, Position("proxy", "upload", 1, 3), True),
        ("any", 1, 1, Position("proxy", "upload", 1, 3), False),
        ("upload", 1, 1, Position("proxy", "upload", 1, 3), True),
        ("sync", 1, 1, Position("proxy", "upload", 1, 3), False),
        ("upload", 2, 2, Position("proxy", "upload", 3, 9), True),
        ("upload", 2, 2, Position("proxy", "upload", 4, 9), False),
    ],
)
def test_where_a_fault_sits(endpoint: str, nth: int, times: int, position: Position, matches: bool) -> None:
    """At the nth request of its endpoint, or of any, and at ``times`` of them in a row."""
    assert Cut(endpoint=endpoint, nth=nth, times=times).matches(position) is matches
