"""The contract ``run-stream``: a reader follows a task run over SSE, through an agent proxy or straight from the backend.

The wire in short. All backend requests carry ``Authorization: Bearer SESSION``. ``GET {api}/api/projects/{team}/tasks/{task}/
runs/{run}/`` is the state of the run; ``..session_logs/?limit=&offset=`` a page of its history (a JSON array, ``X-Has-More``);
``..stream_token/`` says where to follow it: ``{"token", "stream_base_url"}``. With a base the stream is ``GET {base}/v1/runs/
{run}/stream`` with ``Authorization: Bearer TOKEN`` (profile ``proxy``); with a null base it is ``GET {api}/..runs/{run}/stream/``
with the session (profile ``direct``); a backend that answers 404 to ``stream_token`` is an older one (profile ``legacy``), whose
streams may end without saying so. ``?start=latest`` begins behind the newest entry, ``Last-Event-ID`` behind that entry.

A frame is ``id``, ``data`` (the event as JSON) and an empty line. Named frames are control: ``keepalive``, ``stream-end`` (the
run is over), ``error`` (the server gives up this connection), ``end`` (rotation, resync: come again). The end of a stream is
said by ``stream-end`` alone; a connection that ends without it was cut.

The facts are those of the PostHog cloud-task reader and agent proxy (PostHog/code#2519).
"""

from __future__ import annotations

from ..values.requirement import Contract, Level, Requirement, Role, Verb

PROXY, DIRECT, LEGACY = "proxy", "direct", "legacy"
NEEDS_TIMING = ("timing",)
ASKING_TYPES = ("permission_request", "mcp_request", "credential_request")
"""Types of events that ask a person: told at once by a note of their own."""
ASIDE_TYPES = ("task_run_state", *ASKING_TYPES)
"""Types of events that are no log entries when they come live."""

READER = Role(
    name="reader",
    contract="run-stream",
    verbs={"watch": Verb("watch"), "retry": Verb("retry"), "unwatch": Verb("unwatch")},
    notes=("snapshot", "logs", "status", "permission_request", "error", "ended", "log"),
    capabilities=("timing",),
    example={
        "api_url": "{url}",
        "team_id": 7,
        "task_id": "task-1",
        "run_id": "run-1",
        "session_token": "example-session",
        "timing_ms": {},
    },
)

_REVIEW = "review of PostHog/code#2519"
_TESTS = "tests of the published reader"
_CODE = "source of the published reader"
_CLARIFIED = "clarification: what the requirements lacked"


def _must(id: str, text: str, source: str, needs: tuple[str, ...] = (), *, level: Level = "MUST") -> Requirement:
    return Requirement(f"RD-{id}", "run-stream", "reader", level, text, source, needs=needs)


def _should(id: str, text: str, source: str, needs: tuple[str, ...] = ()) -> Requirement:
    return _must(id, text, source, needs, level="SHOULD")


REQUIREMENTS = (
    _must(
        "TOK-1",
        "Where to follow a run is asked once a bootstrap and kept over reconnects, also a 4xx other than 429 (an older backend). A 5xx, "
        "a 429, an unreadable answer or a network error is not kept: it is asked again at the next connect. A 401 of the stream asks anew.",
        _TESTS,
    ),
    _must(
        "URL-1",
        "Every URL of every leg holds the run id and the task id percent-encoded, as one path segment each; all trailing slashes of a base "
        "are removed and its path prefix is kept.",
        _REVIEW,
    ),
    _must(
        "AUTH-1",
        "Requests to the proxy carry the run token and never the session credential, requests to the backend the reverse; neither stands "
        "in a URL, in a note or in a log.",
        "README of the agent proxy",
    ),
    _must(
        "RES-1",
        "On one leg, each reconnect after an event with an id carries Last-Event-ID with the id of the last event, and no start=latest.",
        _TESTS,
    ),
    _must("RES-2", "An id of one leg is never sent to the other: a change of leg begins without a cursor.", _TESTS),
    _must(
        "LOSS-1",
        "Every event appended after the watch began, and still kept by the server, is in the final transcript.",
        "documentation of durable streaming: no skip",
    ),
    _must(
        "DUP-1",
        "Each event is emitted at most once a bootstrap: one that the snapshot shows is not emitted again as live, whenever it arrives.",
        _CODE,
    ),
    _must(
        "ORD-1",
        "One snapshot before any logs; logs in the order of the stream; `total` counts the snapshot and all logs since; the final status "
        "comes behind the last logs.",
        _TESTS,
    ),
    _must(
        "BOOT-1",
        "The end of the stream while the history is still being read: one snapshot, then the buffered logs, then the final status, then "
        "the end, and no reconnect.",
        _REVIEW,
    ),
    _must(
        "END-1",
        "After stream-end the reader connects no more: it stops at the end of the connection, or idle_timeout later at the latest, and "
        "tells the true final status once.",
        _TESTS,
    ),
    _must(
        "END-2",
        "Without stream-end a connection that ends is never taken for the end of the run where streams say their end, also when the "
        "status is terminal already.",
        _REVIEW,
    ),
    _must(
        "BACK-1",
        "The n-th failed connection in a row is followed by a pause of backoff_base for n up to 3, then twice as long each time, at most "
        "backoff_max; after 9 pauses the tenth failure is an error that may be retried. A clean end is followed by backoff_base.",
        _REVIEW,
        NEEDS_TIMING,
    ),
    _must(
        "BACK-2",
        "Streams that end cleanly again and again are bounded: 30 reconnects, one new bootstrap, 30 reconnects, then an error.",
        _TESTS,
        NEEDS_TIMING,
    ),
    _must(
        "KA-1",
        "Keepalives emit nothing, do not move the cursor, and take back the count of failed connections, but no other budget.",
        _TESTS,
    ),
    _must(
        "CTL-1",
        "Control frames (keepalive, stream-end, end, error, names nobody knows) never appear as log entries.",
        "liveness",
    ),
    _must("ERR-1", "An error frame leads to a reconnect under a budget of its own, and nothing that came before it is lost.", _TESTS),
    _should("IDLE-1", "A connection without a byte for idle_timeout is given up and replaced.", _CODE, NEEDS_TIMING),
    _must(
        "PARSE-1",
        "The transcript is the same for every division of the bytes, for LF and CRLF, with comments, a byte order mark, several data "
        "lines and characters of several bytes; data that is no JSON object is skipped and moves no cursor.",
        _TESTS,
    ),
    _must("SUB-1", "A later subscriber gets one snapshot with everything emitted so far, in order.", _TESTS),
    _should("RETRY-1", "`retry` after an error builds everything anew from the server: one snapshot, nothing lost, nothing twice.", _CODE),
    _must("SNAP-1", "The snapshot is the history as the server answered it, each entry once, in order, over all pages.", _CLARIFIED),
    _should("CLOSE-1", "After `unwatch` the stream connection ends within a second, and nothing is emitted.", _CLARIFIED),
)

RUN_STREAM = Contract(
    name="run-stream",
    title="A reader follows a task run over SSE, through a proxy or the backend",
    roles={"reader": READER},
    profiles=(PROXY, DIRECT, LEGACY),
    requirements=REQUIREMENTS,
)
