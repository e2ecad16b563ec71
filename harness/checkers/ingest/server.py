"""The requirements ING-SRV-*: a server, whoever wrote it, judged by what a hostile client sent and got back.

Only the client's own observations are read (the play writes them), so any server can be judged:

============= ========================================================================================================
``sent``      exchange, run (index), method, token ("own" | "other" | "none" | "wrong" | "scheme"), header (null, or
              [complete, final_seq or null]), pieces (see ``server_pieces``): a step of a body; one exchange may have several
``body-over`` exchange, how ("end" | "fin" | "rst"): the whole body was sent, or cut
``got``       exchange, status (null: no answer), why (null, "closed" or "timeout"), body (JSON, or null), text (its beginning)
``position``  run, status, last (null: not told), until (null, or the position that was waited for), waited_ms: a sync
============= ========================================================================================================

The history is walked once beside a model of a right server. The first divergence ends the walk, since nothing is sure
behind it; so a finding never follows from another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...values.history import Entry, History
from ...values.verdict import Finding, Judgement, judged, not_judged
from .server_model import ACCEPT, ACCESS, DUPLICATE, LIVE, Expected, ModelBody, ModelStream

STATUS_OF_TOKEN = {"none": 401, "wrong": 401, "scheme": 401, "other": 403}
UNREADABLE = (401, 403, 404, 405)
NEVER_MET = "precondition never met"


class Exchange:
    """One request as it was sent so far. ``refused``: the status that its token or method earns, whatever its body says."""

    def __init__(self, sent: Entry, stream: ModelStream) -> None:
        data = sent.data
        self.stream = stream
        self.doubt = stream.doubt
        self.entries = [sent.number]
        self.refused = 405 if data["method"] != "POST" else STATUS_OF_TOKEN.get(data["token"])
        header = data["header"]
        # A refused request moves nothing: its pieces run against a stream of their own.
        self.body = ModelBody(ModelStream() if self.refused else stream, (header[0], header[1]) if header else None)
        self.over: str | None = None

    def expected(self) -> Expected:
        return Expected(self.refused, ACCESS) if self.refused else self.body.end()


class Trial:
    """The walk over one history. ``judged``: requirements that were put to the test; ``finding``: the first divergence."""

    def __init__(self, history: History) -> None:
        self.judged: set[str] = set()
        self.finding: Finding | None = None
        self.reason = NEVER_MET
        self._streams: dict[int, ModelStream] = {}
        self._read: set[int] = set()
        self._exchanges: dict[int, Exchange] = {}
        self._last_requirement = ACCEPT
        steps: dict[str, Callable[[Entry], None]] = {
            "sent": self._sent,
            "body-over": self._body_over,
            "got": self._got,
            "position": self._position,
        }
        for entry in history.of_kind(*steps):
            steps[entry.kind](entry)
            if self.finding is not None or self.reason != NEVER_MET:
                return

    # --- what was sent

    def _sent(self, entry: Entry) -> None:
        number = entry.data["exchange"]
        exchange = self._exchanges.get(number)
        if exchange is None:
            exchange = self._exchanges[number] = Exchange(entry, self._stream(entry.data["run"]))
        else:
            exchange.entries.append(entry.number)
        exchange.body.apply(entry.data["pieces"])
        if exchange.body.refusal is not None and not exchange.refused:
            self._last_requirement = exchange.body.refusal.requirement
        elif exchange.body.duplicate and not exchange.body.accepted:
            self._last_requirement = DUPLICATE
        else:
            self._last_requirement = ACCESS if exchange.refused else ACCEPT

    def _body_over(self, entry: Entry) -> None:
        exchange = self._exchanges[entry.data["exchange"]]
        exchange.over = entry.data["how"]
        exchange.entries.append(entry.number)
        if exchange.over != "end":
            exchange.body.cut()
            self._last_requirement = LIVE

    def _stream(self, run: int) -> ModelStream:
        return self._streams.setdefault(run, ModelStream())

    # --- what came back

    def _got(self, entry: Entry) -> None:
        exchange = self._exchanges[entry.data["exchange"]]
        expected = exchange.expected()
        entries = (*exchange.entries, entry.number)
        self._last_requirement = expected.requirement
        if entry.data["status"] is None:
            self._no_answer(expected, entry, entries)
            return
        doubt = None if exchange.refused else exchange.doubt
        found = _divergence(expected, entry.data)
        if found is not None:
            requirement, message = found
            if doubt is not None and {expected.status, entry.data["status"]} == {200, 409}:
                requirement, message = doubt.requirement, f"a completion that must not have taken effect has taken it: {message}"
            self.finding = Finding(requirement, message, entries)
            return
        self.judged |= _tested(expected)
        if doubt is not None and expected.accepted:
            self.judged.add(doubt.requirement)
            exchange.stream.doubt = None if exchange.stream.doubt is doubt else exchange.stream.doubt
        if expected.last_min is not None:
            exchange.stream.last = entry.data["body"]["last_accepted_seq"]

    def _no_answer(self, expected: Expected, entry: Entry, entries: tuple[int, ...]) -> None:
        if entry.data["why"] == "closed" and expected.status == 413:
            # A server that refuses a long body and closes at once may reset the connection, and with it lose its own answer.
            self.reason = "the answer to a body that is too large was lost in a reset"
            return
        how = "closed the connection without an answer" if entry.data["why"] == "closed" else "did not answer"
        message = f"the server {how}; expected {expected.status}"
        self.finding = Finding(expected.requirement, message, entries, upper_bound=entry.data["why"] == "timeout")

    def _position(self, entry: Entry) -> None:
        run, status, last = entry.data["run"], entry.data["status"], entry.data["last"]
        first = run not in self._read
        if first and status in UNREADABLE:
            self.reason = f"the run could not be read: status {status}"
            return
        if status != 200 or type(last) is not int:
            told = f"{status}" if status != 200 else "200 without last_accepted_seq"
            self.finding = Finding(
                ACCEPT, f"an empty body reads the position: expected 200 with last_accepted_seq, got {told}", (entry.number,)
            )
            return
        self._read.add(run)
        stream = self._stream(run)
        if first and last != stream.last:
            self.finding = Finding(ACCEPT, f"a run that nobody has written to is at {last}; expected 0", (entry.number,))
        else:
            self._compare_position(entry, stream)

    def _compare_position(self, entry: Entry, stream: ModelStream) -> None:
        last, until = entry.data["last"], entry.data["until"]
        open_numbers = [number for exchange in self._exchanges.values() if exchange.over is None for number in exchange.entries]
        entries = (*(open_numbers or self._latest_entries()), entry.number)
        if until is None:
            if last != stream.last:
                self.finding = Finding(self._last_requirement, f"the position is {last} afterwards; expected {stream.last}", entries)
            elif self._last_requirement == LIVE and last:
                self.judged.add(LIVE)
            return
        if last < min(until, stream.last):
            doubt = next((exchange.doubt for exchange in self._exchanges.values() if exchange.over is None and exchange.doubt), None)
            waited = f"{entry.data['waited_ms']} ms"
            message = f"lines of an open body were not applied within {waited}: the position is {last}; expected {stream.last}"
            self.finding = Finding(doubt.requirement if doubt else LIVE, message, entries, upper_bound=True)
        elif last > stream.last:
            self.finding = Finding(
                self._last_requirement, f"the position is {last} while the body is open; expected {stream.last}", entries
            )
        elif until and last >= until:
            self.judged.add(LIVE)

    def _latest_entries(self) -> tuple[int, ...]:
        return tuple(self._exchanges[max(self._exchanges)].entries) if self._exchanges else ()


def _divergence(expected: Expected, got: Mapping[str, Any]) -> tuple[str, str] | None:
    """(requirement, message) of the first thing in an answer that is not as expected."""
    status, body = got["status"], got["body"]
    if status != expected.status:
        return expected.requirement, f"answered {status} {got['text']!r}; expected {expected.status}"
    if not isinstance(body, Mapping):
        return expected.requirement, f"answered {status} with a body that is no JSON object: {got['text']!r}"
    if status != 200 and not (isinstance(body.get("error"), str) and body["error"]):
        return expected.requirement, f"answered {status} without an `error` text: {got['text']!r}"
    told = body.get("last_accepted_seq")
    if expected.requirement == ACCESS:
        return None
    if expected.last is None:
        return (expected.requirement, f"a {status} must not tell last_accepted_seq, but tells {told}") if told is not None else None
    lowest = expected.last if expected.last_min is None else expected.last_min
    if type(told) is not int or not lowest <= told <= expected.last:
        requirement = ACCEPT if expected.accepted and expected.requirement == DUPLICATE else expected.requirement
        return requirement, f"answered {status} with last_accepted_seq {told}; expected {expected.last}"
    counts = body.get("accepted"), body.get("duplicate")
    if status == 200 and counts != (expected.accepted, expected.duplicate):
        requirement = DUPLICATE if expected.duplicate else ACCEPT
        return requirement, f"counted {counts[0]} accepted and {counts[1]} duplicate; expected {expected.accepted} and {expected.duplicate}"
    return None


def _tested(expected: Expected) -> set[str]:
    """The requirements that a right answer has shown to be kept. A 200 that counts nothing shows nothing: a constant would do."""
    if expected.status != 200:
        return {expected.requirement}
    tested = {ACCEPT} if expected.accepted else set()
    if expected.duplicate:
        tested.add(DUPLICATE)
    return tested | {expected.requirement} - {ACCEPT} if tested else tested


def _checker(requirement: str) -> Callable[[Trial], Judgement]:
    def check(trial: Trial) -> Judgement:
        if trial.finding is not None and trial.finding.requirement == requirement:
            return judged([trial.finding])
        return judged() if requirement in trial.judged else not_judged(trial.reason)

    return check


CHECKERS: Mapping[str, Callable[[Trial], Judgement]] = {f"ING-SRV-{number}": _checker(f"ING-SRV-{number}") for number in range(1, 12)}
"""One a requirement, each reading a `Trial`."""
