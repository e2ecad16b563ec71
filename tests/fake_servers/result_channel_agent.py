"""A scripted agent of the result channel: it signs, says what a test tells it to, and notes what it hears."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import aiohttp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from yarl import URL

from streamproof.fake_servers.result_channel.app import ControlPlane

AGENT_ID = "agent-1"
NOBODY = "msg-that-nobody-sent"
PLAIN_HELLO: Mapping[str, Any] = {
    "running_task": None,
    "received_not_started": [],
    "unacked_finals": [],
    "unacked_output": [],
    "spool_status": {"bytes_used": 0, "byte_cap": 1_000, "has_rotated_chunks": False},
    "client_version": "1",
    "capabilities": {"results_enabled": True, "delivery_enabled": True},
}


@cache
def keys() -> tuple[rsa.RSAPrivateKey, str]:
    """(private key, public key as PEM): one pair for all tests, since it takes a while to make."""
    key = rsa.generate_private_key(65_537, 2_048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key, public.decode()


def plane_for(r: Any, **options: Any) -> ControlPlane:
    return ControlPlane(r.scene, public_key_pem=keys()[1], agent_id=AGENT_ID, **options)


async def serve(r: Any, plane: ControlPlane) -> str:
    return (await r.scene.serve(plane.app("control-plane"), server="control-plane", classify=plane.classify)).url


def signed_headers(**changes: str) -> dict[str, str]:
    timestamp = changes.get("timestamp", str(int(time.time())))
    nonce = changes.get("nonce", base64.b64encode(os.urandom(16)).decode())
    agent = changes.get("agent", AGENT_ID)
    text = changes.get("text", f"{agent}|{timestamp}|{nonce}")
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    signature = base64.b64encode(keys()[0].sign(text.encode(), pss, hashes.SHA256())).decode()
    return {"X-Agent-ID": agent, "X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": signature}


def envelope(kind: str, id: str, payload: Any, **fields: Any) -> dict[str, Any]:
    """``fields``: of the envelope; None takes one away."""
    whole = {
        "protocol_version": 1,
        "message_id": id,
        "type": kind,
        "agent_id": AGENT_ID,
        "sent_at": "2026-01-02T03:04:05Z",
        "payload": payload,
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def output(id: str, sequence: int, data: str = "x", stream: str = "stdout", task: str = "t", attempt: str = "a") -> dict[str, Any]:
    payload = {"stream": stream, "data": data, "byte_count": len(data.encode())}
    return envelope("task.output", id, payload, task_id=task, execution_attempt_id=attempt, sequence=sequence)


def final(id: str, status: str = "completed", exit_code: int = 0, task: str = "t", attempt: str = "a") -> dict[str, Any]:
    payload = {"status": status, "exit_code": exit_code, "output": "", "error": ""}
    return envelope("task.final", id, payload, task_id=task, execution_attempt_id=attempt)


def plain(kind: str, id: str, task: str = "t", attempt: str = "a") -> dict[str, Any]:
    return envelope(kind, id, {}, task_id=task, execution_attempt_id=attempt)


def hello(id: str, **payload: Any) -> dict[str, Any]:
    return envelope("agent.hello", id, {**PLAIN_HELLO, **payload})


class Agent:
    """One connection. What it hears is in ``heard``: envelopes, or (code of the close,) at the end."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.heard: list[Any] = []
        self.reading = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def dial(cls, r: Any, url: str, target: str = "/api/v1/agents/ws", **changes: str) -> Agent:
        return cls(await r.client.ws_connect(URL(url + target, encoded=True), headers=signed_headers(**changes), max_msg_size=0))

    @classmethod
    async def welcome(cls, r: Any, url: str, id: str = "h", **payload: Any) -> Agent:
        """Dials, says hello, and waits for its hello_ack."""
        agent = await cls.dial(r, url)
        await agent.say(hello(id, **payload))
        await r.until(lambda: bool(agent.of_type("agent.hello_ack")))
        return agent

    async def _read(self) -> None:
        async for message in self.ws:
            self.heard.append(json.loads(message.data))
        self.heard.append((self.ws.close_code,))

    async def say(self, *envelopes: dict[str, Any]) -> None:
        for each in envelopes:
            await self.ws.send_str(json.dumps(each))

    def of_type(self, kind: str) -> list[Any]:
        """The payloads of that type."""
        return [each["payload"] for each in self.heard if isinstance(each, dict) and each["type"] == kind]

    def deliveries(self) -> list[tuple[str, str]]:
        found = [each for each in self.heard if isinstance(each, dict) and each["type"] == "task.deliver"]
        return [(each["task_id"], each["execution_attempt_id"]) for each in found]

    @property
    def acked(self) -> list[str]:
        return [payload["acked_message_id"] for payload in self.of_type("ack")]

    async def ended(self) -> tuple[int | None]:
        await asyncio.wait_for(self.reading, 30)
        code: tuple[int | None] = self.heard[-1]
        return code


def taken(history: Any) -> list[str]:
    return [entry.data["as"] for entry in history.of_kind("taken")]


def said(history: Any) -> list[str]:
    return [entry.data["meant"] for entry in history.of_kind("said")]
