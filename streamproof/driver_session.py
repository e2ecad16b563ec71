"""The rules of the driver protocol from the driver's side: handles, calls, notes, outcomes. `driver` is the part that reads and writes."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from .harness.targets.verbs import Factory, Settled, failed, invoke, settle, why_not_json

PROTOCOL = 1
CLOSING_S_MAX = 2.0
Choose = Callable[[str, str], Factory | None]
Write = Callable[[Mapping[str, Any]], None]


class Refused(Exception):
    """The driver could not try: ``driver_error``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Handle:
    """One open object: its calls without an answer, and the number of its last note."""

    def __init__(self, name: str, write: Write) -> None:
        self.name = name
        self.object: Any = None
        self.opened = False
        self.closed = False
        self.pending: set[int] = set()
        self.server: Server | None = None
        self._write = write
        self._numbers = itertools.count(1)
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def note(self, name: str, data: Mapping[str, Any] | None = None) -> None:
        """What the implementation gave to its application. May be called from any thread."""
        problem = why_not_json(data)
        if problem is not None:
            raise TypeError(f"the data of note {name!r} cannot be written as JSON: {problem}")
        if threading.get_ident() == self._thread:
            self._send_note(name, dict(data or {}))
        else:
            self._loop.call_soon_threadsafe(self._send_note, name, dict(data or {}))

    def _send_note(self, name: str, data: Mapping[str, Any]) -> None:
        if not self.closed:  # nobody listens to a closed handle any more
            self._write({"handle": self.name, "n": next(self._numbers), "note": name, "data": data})

    async def release(self) -> Settled:
        """Closes the object, and the server that was made of it."""
        close = getattr(self.object, "close", None)
        begun = invoke(close, {}) if callable(close) else Settled("ok", {})
        settled = begun if isinstance(begun, Settled) else await settle(begun)
        if self.server is not None:
            await self.server.close()
        return settled


class Session:
    """``hello``: name, version, language and serves. ``shut_down`` once `shutdown` was asked for."""

    def __init__(self, choose: Choose, hello: Mapping[str, Any], write: Write) -> None:
        self.shut_down: int | None = None
        """The id of the request that asked for it."""
        self._choose = choose
        self._hello = hello
        self._write = write
        self._handles: dict[str, Handle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._operations: Mapping[str, Callable[[int, Mapping[str, Any]], None]] = {
            "hello": self._say_hello,
            "open": self._open,
            "call": self._call,
            "close": self._close,
            "shutdown": self._shutdown,
        }

    def receive(self, line: bytes) -> None:
        """Takes in one line. What is synchronous is done when this returns."""
        if not line.strip():
            return
        request = _read(line)
        if request is None:
            _log(f"a request is no JSON object with a positive integer id: {line[:200]!r}")
            return
        number = request["id"]
        operation = self._operations.get(str(request.get("op")))
        try:
            if operation is None:
                raise Refused("unknown-op", f"unknown op {request.get('op')!r}")
            operation(number, request)
        except Refused as refusal:
            self._reply(number, failed("driver_error", refusal.kind, str(refusal)))

    async def finish(self) -> None:
        """Closes what is open, within the time there is, and answers `shutdown`."""
        handles = list(self._handles.values())
        self._handles.clear()
        for handle in handles:
            self._answer_pending(handle)
        closings = [asyncio.ensure_future(handle.release()) for handle in handles]
        if closings:
            await asyncio.wait(closings, timeout=CLOSING_S_MAX)
        if self.shut_down is not None:
            self._reply(self.shut_down, Settled("ok", {}))

    # --- the operations -------------------------------------------------------------------------------------------

    def _say_hello(self, number: int, request: Mapping[str, Any]) -> None:
        offered = request.get("protocol")
        if not _spans(offered, PROTOCOL):
            raise Refused("protocol-version", f"this driver speaks version {PROTOCOL}; offered was {offered!r}")
        self._reply(number, Settled("ok", {"protocol": PROTOCOL, **self._hello}))

    def _open(self, number: int, request: Mapping[str, Any]) -> None:
        name, contract, role = (request.get(key) for key in ("handle", "contract", "role"))
        if not isinstance(name, str):
            raise Refused("bad-request", f'"handle" must be a string, got {name!r}')
        if name in self._handles:
            raise Refused("already-open", f"handle {name!r} is already open")
        factory = self._choose(str(contract), str(role)) if self._is_served(contract, role) else None
        if factory is None:
            raise Refused("not-served", f"this driver does not serve the role {role!r} of {contract!r}")
        config = _object(request, "config")
        handle = self._handles[name] = Handle(name, self._write)
        handle.pending.add(number)
        self._start(self._make(number, handle, factory, config))

    def _is_served(self, contract: object, role: object) -> bool:
        return any((row["contract"], row["role"]) == (contract, role) for row in self._hello["serves"])

    async def _make(self, number: int, handle: Handle, factory: Factory, config: dict[str, Any]) -> None:
        try:
            made = factory(config, handle.note)
            handle.object = await made if inspect.isawaitable(made) else made
            value = await _serve_object(handle)
        except Exception as error:
            _log(traceback.format_exc())
            if not handle.closed:
                del self._handles[handle.name]
            self._answer(number, handle, failed("driver_error", "open-failed", f"{type(error).__name__}: {error}"))
            return
        if handle.closed:  # while it was being opened
            await handle.release()
            return
        handle.opened = True
        self._answer(number, handle, Settled("ok", value))

    def _call(self, number: int, request: Mapping[str, Any]) -> None:
        handle, verb, args = self._opened(request), request.get("verb"), _object(request, "args")
        hidden = not isinstance(verb, str) or verb.startswith("_") or verb == "close"
        method = None if hidden else getattr(handle.object, str(verb), None)
        handle.pending.add(number)
        if not callable(method):
            self._answer(number, handle, failed("unsupported", "unknown-verb", f"no verb {verb!r}"))
            return
        begun = invoke(method, args)
        if isinstance(begun, Settled):
            self._answer(number, handle, begun)
        else:
            self._start(self._await(number, handle, begun))

    async def _await(self, number: int, handle: Handle, begun: Awaitable[Any]) -> None:
        self._answer(number, handle, await settle(begun))

    def _close(self, number: int, request: Mapping[str, Any]) -> None:
        name = request.get("handle")
        handle = self._handles.pop(str(name), None)
        if handle is None:
            raise Refused("not-open", f"handle {name!r} is not open")
        self._answer_pending(handle)
        self._start(self._release(number, handle))

    async def _release(self, number: int, handle: Handle) -> None:
        settled = await handle.release()
        if settled.error is not None:
            settled = failed("driver_error", "close-failed", f"{settled.error['kind']}: {settled.error['message']}")
        self._reply(number, settled)

    def _shutdown(self, number: int, request: Mapping[str, Any]) -> None:
        self.shut_down = number

    # --- parts of them --------------------------------------------------------------------------------------------

    def _opened(self, request: Mapping[str, Any]) -> Handle:
        handle = self._handles.get(str(request.get("handle")))
        if handle is None or not handle.opened:
            raise Refused("not-open", f"handle {request.get('handle')!r} is not open")
        return handle

    def _answer_pending(self, handle: Handle) -> None:
        handle.closed = True
        for number in sorted(handle.pending):
            self._reply(number, failed("unknown", "closed", "the handle was closed before the call returned"))
        handle.pending.clear()

    def _answer(self, number: int, handle: Handle, settled: Settled) -> None:
        """Each request once: what `close` has answered is not answered again."""
        if number in handle.pending:
            handle.pending.discard(number)
            self._reply(number, settled)

    def _reply(self, number: int, settled: Settled) -> None:
        if settled.outcome == "ok":
            self._write({"id": number, "outcome": "ok", "value": settled.value})
        else:
            self._write({"id": number, "outcome": settled.outcome, "error": settled.error})

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)  # the loop itself keeps no reference
        task.add_done_callback(self._tasks.discard)


class Server:
    """An aiohttp application on a port of its own."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def close(self) -> None:
        await self._runner.cleanup()


async def _serve_object(handle: Handle) -> Mapping[str, Any]:
    """What `open` answers: nothing, or the URL of a server."""
    app = getattr(handle.object, "app", None)
    if app is not None:
        from aiohttp import web  # only servers need it, and it takes long to import

        runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSING_S_MAX / 2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        handle.server = Server(runner)
        return {"url": handle.server.url}
    url = getattr(handle.object, "url", None)
    return {"url": url} if isinstance(url, str) else {}


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        request = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):  # the caller says so
        return None
    number = request.get("id") if isinstance(request, dict) else None
    return request if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def _spans(offered: Any, version: int) -> bool:
    """Whether ``offered`` is [lowest, highest] with ``version`` in between."""
    numbers = isinstance(offered, list) and len(offered) == 2 and all(isinstance(number, int) for number in offered)
    return numbers and offered[0] <= version <= offered[1]


def _object(request: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = request.get(key) or {}
    if not isinstance(value, dict):
        raise Refused("bad-request", f'"{key}" must be an object, got {value!r}')
    return value


def _log(text: str) -> None:
    print(f"streamproof.driver: {text}", file=sys.stderr)
