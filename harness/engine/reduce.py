"""The reducer: makes a failing case smaller while it still fails. It knows no Hypothesis and works in either world.

Passes, each repeated until none of them helps: drop faults, drop operations (delta debugging: large blocks first),
simplify the values of faults, of operations and of the config. Every candidate is tried by ``still_fails``; a
candidate that was tried before is not tried again. Deterministic: the same case and the same answers, the same result.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ..faults.base import Fault
from ..values.case import Case, Operation
from ..values.errors import UsageError

WAIT_MS_MIN = 50
StillFails = Callable[[Case], bool]

BATCHES = ("events", "pieces", "steps")
"""Arguments of operations that are lists of things to do, so that leaving one out is a smaller case."""
SCRIPT = "script"
"""An argument that holds such a list."""


@dataclass
class Reduction:
    """``tries``: how many candidates were really run."""

    case: Case
    tries: int = 0
    _seen: set[str] = field(default_factory=set)


def reduce_case(case: Case, still_fails: StillFails, tries_max: int, *, values: bool = True) -> Reduction:
    """Returns the smallest case found within ``tries_max`` runs. The given case must fail already.

    ``values``: whether values are simplified as well. Whoever only counts operations and faults need not wait for it.
    """
    state = Reduction(case)
    passes = [_plain_events, _fewer_faults, _fewer_operations]
    if values:
        passes += [_simpler_faults, _simpler_operations, _simpler_config]
    improved = True
    while improved and state.tries < tries_max:
        improved = False
        for candidates in passes:
            while state.tries < tries_max and _step(state, candidates, still_fails, tries_max):
                improved = True
    return state


def _step(state: Reduction, candidates: Callable[[Case], Iterator[Case]], still_fails: StillFails, tries_max: int) -> bool:
    """Takes the first candidate that still fails."""
    for candidate in candidates(state.case):
        key = json.dumps([candidate.workload, candidate.config, [fault.to_json() for fault in candidate.faults]], sort_keys=True)
        if key in state._seen:
            continue
        state._seen.add(key)
        if state.tries >= tries_max:
            return False
        state.tries += 1
        if still_fails(candidate):
            state.case = candidate
            return True
    return False


def _blocks(length: int) -> Iterator[tuple[int, int]]:
    """(start, end) of what to leave out: all, halves, quarters .. single items; from the end, where operations matter least."""
    size = length
    while size:
        for start in range(length - size, -1, -size):
            yield start, start + size
        size //= 2


def _plain_events(case: Case) -> Iterator[Case]:
    """All events at once reduced to their marks: what they hold is seldom the point."""
    plain = tuple((verb, {name: _marks(value) for name, value in args.items()}) for verb, args in case.workload)
    if plain != case.workload:
        yield case.with_changes(workload=plain)


def _marks(value: Any) -> Any:
    if isinstance(value, list):
        return [_marks(item) for item in value]
    return {"k": value["k"]} if isinstance(value, Mapping) and "k" in value else value


def _fewer_faults(case: Case) -> Iterator[Case]:
    for start, end in _blocks(len(case.faults)):
        yield case.with_changes(faults=case.faults[:start] + case.faults[end:])


def _fewer_operations(case: Case) -> Iterator[Case]:
    for start, end in _blocks(len(case.workload)):
        yield case.with_changes(workload=case.workload[:start] + case.workload[end:])
    yield from _merged_operations(case)


def _merged_operations(case: Case) -> Iterator[Case]:
    """Two waits in a row made one, or a batch shortened."""
    for position, ((verb, args), (next_verb, next_args)) in enumerate(pairwise(case.workload)):
        if verb == next_verb == "wait":
            merged = (verb, {"ms": args["ms"] + next_args["ms"]})
            yield case.with_changes(workload=(*case.workload[:position], merged, *case.workload[position + 2 :]))
    for position, (verb, args) in enumerate(case.workload):
        for shorter in _shorter_batches(args):
            yield _with_operation(case, position, (verb, shorter))


def _shorter_batches(args: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The arguments with some items left out of a batch, which may be a part of a script."""
    for name, value in args.items():
        if name in BATCHES and isinstance(value, list) and len(value) > 1:
            for start, end in _blocks(len(value)):
                if end - start < len(value):
                    yield {**args, name: value[:start] + value[end:]}
        elif name == SCRIPT and isinstance(value, Mapping):
            yield from ({**args, name: shorter} for shorter in _shorter_batches(value))


def _simpler_faults(case: Case) -> Iterator[Case]:
    for position, fault in enumerate(case.faults):
        for simpler in _simpler_fault(fault):
            yield case.with_changes(faults=(*case.faults[:position], simpler, *case.faults[position + 1 :]))


def _simpler_fault(fault: Fault) -> Iterator[Fault]:
    for part in dataclasses.fields(fault):
        value = getattr(fault, part.name)
        default = None if part.default is dataclasses.MISSING else part.default
        for simpler in _simpler_values(value, default):
            try:
                yield dataclasses.replace(fault, **{part.name: simpler})
            except UsageError:
                continue  # the fault's own rules refuse this value


def _simpler_values(value: Any, default: Any) -> Iterator[Any]:
    if value == default:
        return
    if default is not None:
        yield default
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield from (smaller for smaller in _smaller_numbers(value))
    elif isinstance(value, tuple) and len(value) > 1:
        yield value[:1]


def _smaller_numbers(value: int) -> Iterator[int]:
    for smaller in (0, 1, 2, 10, 100, value // 2, value - 1):
        if 0 <= smaller < value:
            yield smaller


def _simpler_operations(case: Case) -> Iterator[Case]:
    for position, (verb, args) in enumerate(case.workload):
        for name, value in args.items():
            for simpler in _shorter_waits(value) if verb == "wait" else _simpler_argument(value):
                yield _with_operation(case, position, (verb, {**args, name: simpler}))


def _shorter_waits(wait_ms: int) -> Iterator[int]:
    """A wait of a millisecond or two would be a race on real sockets; a file must say the same there as in ``sim``."""
    yield from (shorter for shorter in (WAIT_MS_MIN, 2 * WAIT_MS_MIN, wait_ms // 2) if WAIT_MS_MIN <= shorter < wait_ms)


def _simpler_argument(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield from _smaller_numbers(value)
    elif isinstance(value, Mapping):
        yield from _simpler_mapping(dict(value))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            for simpler in _simpler_argument(item):
                yield [*value[:position], simpler, *value[position + 1 :]]
    elif isinstance(value, str) and len(value) > 1:
        yield value[: len(value) // 2]


def _simpler_mapping(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An event loses all keys but its mark ``k``, then one key at a time; what is inside is simplified last."""
    if "k" in value and len(value) > 1:
        yield {"k": value["k"]}
    for key in value:
        if key != "k" and len(value) > 1:
            yield {other: item for other, item in value.items() if other != key}
    for key, item in value.items():
        if key != "k":
            for simpler in _simpler_argument(item):
                yield {**value, key: simpler}


def _simpler_config(case: Case) -> Iterator[Case]:
    for name, value in case.config.items():
        if isinstance(value, Mapping):
            yield case.with_changes(config={**case.config, name: None})
        elif isinstance(value, str):
            for simpler in ("", name.removesuffix("_id"), value[: len(value) // 2]):
                if len(simpler) < len(value) and (simpler or not name.endswith("_id")):
                    yield case.with_changes(config={**case.config, name: simpler})


def _with_operation(case: Case, position: int, operation: Operation) -> Case:
    return case.with_changes(workload=(*case.workload[:position], operation, *case.workload[position + 1 :]))
