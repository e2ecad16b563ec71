"""The contract ``ingest``: a sender delivers the events of a task run to a backend or proxy (NDJSON over HTTP).

The wire in short. The sender posts to ``{base}/v1/runs/{run}/ingest`` (profile ``proxy``) or to
``{base}/api/projects/{project}/tasks/{task}/runs/{run}/event_stream/`` (profile ``direct``), bearer token, one JSON
object a line: ``{"seq": n, "event": {..}}``, and as the very last line, once, the completion
``{"type": "_posthog/stream_complete", "final_seq": n}``. An empty POST (the *sync*) reads the position. Every answer
may carry ``last_accepted_seq`` (below: L): all up to L is stored and needs no resend. The server takes exactly L+1
next, drops what is at or below L as a duplicate without looking at it, and answers 409 to a gap; on a 409 the sender
renumbers what it still holds from L+1 (*rebase*).

The facts are those of the PostHog task-run event stream (sender: npm @posthog/agent 2.4.187; PostHog/code#2110, #2519).
"""

from __future__ import annotations

from ..values.requirement import Contract, Level, Requirement, Role, Verb
from .ingest_server import HEADER_COMPLETION, SERVER_REQUIREMENTS

PROXY, DIRECT, HEADER = "proxy", "direct", "header"
NEEDS_TIMING = ("timing",)
NEEDS_LIMITS = ("limits",)

SENDER = Role(
    name="sender",
    contract="ingest",
    verbs={
        "enqueue": Verb("enqueue", ("event",)),
        "enqueue_many": Verb("enqueue_many", ("events",)),
        "stop": Verb("stop", ("complete",), deadline_ms=None),
    },
    notes=("log",),
    capabilities=("timing", "limits"),
    example={
        "api_url": "{url}",
        "ingest_url": "{url}",
        "project_id": 7,
        "task_id": "task-1",
        "run_id": "run-1",
        "token": "example-token",
        "persistent_upload": None,
        "limits": {},
        "timing_ms": {},
    },
)
SERVER = Role(
    name="server",
    contract="ingest",
    verbs={},
    capabilities=(HEADER_COMPLETION,),
    example={"runs": [{"project_id": 7, "task_id": "task-1", "run_id": "run-1", "token": "example-token"}], "profile": PROXY},
)

_REVIEW = "review of PostHog/code#2110 and #2519"
_TESTS = "unit tests of the published sender"
_CODE = "source of the published sender"


def _must(id: str, text: str, source: str, needs: tuple[str, ...] = (), *, level: Level = "MUST", internal: bool = False) -> Requirement:
    return Requirement(f"ING-{id}", "ingest", "sender", level, text, source, needs=needs, internal=internal)


def _should(id: str, text: str, source: str, needs: tuple[str, ...] = ()) -> Requirement:
    return _must(id, text, source, needs, level="SHOULD")


SENDER_REQUIREMENTS = (
    _must(
        "URL-1",
        "Each request goes to the ingest URL of its leg; ids are percent-encoded as one path segment each, and exactly "
        "one trailing slash of the base is removed.",
        _REVIEW,
    ),
    _must(
        "HDR-1",
        "Sync and upload carry `Authorization: Bearer TOKEN` and the media type application/x-ndjson, and none of the "
        "completion headers of the older protocol.",
        _TESTS,
    ),
    _must(
        "SYNC-1", "The first request of a sender is an empty POST (the sync), and no event line is sent before a sync got a 2xx.", _TESTS
    ),
    _must("ORD-1", "Within one upload the sequence numbers are consecutive and increasing.", _TESTS),
    _must(
        "ORD-2",
        "What the server has accepted, in sequence order, is at any time a prefix of what the application enqueued, dropped "
        "events left out: nothing is reordered, also not by a rebase.",
        _TESTS,
    ),
    _must("LOSS-1", "If stop succeeded and the server lost no state, each event that was not dropped is accepted exactly once.", _TESTS),
    _must(
        "IDEM-1",
        "A sequence number is resent with the identical line, unless a 409 or the shift of the first sync lies between.",
        "the server discards duplicates unseen",
    ),
    _must("ACK-1", "An event that an answer has acknowledged is not sent again by an upload that began later.", _TESTS),
    _must("ACK-2", "A 413, 4xx or 5xx that carries last_accepted_seq acknowledges that prefix: the next upload starts behind it.", _TESTS),
    _must("RST-1", "A new process whose first sync answers L > 0 starts at L+1.", _TESTS),
    _must(
        "REB-1",
        "After a 409 that carries L the next upload holds the outstanding events as L+1, L+2 .. with the same contents in the "
        "same order, none dropped.",
        _TESTS,
    ),
    _must(
        "REB-2",
        "A number that was on the wire moves to another event only after a 409 (or the shift of the first sync), not after any "
        "other answer.",
        _CODE,
    ),
    _must("DROP-1", "A dropped event (too large, buffer full) uses no sequence number: the numbers on the wire have no gap.", _TESTS),
    _must(
        "DROP-2",
        "The size limit is applied to the bytes of the line with its real next number, and exactly the limit still fits; "
        "an event within the limit is sent as it is.",
        _REVIEW,
        NEEDS_LIMITS,
    ),
    _should(
        "DROP-3",
        "A full buffer drops the newest event and keeps the older; drops are logged, the first and each hundredth.",
        _CODE,
        NEEDS_LIMITS,
    ),
    _must(
        "ROLL-1",
        "An upload holds at most max_upload_events events and max_upload_bytes bytes (one longer line may go alone), and "
        "never exceeds what the server allows (1,000 events, 5,000,000 bytes, 1,000,000 bytes a line).",
        _TESTS,
    ),
    _must("ROLL-2", "An upload lasts at most upload_window, also when nothing is written.", _REVIEW, NEEDS_TIMING),
    _should(
        "LIVE-1",
        "In steady state events reach the application behind the ingress at once: a batch upload ends when the buffer is "
        "drained, a persistent upload writes each line when it is enqueued on one connection.",
        _REVIEW,
    ),
    _must("LIVE-2", "Once the faults have stopped, all outstanding events arrive within bounded time without another enqueue.", "liveness"),
    _must("NBLK-1", "enqueue returns at once and without an error, whatever the network does.", "purpose of PostHog/code#2110"),
    _must(
        "RETRY-1",
        "Failed attempts are at least retry_delay apart; one early retry per unbroken streak of failures is allowed.",
        _CODE,
        NEEDS_TIMING,
    ),
    _must("TMO-1", "A peer that stalls in any phase is abandoned within request_timeout.", _TESTS, NEEDS_TIMING),
    _must("STOP-1", "stop returns only after the answer to the final upload, or when its deadline has come.", _TESTS),
    _must("STOP-2", "stop returns within stop_timeout and one request_timeout, whatever goes wrong.", _TESTS, NEEDS_TIMING),
    _must(
        "STOP-3",
        "The completion is sent only as the last line of a body, with final_seq the highest number sent (or the position of "
        "the server), behind all outstanding events, and never for complete:false.",
        _REVIEW,
    ),
    _must("STOP-4", "stop without any event still completes the stream, at the position of the server.", _TESTS),
    _must("STOP-5", "A passing failure during stop is retried before the deadline.", _TESTS, NEEDS_TIMING),
    _must(
        "CMP-1",
        "A stream is never marked complete while an event that was enqueued and not dropped is missing from it.",
        "completion consistency of the server's documentation",
    ),
    _should("CMP-2", "Told that the stream is already complete, the sender gives up or backs off: no hot loop.", _CODE),
    _should("AUTH-1", "Told 401, 403 or 404, the sender gives up or backs off: no hot loop.", _CODE),
    _must("STOP-6", "No request begins after stop has returned.", "clarification: a stopped sender is silent"),
    _must("RED-1", "The Authorization header is never sent to another origin.", "clarification: redirects are a fault of the network"),
    _must(
        "PURE-1",
        "The event object of the caller is neither changed nor followed later: what is sent is what it was at enqueue.",
        _TESTS,
        internal=True,
    ),
)

INGEST = Contract(
    name="ingest",
    title="A sender delivers the events of a task run to a backend or proxy (NDJSON over HTTP)",
    roles={"sender": SENDER, "server": SERVER},
    profiles=(PROXY, DIRECT, HEADER),
    requirements=SENDER_REQUIREMENTS + SERVER_REQUIREMENTS,
)
