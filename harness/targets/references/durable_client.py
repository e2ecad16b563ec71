"""The reference client of the contract ``durable-execution``: it creates, follows, approves, and lets its application decide the rest.

It tries nothing twice by itself: a stream that breaks is told as `transport_failure`, and the application follows again from
the index behind the last frame that it was told; an answer that is lost is `unknown`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

import aiohttp

from ...values.errors import Failed, Unknown
from .durable_http import EVENT_STREAM, DurableHttp
from .durable_outcome import TRANSPORT_FAILURE, Standing
from .one_worker import OneWorker
from .sse_parser import Frame, SseParser

RUN_ID = "x-workflow-run-id"
DONE = "[DONE]"
ERROR = "error"
HEAD_TIMEOUT_S = 30.0

Note = Callable[[str, dict[str, Any]], None]


class ReferenceDurableClient(OneWorker):
    """Call it on the running loop. ``config`` and ``note`` are those of the driver protocol. It reads one stream at a time."""

    serves: ClassVar[Sequence[Mapping[str, Any]]] = ({"contract": "durable-execution", "role": "client", "capabilities": []},)
    http_type: ClassVar[type[DurableHttp]] = DurableHttp
    parser_type: ClassVar[type[SseParser]] = SseParser
    standing_type: ClassVar[type[Standing]] = Standing

    def __init__(self, config: Mapping[str, Any], note: Note) -> None:
        self.note = note
        self.http = self.http_type(config["url"], config.get("headers") or {})
        super().__init__(self.http)
        self.standings: dict[str, Standing] = {}
        """What was read of each run, so that to go on where it stopped is to know what came before."""

    # --- verbs ------------------------------------------------------------------------------------------------------

    async def create(self, messages: list[Any], conversation_id: str | None) -> Mapping[str, Any]:
        """Posts once, and returns {run_id} once the head of the answer is there. Raises Failed (refused) or Unknown."""
        self.unfollow()
        body = {"messages": messages} if conversation_id is None else {"messages": messages, "conversationId": conversation_id}
        response = await self.answered(self.http.create(body))
        run_id = response.headers.get(RUN_ID)
        if response.status != 200 or run_id is None:
            raise Unknown(f"the answer {response.status} does not tell a run")
        self.begin(run_id, self.standing_of(run_id, 0), response)
        return {"run_id": run_id}

    def follow(self, run_id: str, start_index: int) -> None:
        """Reads the stream of a run from an index on."""
        self.unfollow()
        self.begin(run_id, self.standing_of(run_id, start_index))

    async def approve(self, run_id: str, tool_call_id: str, approved: bool, reason: str | None) -> None:
        """Returns once the decision is recorded. Raises Failed (refused) or Unknown."""
        body: dict[str, Any] = {"approved": approved}
        if reason is not None and not approved:
            body["reason"] = reason
        response = await self.answered(self.http.approve(run_id, tool_call_id, body))
        response.close()
        if response.status != 200:
            raise Unknown(f"the answer is {response.status}")

    def unfollow(self) -> None:
        """Nothing is told from here on."""
        self.let_go()

    # --- requests ---------------------------------------------------------------------------------------------------

    async def answered(self, request: Awaitable[aiohttp.ClientResponse]) -> aiohttp.ClientResponse:
        """The answer to what may have an effect. Raises Failed for a refusal, Unknown where none came."""
        try:
            async with asyncio.timeout(HEAD_TIMEOUT_S):
                response = await request
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unknown(f"no answer: {type(error).__name__}") from error
        if 400 <= response.status < 500:
            response.close()
            raise Failed(f"refused with {response.status}")
        return response

    # --- streams ----------------------------------------------------------------------------------------------------

    def standing_of(self, run_id: str, index: int) -> Standing:
        """What is known of the run at that index: nothing, unless all before it was read by this client."""
        standing = self.standings.get(run_id)
        if standing is None or standing.next_index != index:
            standing = self.standings[run_id] = self.standing_type(index)
        return standing

    def begin(self, run_id: str, standing: Standing, response: aiohttp.ClientResponse | None = None) -> None:
        """Reads in the background; without an answer that is there already it asks for one first."""
        self.worker = asyncio.get_running_loop().create_task(self.work(run_id, standing, response))
        if response is not None:
            self.worker.add_done_callback(lambda _: response.close())  # also where the task never ran

    async def work(self, run_id: str, standing: Standing, response: aiohttp.ClientResponse | None) -> None:
        """One stream, from its head to its outcome."""
        kind = TRANSPORT_FAILURE
        try:
            response = response or await self.http.follow(run_id, standing.next_index)
            if self.is_stream(response):
                kind = standing.outcome(whole=await self.read(standing, response))
        except (aiohttp.ClientError, OSError) as error:
            self.log("info", f"no answer: {type(error).__name__}")
        finally:
            if response is not None:
                response.close()
        self.worker = None
        self.note("outcome", {"kind": kind})

    async def read(self, standing: Standing, response: aiohttp.ClientResponse) -> bool:
        """Tells the frames of a body. False when it broke off, or said itself that it has failed."""
        parser = self.parser_type()
        try:
            while data := await response.content.readany():
                for frame in parser.feed(data):
                    if frame.event == ERROR:
                        return False
                    self.take(standing, frame)
        except (aiohttp.ClientError, OSError) as error:
            self.log("info", f"the stream is broken: {type(error).__name__}")
            return False
        return True

    def is_stream(self, response: aiohttp.ClientResponse) -> bool:
        return response.status == 200 and response.content_type == EVENT_STREAM

    def take(self, standing: Standing, frame: Frame) -> None:
        if frame.data is None or frame.data == DONE:
            return
        index = standing.next_index
        standing.take(frame.data)
        self.note("frame", {"index": index, "data": frame.data})

    def log(self, level: str, message: str) -> None:
        self.note("log", {"level": level, "message": message})


reference_client = ReferenceDurableClient
"""The factory, as `python:module:factory` names it."""
