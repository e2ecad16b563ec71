"""A durable server for clients, and another origin, as aiohttp applications over runs that the play knows beforehand.

    servers = DurableServers(scene, done="end")
    durable = await scene.serve(servers.app("durable"), server="durable", classify=servers.classify)
    servers.expect("wrun_1", [Round(({"text": "hello"},), "suspended", "call-1"), Round()])

``app("durable")`` has POST /run/api/executions, GET .../{id}, GET .../{id}/stream (x-stream-start-index) and
POST .../{id}/approvals/{toolCallId}; faults act here. ``app("elsewhere")`` is another origin, where redirects may lead: the same
runs, without a credential, and none of the faults of a server act. A creation makes the run that was expected next; one that
nobody expected makes a run of its own, named ``wrun_unexpected-<n>``.

Entries written to the history beside ``request`` and ``answer`` (which a stream writes with its head, the body empty):

============== =======================================================================================================
``asked``      request, body: the text of the body of a POST
``created``    request (0: by others), run, conversation
``frame``      request, run, frame ("event", "done": the data [DONE], "error": `event: error`, "comment", "retry", "id-only"),
               index (of an event in its run, else null), data, body_bytes (of this answer, this frame included), as each is
               handed to the socket
``decision``   request (0: by others), run, call, approved, verdict ("recorded", "again": the same decision stood already,
               "opposite", "unknown" call, "not-suspended", "over")
``stream-over`` request, how ("clean" | "gone" | "aborted")
============== =======================================================================================================
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from aiohttp import web

from ...host import Host
from ...streaming import StreamingServers
from .exchange import DurableExchange
from .routes import classify
from .run import Done, Round, Run, Verdict

DURABLE = "durable"


class DurableServers(StreamingServers):
    """Its runs, its applications and their record. One object per example, made on the running loop."""

    classify = staticmethod(classify)

    def __init__(self, host: Host, *, done: Done = "none", credential: str | None = None, repeats: bool = True) -> None:
        """``credential``: what Authorization must be (None: anything). ``repeats``: the same decision again is answered 200, else 409."""
        super().__init__(host)
        self.credential = credential
        self.repeats = repeats
        self.runs: dict[str, Run] = {}
        self._done = done
        self._expected: deque[tuple[str, Sequence[Round]]] = deque()

    async def serve(self, http: web.Request, server: str) -> web.StreamResponse:
        return await DurableExchange(self, http, server).run()

    # --- what a play does

    def expect(self, id: str, rounds: Sequence[Round]) -> None:
        """The next creation makes this run."""
        self._expected.append((id, rounds))

    def begin(self, id: str, rounds: Sequence[Round]) -> Run:
        """A run that others have made."""
        return self._make(0, id, "of-others", rounds)

    # --- what its exchanges ask

    def create(self, request: int, conversation: str | None) -> Run:
        number = len(self.runs) + 1
        id, rounds = self._expected.popleft() if self._expected else (f"wrun_unexpected-{number}", [Round()])
        return self._make(request, id, conversation or f"conversation-{number}", rounds)

    def decide(self, run: Run, call: str, approved: bool, request: int = 0) -> Verdict:
        """A decision by that request, or by others. The run goes on when it was recorded."""
        verdict = run.decide(call, approved)
        self.host.history.add("decision", request=request, run=run.id, call=call, approved=approved, verdict=verdict)
        if verdict == "recorded":
            run.open_round()
        return verdict

    def _make(self, request: int, id: str, conversation: str, rounds: Sequence[Round]) -> Run:
        run = Run(len(self.runs) + 1, id, conversation, rounds, self._done, self.wake_streams)
        self.runs[id] = run
        self.host.history.add("created", request=request, run=id, conversation=conversation)
        return run
