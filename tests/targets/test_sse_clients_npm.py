"""The drivers of the SSE clients of npm: with a stand-in for each client, and with the published clients where they are installed."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.targets import npm_pins
from streamproof.harness.targets.builtins import BUILTINS
from streamproof.harness.targets.npm import NODE_FOLDER, NpmPackage, module_path

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

HANG_S = 30
TYPES = ["message", "update", "error", "open", "Ünï", "a b", "constructor"]
CLIENTS: dict[str, tuple[str, NpmPackage]] = {
    "eventsource": ("eventsource.mjs", npm_pins.EVENTSOURCE),
    "eventsource-client": ("eventsource_client.mjs", npm_pins.EVENTSOURCE_CLIENT),
    "fetch-event-source": ("fetch_event_source.mjs", npm_pins.FETCH_EVENT_SOURCE),
    "launchdarkly-eventsource": ("launchdarkly_eventsource.mjs", npm_pins.LAUNCHDARKLY_EVENTSOURCE),
    "extended-eventsource": ("extended_eventsource.mjs", npm_pins.EXTENDED_EVENTSOURCE),
}
STORED_ID = ("eventsource-client", "launchdarkly-eventsource")

# Each stand-in has the interface of its client. It opens, dispatches what it was given and an event of each type, and gives up.
GIVEN = f"const TYPES = {json.dumps(TYPES)};\nconst shown = (url, headers) => JSON.stringify({{ url, headers: {{ ...headers }} }});\n"
TARGET = """
export class EventSource extends EventTarget {
  CLOSED = 2;
  readyState = 1;
  constructor(url, options) {
    super();
    setImmediate(async () => {
      this.dispatchEvent(new Event("open"));
      this.say("given", shown(url, await headersOf(options)));
      for (const type of TYPES) this.say(type, `for ${type}`);
      this.dispatchEvent(Object.assign(new Event("error"), { message: "gone" }));
      this.readyState = 2;
      this.dispatchEvent(new Event("error"));
    });
  }
  say(type, data) {
    this.dispatchEvent(new MessageEvent(type, { data, lastEventId: "é/1" }));
  }
  close() {}
}
"""
STAND_INS = {
    "eventsource": f"""{TARGET}
globalThis.fetch = async (url, init) => init.headers;
const headersOf = (options) => options.fetch("", {{ headers: {{}} }});
""",
    "extended-eventsource": f"{TARGET}\nconst headersOf = (options) => options.headers;\n",
    "eventsource-client": """
export const CLOSED = "closed";
export function createEventSource(options) {
  const source = { lastEventId: "é/1", readyState: "open", close() {} };
  setImmediate(() => {
    options.onConnect();
    options.onMessage({ event: "given", data: shown(options.url, { ...options.headers, stored: options.initialLastEventId }) });
    for (const type of TYPES) options.onMessage({ event: type === "message" ? undefined : type, data: `for ${type}` });
    options.onScheduleReconnect({ delay: 2000 });
    options.onDisconnect();
    source.readyState = "closed";
  });
  return source;
}
""",
    "fetch-event-source": """
export const EventStreamContentType = "text/event-stream";
export async function fetchEventSource(url, options) {
  await null;
  if (!window.setTimeout || document.hidden) throw new Error("no browser");
  options.onopen(new Response("", { headers: { "Content-Type": "text/event-stream" } }));
  options.onmessage({ id: "é/1", event: "given", data: shown(url, options.headers) });
  for (const type of TYPES) options.onmessage({ id: "é/1", event: type === "message" ? "" : type, data: `for ${type}` });
  try {
    options.onclose();
  } catch (error) {
    options.onerror(error);
  }
}
""",
    "launchdarkly-eventsource": """
import { EventEmitter } from "node:events";
export class EventSource extends EventEmitter {
  constructor(url, options) {
    super();
    setImmediate(() => {
      this.emit("open", { type: "open" });
      this.say("given", shown(url, options.headers));
      for (const type of TYPES) this.say(type, `for ${type}`);
      this.emit("end", { type: "end", message: "over" });
      this.emit("retrying", { type: "retrying" });
      this.emit("closed", { type: "closed" });
      this.emit("closed", { type: "closed" });
    });
  }
  say(type, data) {
    this.emit(type, { type, data, lastEventId: "é/1" });
  }
  close() {
    this.emit("closed", { type: "closed" });
  }
}
""",
}


class Pipe:
    """A driver process: `ask` sends a request and returns the value of its reply; `note` returns the next note."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ids = 0
        self.unread: list[tuple[str, dict[str, Any]]] = []

    async def ask(self, op: str, **fields: Any) -> Any:
        assert self._process.stdin is not None
        self._ids += 1
        self._process.stdin.write(json.dumps({"id": self._ids, "op": op, **fields}).encode() + b"\n")
        while (message := await self._line()).get("id") != self._ids:
            self._keep(message)
        assert message["outcome"] == "ok", message
        return message["value"]

    async def call(self, verb: str) -> None:
        await self.ask("call", handle="r1", verb=verb, args={})

    async def note(self) -> tuple[str, dict[str, Any]]:
        while not self.unread:
            self._keep(await self._line())
        return self.unread.pop(0)

    async def notes_until(self, last: str) -> list[tuple[str, dict[str, Any]]]:
        notes = [await self.note()]
        while notes[-1][0] != last:
            notes.append(await self.note())
        return notes

    async def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the driver has ended"
        message: dict[str, Any] = json.loads(line)
        return message

    def _keep(self, message: dict[str, Any]) -> None:
        self.unread.append((message["note"], message["data"]))


async def with_driver(command: Sequence[str], play: Callable[[Pipe], Awaitable[None]]) -> list[tuple[str, dict[str, Any]]]:
    """Plays, shuts down, and returns the notes that nobody asked for."""
    process = await asyncio.create_subprocess_exec(*command, stdin=-1, stdout=-1, stderr=sys.stderr)
    pipe = Pipe(process)
    try:
        await play(pipe)
        await pipe.ask("shutdown")
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return pipe.unread


def run_driver(command: Sequence[str], play: Callable[[Pipe], Awaitable[None]]) -> list[tuple[str, dict[str, Any]]]:
    return asyncio.run(asyncio.wait_for(with_driver(command, play), HANG_S))


async def opened(pipe: Pipe, url: str, **config: Any) -> list[str]:
    """Opens a reader and returns its capabilities."""
    (row,) = (await pipe.ask("hello", protocol=[1, 1]))["serves"]
    assert (row["contract"], row["role"]) == ("sse", "reader")
    full = {"url": url, "headers": {}, "last_event_id": None, **config}
    await pipe.ask("open", handle="r1", contract="sse", role="reader", config=full)
    return list(row["capabilities"])


def command_of(name: str, module: Path) -> list[str]:
    assert NODE is not None
    driver, package = CLIENTS[name]
    return [NODE, str(NODE_FOLDER / driver), str(module), package.version]


@pytest.mark.parametrize("name", CLIENTS)
def test_a_driver_hands_on_what_its_client_tells(tmp_path: Path, name: str) -> None:
    """Open, events of every type, errors and the end, in their order and once; url, headers and stored id reach the client."""
    stand_in = tmp_path / "stand_in.mjs"
    stand_in.write_text(GIVEN + STAND_INS[name], "utf-8")

    async def play(pipe: Pipe) -> None:
        await opened(pipe, "http://h/events", headers={"X-Key": "k"}, last_event_id="7")
        await pipe.call("watch")
        (told, nothing), (given, event), *rest = await pipe.notes_until("ended")
        assert (told, nothing) == ("open", {})
        assert (given, event["type"], event["id"]) == ("event", "given", "é/1")
        reached = json.loads(event["data"])
        stored = [reached["headers"].pop(key, None) for key in ("stored", "Last-Event-ID")]
        assert reached == {"url": "http://h/events", "headers": {"X-Key": "k"}}
        assert any(stored) == (name in STORED_ID)
        events, others = rest[: len(TYPES)], rest[len(TYPES) :]
        assert events == [("event", {"id": "é/1", "type": type_, "data": f"for {type_}"}) for type_ in TYPES]
        assert [told for told, _ in others[:-1]] == ["error"] * len(others[:-1])
        assert others[0][1]["message"]
        await pipe.call("unwatch")

    assert run_driver(command_of(name, stand_in), play) == []


def test_an_exception_that_would_end_an_application_is_told_and_survived(tmp_path: Path) -> None:
    """A client that throws in a timer of its own has stopped; the driver says so in a log note, and answers on."""
    stand_in = tmp_path / "stand_in.mjs"
    failing = STAND_INS["extended-eventsource"].replace('this.dispatchEvent(new Event("open"));', 'throw new Error("boom");')
    stand_in.write_text(GIVEN + failing, "utf-8")

    async def play(pipe: Pipe) -> None:
        await opened(pipe, "http://h/events")
        await pipe.call("watch")
        told, data = await pipe.note()
        assert (told, data["level"]) == ("log", "error")
        assert data["message"].endswith("Error: boom")
        await pipe.call("unwatch")

    assert run_driver(command_of("extended-eventsource", stand_in), play) == []


class Origin:
    """Streams: the first answer has an event of each type and ends, the second stays open."""

    def __init__(self) -> None:
        self.seen: list[web.Request] = []
        self.is_gone = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        if len(self.seen) == 1:
            frames = "retry: 10\n\n" + "".join(f"id: {n}\nevent: {type_}\ndata: for {type_}\n\n" for n, type_ in enumerate(TYPES, 1))
            return web.Response(body=frames.encode(), headers={"Content-Type": "text/event-stream"})
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b"id: last\ndata: again\n\n")
        try:
            await asyncio.sleep(HANG_S)
        finally:
            self.is_gone.set()
        return stream


async def with_origin(play: Callable[[Origin, str], Awaitable[None]]) -> None:
    origin = Origin()
    application = web.Application()
    application.router.add_get("/events", origin.handle)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        await asyncio.wait_for(play(origin, f"http://127.0.0.1:{runner.addresses[0][1]}/events"), HANG_S)
    finally:
        await runner.cleanup()


def events_of(notes: Sequence[tuple[str, dict[str, Any]]]) -> list[tuple[str, str]]:
    return [(data["type"], data["data"]) for told, data in notes if told == "event" and data["data"]]


def installed(name: str) -> list[str]:
    """The command of the driver of a published client; skips where it is not in the cache."""
    module = module_path(name, CLIENTS[name][1])
    if not module.is_file():
        pytest.skip(f"{name} is not in the cache: `streamproof install {name}` puts it there")
    return command_of(name, module)


@pytest.mark.needs_install
@pytest.mark.parametrize("name", CLIENTS)
def test_a_published_client_reads_and_resumes_and_closes(name: str) -> None:
    """Every type arrives, the reconnect names the last id, and after `unwatch` the connection is gone and nothing is told."""
    command = installed(name)

    async def play(origin: Origin, url: str) -> None:
        async def drive(pipe: Pipe) -> None:
            await opened(pipe, url, headers={"X-Key": "k"})
            await pipe.call("watch")
            notes = [await pipe.note()]
            while events_of(notes)[-1:] != [("message", "again")]:
                notes.append(await pipe.note())
            assert notes[0] == ("open", {})
            assert [told for told, _ in notes].count("error") >= 1
            assert events_of(notes)[:-1] == [(type_, f"for {type_}") for type_ in TYPES]
            await pipe.call("unwatch")
            await origin.is_gone.wait()

        assert await with_driver(command, drive) == []
        first, second = origin.seen
        assert [request.headers.get("X-Key") for request in origin.seen] == ["k", "k"]
        assert "Last-Event-ID" not in first.headers
        assert second.headers["Accept"] == "text/event-stream"
        assert second.headers["Last-Event-ID"] == str(len(TYPES))

    asyncio.run(with_origin(play))


@pytest.mark.needs_install
@pytest.mark.parametrize("name", CLIENTS)
def test_a_published_client_that_declares_it_starts_from_a_stored_id(name: str) -> None:
    """The capability `stored_id` is declared by those whose documentation names a way to give one, and it is in the first request."""
    command = installed(name)

    async def play(origin: Origin, url: str) -> None:
        async def drive(pipe: Pipe) -> None:
            declared = await opened(pipe, url, last_event_id="stored/1")
            assert ("stored_id" in declared) == (name in STORED_ID)
            await pipe.call("watch")
            await pipe.note()

        await with_driver(command, drive)
        assert origin.seen[0].headers.get("Last-Event-ID") == ("stored/1" if name in STORED_ID else None)

    asyncio.run(with_origin(play))


def test_every_tarball_is_pinned_by_a_whole_hash() -> None:
    """Version and SHA-512 of each package and of what it needs are written down, so that nothing else can be installed."""
    for _, package in CLIENTS.values():
        for tarball in (package, *package.dependencies):
            algorithm, _, digest = tarball.integrity.partition("-")
            assert (algorithm, len(base64.b64decode(digest))) == ("sha512", 64)
            assert re.fullmatch(r"\d+\.\d+\.\d+", tarball.version)


def test_every_client_is_a_builtin_with_a_driver_of_a_few_lines() -> None:
    """Each is in the table, can be installed, and what is particular to it fits in 40 lines."""
    for name, (driver, _) in CLIENTS.items():
        assert BUILTINS[name].serves == (("sse", "reader"),)
        assert BUILTINS[name].install is not None
        assert len((NODE_FOLDER / driver).read_text("utf-8").splitlines()) <= 40
