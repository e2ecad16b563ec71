"""The store of the durable reference: a change is all or nothing, what is over stays as it is, and another life finds it all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamproof.fake_servers.durable_execution.approvals import Approvals, Decision, Outcome
from streamproof.fake_servers.durable_execution.change import RunIsOver
from streamproof.fake_servers.durable_execution.own_faults import OwnFaults
from streamproof.fake_servers.durable_execution.records import Creation, DuplicateMessage, NewCall, Run, Scope, Tenant
from streamproof.fake_servers.durable_execution.store import Store

ONE, OTHER, PROJECT = Scope("t1", "p1"), Scope("t2", "p1"), Scope("t1", "p2")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(str(tmp_path / "data"))
    yield opened
    opened.close()


def create(store: Store, scope: Scope = ONE, conversation: str | None = "c", message_id: str | None = None, text: str = "hello") -> Run:
    messages = [{"role": "user", "content": text}]
    return store.create(Creation(Tenant(scope, "agent"), conversation, messages, message_id=message_id))


def pending(store: Store, run: Run, id: str = "x") -> None:
    with store.change(run.id) as change:
        change.suspend_for(change.add_call(0, 0, NewCall(id, "pay", "{}")), change.now_ms + 1_000)


def break_down(store: Store, run: Run) -> None:
    with store.change(run.id) as change:
        change.add_frame("one")
        change.set_status("completed")
        raise ZeroDivisionError


def test_a_change_is_all_or_nothing(store: Store) -> None:
    """What raises in the middle of a change undoes all of it; nobody is told of it."""
    told: list[str] = []
    store._on_change = told.append
    run = create(store)
    with pytest.raises(ZeroDivisionError):
        break_down(store, run)
    assert (store.frames(run.id, 0), store.run(run.id).status, store.run(run.id).frame_count, told) == ([], "running", 0, [])
    with store.change(run.id) as change:
        change.add_frames(["one", "two"])
    assert (store.frames(run.id, 1), store.run(run.id).frame_count, told) == (["two"], 2, [run.id])


def test_nothing_is_written_to_a_run_that_is_over(store: Store) -> None:
    """Neither a frame nor a status."""
    run = create(store)
    with store.change(run.id) as change:
        change.set_status("failed")
    with pytest.raises(RunIsOver), store.change(run.id) as change:
        change.set_status("completed")
    assert store.run(run.id).status == "failed"


def test_time_never_goes_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the machine may."""
    run = create(store)
    monkeypatch.setattr("streamproof.fake_servers.durable_execution.store.now_ms", lambda: 5)
    with store.change(run.id) as change:
        change.add_frame("one")
    assert store.run(run.id).updated_ms == run.updated_ms


def test_a_conversation_belongs_to_its_tenant_and_project(store: Store) -> None:
    """The same id is another conversation in each; its newest run and its messages are its own."""
    runs = [create(store, scope, text=scope.tenant_id + scope.project_id) for scope in (ONE, OTHER, PROJECT)]
    second = create(store, ONE, text="again")
    assert [message["content"] for message in store.messages(ONE, "c")] == ["t1p1", "again"]
    assert [message["content"] for message in store.messages(ONE, "c", runs[0].prompt_end)] == ["t1p1"]
    assert [store.newest_run(scope, "c") for scope in (ONE, OTHER, PROJECT)] == [second, runs[1], runs[2]]
    assert store.find_run(OTHER, second.id) is None
    assert store.find_run(PROJECT, second.id) is None
    assert not store.has_conversation(ONE, "d")


def test_a_message_id_is_unique_in_its_conversation(store: Store) -> None:
    """A repeated one creates nothing at all; elsewhere it is another."""
    create(store, message_id="m")
    with pytest.raises(DuplicateMessage):
        create(store, message_id="m")
    assert (len(store.unfinished()), len(store.messages(ONE, "c"))) == (1, 1)
    create(store, OTHER, message_id="m")
    create(store, conversation="d", message_id="m")
    assert len(store.unfinished()) == 3


def test_calls_have_ids_of_their_own(store: Store) -> None:
    """The model's id is kept unless the run has it already; a run has nothing to do with another."""
    run, other = create(store), create(store)
    with store.change(run.id) as change:
        ids = [change.add_call(0, position, NewCall(id, "pay", "{}")).id for position, id in enumerate(["x", "x", "x", "", ""])]
    with store.change(other.id) as change:
        ids.append(change.add_call(0, 0, NewCall("x", "pay", "{}")).id)
    assert ids == ["x", "x-2", "x-3", "call-2", "call-3", "x"]
    assert len({call.key for id in (run.id, other.id) for call in store.calls(id)}) == 6


def test_the_first_decision_stands(store: Store) -> None:
    """It moves the run in the same change; later ones change nothing; each outcome is told apart."""
    approvals = Approvals(store)
    run = create(store)
    pending(store, run)
    assert store.run(run.id).status == "suspended"
    outcomes = [
        approvals.decide(run.id, call, Decision(approved)) for call, approved in (("y", True), ("x", False), ("x", True), ("x", False))
    ]
    assert [decided.outcome for decided in outcomes] == [Outcome.UNKNOWN_CALL, Outcome.ACCEPTED, Outcome.OPPOSITE, Outcome.REPEATED]
    assert [decided.approved for decided in outcomes] == [None, False, False, False]
    assert store.run(run.id).status == "running"
    with store.change(run.id) as change:
        change.add_call(0, 1, NewCall("z", "pay", "{}"))
    assert approvals.decide(run.id, "z", Decision(True)).outcome is Outcome.NOT_PENDING
    with store.change(run.id) as change:
        change.set_status("completed")
    assert approvals.decide(run.id, "x", Decision(False)).outcome is Outcome.OVER


def test_another_life_finds_everything(tmp_path: Path) -> None:
    """Also when the first was never closed."""
    first = Store(str(tmp_path))
    run, over = create(first), create(first)
    with first.change(run.id) as change:
        change.begin_turn(0)
        change.add_frame("one")
        change.add_text(0, "o")
    pending(first, run)
    with first.change(over.id) as change:
        change.set_status("completed")
    second = Store(str(tmp_path))
    assert second.unfinished() == [run.id]
    assert (second.run(run.id), second.calls(run.id), second.turns(run.id)) == (first.run(run.id), first.calls(run.id), first.turns(run.id))
    assert second.frames(run.id, 0) == ["one"]
    for store in (first, second):
        store.close()


def test_planted_faults_act_once() -> None:
    """A write: once for each run, and its frame is not there. A read: once, behind that many frames."""
    store = Store(None, faults=OwnFaults(fail_writes_after=1, fail_reads_after=2))
    runs = [create(store), create(store)]
    for run in runs:
        with pytest.raises(sqlite3.OperationalError), store.change(run.id) as change:
            change.add_frames(["one", "two"])
        with store.change(run.id) as change:
            change.add_frames(["one", "two", "three"])
        assert store.frames(run.id, 0) == ["one", "two", "three"]
    assert store.faults.before_read(0, 10) == 2
    assert store.faults.before_read(1, 10) == 1
    with pytest.raises(sqlite3.OperationalError):
        store.faults.before_read(2, 10)
    assert store.faults.before_read(2, 10) == 10
    store.close()
