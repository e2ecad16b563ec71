"""The operations of the server play (their arguments are in `shapes`): each is one ask or more, all over real HTTP.

An operation on a run that was never made, for lack of an id or of a tenant, is not performed.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ...harness.contracts.durable_script import Script, Turn, turns_from_json
from ...harness.values.errors import UsageError
from ...harness.worlds.base import Scene
from ..stage import Stage
from .asks import Ask, Request
from .bodies import CHAT, ROUTE_BY_VIA, chat_decisions, conversation_path, creation, decision, encoded, run_path
from .client import Client
from .runs import Reader, Run
from .tenants import Tenant

UNKNOWN = "!unknown"
"""Label of a run that no server has, and name of a conversation that none has."""
START_INDEX = "x-stream-start-index"
OPERATIONS_HEADER = ("x-emit-operations", "true")
RUN_ID_HEADER = "x-workflow-run-id"
SHAPE_BY_VIA = {"chat": "parts", "chat-content": "content", "chat-text": "text"}
HOLE = re.compile(r"\{(run|conversation|script):([^{}]*)\}")
"""What ``send`` fills in: the id of a run or a conversation, the message of a short script that is called so."""


class ServerStage(Stage):
    """``restart`` kills the server and opens it again; ``open_gate`` opens a gate of the model; ``knows`` tells whom one can ask as."""

    def __init__(
        self,
        scene: Scene,
        client: Client,
        suffix: str,
        *,
        restart: Callable[[], Awaitable[None]],
        open_gate: Callable[[str], None],
        knows: Callable[[Tenant], bool],
    ) -> None:
        super().__init__(scene)
        self.client = client
        self._suffix = suffix
        self._restart = restart
        self._open_gate = open_gate
        self._knows = knows
        self._unknown = Run(UNKNOWN, 0, self._wire(UNKNOWN), id=f"no-such-run-{suffix}")
        self.operations |= {
            "create": self.create,
            "status": self.status,
            "follow": self.follow,
            "approve": self.approve,
            "batch": self.batch,
            "pending": self.pending,
            "together": self.together,
            "send": self.send,
            "open": self.open,
            "crash": self.crash,
        }

    # --- creations

    async def create(self, args: Mapping[str, Any]) -> None:
        label, tenant, via = args["run"], args.get("tenant", 0), args.get("via", "executions")
        if label in self.client.runs:
            raise UsageError(f"workload: the run {label!r} is created twice; give each a label of its own")
        if not self._knows(tenant):
            return
        durable = args.get("durable", True)
        script = Script(f"{label}-{self._suffix}", turns_from_json(args["turns"]))
        conversation = None if args.get("conversation") is None else self._wire(args["conversation"])
        gates = tuple(turn.gate for turn in script.turns if turn.gate is not None)
        run = self.client.runs[label] = Run(label, tenant, conversation, durable or via == "executions", gates)
        operations = (OPERATIONS_HEADER,) if args.get("operations") else ()
        request = Request(
            op="create", method="POST", path=ROUTE_BY_VIA[via], tenant=tenant, run=label, conversation=conversation, streams=True,
            headers=(*operations, *_pairs(args.get("headers", ()))), leave=args.get("leave"),
            body=creation(via, script.message(), conversation, durable=durable, before=args.get("messages_before", 0)),
        )  # fmt: skip
        ask = self.client.asks.make(request)
        self.scene.history.add(
            "run", run=label, tenant=tenant, conversation=conversation, script=script.id, turns=args["turns"], via=via,
            durable=run.durable, ask=ask.number,
        )  # fmt: skip
        ask.on_head = lambda ask: _take_id(run, ask)
        run.creation = ask.answered
        self.client.start(ask, run, Reader(run, 0, is_last=True))
        await _wait(ask, args.get("wait", "rest"))

    # --- reading

    async def status(self, args: Mapping[str, Any]) -> None:
        run = await self._run(args["run"])
        tenant = self._tenant(run, args)
        if run is None or tenant is None:
            return
        if tenant == run.tenant and run is not self._unknown and args.get("until") is not None:
            await self.client.until(run, args["until"])
        elif tenant == run.tenant and run is not self._unknown:
            await self.client.status(run)
        else:
            await self._ask(op="status", method="GET", path=run_path(run.id or ""), tenant=tenant, run=run.label)

    async def follow(self, args: Mapping[str, Any]) -> None:
        run = await self._run(args["run"])
        tenant = self._tenant(run, args)
        if run is None or tenant is None:
            return
        by_conversation = args.get("via", "executions") == "conversation"
        if by_conversation and run.conversation is None:
            await self.client.status(run)  # it tells the conversation that the server has made for it
        if by_conversation and run.conversation is None:
            return
        given = args.get("index")
        sent = given if given != "seen" else run.seen + (0 if by_conversation else 1)
        if by_conversation and given == "seen" and run.seen < 0:
            sent = None
        path, headers = _reading(run, sent, by_conversation=by_conversation)
        request = Request(
            op="follow", method="GET", path=path, tenant=tenant, run=run.label, conversation=run.conversation if by_conversation else None,
            headers=headers, index=sent, leave=args.get("leave"), streams=True,
        )  # fmt: skip
        start = _start(sent, by_conversation=by_conversation)
        ask = self.client.follow(run, request, start, is_last=True)
        await _wait(ask, args.get("wait", "rest"))

    async def pending(self, args: Mapping[str, Any]) -> None:
        tenant, conversation = args.get("tenant", 0), self._wire(args["conversation"])
        if self._knows(tenant):
            path = conversation_path(conversation, "pending-approvals")
            await self._ask(op="pending", method="GET", path=path, tenant=tenant, conversation=conversation)

    # --- decisions

    async def approve(self, args: Mapping[str, Any]) -> None:
        run = await self._run(args["run"])
        tenant = self._tenant(run, args)
        if run is None or tenant is None:
            return
        via, call = args.get("via", "executions"), await self.client.call_id(run, args.get("call", "pending"))
        decided = decision(args.get("approved", True), args.get("reason"))
        if via == "executions":
            path, body, conversation = run_path(run.id or "", f"/approvals/{encoded(call)}"), decided, None
        else:
            conversation = self._conversation(run, args)
            path, body = CHAT, chat_decisions([(call, decided)], conversation, SHAPE_BY_VIA[via])
        request = Request(
            op="approve", method="POST", path=path, tenant=tenant, run=run.label, call=call, conversation=conversation, body=body,
            text=args.get("body"), streams=via != "executions",
        )  # fmt: skip
        await self._decide(run, request, args)

    async def batch(self, args: Mapping[str, Any]) -> None:
        run = await self._run(args["run"])
        tenant = self._tenant(run, args)
        if run is None or tenant is None:
            return
        items = [
            (await self.client.call_id(run, item["call"]), decision(item.get("approved", True), item.get("reason")))
            for item in args["items"]
        ]
        conversation = self._conversation(run, args)
        body = chat_decisions(items, conversation, args.get("shape", "parts"))
        request = Request(
            op="batch", method="POST", path=CHAT, tenant=tenant, run=run.label, conversation=conversation, body=body, streams=True
        )
        await self._decide(run, request, args)

    async def _decide(self, run: Run, request: Request, args: Mapping[str, Any]) -> None:
        """Posts it. A stream that answers it goes on where the run was."""
        reader = None if request.tenant != run.tenant or "conversation" in args else Reader(run, run.length or None, is_last=False)
        ask = self.client.asks.make(request)
        ask.on_head = lambda ask: run.wanted(self.scene.now_us())
        self.client.start(ask, run, reader)
        await _wait(ask, args.get("wait", "answer"))

    # --- anything else

    async def send(self, args: Mapping[str, Any]) -> None:
        tenant = args.get("tenant", 0)
        if not self._knows(tenant):
            return
        holes = HOLE.findall(args["path"] + (args.get("body") or ""))
        runs = {name: await self._run(name) for kind, name in holes if kind == "run"}
        if None in runs.values():
            return
        ids = {name: (run.id or "") for name, run in runs.items() if run is not None}
        label = next((name for name in runs if name != UNKNOWN), None)
        conversation = next((self._wire(name) for kind, name in holes if kind == "conversation"), None)
        body = args.get("body")
        await self._ask(
            op="send",
            method=args["method"],
            path=self._filled(args["path"], ids, encoded),
            tenant=tenant,
            run=next(iter(runs), None),
            conversation=conversation,
            headers=_pairs(args.get("headers", ())),
            text=None if body is None else self._filled(body, ids, _in_json),
            meant=args.get("note"),
            of=None if label is None else runs[label],
            wait=args.get("wait", "answer"),
        )

    async def together(self, args: Mapping[str, Any]) -> None:
        await asyncio.gather(*(self.perform(verb, nested) for verb, nested in args["operations"]))

    async def open(self, args: Mapping[str, Any]) -> None:
        self._open_gate(args["gate"])

    async def crash(self, args: Mapping[str, Any]) -> None:
        await self._restart()

    # --- parts of an operation

    async def _ask(self, *, of: Run | None = None, wait: str = "answer", **request: Any) -> None:
        """One ask that nothing is learnt from. ``of``: the run whose stream it may be."""
        ask = self.client.begin(Request(**request, streams=of is not None or request["op"] == "send"), of)
        await _wait(ask, wait)

    async def _run(self, label: str) -> Run | None:
        """The run, once its id is known; None where there is none."""
        if label == UNKNOWN:
            return self._unknown
        run = self.client.runs.get(label)
        if run is not None and run.creation is not None:
            await run.creation.wait()
        return run if run is not None and run.id is not None else None

    def _tenant(self, run: Run | None, args: Mapping[str, Any]) -> Tenant | None:
        """Who asks: the owner unless another is named. None where nobody can ask as such."""
        if run is None:
            return None
        tenant: Tenant = args.get("tenant", run.tenant)
        return tenant if self._knows(tenant) else None

    def _conversation(self, run: Run, args: Mapping[str, Any]) -> str | None:
        """Of the run, unless another is named; None is to be left out."""
        if "conversation" not in args:
            return run.conversation
        return None if args["conversation"] is None else self._wire(args["conversation"])

    def _wire(self, conversation: str) -> str:
        return f"no-such-conversation-{self._suffix}" if conversation == UNKNOWN else f"{conversation}-{self._suffix}"

    def _filled(self, text: str, ids: Mapping[str, str], write: Callable[[str], str]) -> str:
        def fill(hole: re.Match[str]) -> str:
            kind, name = hole.groups()
            if kind == "script":
                return Script(f"{name}-{self._suffix}", (Turn(text=("Nobody should have asked for this.",)),)).message()
            return write(ids[name] if kind == "run" else self._wire(name))

        return HOLE.sub(fill, text)


def _take_id(run: Run, ask: Ask) -> None:
    run.id = ask.headers.get(RUN_ID_HEADER) or None


def _pairs(rows: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in rows)


def _reading(run: Run, index: Any, *, by_conversation: bool) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Path and headers of a stream from an index as an operation names it."""
    values = [] if index is None else [str(value) for value in (index if isinstance(index, (list, tuple)) else (index,))]
    if by_conversation:
        query = "&".join(f"afterIdx={encoded(value)}" for value in values)
        return conversation_path(run.conversation or "", "stream") + (f"?{query}" if query else ""), ()
    return run_path(run.id or "", "/stream"), tuple((START_INDEX, value) for value in values)


def _start(index: Any, *, by_conversation: bool) -> int | None:
    """The index of the first frame that is asked for; None where the server may see it otherwise."""
    if index is None:
        return 0
    text = str(index)
    return int(text) + by_conversation if text.isascii() and text.isdigit() else None


def _in_json(id: str) -> str:
    """An id inside a string of JSON."""
    return json.dumps(id)[1:-1]


async def _wait(ask: Ask, wait: str) -> None:
    """``rest`` and ``answer``: until it is over; ``head``: until its head is there; ``none``: not at all."""
    if wait in ("rest", "answer"):
        await ask.ended.wait()
    elif wait == "head":
        await ask.answered.wait()
