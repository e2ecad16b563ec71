"""The control plane of the result channel as an aiohttp application over one ledger.

    plane = ControlPlane(scene, public_key_pem=pem, agent_id="agent-1", hello_acks=[{"after_ms": 200}, {}], base="/some/base")
    site = await scene.serve(plane.app("control-plane"), server="control-plane", classify=plane.classify)
    plane.add_task("task-1", "attempt-1", "streamproof-emit ...", via="socket")
    await plane.until(lambda: plane.facts("task-1", "attempt-1").acked, 60_000)

The application has GET {base}/api/v1/agents/ws (the upgrade), GET {base}/api/v1/tasks and PUT {base}/api/v1/tasks/{id}. All that a play
does with it is at once and of the running loop (nothing but `until` is awaited):

``add_task(task, attempt, command, *, via, priority=0)``  ``via`` "socket": delivered once a session is active, and on each later session
    until the ledger has seen anything of it; "poll": in the answers of GET tasks until its report or its final came
``deliver(task, attempt, via)``  the same task once more, whatever its state: now or on the next session, or in the next answer of GET tasks
``drop(how, code=1000) -> bool``  ends the newest socket: "fin", "rst", or "close" with the code; False when it is over
``hold(ms)``  upgrades are answered 503 for so long (until the faults stop at most)
``say(what) -> bool``  one of `frames_to_say.ILLEGAL` or `frames_to_say.HARMLESS`; False when no socket is open, or there is nothing yet to
    be said again
``gap(task, attempt, stream, highest) -> bool``  a gap error that nobody asked for; ``highest`` "true" or a number; False when no socket is
    open or no output of that stream has arrived
``poison(task, attempt, what)``  from now on each "final" or "output" of it is refused with a fatal error (until the faults stop)
``facts(task, attempt) -> Facts``  what the ledger holds of it
``until(condition, ms) -> bool``  waits for a condition, looked at after each move; False when it did not come to be in time
``moves``  counts what has happened here: as long as it stands still, nothing moves
``hellos``  how many `agent.hello` were looked at; ``sockets_open``, ``session_active``  how it stands

When the faults stop, `hold` and `poison` end, later connections get a plain hello_ack, and a connection that never became a session is
closed as going away.

Entries written to the history beside ``request``, ``answer`` and ``body-end`` (X-Signature is written as "valid" or "invalid"):

============== =======================================================================================================
``signed``     request, endpoint, agent, timestamp, nonce (texts or null), skew_ms (from the clock, or null), problems
``socket``     socket (the number of its request), connection: the upgrade was accepted
``frame``      socket, number (data frames of this socket, 1 ..), type, envelope (or null), problems: as it arrived
``taken``      socket, number, as ("accepted" | "duplicate" | "gap" | "conflict" | "dropped" | "refused" | "ignored"), task, attempt,
               stream, sequence, highest, message: what the ledger did with an output or a final (also one that a hello lists)
``said``       socket, number (1 ..), type, envelope or text (raw), meant, answers (number of a frame, or null), illegal
``control``    socket, by ("agent" | "server"), what ("ping" | "pong" | "close"), data, code
``socket-over`` socket, by ("agent": it said close, "server", "broken"), code, problem (what was no WebSocket in what the agent sent)
``listed``     request, tasks: [[task, attempt] ..]
``reported``   request, task, body, problems, status (of the true answer), again
``held``       on
``fault``      of a message: socket, number (of the frame that arrived, null for one that was to be said), type, nth
============== =======================================================================================================
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from aiohttp import web

from ...harness.faults.base import Position
from ..host import Host
from ..servers import Servers
from .board import Board, Task, Via
from .envelope import Message
from .exchange import ControlExchange
from .hello import Shape, Shapes
from .ledger import Facts, Ledger
from .routes import parse_request
from .signature import Verifier
from .socket import Drop, Socket
from .utterances import utterance
from .wording import Ack, Said, Wording, gap_payload

FRAMES = "frames"
"""Stands for the server in the positions of messages of the socket, which are counted apart from requests."""
GOING_AWAY = 1_001
_POISON: Mapping[str, str] = {"output": "task.output", "final": "task.final"}


class ControlPlane(Servers):
    """One control plane, its one agent, and their record. One object per example, made on the running loop."""

    def __init__(
        self,
        host: Host,
        *,
        public_key_pem: str,
        agent_id: str,
        hello_acks: Sequence[Shape] = (),
        base: str | None = None,
    ) -> None:
        """``base``: the path below which all is, None: below any."""
        super().__init__(host)
        self.agent_id = agent_id
        self.base = base
        self.verifier = Verifier(public_key_pem, agent_id)
        self.ledger = Ledger()
        self.board = Board(self.ledger)
        self.shapes = Shapes(hello_acks)
        self.wording = Wording(agent_id)
        self.reported: set[str] = set()
        """Tasks of which a report was accepted."""
        self.healed = False
        self.is_held = False
        self.hellos = 0
        self.moves = 0
        self._open: dict[int, Socket] = {}
        self._newest: Socket | None = None
        self._frames: Counter[str] = Counter()
        self._acks: dict[tuple[str, str, str], Ack] = {}
        self.last_ack: Ack | None = None
        self._poisoned: set[tuple[str, str, str]] = set()
        self._illegal = 0
        self._release: asyncio.TimerHandle | None = None
        self._waiting: list[asyncio.Future[None]] = []
        host.plan.when_healed(self._heal)

    async def serve(self, http: web.Request, server: str) -> web.StreamResponse:
        return await ControlExchange(self, http, server).run()

    def classify(self, method: str, target: str, headers: Mapping[str, str]) -> str:
        """The endpoint of a request, for the positions of faults: "socket", "tasks", "report" or "other"."""
        route = parse_request(method, target, self.base)
        return "other" if route is None else route.kind

    # --- what a play does

    def add_task(self, task: str, attempt: str, command: str, *, via: Via, priority: int = 0) -> None:
        """A task to be delivered, at once if it can be."""
        new = Task(task, attempt, command, via, priority)
        self.board.add(new)
        self.ledger.facts(task, attempt)  # from now on it is known
        socket = self.newest_session
        if via == "socket" and socket is not None:
            self._deliver(socket, new)

    def deliver(self, task: str, attempt: str, via: Via) -> None:
        """Once more. Raises KeyError for a task that there is not."""
        known = self.board.task(task, attempt)
        if known is None:
            raise KeyError((task, attempt))
        socket = self.newest_session
        if via == "poll":
            known.again_by_poll += 1
        elif socket is not None:
            self._deliver(socket, known)
        else:
            known.again_by_socket += 1

    def drop(self, how: Drop, code: int = 1_000) -> bool:
        """Ends the newest socket; False when it is over already."""
        socket = self.newest
        if socket is not None:
            socket.drop(how, code)
        return socket is not None

    def hold(self, ms: float) -> None:
        """Upgrades are refused for so long."""
        self._hold(True)
        self._release = asyncio.get_running_loop().call_later(ms / 1_000, self._hold, False)

    def say(self, what: str) -> bool:
        """False when it cannot be said now. Raises UsageError for what nobody knows."""
        socket = self.newest
        said = utterance(self, socket, what) if socket is not None else None
        return socket is not None and said is not None and socket.say_now(said)

    def gap(self, task: str, attempt: str, stream: str, highest: Literal["true"] | int) -> bool:
        """Claims a gap behind ``highest``, and names the newest output of the stream; False when there is nothing to name."""
        socket, newest = self.newest, self.ledger.newest_output(task, attempt, stream)
        if socket is None or newest is None:
            return False
        known = self.ledger.highest(task, attempt, stream) if highest == "true" else highest
        return socket.say_now(Said("error", self.wording.envelope("error", gap_payload(newest, known)), "gap"))

    def poison(self, task: str, attempt: str, what: Literal["final", "output"]) -> None:
        """From now on each such message of it is refused for good."""
        self._poisoned.add((task, attempt, _POISON[what]))

    def facts(self, task: str, attempt: str) -> Facts:
        """What the ledger holds of it, kept up to date."""
        return self.ledger.facts(task, attempt)

    async def until(self, condition: Callable[[], bool], ms: float) -> bool:
        """Waits until it is so, looking after each move; False when the time was over first."""
        try:
            async with asyncio.timeout(ms / 1_000):
                while not condition():
                    waiting = asyncio.get_running_loop().create_future()
                    self._waiting.append(waiting)
                    await waiting
        except TimeoutError:
            return condition()
        return True

    # --- how it stands

    @property
    def newest(self) -> Socket | None:
        """The socket that was opened last, if it is still open. Those before it are left to themselves: an agent has one."""
        return self._newest if self._newest is not None and self._newest.is_open else None

    @property
    def newest_session(self) -> Socket | None:
        """The same, if its session is active."""
        socket = self.newest
        return socket if socket is not None and socket.active else None

    @property
    def sockets_open(self) -> int:
        return sum(socket.is_open for socket in self._open.values())

    @property
    def session_active(self) -> bool:
        return self.newest_session is not None

    def summary(self) -> list[str]:
        """One line for each attempt that anything is known of."""
        return [f"task {task!r}, attempt {attempt!r}: {_state(self.facts(task, attempt))}" for task, attempt in self.ledger.attempts]

    # --- what its sockets and exchanges ask

    def moved(self) -> None:
        """Something has happened: whoever waits looks again."""
        self.moves += 1
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def joined(self, socket: Socket) -> None:
        self._open[socket.number] = self._newest = socket
        self.moved()

    def left(self, socket: Socket) -> None:
        del self._open[socket.number]
        self.moved()

    def count_frame(self, kind: str) -> Position:
        """The logical position of a message that has arrived, or is about to be said."""
        self._frames[kind] += 1
        return Position(FRAMES, kind, self._frames[kind], self._frames.total())

    def session_began(self, socket: Socket) -> None:
        for task in self.board.due_on_session():
            self._deliver(socket, task)

    def acknowledged(self, ack: Ack) -> None:
        self.last_ack = self._acks[ack.place] = ack

    def acknowledged_id(self, place: tuple[str, str, str]) -> str | None:
        """A message that was acknowledged, of that place if there is one."""
        ack = self._acks.get(place, self.last_ack)
        return None if ack is None else str(ack.payload["acked_message_id"])

    def is_poisoned(self, message: Message) -> bool:
        return (message.task, message.attempt, message.type) in self._poisoned

    def next_illegal(self) -> int:
        self._illegal += 1
        return self._illegal

    async def restart(self, server: str) -> None:
        """Resets every connection, as the end of the process would. The ledger is on disk."""
        for socket in self._open.values():
            socket.gone()
        await self.host.restart_server(server)

    # --- within

    def _deliver(self, socket: Socket, task: Task) -> None:
        """An agent whose delivery is switched off would close on it."""
        capabilities = socket.hello.payload.get("capabilities") if socket.hello is not None else None
        if task.attempt and not (isinstance(capabilities, dict) and capabilities.get("delivery_enabled") is False):
            envelope = self.wording.deliver(task.id, task.attempt, task.command, task.priority)
            socket.say(Said("task.deliver", envelope, "deliver"))

    def _hold(self, on: bool) -> None:
        if self._release is not None:
            self._release.cancel()
            self._release = None
        if self.is_held != on:
            self.is_held = on
            self.host.history.add("held", on=on)

    def _heal(self) -> None:
        self.healed = True
        self._hold(False)
        self._poisoned.clear()
        self.shapes.heal()
        for socket in list(self._open.values()):
            if socket.frames and not socket.active and not socket.ack_is_due:
                socket.close(GOING_AWAY)


def _state(facts: Facts) -> str:
    ending = "final" if facts.final else "reported" if facts.reported else "started" if facts.started else "not started"
    return f"{facts.outputs} outputs, {ending}"
