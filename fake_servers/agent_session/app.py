"""A fake service of managed sessions, as an aiohttp application.

    servers = SessionServers(scene, api_key="K", base="/x")
    sessions = await scene.serve(servers.app("sessions"), server="sessions", classify=servers.classify)
    servers.expect("a", Script.from_json({"steps": [{"type": "message", "after_ms": 5, "text": "hi"}, {"type": "idle", "after_ms": 9}]}))

Every creation makes a session that plays the script that is expected then, from its prompt on. Its base is ``{base}/v1``.

Entries written to the history beside ``request`` and ``answer`` (which a stream writes with its head, the body empty):

================= ====================================================================================================
``session``        request, session, run (the label of the script)
``prompted``       request, session, text: a message of the user was taken
``interrupted``    request, session, running (whether it ran until then)
``deleted``        request, session
``delete-refused`` request, session, status: by the rule of the contract, since it runs
``recorded``       session, event (the whole object): it has happened, whoever knows of it
``shown``          session, id: the list has that event from now on
``status``         session, status: what GET tells from now on
``told``           request, session, status: the true answer of a GET
``page``           request, session, ids (as listed), token (asked for), next: the true answer of a listing
``stream-open``    request, session: what is recorded from now on goes out on this answer
``streamed``       request, session, id, again (a repeat), body_bytes (with it), as it is handed to the socket
``stream-over``    request, how ("clean" | "gone" | "aborted")
================= ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Literal
from urllib.parse import quote

from aiohttp import web

from ..host import Host, Recorder
from ..streaming import StreamingServers
from .exchange import SessionExchange
from .log import Paging
from .routes import classify
from .script import Script, Step
from .session import Session

SESSIONS = "sessions"
SPECIAL_IDS = ("a/b?c&d#e %", "a%2Fb", "é/ü 日本", "a+b", "x;y:z@", '{}[]|^`"<>', "-_.!~*'()", "%", "a b", "a\\b", "🙂", "s" * 1_000)

Ids = Literal["plain", "special"]
DeleteRunning = Literal["refuse", "allow"]
DEFAULT_SCRIPT = Script(steps=(Step("message", 1, ("Done.",)), Step("idle", 2)))


class SessionServers(StreamingServers):
    """Its sessions, its application and their record. One object per example, made on the running loop."""

    classify = staticmethod(classify)

    def __init__(
        self,
        host: Host,
        *,
        api_key: str | None = None,
        base: str = "",
        paging: Paging | None = None,
        ids: Ids = "plain",
        first_id: int = 0,
        delete_running: DeleteRunning = "refuse",
        heartbeat_ms: int | None = None,
    ) -> None:
        """``api_key``: what x-api-key must be (None: anything). ``ids``: whether those of sessions hold what is special in a URL.
        ``first_id``: how many of those are left out.

        ``delete_running``: what comes of a DELETE of a session that runs and was not interrupted. ``heartbeat_ms``: a stream that is
        silent for so long gets a keepalive.
        """
        super().__init__(host)
        self.api_key = api_key
        self.base = base
        self.paging = paging or Paging()
        self.delete_running = delete_running
        self.heartbeat_ms = heartbeat_ms
        self.sessions: dict[str, Session] = {}
        self._expected: tuple[str, Script] = ("", DEFAULT_SCRIPT)
        self._event_numbers = count(1)
        self._ids = _ids(ids, first_id)

    async def serve(self, http: web.Request, server: str) -> web.StreamResponse:
        return await SessionExchange(self, http, server).run()

    # --- what a play does

    def expect(self, run: str, script: Script) -> None:
        """From now on every creation makes a session that plays this."""
        self._expected = (run, script)

    def summary(self) -> list[str]:
        return [f"session {quote(session.id)}: {_state(session)}, {len(session.log)} events" for session in self.sessions.values()]

    # --- what its exchanges and sessions ask

    @property
    def record(self) -> Recorder:
        return self.host.history

    def next_event_id(self) -> str:
        return f"sevt_{next(self._event_numbers):06}"

    def create(self, request: int) -> Session:
        run, script = self._expected
        id = next(self._ids)
        self.host.history.add("session", request=request, session=id, run=run)
        session = self.sessions[id] = Session(id, script, self)
        return session

    def find(self, id: str) -> Session | None:
        """A session that is there; None when it never was, or was deleted."""
        session = self.sessions.get(id)
        return None if session is None or session.deleted else session


def _ids(ids: Ids, first: int) -> Iterator[str]:
    for number in count(first):
        yield f"sesn_{number + 1:04}" if ids == "plain" else SPECIAL_IDS[number % len(SPECIAL_IDS)] + str(number)


def _state(session: Session) -> str:
    return "deleted" if session.deleted else session.status
