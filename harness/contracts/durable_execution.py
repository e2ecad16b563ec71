"""The contract ``durable-execution``: create, follow, reconnect and approve a durable execution of an agent (HTTP and SSE).

The system that it describes is the durable execution of the inkeep agents framework (https://github.com/inkeep/agents, pull
request 2615); "review" and "test report" are what its reviewers wrote there. Rows marked "robustness" follow from what
durable means; no report has asked for them yet.

A *run* is one execution. It is at *rest* when it is suspended, completed or failed. Its *frames* are the events with data of
its stream, numbered from 0 over all its rounds; comments, ``[DONE]`` and ``event: error`` are no frames.
"""

from __future__ import annotations

from ..values.requirement import Contract, Level, Requirement
from .durable_execution_client import CLIENT_REQUIREMENTS
from .durable_execution_roles import CLASSIC, CLIENT, CRASH, FAIL_WRITES, KNOWN_RUN, SERVER, TOOLS, VERCEL

ROBUSTNESS = "robustness"


def _must(id: str, text: str, source: str, *needs: str, level: Level = "MUST", internal: bool = False) -> Requirement:
    return Requirement(f"EXE-{id}", "durable-execution", "server", level, text, source, needs=needs, internal=internal)


_CREATING = (
    _must(
        "CREATE-1",
        "A creation with a conversation id that is new is answered 200 with the id of the run, also when the model fails.",
        "test reports 1 and 3, review 2",
    ),
    _must(
        "CREATE-2",
        "Several creations at once with one conversation id are all answered 200, each with a run of its own, and are one conversation.",
        "test report 4",
    ),
    _must("CREATE-3", "Once a client has the id of a run, status, stream and approvals know the run: there is no 404 window.", ROBUSTNESS),
    _must(
        "CREATE-4", "A malformed body is answered 400 before it has any effect: no conversation, no run, no model call.", "reviews 1 and 2"
    ),
)
_HEADERS = (
    _must(
        "HDR-1",
        "Every streaming answer is text/event-stream and not to be cached, and a creation tells the id of its run in x-workflow-run-id.",
        "test report 2, review 2",
    ),
    _must("HDR-2", "A chat that is not durable has no x-workflow-run-id.", "test report 4", CLASSIC),
)
_STATUS = (
    _must(
        "STAT-1",
        "The status goes from running, over any number of suspensions, to completed or failed; a terminal status never changes, and "
        "updatedAt never goes back.",
        "life cycle of an execution",
    ),
    _must(
        "STAT-2",
        "A run shows suspended if and only if its approval can be given: one that is given as soon as suspended is seen succeeds, and the "
        "status has left suspended when the approval is answered.",
        ROBUSTNESS,
        TOOLS,
        KNOWN_RUN,
    ),
    _must(
        "STAT-3",
        "A run whose model always fails ends as failed within 30 s, also when it fails before it said a word.",
        ROBUSTNESS,
        KNOWN_RUN,
    ),
    _must("STAT-4", "What is looked up by conversation is its newest run.", "review 1", VERCEL, KNOWN_RUN, TOOLS),
)
_STREAM = (
    _must("SSE-1", "Frames are well formed: data that is JSON, and the n-th is the same for whoever reads it.", "all stream test reports"),
    _must(
        "SSE-2",
        "The stream alone tells success, suspension, failure of the agent and failure of the transport apart: a finish, an approval "
        "request, an error operation before the finish, `event: error`.",
        "reviews 1, 2 and 3",
        KNOWN_RUN,
    ),
    _must("SSE-3", "A body ends once its run is at rest, on every path; nothing hangs.", "review 5"),
    _must("SSE-4", "`[DONE]` is sent once at most, and nothing behind it.", "the older stream ended so, and clients still wait for it"),
    _must(
        "SSE-5",
        "A write into the durable stream that fails shows: as a failed run or a failed stream, never as a frame that is missing.",
        "review 1",
        FAIL_WRITES,
        internal=True,
    ),
    _must("SSE-6", "What follows an approval can be read on the stream of the run.", ROBUSTNESS, TOOLS, KNOWN_RUN, level="SHOULD"),
)
_INDEX = (
    _must("IDX-1", "replay(k) == original[k:] for every k, at any time, by any number of readers.", "test report 1"),
    _must(
        "IDX-2",
        "A start index that is no plain decimal number up to 2^31-1, or is given twice, is answered 400 (a target with the option "
        "index_policy=clamp may clamp it); never 5xx, never a hang, and a valid reconnect still works.",
        "test report 4",
    ),
    _must(
        "IDX-3",
        "A start index behind the end of a closed stream ends at once, and on an open one nothing below the index is ever delivered.",
        ROBUSTNESS,
    ),
    _must("IDX-4", "Going on at last seen + 1 after a cut gives no frame twice and leaves none out.", "what a reconnect promises"),
    _must("IDX-5", "Reading never starts a run and never changes one.", "test report 1"),
)
_APPROVALS = (
    _must(
        "APR-1",
        "An approval given several times is never a 5xx, is accepted at least once, and has one effect.",
        "test report 1, review 2",
        TOOLS,
        KNOWN_RUN,
    ),
    _must("APR-2", "An approval of a run that is over, or that waits for none, is refused.", "test report 4", TOOLS, KNOWN_RUN),
    _must(
        "APR-3",
        "An approval for a call that is unknown or not the pending one is refused or kept for that very call; the run stays suspended.",
        "test reports 1 and 4",
        TOOLS,
        KNOWN_RUN,
    ),
    _must(
        "APR-4",
        "Of approve and deny at once exactly one is applied, and every answer agrees with it: the recorded answers are linearizable.",
        "test report 1",
        TOOLS,
        KNOWN_RUN,
    ),
    _must(
        "APR-5",
        "success:true means that the decision is recorded for good, for that call: no approval is lost.",
        ROBUSTNESS,
        TOOLS,
        KNOWN_RUN,
    ),
    _must(
        "APR-6",
        "A decision belongs to its call, also when one tool is called several times or the decisions come out of order.",
        "reviews 1 and 2",
        TOOLS,
        KNOWN_RUN,
    ),
    _must(
        "APR-7",
        "In a batch one bad item neither hides nor blocks the others, and the outcome of each is told.",
        "reviews 2 and 3",
        TOOLS,
        VERCEL,
        KNOWN_RUN,
    ),
    _must(
        "APR-8",
        "An approval in any of the shapes of the chat is understood or refused; it never starts a run.",
        "test report 4",
        TOOLS,
        VERCEL,
        KNOWN_RUN,
    ),
    _must(
        "APR-9",
        "An approval for an unknown conversation is answered 404 in every shape, one without a conversation 400.",
        "test report 4",
        VERCEL,
    ),
    _must(
        "APR-10",
        "A pending approval survives a restart, and after its time it ends as a failed run or a denied call.",
        ROBUSTNESS,
        TOOLS,
        KNOWN_RUN,
        CRASH,
        level="SHOULD",
    ),
)
_TENANTS = (
    _must(
        "TEN-1",
        "Another tenant or project cannot read the status or the stream of a run nor approve it: it gets the very 404 of an unknown run, "
        "and no error tells the internals of the server.",
        "review 1, test report 1",
    ),
    _must("TEN-2", "Without a valid key every route answers 401 or 403, those below /executions too.", "review 1"),
    _must(
        "TEN-3",
        "The same conversation id in two tenants or projects is two conversations: neither sees or moves the other.",
        ROBUSTNESS,
        KNOWN_RUN,
        VERCEL,
    ),
    Requirement(
        "EXE-TEN-4",
        "durable-execution",
        "server",
        "SHOULD",
        "A conversation belongs to its end user, on the executions routes too.",
        ROBUSTNESS,
        untested="an end user cannot be named on the wire of this contract",
    ),
)
_RECOVERY = (
    _must(
        "RCV-1",
        "After a crash between any two steps a run goes on by itself: what readers saw stays, no effect happens twice, its end comes.",
        "what durable means",
        KNOWN_RUN,
        CRASH,
    ),
    _must("RCV-2", "A step that is tried again writes nothing behind the end of the stream and nothing twice.", ROBUSTNESS, KNOWN_RUN),
)

DURABLE_EXECUTION = Contract(
    name="durable-execution",
    title="Durable executions of an agent are created, followed, reconnected to and approved over HTTP and SSE",
    roles={"server": SERVER, "client": CLIENT},
    profiles=("executions",),
    requirements=(*_CREATING, *_HEADERS, *_STATUS, *_STREAM, *_INDEX, *_APPROVALS, *_TENANTS, *_RECOVERY, *CLIENT_REQUIREMENTS),
)
