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
``drop(how, code=1000) -> bool``  ends the newest open socket: "fin", "rst", or "close" with the code; False when none is open
``hold(ms)``  upgrades are answered 503 for so long (until the faults stop at most)
``say(what) -> bool``  one of `frames_to_say.ILLEGAL` or `frames_to_say.HARMLESS`; False when no socket is open (or nothing was acknowledged yet,
    for "ack-again")
``gap(task, attempt, stream, highest) -> bool``  a gap error that nobody asked for; ``highest`` "true" or a number; False when no socket is
    open or no output of that stream has arrived
``poison(task, attempt, what)``  from now on each "final" or "output" of it is refused with a fatal error (until the faults stop)
``facts(task, attempt) -> Facts``  what the ledger holds of it
``until(condition, ms) -> bool``  waits for a condition, looked at after each move; False when it did not come to be in time
``moves``  counts what has happened here: as long as it stands still, nothing moves
``hellos``  how many `agent.hello` were looked at; ``sockets_open``, ``session_active``  how it stands

When the faults stop, `hold` and `poison` end, later connections get a plain hello_ack, and a connection that never became a session is
closed as going away.

Entries written to the history beside ``request``, ``answer`` and ``body-end`` (the value of X-Signature is written as "valid" or "invalid"):

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
============== =======================================================================================================
"""
