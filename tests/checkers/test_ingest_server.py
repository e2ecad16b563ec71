"""Checkers of the role ``server`` on literal histories: the good, the nearly good, and what shows nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from streamproof.harness.checkers.ingest.server import CHECKERS, Trial
from streamproof.harness.checkers.ingest.server_pieces import piece_bytes, piece_size, resolved, resolved_piece
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Finding

Row = tuple[str, dict[str, Any]]
HEADER = Header("ingest", ("server",), "proxy", "literal", "sim", "target", 0, (), {}, (), ())
FRESH: Row = ("position", {"run": 0, "status": 200, "last": 0, "until": None, "waited_ms": 0})


def trial(*rows: Row | list[Row]) -> Trial:
    flat = [row for item in rows for row in (item if isinstance(item, list) else [item])]
    return Trial(History.from_entries(HEADER, [(number, kind, data) for number, (kind, data) in enumerate(flat)]))


def sent(exchange: int, *pieces: Sequence[Any], **changes: Any) -> Row:
    return "sent", {"exchange": exchange, "run": 0, "method": "POST", "token": "own", "header": None, "pieces": pieces, **changes}


def over(exchange: int, how: str = "end") -> Row:
    return "body-over", {"exchange": exchange, "how": how}


def got(exchange: int, status: int | None, body: Mapping[str, Any] | None = None, why: str | None = None) -> Row:
    return "got", {"exchange": exchange, "status": status, "why": why, "body": body, "text": str(body)}


def position(last: int | None, until: int | None = None, run: int = 0, status: int | None = 200) -> Row:
    return "position", {"run": run, "status": status, "last": last, "until": until, "waited_ms": 2_001 if until else 0}


def ok(accepted: int, duplicate: int, last: int) -> dict[str, Any]:
    return {"accepted": accepted, "duplicate": duplicate, "last_accepted_seq": last}


def refused(last: int | None = None) -> dict[str, Any]:
    return {"error": "no"} if last is None else {"error": "no", "last_accepted_seq": last}


def exchange(number: int, pieces: Sequence[Any], status: int, body: Mapping[str, Any], last: int, **changes: Any) -> list[Row]:
    return [sent(number, *pieces, **changes), over(number), got(number, status, body), position(last)]


ONE = exchange(1, [["event", 1]], 200, ok(1, 0, 1), 1)
COMPLETED = [*ONE, *exchange(2, [["complete", 1]], 200, ok(0, 0, 1), 1)]

GOOD: dict[str, list[Row]] = {
    "ING-SRV-1": ONE,
    "ING-SRV-2": [*ONE, *exchange(2, [["event", 1, "else"], ["event", 2]], 200, ok(1, 1, 2), 2)],
    "ING-SRV-3": [*ONE, *exchange(2, [["event", 2], ["event", 4], ["event", 3]], 409, refused(2), 2)],
    "ING-SRV-4": [*COMPLETED, *exchange(3, [["event", 1]], 409, refused(1), 1), *exchange(4, [["complete", 9]], 200, ok(0, 0, 1), 1)],
    "ING-SRV-5": exchange(1, [["event", 1], ["complete", 2]], 409, refused(1), 1),
    "ING-SRV-6": exchange(1, [["events", 1, 1_001]], 413, refused(1_000), 1_000),
    "ING-SRV-7": exchange(1, [["event", 1], ["partial", '{"seq":2']], 400, refused(), 1),
    "ING-SRV-8": [sent(1, ["event", 1]), position(1, 1), over(1, "fin"), position(1)],
    "ING-SRV-9": exchange(1, [["event", 1], ["bad", "{"], ["event", 2]], 400, refused(), 1),
    "ING-SRV-10": exchange(1, [["event", 1]], 403, refused(), 0, token="other"),
    "ING-SRV-11": [
        *exchange(1, [["event", 1]], 200, ok(1, 0, 1), 1, header=["true", "1"]),
        *exchange(2, [["event", 2]], 409, refused(1), 1),
    ],
}


@pytest.mark.parametrize("requirement", GOOD)
def test_the_good_case_is_judged_and_passes(requirement: str) -> None:
    """Each requirement is judged on a history in which it was put to the test, and finds nothing."""
    judgement = CHECKERS[requirement](trial(FRESH, GOOD[requirement]))
    assert judgement.judged
    assert judgement.findings == ()


NEARLY: list[tuple[str, list[Row]]] = [
    # position and counts
    ("ING-SRV-1", exchange(1, [["event", 1]], 200, ok(1, 0, 0), 1)),
    ("ING-SRV-1", exchange(1, [["event", 1]], 200, ok(0, 0, 1), 1)),
    ("ING-SRV-1", exchange(1, [["event", 1]], 200, {"accepted": 1, "duplicate": 0}, 1)),
    ("ING-SRV-1", exchange(1, [["event", 1]], 200, ok(1, 0, True), 1)),
    ("ING-SRV-1", exchange(1, [["event", 1]], 200, ok(1, 0, 1), 0)),
    ("ING-SRV-1", [*ONE, position(1, run=1)]),
    ("ING-SRV-1", [*ONE, position(None)]),
    # duplicates
    ("ING-SRV-2", [*ONE, *exchange(2, [["event", 1]], 409, refused(1), 1)]),
    ("ING-SRV-2", [*ONE, *exchange(2, [["event", 1]], 200, ok(1, 0, 1), 1)]),
    # gaps
    ("ING-SRV-3", [*ONE, *exchange(2, [["event", 3]], 200, ok(1, 0, 3), 3)]),
    ("ING-SRV-3", [*ONE, *exchange(2, [["event", 3]], 409, refused(), 1)]),
    ("ING-SRV-3", [*ONE, *exchange(2, [["event", 3], ["event", 2]], 409, refused(1), 2)]),
    # completion
    ("ING-SRV-4", [*COMPLETED, *exchange(3, [["event", 1]], 200, ok(0, 1, 1), 1)]),
    ("ING-SRV-4", [*COMPLETED, *exchange(3, [["complete", 9]], 409, refused(1), 1)]),
    ("ING-SRV-4", [*exchange(1, [["complete", 0], ["bad", "{"]], 400, refused(), 0), *exchange(2, [["event", 1]], 409, refused(0), 0)]),
    ("ING-SRV-4", [sent(1, ["complete", 0]), over(1, "fin"), position(0), *exchange(2, [["event", 1]], 409, refused(0), 0)]),
    # mismatch
    ("ING-SRV-5", exchange(1, [["complete", 2]], 200, ok(0, 0, 0), 0)),
    ("ING-SRV-5", [*exchange(1, [["complete", 2]], 409, refused(0), 0), *exchange(2, [["event", 1]], 409, refused(0), 0)]),
    # limits
    ("ING-SRV-6", exchange(1, [["events", 1, 1_000], ["complete", 1_000]], 413, refused(1_000), 1_000)),
    ("ING-SRV-6", exchange(1, [["event", 1], ["sized", 2, 1_000_001]], 413, refused(), 1)),
    ("ING-SRV-6", exchange(1, [["event", 1], ["sized", 2, 1_000_000]], 413, refused(1), 1)),
    ("ING-SRV-6", exchange(1, [["event", 1], ["sized", 2, 1_000_001]], 413, refused(1), 0)),
    # last line
    ("ING-SRV-7", exchange(1, [["last-event", 1]], 200, ok(0, 0, 0), 0)),
    ("ING-SRV-7", exchange(1, [["partial", "{"]], 200, ok(0, 0, 0), 0)),
    # live
    ("ING-SRV-8", [sent(1, ["event", 1]), position(0, 1)]),
    ("ING-SRV-8", [sent(1, ["event", 1]), position(1, 1), over(1, "rst"), position(0)]),
    # bad lines
    ("ING-SRV-9", exchange(1, [["event", 1], ["bad", "{"]], 400, refused(), 0)),
    ("ING-SRV-9", exchange(1, [["event", 1], ["bad", "{"]], 400, refused(1), 1)),
    ("ING-SRV-9", exchange(1, [["event", 1], ["bad", "{"]], 200, ok(1, 0, 1), 1)),
    ("ING-SRV-9", exchange(1, [["event", 1], ["bad", "{"]], 400, {"error": ""}, 1)),
    # access
    ("ING-SRV-10", exchange(1, [["event", 1]], 200, ok(1, 0, 1), 1, token="none")),
    ("ING-SRV-10", exchange(1, [["event", 1]], 401, refused(), 1, token="wrong")),
    ("ING-SRV-10", exchange(1, [["event", 1]], 401, refused(), 0, token="other")),
    ("ING-SRV-10", exchange(1, [], 404, refused(), 0, method="GET")),
    # header
    ("ING-SRV-11", exchange(1, [], 200, ok(0, 0, 0), 0, header=["true", None])),
    ("ING-SRV-11", exchange(1, [["event", 1]], 409, refused(1), 1, header=["true", "1"])),
    ("ING-SRV-11", [*exchange(1, [], 200, ok(0, 0, 0), 0, header=["True", "0"]), *exchange(2, [["event", 1]], 409, refused(0), 0)]),
    ("ING-SRV-11", exchange(1, [["complete", 0]], 409, refused(0), 0, header=["true", "5"])),
]


@pytest.mark.parametrize(("requirement", "rows"), NEARLY)
def test_the_nearly_good_case_is_a_finding(requirement: str, rows: list[Row]) -> None:
    """The finding is of that requirement and no other, and names the entries that prove it."""
    walked = trial(FRESH, rows)
    found = {name: check(walked).findings for name, check in CHECKERS.items() if check(walked).findings}
    assert list(found) == [requirement]
    (finding,) = found[requirement]
    assert finding.entries
    assert finding.message


def test_a_slow_server_is_an_upper_bound() -> None:
    """Too late is told apart from wrong: it rests on time."""
    late = trial(FRESH, sent(1, ["event", 1]), position(0, 1)).finding
    silent = trial(FRESH, sent(1, ["event", 1]), over(1), got(1, None, why="timeout")).finding
    wrong = trial(FRESH, sent(1, ["event", 1]), over(1), got(1, None, why="closed")).finding
    assert [isinstance(each, Finding) and each.upper_bound for each in (late, silent, wrong)] == [True, True, False]


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_run_that_cannot_be_read_judges_nothing(status: int) -> None:
    """A failed set-up is neither a pass nor a failure."""
    walked = trial(position(None, status=status), ONE)
    for check in CHECKERS.values():
        judgement = check(walked)
        assert not judgement.judged
        assert judgement.reason == f"the run could not be read: status {status}"


@pytest.mark.parametrize("row", [position(None, status=500), position(None), position(7), position(None, status=None)])
def test_a_server_that_cannot_tell_the_position_fails_at_once(row: Row) -> None:
    """An empty body reads the position of a fresh run: 0, as a number, with 200."""
    assert CHECKERS["ING-SRV-1"](trial(row)).findings


def test_nothing_sent_shows_nothing() -> None:
    """A position that stays 0 proves no requirement, and neither does a completion of an empty run alone."""
    for rows in ([FRESH], [FRESH, *exchange(1, [], 200, ok(0, 0, 0), 0), *exchange(2, [["complete", 0]], 200, ok(0, 0, 0), 0)]):
        assert not any(check(trial(rows)).judged for check in CHECKERS.values())


def test_the_walk_ends_at_the_first_divergence() -> None:
    """What follows from a finding is not another one."""
    walked = trial(FRESH, exchange(1, [["event", 1]], 200, ok(1, 0, 1), 0), exchange(2, [["event", 2]], 409, refused(0), 0))
    assert sum(len(check(walked).findings) for check in CHECKERS.values()) == 1


def test_a_long_body_may_be_refused_with_any_prefix() -> None:
    """From the Content-Length alone, or with the segment that goes over; the position must be the one that was told."""
    body = [*(["sized", seq, 999_999] for seq in range(1, 6)), ["event", 6]]
    for prefix in (0, 3, 5):
        assert trial(FRESH, exchange(1, body, 413, refused(prefix), prefix)).finding is None
    assert trial(FRESH, exchange(1, body, 413, refused(6), 6)).finding is not None
    assert trial(FRESH, exchange(1, body, 413, refused(3), 4)).finding is not None


def test_an_answer_lost_in_a_reset_is_no_finding_for_a_body_that_is_too_large() -> None:
    """A server may refuse and close; the reset may take its answer along, and nothing is known."""
    walked = trial(FRESH, sent(1, ["sized", 1, 1_000_001]), over(1), got(1, None, why="closed"))
    assert walked.finding is None
    assert not CHECKERS["ING-SRV-6"](walked).judged


def test_refused_requests_move_no_model() -> None:
    """Lines under a wrong token are not expected to be applied, whatever they say."""
    rows = [*exchange(1, [["event", 1]], 401, refused(), 0, token="none"), *exchange(2, [["event", 1]], 200, ok(1, 0, 1), 1)]
    assert trial(FRESH, rows).finding is None


def test_two_open_bodies_share_one_position() -> None:
    """A number is accepted from one of them and a duplicate from the other."""
    rows = [
        sent(1, ["event", 1]),
        position(1, 1),
        sent(2, ["event", 1], ["event", 2]),
        position(2, 2),
        over(1),
        got(1, 200, ok(1, 0, 2)),
        position(2),
        over(2),
        got(2, 200, ok(1, 1, 2)),
        position(2),
    ]
    walked = trial(FRESH, rows)
    assert walked.finding is None
    assert {"ING-SRV-1", "ING-SRV-2", "ING-SRV-8"} <= walked.judged


@pytest.mark.parametrize(
    "piece",
    [["event", 1], ["event", 12, "é🙂"], ["events", 9, 3], ["sized", 7, 500], ["sized", 7, 501], ["complete", 3], ["blank", " "]],
)
def test_pieces_have_the_size_they_say(piece: list[Any]) -> None:
    """Sizes are known without building the bytes; every whole piece ends with an LF."""
    raw = piece_bytes(piece)
    assert piece_size(piece) == len(raw)
    assert raw.endswith(b"\n")
    if piece[0] == "sized":
        assert len(raw) == piece[2] + 1


def test_numbers_of_a_workload_may_be_relative() -> None:
    """L is the position that was read before; only sequence numbers are counted from it."""
    assert [resolved(number, 7) for number in (3, "L", "L+0", "L+2", "L-9")] == [3, 7, 7, 9, -2]
    assert resolved_piece(["events", "L+1", 5], 7) == ["events", 8, 5]
    assert resolved_piece(["bad", "L+1"], 7) == ["bad", "L+1"]
    with pytest.raises(ValueError, match="no number of a workload"):
        resolved("next", 7)
