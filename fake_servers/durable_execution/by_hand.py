"""The reference, its model and its tools as one application on one port, with a record of what it is asked."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from ..answers import false_answer
from ..streaming import StreamingExchange
from .app import COMPLETIONS, EFFECTS, DurableServers
from .app import classify as classify_fakes
from .chats import CHAT
from .chats import COMPLETIONS as CHAT_COMPLETIONS
from .fake.routes import classify as classify_executions
from .model_client import ModelClient
from .server import BODY_BYTES_MAX, Handler, ReferenceServer
from .tool_client import ToolClient

SERVER = "durable-execution"


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    """The endpoint of a request: "completion" and "tool" of the model and the tools; "create", "status", "stream", "approve" and "chat"
    (either route) of the reference; or "other"."""
    path = target.partition("?")[0]
    if method == "POST" and path in (CHAT, CHAT_COMPLETIONS):
        return "chat"
    of_executions = classify_executions(method, target, headers)
    return of_executions if of_executions != "other" else classify_fakes(method, target, headers)


class LateModel(ModelClient):
    """Its URL is known once the server listens."""

    def move(self, llm_url: str) -> None:
        self._url = f"{llm_url}/chat/completions"


class LateTools(ToolClient):
    def move(self, tool_url: str) -> None:
        self._url = tool_url


def take_up(reference: ReferenceServer, llm_url: str, tool_url: str) -> None:
    """Lets the runs go on, now that it is known where the model and the tools are. Made with `LateModel` and `LateTools`."""
    model, tools = reference.parts.model, reference.parts.tools
    assert isinstance(model, LateModel)
    assert isinstance(tools, LateTools)
    model.move(llm_url.rstrip("/"))
    tools.move(tool_url.rstrip("/"))
    reference.engine.start()


def application(servers: DurableServers, reference: ReferenceServer) -> web.Application:
    """Whatever is not the model's or the tools' is the reference's."""

    @web.middleware
    async def recorded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if _is_of_fakes(request):
            return await servers.serve(request, SERVER)
        return await _ReferenceExchange(servers, request).run(handler)

    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[recorded])
    app.add_domain("*", reference.app)
    return app


def _is_of_fakes(http: web.Request) -> bool:
    path = http.raw_path.partition("?")[0]
    return path in (*COMPLETIONS, EFFECTS) or path.startswith("/tools/")


class _ReferenceExchange(StreamingExchange):
    """One request to the reference. Of the faults of a server only false answers act on it, before it has any effect."""

    def __init__(self, servers: DurableServers, http: web.Request) -> None:
        super().__init__(servers, http, SERVER, classify(http.method, http.raw_path, {}))

    async def run(self, handler: Handler) -> web.StreamResponse:
        self.note_request()
        if self.orders.answer is not None:
            index, order = self.orders.answer
            self.injected(index)
            return self._send(false_answer(order, self.location(order), lambda: self.error(order.status)))
        response = await handler(self.http)
        self.note_answer(response.status, [[name, value] for name, value in response.headers.items()], "")
        return response
