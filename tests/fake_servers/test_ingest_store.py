"""The store of the ingest servers keeps one truth per run."""

from __future__ import annotations

from streamproof.fake_servers.ingest.store import Store, Stream


def test_accepts_exactly_the_next_number() -> None:
    """L+1 is accepted, L and lower is a duplicate, L+2 is a gap; only acceptance moves L."""
    stream = Stream("r")
    assert [stream.apply(seq, {}) for seq in (1, 2, 2, 1, 4, 3)] == ["accept", "accept", "duplicate", "duplicate", "gap", "accept"]
    assert stream.last == 3
    assert [seq for seq, _ in stream.log] == [1, 2, 3]


def test_a_duplicate_is_not_compared() -> None:
    """A duplicate with other content is a duplicate, and the first content stays."""
    stream = Stream("r")
    stream.apply(1, {"v": 1})
    assert stream.apply(1, {"v": 2}) == "duplicate"
    assert stream.log == [(1, {"v": 1})]


def test_completion_needs_the_position_once_and_then_nothing() -> None:
    """A completion at another number does not fit; on a completed stream any number will do, and no event is taken."""
    stream = Stream("r")
    stream.apply(1, {})
    assert [stream.complete(seq) for seq in (0, 2, 1, 1, 9)] == ["mismatch", "mismatch", "complete", "repeated", "repeated"]
    assert [stream.apply(seq, {}) for seq in (1, 2, 3)] == ["completed"] * 3


def test_an_empty_stream_completes_at_zero() -> None:
    """final_seq 0 on an empty stream is legal."""
    assert Stream("r").complete(0) == "complete"


def test_forgetting_takes_the_newest_and_the_completion() -> None:
    """Losing the last n lowers L by n; losing anything loses the completion; the log keeps what was once accepted."""
    stream = Stream("r", last=5, completed=True)
    assert stream.forget(2)
    assert (stream.last, stream.completed) == (3, False)
    assert stream.forget(None)
    assert stream.last == 0
    assert not stream.forget(3), "there was nothing left to lose"


def test_a_second_writer_moves_the_position_unless_complete() -> None:
    """Another writer's events are stored like any, but not on a completed stream."""
    stream = Stream("r")
    assert stream.second_writer(3)
    assert stream.last == 3
    assert stream.complete_by_others()
    assert not stream.complete_by_others()
    assert not stream.second_writer(1)


def test_the_store_makes_one_stream_a_run() -> None:
    """The same run is the same stream, another run another."""
    store = Store()
    assert store.stream("a") is store.stream("a")
    assert store.stream("a") is not store.stream("b")
