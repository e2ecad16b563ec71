"""The durable servers by hand: model and tools alone, and the reference with a model and tools of its own on the same port."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamproof.fake_servers import SERVERS
from streamproof.harness.faults.lose_answer import LoseAnswer
from streamproof.harness.faults.status import Status

from .durable_fakes import message

Runner = Callable[..., Any]
KEY = {"Authorization": "Bearer streamproof"}
PAY = {"calls": [{"id": "c1", "name": "pay"}]}
DONE = {"text": ["done"], "gate": "g"}


async def start(r: Any, what: str, **options: str) -> tuple[Any, str]:
    service = SERVERS[what](r.scene, options)
    url = (await r.scene.serve(service.app, server=service.server, classify=service.classify)).url
    service.started(url)
    return service, url


async def create(r: Any, url: str, *turns: Any) -> Any:
    body = {"messages": [message("s", *turns)], "conversationId": "c"}
    return await r.client.post(url + "/run/api/executions", json=body, headers=KEY)


def test_the_model_by_hand(reading: Runner) -> None:
    """Its hints lead to the model, the tools and what they have done; a gate opens by itself after its time."""

    async def play(r: Any) -> None:
        service, url = await start(r, "durable-model", gate_open_ms="2000")
        assert service.hints == {"llm_url": f"{url}/v1", "tool_url": f"{url}/tools", "effects_url": f"{url}/effects"}
        asked = {"messages": [message("s", DONE)]}
        answer = await (await r.client.post(service.hints["llm_url"] + "/chat/completions", json=asked)).json()
        assert answer["choices"][0]["message"]["content"] == "done"
        assert r.scene.now_us() == 2_000_000
        used = {"runId": "r", "toolCallId": "c", "name": "pay", "arguments": {}}
        for _ in range(2):
            await r.client.post(service.hints["tool_url"] + "/pay", json=used, headers={"Idempotency-Key": "k"})
        effect = {"tool": "pay", "run": "r", "call": "c", "key": "k"}
        assert await (await r.client.get(service.hints["effects_url"])).json() == {
            "effects": [{**effect, "again": False}, {**effect, "again": True}]
        }
        assert service.summary() == ["1 effects of tools"]

    reading(play)


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_the_reference_by_hand(reading: Runner, world: str) -> None:
    """A run with an approval from its creation to its end, by its own model and its own tools; its folder is gone afterwards."""
    folders: list[str] = []

    async def play(r: Any) -> None:
        service, url = await start(r, "durable-execution", gate_open_ms="50")
        folders.append(service.hints["data_dir"])
        assert Path(folders[0]).is_dir()  # noqa: ASYNC240  # it takes no time
        created = await create(r, url, PAY, DONE)
        run = created.headers["x-workflow-run-id"]
        assert "tool-approval-request" in await created.text()
        path = f"{url}/run/api/executions/{run}"
        assert (await r.client.post(f"{path}/approvals/c1", json={"approved": True})).status == 401
        other = {"Authorization": "Bearer " + service.hints["other_api_key"]}
        assert (await r.client.get(path, headers=other)).status == 404
        assert (await r.client.post(f"{path}/approvals/c1", json={"approved": True}, headers=KEY)).status == 200
        stream = await (await r.client.get(f"{path}/stream", headers=KEY)).text()
        assert "done" in stream
        effects = (await (await r.client.get(service.hints["effects_url"])).json())["effects"]
        assert [(effect["run"], effect["call"]) for effect in effects] == [(run, "c1")]
        assert {row["endpoint"] for row in r.entries("request")} == {"create", "approve", "status", "stream", "completion", "tool", "other"}

    reading(play, world=world)
    assert not Path(folders[0]).exists()


def test_runs_go_on_in_a_folder_of_its_user(reading: Runner, tmp_path: Path) -> None:
    """A later server takes up what an earlier one left, and the folder stays."""
    runs: list[str] = []

    async def first(r: Any) -> None:
        _, url = await start(r, "durable-execution", data_dir=str(tmp_path))
        created = await create(r, url, PAY, DONE)
        runs.append(created.headers["x-workflow-run-id"])
        await created.read()

    async def second(r: Any) -> None:
        _, url = await start(r, "durable-execution", data_dir=str(tmp_path))
        status = await r.client.get(f"{url}/run/api/executions/{runs[0]}", headers=KEY)
        assert (await status.json())["status"] == "suspended"

    reading(first)
    reading(second)
    assert list(tmp_path.iterdir())


def test_another_model(reading: Runner) -> None:
    """``llm_url`` and ``tool_url`` name another model and other tools."""

    async def play(r: Any) -> None:
        model, elsewhere = await start(r, "durable-model")
        service, url = await start(r, "durable-execution", llm_url=f"{elsewhere}/v1/", tool_url=f"{elsewhere}/tools")
        assert (service.hints["llm_url"], service.hints["effects_url"]) == (f"{elsewhere}/v1/", f"{url}/effects")
        await (await create(r, url, {"calls": [{"id": "n1", "name": "note"}]}, {"text": ["done"]})).read()
        assert (service.summary(), model.summary()) == (["0 effects of tools"], ["1 effects of tools"])

    reading(play)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Status(endpoint="create", status=503), 503),
        (Status(endpoint="completion", status=503), 200),
        (LoseAnswer(endpoint="tool"), 200),
    ],
)
def test_faults_by_hand(reading: Runner, fault: Any, status: int) -> None:
    """They act in front of the reference, where nothing has happened yet, and at its model and tools, which it gets over."""

    async def play(r: Any) -> None:
        _, url = await start(r, "durable-execution")
        created = await create(r, url, {"calls": [{"id": "n1", "name": "note"}]}, {"text": ["done"]})
        text = await created.text()
        assert created.status == status
        assert ("error" in json.loads(text)) if status == 503 else ("done" in text)
        assert bool(r.entries("turn")) == (status == 200)
        assert r.injected() == [fault.name]

    reading(play, [fault])
