"""The contract ``result-channel``: an agent streams the output of its tasks, and how they ended, over a WebSocket.

The wire, in short (docs/contracts/result-channel.md has all of it): the agent dials ``{control plane}/api/v1/agents/ws`` with four
headers that sign the upgrade, sends `agent.hello` first, and is active once an `agent.hello_ack` names that hello. Output and finals
are stored before they are sent, and kept until an `ack` with their very message id. `GET /api/v1/tasks` and `PUT /api/v1/tasks/{id}`
are the old way, which remains for what the socket cannot do.

Source of the requirements: the hostlink agent (selfhost-dev/hostlink, pull request 182), its tests and the reference tracker in its
repository; ``robustness`` marks what the field expects beyond it. The words "judged" below are the rules by which a verdict reads them.
"""

from __future__ import annotations

from ..values.requirement import Contract, Level, Requirement, Role, Verb

TIMING, LIMITS = "timing", "limits"

AGENT = Role(
    name="agent",
    contract="result-channel",
    verbs={"start": Verb("start", deadline_ms=35_000), "stop": Verb("stop", deadline_ms=35_000)},
    notes=("log",),
    capabilities=(TIMING, LIMITS),
    example={
        "control_plane_url": "{url}",
        "agent_id": "agent-1",
        "private_key_pem": "{private_key}",
        "state_dir": "{folder}",
        "features": {"results": True, "delivery": True},
        "limits": None,
        "timing_ms": None,
    },
)

T_MS_MIN = 5_000
"""T, the time after which a final that nobody acknowledged belongs into a PUT, is the larger of ``polling_fallback`` and this."""


def _row(level: Level, id: str, text: str, source: str, needs: tuple[str, ...] = ()) -> Requirement:
    return Requirement(f"WSR-{id}", "result-channel", "agent", level, text, source, needs=needs)


def _must(id: str, text: str, source: str, needs: tuple[str, ...] = ()) -> Requirement:
    return _row("MUST", id, text, source, needs)


def _should(id: str, text: str, source: str, needs: tuple[str, ...] = ()) -> Requirement:
    return _row("SHOULD", id, text, source, needs)


REQUIREMENTS = (
    _must(
        "AUTH-1",
        "Every upgrade carries X-Agent-ID, X-Timestamp, X-Nonce and X-Signature: a nonce that no dial had before, a timestamp within 5 s "
        "of the clock, and a signature (RSA-PSS, SHA-256) of `agent|timestamp|nonce` that verifies.",
        "TestClientDialUsesSignedUpgradeHeaders",
    ),
    _must(
        "ENV-1",
        "Every frame of the agent is a valid envelope, and one message id stands for one message for ever, over restarts too.",
        "the envelope tests",
    ),
    _must(
        "ENV-2",
        "An inbound frame that is no valid envelope of a type the agent accepts closes the connection, has no effect, and the agent "
        "connects again.",
        "hostlink: the agent validates what arrives",
    ),
    _must("HELLO-1", "Each connection begins with `agent.hello`, and has exactly one.", "hostlink: session state machine, 1"),
    _must("HELLO-2", "No output and no final is sent before the hello_ack that names the hello.", "hostlink: replay after hello_ack"),
    _must("HELLO-3", "A hello_ack that names another message does not make the session active.", "hostlink: session state machine, 2"),
    _must(
        "HELLO-4",
        "The hello lists every unacknowledged final and every range of unacknowledged output that there is, as contiguous ranges.",
        "hostlink: the test of the reconnect snapshot",
    ),
    _must(
        "ACK-1",
        "A message is kept until an ack with its very id, and is never sent again after that ack. (Judged for acks that the agent has "
        "surely read; a final whose PUT was answered 200 may go.)",
        "hostlink: an ack removes by message id",
    ),
    _must("ACK-2", "An ack of one message removes no other; acks of unknown messages and repeated acks do no harm.", "hostlink: design"),
    _must(
        "SEQ-1",
        "For each attempt and stream the sequences are 1 to n without a hole, once all is acknowledged.",
        "hostlink: the sequence tracker",
    ),
    _must(
        "SEQ-2",
        "An attempt, stream and sequence stands for one message id and one payload, for ever.",
        "hostlink: a replay preserves ids",
    ),
    _must(
        "SEQ-3",
        "The accepted payloads in their order are byte for byte what the command wrote to that stream, and `output` of the final is all of "
        "stdout.",
        "hostlink: completeness of the streams",
    ),
    _should("SEQ-4", "On one connection the chunks of a stream are first sent in ascending sequence.", "robustness"),
    _must("SEQ-5", "`byte_count` is the number of bytes (UTF-8) of `data`.", "robustness"),
    _must(
        "RPL-1",
        "After a hello_ack without directives every unacknowledged message is sent again with its id, sequence and payload, the outputs of "
        "an attempt before its final.",
        "TestClientReplaysUnackedMessagesAfterHelloAck",
    ),
    _must(
        "RPL-2",
        "After a hello_ack with directives, and an empty list is one, exactly the listed rows from `next_sequence` on are sent again; "
        "finals that it acknowledges are gone. (Rows newer than the hello go out besides, once.)",
        "hostlink: the directive output_replay",
    ),
    _must(
        "RPL-3",
        "What is recorded between the hello and its hello_ack is still delivered on that session, or over HTTP, without another reconnect.",
        "robustness",
        (TIMING,),
    ),
    _must(
        "ERR-1",
        "A retryable error closes nothing and loses nothing.",
        "TestClientRetryableErrorKeepsConnectionAndOutboxMessage",
    ),
    _must(
        "ERR-2",
        "A gap error with the highest accepted sequence h, 0 included, is answered by the rows from h+1 on, ascending, without a hole, "
        "with their ids, and by no other rows.",
        "HighestAcceptedSequence of hostlink, pull request 182",
    ),
    _must(
        "ERR-3",
        "A fatal error makes the agent connect again, with its outbox as it was.",
        "TestClientErrorMessageTriggersReconnect",
    ),
    _should(
        "ERR-4",
        "Another retryable error is answered by sending the message it names again, in that session, 1 to 10 times.",
        "robustness",
    ),
    _should(
        "ERR-5",
        "A message that is refused for good neither holds up the others nor makes the agent reconnect more than 20 times a minute.",
        "robustness",
    ),
    _should(
        "ERR-6",
        "A gap that cannot be filled, because rows were rotated away, is reported (`truncated_locally`), not answered for ever.",
        "robustness",
        (LIMITS,),
    ),
    _should(
        "FLUSH-1",
        "What a command has written is at the server within two flush intervals.",
        "TestCaptureStreamFlushesOnInterval",
        (TIMING,),
    ),
    _should(
        "FLUSH-2",
        "A buffer at the threshold is flushed without waiting for the interval, and no chunk is as long as two thresholds.",
        "TestCaptureStreamFlushesOnByteThreshold",
        (TIMING, LIMITS),
    ),
    _must(
        "FLUSH-3",
        "A flush that fails loses nothing: its bytes come with a later one. (Through a driver: a socket that breaks in the middle of a "
        "burst.)",
        "TestCaptureStreamRetainsChunkWhenPersistFails",
    ),
    _must(
        "FIN-1",
        "The final of an attempt is first sent behind all its output: on one connection no chunk of the attempt is first seen behind it, "
        "but for rows newer than the hello or asked for.",
        "hostlink: design of the runner",
    ),
    _must(
        "FIN-2",
        "An attempt has one outcome over socket, HTTP and restarts: one status and exit code, never completed and then interrupted.",
        "robustness",
    ),
    _must(
        "FIN-3",
        "A final is durable before it is first sent: after a kill between the frame and its ack the same message comes again.",
        "hostlink: a final is persisted before it is sent",
    ),
    _must(
        "FIN-4",
        "The final tells the exit code and the status that belongs to it, the same by socket and by HTTP; a signal is -1 and failed.",
        "robustness",
    ),
    _must(
        "HTTP-1",
        "A final without an active session is reported by PUT, until one is answered 200 (or its six tries have failed), and no further "
        "PUT follows that answer.",
        "TestTaskJobFallsBackToHTTP*",
    ),
    _must(
        "HTTP-2",
        "A final handed to an active session and acknowledged there, or on a session that became active within T of the drop, is not "
        "reported by PUT.",
        "TestTaskJobFallsBackToHTTP*: no report",
    ),
    _should(
        "HTTP-3",
        "After a PUT that was answered 200 the final is not sent over the socket, or with the same content.",
        "robustness",
    ),
    _should(
        "HTTP-4",
        "A final that was sent, but is neither acknowledged nor can be within T, is reported by PUT.",
        "robustness",
        (TIMING,),
    ),
    _must(
        "DLV-1",
        "A task's attempt is executed at most once, whatever is delivered twice, over socket and HTTP.",
        "hostlink: the tests of duplicate delivery",
    ),
    _must(
        "DLV-2",
        "An attempt that was delivered is executed, also when the connection ends right behind the delivery. (After a kill an interrupted "
        "final will do.)",
        "robustness",
    ),
    _must(
        "DLV-3",
        "An attempt that a hello lists as received_not_started and its hello_ack discards is not executed.",
        "robustness",
    ),
    _must(
        "CONN-1",
        "Frames are whole and valid WebSocket, however stdout, stderr, replay and pings coincide.",
        "hostlink: a mutex serialises writes",
    ),
    _should(
        "CONN-2",
        "After a healthy session (a hello_ack, and twice reconnect_max of life) the next reconnect comes after the minimum again.",
        "robustness",
        (TIMING,),
    ),
    _should(
        "CONN-3",
        "A peer that is gone without a word is noticed within four ping intervals.",
        "robustness",
        (TIMING,),
    ),
    _should("CONN-4", "A server that reads nothing for a while does not stop the agent from reading: its acks count.", "robustness"),
    _must(
        "POLL-1",
        "The agent polls for tasks if and only if nothing delivers them: both sides enabled and a session active; it polls again once a "
        "delivering session has been gone for the threshold.",
        "hostlink: the polling gate",
        (TIMING,),
    ),
)

RESULT_CHANNEL = Contract(
    name="result-channel",
    title="An agent streams task output and finals over a WebSocket, with acks and replay",
    roles={"agent": AGENT},
    profiles=("websocket",),
    requirements=REQUIREMENTS,
)
