"""The contract ``agent-session``: a runner starts a managed session, follows it by a stream or by polling, and emits what it said.

The wire, in short (docs/contracts/agent-session.md has all of it): ``POST /sessions`` makes a session, ``POST /sessions/{id}/events``
sends the prompt, ``GET /sessions/{id}`` tells a status, ``GET /sessions/{id}/events`` lists what happened, newest first, in pages,
``GET /sessions/{id}/events/stream`` streams it from now on, ``DELETE /sessions/{id}`` ends it. The service is eventually consistent:
status, list and stream do not move together.

Source of the requirements: the component claude.runAgent of superplane (superplanehq/superplane, pull requests 5280 and 5292, issue
5278) with its review, and the vendor's documentation of managed sessions; ``robustness`` marks what the field expects beyond them.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..values.requirement import Contract, Level, Requirement, Role, Verb

TIMING, FAIL_EMITS, FAIL_SCHEDULES = "timing", "fail_emits", "fail_schedules"
"""Capabilities of a runner. ``fail_emits``: it has that verb. ``fail_schedules``: it has that verb, too: the scheduler of its
application refuses the next ``count`` schedules, as one that is down would (for implementations in process)."""

RUNNER = Role(
    name="runner",
    contract="agent-session",
    verbs={
        "run": Verb("run", ("prompt",), deadline_ms=None),
        "cancel": Verb("cancel"),
        "fail_emits": Verb("fail_emits", ("count",)),
        "fail_schedules": Verb("fail_schedules", ("count",)),
    },
    notes=("emit", "failed", "scheduled", "metadata", "transaction", "log"),
    capabilities=(TIMING, FAIL_EMITS, FAIL_SCHEDULES),
    example={
        "base_url": "{url}/v1",
        "api_key": "key-1",
        "agent": "agent-1",
        "environment_id": "environment-1",
        "mode": "poll",
        "persist_session": False,
        "timing_ms": None,
    },
)

POLLS_MIN, POLLS_MAX = 199, 202
"""How many reads a runner may spend on a session that never ends."""
DELAY_MS_MIN = 1_000
"""What the scheduler of an application accepts at least, unless ``first_poll`` is less."""
TRANSACTION_MS_MAX = 30_000
"""How long a transaction may be open and idle."""


DEFAULT_TIMING_MS = {"first_poll": 15_000, "poll_max": 300_000, "list_delay": 2_000}
LISTINGS = 15
"""Of one poll that waits for a terminal event to be listed."""
HOUR_MS = 3_600_000
"""A stream may last for half of it; requests that are never answered take their time as well."""


def run_ms_max(timing_ms: Mapping[str, int]) -> int:
    """How long a run may take, whatever goes wrong: with the contract's own figures a day, with shorter waits so much less."""
    return HOUR_MS + POLLS_MAX * (timing_ms["poll_max"] + LISTINGS * timing_ms["list_delay"]) * 5 // 4


def _row(level: Level, id: str, text: str, source: str, needs: tuple[str, ...] = (), *, internal: bool = False) -> Requirement:
    return Requirement(f"SES-{id}", "agent-session", "runner", level, text, source, needs=needs, internal=internal)


def _must(id: str, text: str, source: str, needs: tuple[str, ...] = (), *, internal: bool = False) -> Requirement:
    return _row("MUST", id, text, source, needs, internal=internal)


def _should(id: str, text: str, source: str, needs: tuple[str, ...] = ()) -> Requirement:
    return _row("SHOULD", id, text, source, needs)


REQUIREMENTS = (
    _must(
        "COMPLETE-1",
        "What is emitted are all messages that the session recorded before its terminal event, in their order, each once.",
        "superplane issue 5278 and pull request 5292",
    ),
    _must(
        "COMPLETE-2",
        "The status alone completes nothing: a terminal event was seen, in the list or on the stream, unless the budget of polls is spent.",
        "superplane pull request 5292: the root cause",
    ),
    _must(
        "COMPLETE-3",
        "The terminal event belongs to the turn that the prompt began: the idle of the beginning, or one that running follows, does not "
        "count.",
        "the vendor's documentation",
    ),
    _must(
        "COMPLETE-4",
        "An idle with the stop reason requires_action is no completion: the run fails, or goes on once the action was taken, and the "
        "session is not deleted before the run has ended.",
        "the vendor's documentation",
    ),
    _must("LAST-1", "`last_message` is the last element of `messages`, or both are empty.", "superplane 94e7ee4b44"),
    _must(
        "END-1",
        "A run ends with exactly one of `emit` and `failed`, whatever fires twice or late; a cancelled one may end with none.",
        "superplane pull request 5280, review",
    ),
    _must(
        "END-2",
        "The emit comes before the terminal metadata and before the DELETE; when it fails, a later attempt emits the whole result.",
        "superplane pull request 5280, review",
        (FAIL_EMITS,),
    ),
    _must(
        "END-3",
        "The emitted status is that of the terminal event; `timeout` only when the last read was not terminal.",
        "superplane: the terminalWithIncompleteEvents tests",
    ),
    _must("END-4", "Every run ends, whatever endpoint fails for ever.", "robustness"),
    _must(
        "END-5",
        "A stream that ends without a terminal event completes nothing: the runner goes on by polling and loses nothing.",
        'superplane: the path "stream ended unexpectedly"',
    ),
    _should("END-6", "A terminal event from before the stream was opened is noticed promptly.", "robustness"),
    _must(
        "DEL-1",
        "However a run ends, its session is deleted, unless it is to persist; one that is running is interrupted first.",
        "superplane: the reclaim tests of pull request 6097",
    ),
    _must("DEL-2", "A DELETE that fails changes nothing of the result.", "superplane"),
    _must(
        "DEL-3", "With persist_session a finished session stays; a cancelled one is deleted all the same.", "superplane: the persist tests"
    ),
    _must("DEL-4", "After its DELETE a session gets no request but clean-up.", "superplane pull request 5280, review"),
    _must(
        "SCHED-1",
        "No delay is under one second (or under first_poll, where that is less); a schedule that is refused leaves no session behind.",
        "superplane pull request 5280, review: a zero interval",
    ),
    _must(
        "SCHED-2",
        "The polls wait first_poll, then twice as long each, up to poll_max; neither an error nor a good read starts over. Five errors in "
        "a row end the run; a good read in between counts them from nought.",
        "superplane: the scheduleNextPoll test",
        (TIMING,),
    ),
    _must(
        "TX-1",
        "Nothing waits longer than 30 s inside a transaction.",
        "superplane pull request 5280, review: a stream holds a transaction",
        internal=True,
    ),
    _must("TX-2", "`run` answers at once: it does not wait for the session to end.", "superplane pull request 5280, review"),
    _must(
        "ERR-1",
        "A session.error that nothing recovers from fails the run with its message; one that an idle follows does not.",
        "superplane c445b20059 and b74c4a1cf6",
    ),
    _must(
        "ERR-2",
        "An error that only an idle follows, without any message in the run, is no success.",
        "robustness",
    ),
    _should("ERR-3", "One 5xx at the first read behind the prompt does not fail the run.", "robustness"),
    _must(
        "PAGE-1",
        "A listing follows next_page to its end, keeps the order over its pages, and stops at a token that comes again, or after 1,000 "
        "pages.",
        "robustness",
    ),
    _must(
        "SSE-1",
        "Every legal framing of the stream is understood: no space, CRLF, several data lines, comments, a byte order mark, any division of "
        "the bytes.",
        "the section on server-sent events of the HTML standard; the parser of superplane pull request 5280 took one form only",
    ),
    _should("SSE-2", "One very large event does not lose the run.", "superplane pull request 5280: lines of 1 MiB"),
    _should(
        "TIMEOUT-1",
        "A stream is not bound by a general time-out of 30 s; when it is cut, what it brought is merged with what polling brings.",
        "superplane pull request 5280, review",
    ),
)

AGENT_SESSION = Contract(
    name="agent-session",
    title="A runner collects the messages of a managed session, by its stream or by polling",
    roles={"runner": RUNNER},
    profiles=("sse", "poll"),
    requirements=REQUIREMENTS,
)
