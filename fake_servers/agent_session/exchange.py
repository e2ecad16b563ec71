"""One request of a runner: what the answer is, and what a fault lets happen before it answers falsely."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..answers import Wire, json_answer, phrase, text_answer
from ..event_stream import Pace, Watcher
from ..frames import Frame
from ..streaming import Streamed, StreamingExchange
from .log import LIMIT_MAX, page_of
from .routes import parse_request
from .session import Session, SessionSource

if TYPE_CHECKING:
    from .app import SessionServers

API_KEY = "x-api-key"
CHANGING = ("create", "send", "delete")
NOTED_BODY_MAX = 64 * 1024
"""A longer body of a listing is told by its size in the history: ``page`` and ``recorded`` have what it holds."""
TYPES = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 409: "conflict_error", 429: "rate_limit_error"}


class SessionExchange(StreamingExchange):
    def __init__(self, servers: SessionServers, http: web.Request, server: str) -> None:
        self._route = parse_request(http.method, http.raw_path)
        super().__init__(servers, http, server, self._route.kind)
        self._servers = servers
        self._body: Any = None
        self._opened: tuple[Session, SessionSource] | None = None

    async def run(self) -> web.StreamResponse:
        self.note_request()
        if not await self._read_body():
            return web.Response(status=400)
        for index, change in self.orders.changes:
            if change.change == "restart":
                self.injected(index)
                await self._servers.restart(self.server)
        if self.orders.answer is not None and self.orders.answer[1].commit == "all" and self._route.kind in CHANGING:
            self._true()  # it takes effect, and only its answer is false
        try:
            return await self.answer(self._true)
        finally:
            if self._opened is not None:
                session, source = self._opened
                session.close_source(source)

    async def _read_body(self) -> bool:
        """False when the client has gone before the end of it."""
        if self.http.method != "POST":
            return True
        try:
            self._body = json.loads(await self.http.read())
        except (ConnectionError, web.RequestPayloadError):
            return False
        except (ValueError, RecursionError):
            self._body = None
        return True

    # --- the truth

    def _true(self) -> Wire | Streamed:
        route, servers = self._route, self._servers
        if route.kind == "other" or route.base != servers.base:
            return self.error(404)
        if servers.api_key is not None and self.http.headers.get(API_KEY) != servers.api_key:
            return self.error(401)
        if route.kind == "files":
            return json_answer(200, {"data": [], "has_more": False, "first_id": None, "last_id": None})
        if route.kind == "create":
            return self._create()
        session = servers.find(route.session)
        if session is None:
            return self.error(404, "no such session")
        match route.kind:
            case "read":
                return self._read(session)
            case "send":
                return self._send_events(session)
            case "list":
                return self._list(session)
            case "stream":
                return self._subscribe(session)
            case _:
                return self._delete(session)

    def _create(self) -> Wire:
        body = self._body
        if not isinstance(body, dict) or not body.get("agent") or not isinstance(body.get("environment_id"), str):
            return self.error(400, "agent and environment_id are needed")
        session = self._servers.create(self.number)
        return json_answer(200, {"id": session.id, "type": "session", "status": session.told})

    def _read(self, session: Session) -> Wire:
        self._note("told", session, status=session.told)
        return json_answer(200, {"id": session.id, "type": "session", "status": session.told})

    def _delete(self, session: Session) -> Wire:
        if session.is_running and not session.interrupted and self._servers.delete_running == "refuse":
            self._note("delete-refused", session, status=session.status)
            return self.error(409, "the session is running: interrupt it first")
        self._note("deleted", session)
        session.delete()
        return json_answer(200, {"id": session.id, "type": "session_deleted"})

    # --- what the user says

    def _send_events(self, session: Session) -> Wire:
        events = self._body.get("events") if isinstance(self._body, dict) else None
        if not isinstance(events, list) or not all(_is_known(event) for event in events):
            return self.error(400, "events must be a list of user.message and user.interrupt")
        for event in events:
            if event["type"] == "user.interrupt":
                self._note("interrupted", session, running=session.is_running)
                session.interrupt()
            else:
                self._note("prompted", session, text=_text_of(event["content"]))
                session.prompt(event["content"])
        return json_answer(200, {"data": events})

    # --- what the session says

    def _list(self, session: Session) -> Wire:
        query = self.http.query
        limit, order, token = query.get("limit", str(LIMIT_MAX)), query.get("order", "asc"), query.get("page")
        if not (limit.isascii() and limit.isdigit() and int(limit)) or order not in ("asc", "desc"):
            return self.error(400, "limit must be a number, order asc or desc")
        if token is not None:
            session.turn_page()
        try:
            page = page_of(session.log, self._servers.paging, int(limit), token, newest_first=order == "desc")
        except ValueError as error:
            return self.error(400, str(error))
        self._note("page", session, ids=[row.id for row in page.rows], token=token, next=page.next)
        return text_answer(200, page.text(self._servers.paging.end))

    def note_answer(self, status: int, headers: list[list[str]], body: str, *, early: bool = False) -> None:
        shortened = body if len(body) <= NOTED_BODY_MAX else f"(a listing of {len(body)} characters: see its page)"
        super().note_answer(status, headers, shortened, early=early)

    def _subscribe(self, session: Session) -> Streamed:
        source = session.open_source()
        self._opened = session, source
        self._note("stream-open", session)
        return Streamed(source, Pace(keepalive_ms=self._servers.heartbeat_ms), Watcher(on_frame=self._note_frame))

    def _note_frame(self, frame: Frame, again: bool, body_bytes: int) -> None:
        if frame.position and self._opened is not None:
            session, _ = self._opened
            row = session.log[frame.position - 1]
            row.is_delivered = True
            self._note("streamed", session, id=row.id, again=again, body_bytes=body_bytes)

    def _note(self, kind: str, session: Session, **data: Any) -> None:
        self.history.add(kind, request=self.number, session=session.id, **data)

    def error(self, status: int, message: str = "") -> Wire:
        """The error object of the contract."""
        error = {"type": TYPES.get(status, "api_error"), "message": message or phrase(status)}
        return json_answer(status, {"type": "error", "error": error})


def _is_known(event: Any) -> bool:
    if not isinstance(event, dict):
        return False
    return event.get("type") == "user.interrupt" or (event.get("type") == "user.message" and isinstance(event.get("content"), list))


def _text_of(content: list[Any]) -> str:
    return "\n".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
