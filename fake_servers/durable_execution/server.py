"""The reference server of durable executions: its parts put together. One object is one life of it.

server = ReferenceServer(settings, log)
await server.start()        # runs that an earlier life began go on
... server.app ...
await server.close()
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import aiohttp
from aiohttp import web

from .access import TENANT, Access
from .announcements import Announcements
from .approvals import Approvals
from .chat_approvals import ChatApprovals
from .chats import Chats
from .classic import ClassicChat
from .conversations import Conversations
from .engine import Engine
from .executions import Executions
from .frames import Flavour, OpenAiFrames
from .machine import Machine, Parts
from .model_client import ModelClient
from .own_faults import OwnFaults
from .problem import INTERNAL, Problem, bad_request
from .settings import Settings
from .store import Store
from .streaming import Streams
from .tool_client import ToolClient
from .vercel_frames import VercelFrames

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BODY_BYTES_MAX = 16 * 1024 * 1024
FLAVOURS: Mapping[str, type[Flavour]] = {flavour.name: flavour for flavour in (OpenAiFrames, VercelFrames)}


class ReferenceServer:
    """Made on the running loop. The types are for servers with a difference."""

    def __init__(
        self,
        settings: Settings,
        log: Callable[[str], None],
        *,
        store_type: type[Store] = Store,
        machine_type: type[Machine] = Machine,
        model_type: type[ModelClient] = ModelClient,
        tools_type: type[ToolClient] = ToolClient,
        approvals_type: type[Approvals] = Approvals,
        access_type: type[Access] = Access,
        streams_type: type[Streams] = Streams,
        executions_type: type[Executions] = Executions,
        chats_type: type[Chats] = Chats,
        chat_approvals_type: type[ChatApprovals] = ChatApprovals,
        conversations_type: type[Conversations] = Conversations,
        flavours: Mapping[str, type[Flavour]] = FLAVOURS,
    ) -> None:
        self.settings = settings
        self.log = log
        self.announcements = Announcements()
        faults = OwnFaults(settings.fail_writes_after, settings.fail_reads_after)
        self.store = store_type(settings.data_dir, self.announcements.announce, faults)
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None)
        )
        model = model_type(self.session, settings.llm_url, settings.tools)
        tools = tools_type(self.session, settings.tool_url)
        self.parts = Parts(settings, self.store, self.announcements, model, tools, flavours, log)
        self.engine = Engine(self.parts, machine_type)
        self.approvals = approvals_type(self.store)
        self.access = access_type(settings.tenant_by_key)
        self.streams = streams_type(self.store, self.announcements, log)
        self.app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[self._answer])
        self.classic = ClassicChat(self.parts, self.streams)
        self.chat_approvals = chat_approvals_type(self)
        for routes in (executions_type(self), chats_type(self), conversations_type(self)):
            self.app.add_routes(routes.routes())

    async def start(self) -> None:
        self.engine.start()

    async def close(self) -> None:
        """Ends the open streams, as broken ones. The runs go on in the next life."""
        await self.engine.close()
        self.announcements.close()
        await self.session.close()
        self.store.close()

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Lets in who may, and turns what is raised into an answer. For every path, known or not."""
        try:
            request[TENANT] = self.access.tenant_of(request)
            return await handler(request)
        except Problem as problem:
            return problem.response()
        except web.HTTPException as error:
            return Problem(error.status, error.reason).response()
        except (ConnectionError, web.RequestPayloadError):  # the body was cut: nobody is there to hear it
            return bad_request("The body was cut").response()
        except Exception as error:  # whatever it was, the client learns no more than that
            self.log(f"{request.method} {request.path} broke: {type(error).__name__}: {error}")
            return Problem(500, INTERNAL).response()
