"""Who waits for what: the text that goes with a deadlock or a used-up budget."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any

from ..ownership import owner_of_handle
from .calls import SimTask, TimerQueue

TASKS_MAX = 30
FRAMES_MAX = 4
TIMERS_MAX = 8


def describe_waits(loop: asyncio.AbstractEventLoop, timers: TimerQueue) -> str:
    """The tasks that are not done, each with the innermost frames of its stack, and the next timers."""
    tasks = sorted((task for task in asyncio.all_tasks(loop) if not task.done()), key=_age)
    lines = [f"{len(tasks)} tasks wait:"]
    for task in tasks[:TASKS_MAX]:
        lines += _describe_task(task)
    if len(tasks) > TASKS_MAX:
        lines.append(f"  .. and {len(tasks) - TASKS_MAX} more")
    handles = timers.soonest(TIMERS_MAX)
    lines.append(f"next timers ({len(handles)} shown):" if handles else "no timer is set")
    lines += [f"  at {handle.when() - loop.time():+.6f} s: {_describe_handle(handle)}" for handle in handles]
    return "\n".join(lines)


def describe_frame(frame: FrameType | None) -> str:
    """The stack of code that does not give way to the loop, innermost call last."""
    return "".join(traceback.format_stack(frame, limit=12)) if frame is not None else "(no stack)"


def _age(task: asyncio.Task[Any]) -> tuple[int, str]:
    return (task.number if isinstance(task, SimTask) else 0, task.get_name())


def _describe_task(task: asyncio.Task[Any]) -> Iterator[str]:
    owner = task.owner if isinstance(task, SimTask) else None
    coroutine = task.get_coro()
    yield f"  {task.get_name()}{f' of {owner.name}' if owner else ''}: {getattr(coroutine, '__qualname__', coroutine)}"
    for frame in _innermost(coroutine):
        code = frame.f_code
        yield f"    {code.co_filename}:{frame.f_lineno} in {code.co_qualname}"


def _innermost(awaitable: Any) -> list[FrameType]:
    """The last frames of a chain of awaits. A task itself only tells its outermost one."""
    frames: list[FrameType] = []
    while awaitable is not None:
        frame = getattr(awaitable, "cr_frame", None) or getattr(awaitable, "gi_frame", None) or getattr(awaitable, "ag_frame", None)
        if frame is None:
            break
        frames.append(frame)
        awaitable = getattr(awaitable, "cr_await", None) or getattr(awaitable, "gi_yieldfrom", None) or getattr(awaitable, "ag_await", None)
    return frames[-FRAMES_MAX:]


def _describe_handle(handle: asyncio.TimerHandle) -> str:
    owner = owner_of_handle(handle)
    callback: Any = handle._callback  # type: ignore[attr-defined]  # there is no public way to it
    name = getattr(callback, "__qualname__", None) or repr(callback)
    return f"{name}{f' of {owner.name}' if owner else ''}"
