"""What can go wrong: one fault, one file, and the table of them all. A fault decides and performs nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..values.errors import UsageError
from ..values.nearest import unknown_name
from .already_complete import AlreadyComplete
from .base import Fault
from .black_hole import BlackHole
from .buffer_answer import BufferedAnswer
from .buffer_request import BufferedRequest
from .close_after import CloseAfter
from .close_socket import CloseSocket
from .content_type import ContentType
from .crash import Crash
from .crash_at_frame import CrashAtFrame
from .cut import Cut
from .cut_frame import CutFrame
from .delay_frame import DelayFrame
from .drip import Drip
from .drop_frame import DropFrame
from .duplicate import Duplicate
from .early_answer import EarlyAnswer
from .end_stream import EndStreamFault
from .fields import parameters
from .forget import Forget
from .framing import Framing
from .garbage import Garbage
from .gzip_answer import Gzip
from .half_close import HalfClose
from .idle_timeout import IdleTimeoutFault
from .interject import Interject
from .lose_answer import LoseAnswer
from .redirect import Redirect
from .refuse import Refuse
from .refuse_frame import RefuseFrame
from .reorder import Reorder
from .repeat_frame import RepeatFrame
from .restart import Restart
from .second_writer import SecondWriter
from .slice import Slice
from .spoilt_body import SpoiltBody
from .stale import StaleRead
from .stall import Stall
from .status import Status
from .stop_reading import StopReading
from .stray_ack import StrayAck
from .terminal import TerminalFault
from .trim import Trim

_ROWS: tuple[type[Fault], ...] = (
    # wire
    Cut,
    Refuse,
    Stall,
    Drip,
    Slice,
    HalfClose,
    Garbage,
    CloseAfter,
    LoseAnswer,
    CutFrame,
    BlackHole,
    StopReading,
    # http
    Status,
    EarlyAnswer,
    Redirect,
    SpoiltBody,
    ContentType,
    Gzip,
    # proxy
    BufferedRequest,
    BufferedAnswer,
    IdleTimeoutFault,
    StaleRead,
    # server state
    Forget,
    AlreadyComplete,
    Restart,
    SecondWriter,
    Trim,
    # stream
    Duplicate,
    Reorder,
    Interject,
    Framing,
    EndStreamFault,
    TerminalFault,
    # stream: messages of a WebSocket
    DropFrame,
    DelayFrame,
    RepeatFrame,
    RefuseFrame,
    StrayAck,
    CloseSocket,
    # target
    Crash,
    CrashAtFrame,
)

FAULTS: dict[str, type[Fault]] = {row.name: row for row in _ROWS}
"""Every fault by its name, in the order of the families."""


def plan_from_json(data: object, where: str = "faults") -> tuple[Fault, ...]:
    """A plan from its array. Raises UsageError that names the item (``faults[2]``) and the field."""
    if not isinstance(data, list):
        raise UsageError(f"{where}: {data!r} is no plan; expected an array of faults")
    return tuple(fault_from_json(item, f"{where}[{number}]") for number, item in enumerate(data))


def fault_from_json(data: object, where: str = "fault") -> Fault:
    """A fault from its flat object. Raises UsageError; its message begins with ``where``."""
    if not isinstance(data, Mapping):
        raise UsageError(f'{where}: {data!r} is no fault; expected an object such as {{"fault": "cut", "nth": 2}}')
    name = data.get("fault")
    if not isinstance(name, str):
        raise UsageError(f"{where}: the field 'fault' is {name!r}; expected the name of a fault, such as 'cut'")
    if name not in FAULTS:
        raise unknown_name("fault", name, FAULTS, where=where)
    known = parameters(FAULTS[name])
    for key in data:
        if key != "fault" and key not in known:
            raise unknown_name(f"field of the fault {name!r}:", str(key), known, where=where)
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items() if key != "fault"}
    try:
        return FAULTS[name](**values)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None


def fault_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a plan. ``if``/``then`` rather than ``oneOf``, so that an error points at the wrong field."""
    rows = [{"if": {"properties": {"fault": {"const": name}}}, "then": _object_schema(row)} for name, row in FAULTS.items()]
    item = {"type": "object", "required": ["fault"], "properties": {"fault": {"enum": list(FAULTS)}}, "allOf": rows}
    return {"type": "array", "items": item}


def _object_schema(row: type[Fault]) -> dict[str, Any]:
    fields = {name: parameter.schema() for name, parameter in parameters(row).items()}
    return {"description": row.summary, "properties": {"fault": {"const": row.name}, **fields}, "additionalProperties": False}
