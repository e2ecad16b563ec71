"""What the verb of an object in Python becomes as an outcome: one set of rules, in process and behind the stdio driver library.

Kept free of everything heavy, since every Python driver imports it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, NamedTuple

from ..values.errors import CallOutcome, HarnessFault

Outcome = Literal["ok", "fail", "unknown", "unsupported", "driver_error"]
Note = Callable[[str, Mapping[str, Any]], None]
"""(name, data): what the implementation hands to its application."""
Factory = Callable[[dict[str, Any], Note], Any]
"""(config, note) -> an object with one method a verb and `close`; may be asynchronous; may carry the attribute ``serves``."""

NOT_CONTAINED = (KeyboardInterrupt, GeneratorExit, HarnessFault)
"""What is no doing of the implementation, even when it is raised through its code."""


class Settled(NamedTuple):
    """How a call ended: as in a reply of the driver protocol."""

    outcome: Outcome
    value: Mapping[str, Any]
    error: Mapping[str, str] | None = None


def failed(outcome: Outcome, kind: str, message: str) -> Settled:
    return Settled(outcome, {}, {"kind": kind, "message": message})


def invoke(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Settled | Awaitable[Any]:
    """Calls a verb with keyword arguments. What it returned is settled at once, or still to be awaited (see `settle`)."""
    try:
        returned = function(**arguments)
    except NOT_CONTAINED:
        raise
    except BaseException as error:  # an implementation may raise anything, SystemExit too: all of it is its answer
        return _raised(error, function, arguments)
    return returned if inspect.isawaitable(returned) else settled_value(returned)


async def settle(awaitable: Awaitable[Any]) -> Settled:
    """Awaits what a verb returned. Whatever it raises, a cancellation included, is the outcome of the call."""
    try:
        return settled_value(await awaitable)
    except NOT_CONTAINED:
        raise
    except BaseException as error:  # as in `invoke`
        return outcome_of(error)


def outcome_of(error: BaseException) -> Settled:
    """`Failed`, `Unknown`, `Unsupported` say it themselves; any other exception may or may not have had an effect."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:  # what a nursery makes of one exception
        error = error.exceptions[0]
    if isinstance(error, CallOutcome):
        known: Mapping[str, Outcome] = {"fail": "fail", "unsupported": "unsupported"}
        return failed(known.get(error.outcome, "unknown"), error.kind, error.message)
    return failed("unknown", type(error).__name__, str(error))


def json_size(value: Any) -> int:
    """How long a value is as JSON. Raises ValueError that says what is wrong with one that JSON cannot carry."""
    try:
        return len(json.dumps(value, allow_nan=False))
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def why_not_json(value: Any) -> str | None:
    """None for plain values that JSON can carry, else what is wrong with them."""
    try:
        json_size(value)
    except ValueError as error:
        return str(error)
    return None


NOTE_BYTES_MAX = 64 * 1024 * 1024
"""Of all notes of one handle: more is a flood."""


def settled_value(value: Any) -> Settled:
    """Only an object says anything in a reply; whatever else a method happens to return is no part of the protocol."""
    if not isinstance(value, Mapping):
        return Settled("ok", {})
    problem = why_not_json(value)
    if problem is not None:
        return failed("driver_error", "bad-value", f"what the verb returned cannot be written as JSON: {problem}")
    return Settled("ok", value)


def _raised(error: BaseException, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Settled:
    """A method that does not take the arguments of its verb was never tried: the mistake is in the driver."""
    if isinstance(error, TypeError) and not _takes(function, arguments):
        names = ", ".join(arguments) or "none"
        return failed("driver_error", "bad-signature", f"the method must take the keyword arguments of its verb ({names}): {error}")
    return outcome_of(error)


def _takes(function: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError:
        return False
    except ValueError:  # some built-in callables have no signature to compare with
        return True
    return True
