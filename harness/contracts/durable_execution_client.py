"""The rows of the contract ``durable-execution`` for the role ``client``: the reader's half of what a server promises."""

from __future__ import annotations

from ..values.requirement import Requirement

_PROMISE = "the reader's half of"


def _must(number: int, text: str, source: str) -> Requirement:
    return Requirement(f"EXE-CLI-{number}", "durable-execution", "client", "MUST", text, source)


CLIENT_REQUIREMENTS: tuple[Requirement, ...] = (
    _must(
        1,
        "Each stream that was created or followed ends with one outcome, the last note of it: success after a finish, agent_failure after "
        "an error operation and a finish in one round, suspended when the body ends behind an approval request, transport_failure for all "
        "else: a cut, an end that is none of these, `event: error`, an answer that is no event stream. (What breaks right behind a finish "
        "or an approval request may be told either way; so may an end that rests on frames before the start index.)",
        f"{_PROMISE} EXE-SSE-2",
    ),
    _must(
        2,
        "`[DONE]` is neither waited for nor taken for a frame or a finish, wherever a server of today or of yesterday sends it.",
        f"{_PROMISE} EXE-SSE-4",
    ),
    _must(
        3,
        "Going on after a cut asks for last seen + 1: over all streams of a run no frame is told twice and none is left out, and its index "
        "is its place in the run.",
        f"{_PROMISE} EXE-IDX-4",
    ),
    _must(
        4,
        "The frames are told whole, in order, and as they were sent, however the bytes are divided and framed; comments and `event: error` "
        "are none.",
        f"{_PROMISE} EXE-SSE-1",
    ),
    _must(
        5,
        "Requests go to the route of their run with every id encoded, and carry the headers of the config, the start index in plain digits "
        "and the body of the contract.",
        "wire contract; ids with URL-special characters are a classic of bug reports",
    ),
    _must(
        6,
        "One `create` makes one run, and says ok with its id: an answer that is lost or 5xx is unknown, and is not tried again, since a "
        "second run would be made; `fail` means that none was.",
        f"{_PROMISE} EXE-IDX-5",
    ),
    _must(
        7,
        "`approve` says ok only when the server has recorded that very decision, and fail only when it has not; a lost answer may be asked "
        "again.",
        f"{_PROMISE} EXE-APR-5",
    ),
    _must(8, "After `unfollow` nothing is told any more, and the connection ends within a second.", "plain sense"),
    _must(9, "The credential of the config is never sent to another origin on a redirect.", "Fetch 4.4, HTTP-redirect fetch, step 13"),
)
