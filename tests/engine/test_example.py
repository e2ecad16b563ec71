"""What an example is worth when the driver, not the implementation, is at fault."""

from __future__ import annotations

import pytest

from streamproof.catalog import catalog
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.example import run_example
from streamproof.harness.engine.scenario import Setting
from streamproof.harness.targets.base import Serves
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.values.errors import Unsupported
from streamproof.harness.worlds.table import make_world


class Refusing:
    """Declares the role and then says that it has no such feature."""

    def __init__(self, config: object, note: object) -> None:
        self.config = config

    def enqueue(self, event: object) -> None:
        raise Unsupported("no enqueue here")

    enqueue_many = enqueue

    def stop(self, complete: bool) -> None:
        raise Unsupported("no stop here")

    def close(self) -> None:
        return None


@pytest.mark.parametrize("seed", [1, 2])
def test_unsupported_for_what_was_declared_is_the_drivers_fault(seed: int) -> None:
    """Nothing counts as judged, and the trouble names the driver's own answer."""
    tables = catalog()
    scenario = tables.scenarios["ingest-steady"]
    case = draw_cases(scenario, Setting("proxy", "sim", (), {}), seed, 3)[-1]
    target = InProcessTarget("refusing", lambda contract, role: Refusing, serves=(Serves("ingest", "sender", ()),))
    world = make_world("sim")
    try:
        example = run_example(tables.contracts["ingest"], scenario, case, target, world)
    finally:
        world.close()
    assert example.driver_fault
    assert "unsupported" in str(example.trouble)
    assert not any(example.counts_as_judged(requirement) for requirement in example.judgements)
