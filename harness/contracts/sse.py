"""The contract ``sse``: any EventSource-style client, judged by the WHATWG algorithm and by plain sense.

Source of the requirements: the section "Server-sent events" of the HTML standard (https://html.spec.whatwg.org/multipage/
server-sent-events.html), named HTML below, and the Fetch standard for redirects. Where they are silent, or where respected
clients depart from them on purpose, the level is SHOULD and the source says so.

What was dispatched is compared with the algorithm of the standard, run over the very bytes that the server wrote and the link
let through: so a replay by the server is expected to be dispatched again, and a lost or invented event shows.
"""

from __future__ import annotations

from ..values.requirement import Contract, Level, Requirement, Role, Verb

RECONNECT, HEADERS, STORED_ID = "reconnect", "headers", "stored_id"

READER = Role(
    name="reader",
    contract="sse",
    verbs={"watch": Verb("watch"), "unwatch": Verb("unwatch")},
    notes=("open", "event", "error", "ended", "log"),
    capabilities=(RECONNECT, HEADERS, STORED_ID),
    example={"url": "{url}/events", "headers": {}, "last_event_id": None},
)


def _must(id: str, text: str, source: str, needs: tuple[str, ...] = (), *, level: Level = "MUST") -> Requirement:
    return Requirement(f"SSE-{id}", "sse", "reader", level, text, source, needs=needs)


def _should(id: str, text: str, source: str, needs: tuple[str, ...] = ()) -> Requirement:
    return _must(id, text, source, needs, level="SHOULD")


REQUIREMENTS = (
    _must("ACC-1", "Each connection asks with a GET that accepts text/event-stream.", "HTML 9.2.2, the EventSource constructor"),
    _must("ORD-1", "Events are dispatched in the order of the stream.", "HTML 9.2.6, interpreting an event stream"),
    _must(
        "LOSS-1",
        "Every whole event that reached the client is dispatched, once, as often as the server sent it: nothing is lost, also not over "
        "a reconnect.",
        "HTML 9.2.6; over a reconnect 9.2.4, Last-Event-ID",
    ),
    _must("DUP-1", "No event is dispatched more often than the server sent it.", "HTML 9.2.6"),
    _must(
        "PARSE-1",
        "The events are those of the algorithm, with its types and data, and no others, for every division of the bytes: LF, CR and "
        "CRLF, byte order mark, comments, several data lines, no space after the colon, fields nobody knows, characters of several bytes.",
        "HTML 9.2.5 and 9.2.6",
    ),
    _must(
        "ID-1",
        "Each event carries the last id seen: it stays until the next id, also over a reconnect, an empty id takes it back, an id with "
        "NULL is ignored.",
        "HTML 9.2.6, the field id; over a reconnect the test eventsource/format-field-id-2 of the web platform tests",
    ),
    _must("HALF-1", "An event without its empty line at the end of a stream is never dispatched.", "HTML 9.2.6, once the end is reached"),
    _must(
        "TYPE-1", "A 200 with another media type is not an event stream: nothing of it is dispatched.", "HTML 9.2.3, fail the connection"
    ),
    _must("STAT-1", "Nothing of the body of an answer other than 200 is dispatched.", "HTML 9.2.3, fail the connection"),
    _must("REC-1", "A stream that ends or is cut is connected again.", "HTML 9.2.3, reestablish the connection", (RECONNECT,)),
    _must(
        "RES-1",
        "A reconnect carries Last-Event-ID with the last id that was committed by a whole event, and none where there is no id.",
        "HTML 9.2.3 and 9.2.6: the id is set when the event is dispatched",
        (RECONNECT,),
    ),
    _must("WAIT-1", "After `retry: n` a reconnect comes no sooner than n ms.", "HTML 9.2.3 and 9.2.6, the field retry", (RECONNECT,)),
    _should(
        "STORM-1",
        "Streams that fail at once, again and again, do not make a storm of connections, whatever `retry` says.",
        "the standard allows a longer wait and demands none",
        (RECONNECT,),
    ),
    _must("END-1", "After 204 the client connects no more.", "HTML 9.2.1: 204 tells it to stop", (RECONNECT,)),
    _should(
        "FAIL-1",
        "After an answer that can never become a stream (401, 403, 404, another media type) the client stops, or tells its application.",
        "HTML 9.2.3, fail the connection; some clients leave that decision to the application",
    ),
    _must(
        "RED-1",
        "A credential in the header Authorization given by the application is never sent to another origin on a redirect.",
        "Fetch 4.4, HTTP-redirect fetch, step 13",
        (HEADERS,),
    ),
    _should(
        "HDR-1",
        "The headers given by the application are on every connection, the reconnects included.",
        "the standard knows no such headers",
        (HEADERS,),
    ),
    _should("STO-1", "A stored id is sent with the first connection.", "the standard knows no stored id", (STORED_ID,)),
    _should("OPEN-1", "The application is told that a stream is open before its first event.", "HTML 9.2.3, announce the connection"),
    _should(
        "TELL-1",
        "A client that does not connect again by itself tells its application when its stream is over, ended or cut.",
        "the standard knows only clients that connect again",
    ),
    _must(
        "ROB-1",
        "No bytes silence a client: behind any rubbish it goes on with the next event, or reconnects, or tells its application.",
        "HTML 9.2.5: every byte stream has a meaning",
    ),
    _must("CLOSE-1", "After `unwatch` nothing is dispatched, and the connection ends within a second.", "HTML 9.2.2, close()"),
    _should(
        "MEM-1",
        "What a client has read and dispatched it does not keep: megabytes of comments and of dispatched events do not make it grow "
        "without bound.",
        "plain sense: an endless stream must not need endless memory; the standard sets no bound",
    ),
)

SSE = Contract(
    name="sse",
    title="An EventSource-style client reads a stream of server-sent events",
    roles={"reader": READER},
    profiles=("plain",),
    requirements=REQUIREMENTS,
)
