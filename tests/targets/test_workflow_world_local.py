"""The server over @workflow/world-local: over a world in memory everywhere, over the published package where it is installed."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from streamproof.harness.targets.builtins import BUILTINS
from streamproof.harness.targets.npm import NODE_FOLDER, module_path
from streamproof.harness.targets.npm_pins import WORKFLOW_WORLD_LOCAL

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

NAME = "workflow-world-local"
MEMORY = Path(__file__).parent.parent / "data" / "memory_world.mjs"
HANG_S = 30
TENANTS = [{"tenant_id": f"t{n}", "project_id": "p", "agent_id": "a", "api_key": f"key-{n}"} for n in (1, 2)]
TOOLS = [{"name": name, "needs_approval": name == "pay", "parameters": {"type": "object"}} for name in ("pay", "note")]
PAY = {"text": ["Let me ", "see."], "calls": [("c1", "pay")]}
DONE = {"text": ["Done."], "calls": []}


class Outside:
    """The model and the tools: the n-th model request gets the n-th turn, a number is a status; a tool answers once with each status."""

    def __init__(self, turns: list[Any], tool_statuses: tuple[int, ...] = ()) -> None:
        self.turns = turns
        self.tool_statuses = list(tool_statuses)
        self.asked: list[Any] = []
        self.tool_calls: list[tuple[str, str, Any]] = []
        self.url = ""

    async def model(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((await request.json())["messages"])
        turn = self.turns.pop(0)
        if isinstance(turn, int):
            return web.json_response({"error": {"message": "no"}}, status=turn)
        deltas: list[dict[str, Any]] = [{"content": piece} for piece in turn["text"]]
        for index, (call, name) in enumerate(turn["calls"]):
            function = {"name": name, "arguments": '{"amount": 7}'}
            deltas.append({"tool_calls": [{"index": index, "id": call, "type": "function", "function": function}]})
        chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
        return web.Response(text=f"{body}data: [DONE]\n\n", content_type="text/event-stream")

    async def tool(self, request: web.Request) -> web.Response:
        self.tool_calls.append((request.match_info["name"], request.headers["Idempotency-Key"], await request.json()))
        status = self.tool_statuses.pop(0) if self.tool_statuses else 200
        return web.json_response({"output": "out"}, status=status)


class Server:
    """The driver process and an HTTP client of what it serves."""

    def __init__(self, module: Path, folder: Path, outside: Outside, http: aiohttp.ClientSession) -> None:
        self._module, self._folder, self._outside, self._http = module, folder, outside, http
        self._process: asyncio.subprocess.Process | None = None
        self._url = ""

    async def open(self) -> None:
        assert NODE is not None
        command = [NODE, str(NODE_FOLDER / "world_local_server.mjs"), str(self._module), WORKFLOW_WORLD_LOCAL.version]
        self._process = await asyncio.create_subprocess_exec(*command, stdin=-1, stdout=-1, stderr=sys.stderr)
        url = self._outside.url
        config = {"tenants": TENANTS, "tools": TOOLS, "llm_url": f"{url}/v1", "tool_url": f"{url}/tools", "data_dir": str(self._folder)}
        (row,) = (await self._ask(1, "hello", protocol=[1, 1]))["serves"]
        assert row == {"contract": "durable-execution", "role": "server", "capabilities": ["tools", "effects"]}
        opened = await self._ask(2, "open", handle="s1", contract=row["contract"], role=row["role"], config=config)
        self._url = f"{opened['url']}/run/api/executions"

    async def _ask(self, number: int, op: str, **fields: Any) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"id": number, "op": op, **fields}).encode() + b"\n")
        reply = json.loads(await self._process.stdout.readline())
        assert (reply["id"], reply["outcome"]) == (number, "ok"), reply
        return reply["value"]

    async def kill(self) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def shutdown(self) -> int:
        await self._ask(3, "shutdown")
        assert self._process is not None
        return await self._process.wait()

    async def ask(self, method: str, path: str, body: Any = None, key: str = "key-1", **headers: str) -> tuple[int, str, Any]:
        """(status, body, headers); ``body``: JSON, or text as it is."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        async with self._http.request(method, f"{self._url}{path}", data=text, headers=sent) as answer:
            return answer.status, await answer.text(), answer.headers

    async def create(self) -> tuple[str, str]:
        """(run id, body) of a creation that is answered to its end."""
        status, text, headers = await self.ask("POST", "", {"messages": [{"role": "user", "content": "hi"}], "conversationId": "c"})
        assert status == 200
        assert headers["Content-Type"] == "text/event-stream"
        assert headers["Cache-Control"] == "no-cache"
        return headers["x-workflow-run-id"], text

    async def approve(self, run: str, call: str, approved: bool, key: str = "key-1") -> int:
        return (await self.ask("POST", f"/{run}/approvals/{call}", {"approved": approved, "reason": "no"}, key))[0]

    async def rest(self, run: str, *states: str) -> str:
        """The status of a run once it is one of these."""
        status = ""
        while status not in states:
            status = str(json.loads((await self.ask("GET", f"/{run}"))[1])["status"])
        return status


@asynccontextmanager
async def serving(module: Path, folder: Path, outside: Outside) -> AsyncIterator[Server]:
    application = web.Application()
    application.router.add_post("/v1/chat/completions", outside.model)
    application.router.add_post("/tools/{name}", outside.tool)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    outside.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as http:
        server = Server(module, folder, outside, http)
        try:
            await server.open()
            yield server
        finally:
            await server.kill()
            await runner.cleanup()


def played(module: Path, folder: Path, outside: Outside, play: Callable[[Server], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with serving(module, folder, outside) as server:
            await play(server)

    asyncio.run(asyncio.wait_for(whole(), HANG_S))


def deltas(text: str) -> list[Any]:
    """What each frame says: its text, its envelope, its role or its finish."""
    frames = [json.loads(frame.removeprefix("data: ")) for frame in text.split("\n\n") if frame]
    said = []
    for (choice,) in (frame["choices"] for frame in frames):
        content = choice["delta"].get("content", "")
        said.append(json.loads(content) if content.startswith("{") else content or choice["finish_reason"] or "role")
    return said


def installed() -> Path:
    """The published world; skips where it is not in the cache."""
    path = module_path(NAME, WORKFLOW_WORLD_LOCAL)
    if not path.is_file():
        pytest.skip(f"{NAME} is not in the cache: `streamproof install {NAME}` puts it there")
    return path


@pytest.fixture(params=["memory", pytest.param("installed", marks=pytest.mark.needs_install)])
def module(request: pytest.FixtureRequest) -> Path:
    """The module of the world: the one in memory, or the published one."""
    if request.param == "memory":
        return MEMORY
    return installed()


def test_a_run_is_answered_frame_by_frame_and_can_be_read_again(module: Path, tmp_path: Path) -> None:
    """A creation streams role, pieces and finish; status and replay agree with it, an index leaves out what is before it."""

    async def play(server: Server) -> None:
        run, text = await server.create()
        assert deltas(text) == ["role", "Done.", "stop"]
        assert await server.rest(run, "completed", "failed") == "completed"
        told = json.loads((await server.ask("GET", f"/{run}"))[1])
        assert (told["id"], told["conversationId"], told["agentId"]) == (run, "c", "a")
        assert (await server.ask("GET", f"/{run}/stream"))[1] == text
        assert deltas((await server.ask("GET", f"/{run}/stream", x_stream_start_index="1"))[1]) == ["Done.", "stop"]
        assert await server.shutdown() == 0

    played(module, tmp_path, Outside([DONE]), play)


def test_a_gated_tool_waits_for_its_approval_and_runs_once(module: Path, tmp_path: Path) -> None:
    """The body ends in the request; the approval is accepted once the run is suspended; afterwards nothing waits any more."""
    outside = Outside([PAY, DONE])

    async def play(server: Server) -> None:
        run, text = await server.create()
        request = {"type": "tool-approval-request", "approvalId": "aitxt-c1", "toolCallId": "c1", "toolName": "pay", "input": {"amount": 7}}
        assert deltas(text) == ["role", "Let me ", "see.", request]
        assert await server.rest(run, "suspended", "completed", "failed") == "suspended"
        assert await server.approve(run, "c2", approved=True) == 404
        assert await server.approve(run, "c1", approved=True) == 200
        assert await server.rest(run, "completed", "failed") == "completed"
        assert await server.approve(run, "c1", approved=True) == 404
        ((name, key, body),) = outside.tool_calls
        assert (name, body) == ("pay", {"runId": run, "toolCallId": "c1", "name": "pay", "arguments": {"amount": 7}})
        assert key
        assert outside.asked[1][-1] == {"role": "tool", "tool_call_id": "c1", "content": "out"}

    played(module, tmp_path, outside, play)


def test_a_denied_tool_does_not_run_and_the_model_is_told(module: Path, tmp_path: Path) -> None:
    """A denial has no effect outside; its reason reaches the model."""
    outside = Outside([PAY, DONE])

    async def play(server: Server) -> None:
        run, _ = await server.create()
        assert await server.approve(run, "c1", approved=False) == 200
        assert await server.rest(run, "completed", "failed") == "completed"
        assert outside.tool_calls == []
        assert outside.asked[1][-1]["content"] == "denied: no"

    played(module, tmp_path, outside, play)


def test_what_the_model_refuses_fails_the_run_and_the_stream_says_so(module: Path, tmp_path: Path) -> None:
    """An error operation and a finish end the stream of a run that fails."""

    async def play(server: Server) -> None:
        run, text = await server.create()
        assert deltas(text) == ["role", {"type": "data-operation", "data": {"type": "error", "message": "the model answered 400"}}, "stop"]
        assert await server.rest(run, "completed", "failed") == "failed"

    played(module, tmp_path, Outside([400]), play)


def test_a_step_that_fails_is_tried_again_under_its_key(tmp_path: Path) -> None:
    """Model and tool get another try behind a 5xx; the key of the tool stays."""
    note = {"text": [], "calls": [("c1", "note")]}
    outside = Outside([503, note, DONE], tool_statuses=(500,))

    async def play(server: Server) -> None:
        _, text = await server.create()
        assert deltas(text) == ["role", {"type": "tool-output-available", "toolCallId": "c1", "output": "out"}, "Done.", "stop"]
        (_, first, _), (_, second, _) = outside.tool_calls
        assert first == second

    played(MEMORY, tmp_path, outside, play)


def test_a_tool_that_refuses_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    """A 4xx of a tool is an envelope of the stream and an answer to the model, no end of the run."""
    outside = Outside([{"text": [], "calls": [("c1", "note")]}, DONE], tool_statuses=(400,))

    async def play(server: Server) -> None:
        _, text = await server.create()
        assert [said["type"] for said in deltas(text) if isinstance(said, dict)] == ["tool-output-error"]
        assert outside.asked[1][-1]["content"] == "error: the tool answered 400"

    played(MEMORY, tmp_path, outside, play)


def test_strangers_and_malformed_requests_are_refused(module: Path, tmp_path: Path) -> None:
    """No key is 401, somebody else's run is as unknown as none, and a body that is no creation has no effect."""
    outside = Outside([PAY])
    bodies: list[Any] = ["{", [], {}, {"messages": "x"}, {"messages": [{"role": "boss", "content": "x"}]}]
    bodies += [{"messages": [{"role": "user", "content": 7}]}, {"messages": [{"role": "user", "content": [{"type": "text"}]}]}]
    bodies += [{"messages": [], "conversationId": 7}, {"messages": [], "forwardedHeaders": {"a": 1}}]

    async def play(server: Server) -> None:
        for body in bodies:
            status, text, headers = await server.ask("POST", "", body)
            assert (status, json.loads(text)["status"]) == (400, 400)
            assert headers["Content-Type"] == "application/problem+json"
        assert outside.asked == []
        run, _ = await server.create()
        for path in (f"/{run}", f"/{run}/stream"):
            assert (await server.ask("GET", path, key="wrong"))[0] == 401
            foreign = await server.ask("GET", path, key="key-2")
            assert foreign[:2] == (await server.ask("GET", path.replace(run, "wrun_none"), key="key-2"))[:2]
            assert foreign[0] == 404
        assert await server.approve(run, "c1", approved=True, key="key-2") == 404
        assert (await server.ask("POST", f"/{run}/approvals/c1", {"approved": "yes"}))[0] == 400
        assert await server.rest(run, "suspended", "completed") == "suspended"

    played(module, tmp_path, outside, play)


@pytest.mark.needs_install
def test_a_suspended_run_survives_the_death_of_its_process(tmp_path: Path) -> None:
    """Behind a kill the run is still suspended, its stream still there, and its approval is taken."""
    outside = Outside([PAY, DONE])

    async def play(server: Server) -> None:
        run, text = await server.create()
        await server.kill()
        await server.open()
        assert await server.rest(run, "suspended", "completed", "failed") == "suspended"
        assert (await server.ask("GET", f"/{run}/stream"))[1] == text
        assert await server.approve(run, "c1", approved=True) == 200
        assert await server.rest(run, "completed", "failed") == "completed"
        assert len(outside.tool_calls) == 1

    played(installed(), tmp_path, outside, play)


def test_all_that_is_fetched_is_pinned_by_a_whole_hash() -> None:
    """The package and each of those that it imports has an exact version and a SHA-512; its licence is kept beside it."""
    assert BUILTINS[NAME].serves == (("durable-execution", "server"),)
    assert BUILTINS[NAME].install is not None
    for package in (WORKFLOW_WORLD_LOCAL, *WORKFLOW_WORLD_LOCAL.dependencies):
        algorithm, _, digest = package.integrity.partition("-")
        assert (algorithm, len(base64.b64decode(digest))) == ("sha512", 64)
        assert re.fullmatch(r"\d+\.\d+\.\d+", package.version)
        assert any(kept.lower().startswith("license") for kept in package.keep)
