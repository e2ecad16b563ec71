"""The rows of the contract ``ingest`` for the role ``server``: what a backend or proxy owes to any sender, however hostile.

Rows 1 to 8 are the behaviour the contract lists, in its order; 9 to 11 follow from its table of answers and from its
older completion. L is the last accepted sequence number of a run, ``last_accepted_seq`` on the wire.
"""

from __future__ import annotations

from ..values.requirement import Requirement

HEADER_COMPLETION = "header_completion"
"""Capability of a server of the older protocol, in which headers may complete a stream. Servers of today ignore them."""

_PROXY_TESTS = "tests of the published proxy server"
_ANSWERS = "table of answers of the ingest endpoint"
_OLDER = "sender and server of PostHog/code#2110, before the completion line"


def _must(number: int, text: str, source: str, needs: tuple[str, ...] = ()) -> Requirement:
    return Requirement(f"ING-SRV-{number}", "ingest", "server", "MUST", text, source, needs=needs)


SERVER_REQUIREMENTS: tuple[Requirement, ...] = (
    _must(
        1,
        "An event line numbered L+1 is accepted and L becomes its number; the answer is 200 with the counts `accepted` and `duplicate` "
        "and with last_accepted_seq = L. A fresh run is at 0, an empty body only reads L, and no request of one run moves another.",
        _PROXY_TESTS,
    ),
    _must(
        2,
        "An event line numbered L or lower is counted as a duplicate and dropped without a look at its content: the answer stays 200 and "
        "L stays where it is, also when two uploads are open at once.",
        _PROXY_TESTS,
    ),
    _must(
        3,
        "An event line numbered above L+1 ends the request with 409 and last_accepted_seq = L; no later line of that body is applied.",
        _PROXY_TESTS,
    ),
    _must(
        4,
        "A completion line whose final_seq is L completes the run, once the whole body was read and no sooner: a body that is cut or "
        "refused completes nothing. From then on every event line, a duplicate too, is answered 409 with last_accepted_seq = L, and a "
        "repeated completion 200 whatever its final_seq.",
        _PROXY_TESTS,
    ),
    _must(
        5,
        "A completion line whose final_seq is not L is answered 409 with last_accepted_seq = L, and the run stays open.",
        _PROXY_TESTS,
    ),
    _must(
        6,
        "A line of more than 1,000,000 bytes, a body of more than 5,000,000 bytes and a request of more than 1,000 event lines (the "
        "completion line is not counted) are answered 413 with last_accepted_seq = L, the lines before them stay applied; exactly the "
        "limit is served.",
        _PROXY_TESTS,
    ),
    _must(
        7,
        "A last line without its LF is processed when the body ends: complete JSON is applied, partial JSON is answered 400.",
        _PROXY_TESTS,
    ),
    _must(
        8,
        "Lines are applied as they arrive, while the body is still open: another request sees L move, and a body that is cut afterwards "
        "takes nothing back.",
        _PROXY_TESTS,
    ),
    _must(
        9,
        "A line that is no event and no completion (bad JSON or UTF-8, not an object, a field of the wrong type, anything behind the "
        "completion) is answered 400 with `error` and without last_accepted_seq; the lines before it stay applied, none behind it is.",
        _ANSWERS,
    ),
    _must(
        10,
        "Without a bearer token or with one that is not valid the answer is 401, with a token of another run 403, to a method other than "
        "POST 405, each with `error`, and no line is applied.",
        _ANSWERS,
    ),
    _must(
        11,
        "The header X-PostHog-Event-Stream-Complete with the literal value true completes the run at "
        "X-PostHog-Event-Stream-Final-Seq as a completion line would, behind the lines of the body; a completion line goes before it; "
        "a final number that is missing or no integer of 0 or more is answered 400.",
        _OLDER,
        (HEADER_COMPLETION,),
    ),
)
