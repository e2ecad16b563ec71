"""Files from a user: what is right is read back as it was; what is wrong is named by file, line and field."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.cast import Cast
from streamproof.harness.engine.files import load_history, load_plan, load_repro, save_repro
from streamproof.harness.engine.repro_text import repro_text
from streamproof.harness.engine.scenario import Scenario
from streamproof.harness.faults.early_answer import EarlyAnswer
from streamproof.harness.values.case import Case
from streamproof.harness.values.errors import UsageError
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.requirement import Contract
from streamproof.harness.values.result import Repro
from streamproof.harness.worlds.base import Scene
from streamproof.schemas import load_schema


async def play(scene: Scene, cast: Cast) -> None:
    """Never called here."""


def scenario(name: str, judges: tuple[str, ...]) -> Scenario:
    operations = {
        "enqueue": {"type": "object", "properties": {"event": {"type": "object"}}, "required": ["event"], "additionalProperties": False},
        "stop": {
            "type": "object",
            "properties": {"complete": {"type": "boolean"}},
            "required": ["complete"],
            "additionalProperties": False,
        },
    }
    config = {
        "type": "object",
        "properties": {"run_id": {"type": "string"}, "project_id": {"type": "integer"}},
        "additionalProperties": False,
    }
    return Scenario(
        name, "ingest", "sender", "", ("proxy",), judges, lambda setting: st.nothing(), play, operations=operations, config=config
    )


@dataclass(frozen=True)
class Names:
    contracts: dict[str, Contract]
    scenarios: dict[str, Scenario]


@pytest.fixture
def tables() -> Names:
    rows = (scenario("bursts", ("ING-ORD-1",)), scenario("steady", ("ING-LOSS-1",)))
    return Names(dict(CONTRACTS), {row.name: row for row in rows})


@pytest.fixture
def saved(repro: Repro, tmp_path: Path) -> Path:
    path = tmp_path / "repro.json"
    save_repro(repro, path)
    return path


Edit = Callable[[str, str], str]


@pytest.fixture
def complaint_after(saved: Path, tables: Names) -> Edit:
    """Replaces one text in the saved file by another and returns what the reader says, without the folder."""

    def edit(old: str, new: str) -> str:
        text = saved.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        saved.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(UsageError) as caught:
            load_repro(saved, tables)
        return str(caught.value).removeprefix(f"{saved.parent}/")

    return edit


def test_a_repro_is_read_back_as_it_was(repro: Repro, saved: Path, tables: Names) -> None:
    """Workload, faults, config, expectation and digest survive the way through a file."""
    assert load_repro(saved, tables) == repro


def test_a_repro_fits_the_shipped_schema(saved: Path) -> None:
    """A saved repro file validates against the schema that is shipped with it."""
    assert list(Draft202012Validator(load_schema("repro")).iter_errors(json.loads(saved.read_text(encoding="utf-8")))) == []


def test_a_repro_is_laid_out_for_a_person(saved: Path) -> None:
    """One operation and one fault a line, characters as themselves, invisible ones as escapes."""
    lines = saved.read_text(encoding="utf-8").split("\n")
    assert r'    ["enqueue", {"event": {"text": "é🙂\u2028 end"}}],' in lines
    assert sum(line.startswith('    {"fault": "early-answer"') for line in lines) == 1


def test_a_lone_surrogate_survives(repro: Repro, saved: Path, tables: Names) -> None:
    """What no UTF-8 file can hold is escaped and comes back."""
    odd = Repro(repro.case.with_changes(workload=(("enqueue", {"event": {"t": "\ud800\x00"}}),)), repro.expect, "odd")
    save_repro(odd, saved)
    assert load_repro(saved, tables) == odd


def test_without_a_scenario_the_first_that_can_judge_is_taken(saved: Path, tables: Names) -> None:
    """A file that names no scenario is played by one that can judge what it expects."""
    saved.write_text(saved.read_text(encoding="utf-8").replace('  "scenario": "steady",\n', ""), encoding="utf-8")
    assert load_repro(saved, tables).case.scenario == "steady"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"schema": 1', '"schema": 2', "repro.json:2: schema: expected a repro file of schema 1, got 2"),
        ('"contract": "ingest"', '"contract": "ingset"', "repro.json:5: contract: unknown contract 'ingset'; did you mean 'ingest'?"),
        ('"roles": ["sender"]', '"roles": ["sendr"]', "repro.json:6: roles[0]: unknown role of ingest 'sendr'; did you mean 'sender'"),
        ('"profile": "proxy"', '"profile": "prox"', "repro.json:7: profile: unknown profile of ingest 'prox'; did you mean 'proxy'?"),
        (
            '"scenario": "steady"',
            '"scenario": "stead"',
            "repro.json:8: scenario: unknown scenario of ingest 'stead'; did you mean 'steady'?",
        ),
        ('"project_id": 7', '"project_id": "7"', 'repro.json:11: config.project_id: expected an integer, got "7"'),
        ('"run_id"', '"runid"', "repro.json:10: config.runid: unknown key 'runid'; did you mean 'run_id'?"),
        ('"seed": 7', '"seed": -7', "repro.json:13: seed: expected at least 0, got -7"),
        ('  "seed": 7,\n', "", "repro.json:1: the key 'seed' is missing"),
        ('["stop"', '["stopp"', "repro.json:16: workload[1][0]: unknown verb 'stopp'; did you mean 'stop'?"),
        ('"complete": true', '"complete": 1', "repro.json:16: workload[1][1].complete: expected true or false, got 1"),
        ('"complete": true', '"komplete": true', "workload[1][1].komplete: unknown key 'komplete'; did you mean 'complete'?"),
        ('"early-answer"', '"early-answr"', "repro.json:19: faults[0].fault: unknown fault 'early-answr'; did you mean 'early-answer'"),
        ('"nth": 2', '"nth": 0', "repro.json:19: faults[0].nth: fault 'early-answer': nth is 0; expected an integer of at least 1"),
        ('"nth": 2', '"nht": 2', "repro.json:19: faults[0].nht: unknown field"),
        ('"status": 503', '"status": "503"', "repro.json:19: faults[0].status: "),
        ('"ING-LOSS-1"', '"ING-LOST-1"', "repro.json:21: expect[0]: unknown requirement of ingest 'ING-LOST-1'; did you mean 'ING-LOSS-1'"),
        ('"faults"', '"fualts"', "repro.json:18: fualts: unknown key 'fualts'; did you mean 'faults'?"),
        ('"seed": 7,', '"seed": 7', "repro.json:14:3: not valid JSON: "),
    ],
)
def test_a_wrong_edit_is_named(complaint_after: Edit, old: str, new: str, complaint: str) -> None:
    """Each wrong edit is told with its line, its field and what was expected."""
    assert complaint in complaint_after(old, new)


def test_a_rule_between_fields_points_at_the_fault(tmp_path: Path) -> None:
    """Where only the combination is wrong, the message names the fault as a whole."""
    plan = tmp_path / "plan.json"
    plan.write_text('[\n {"fault": "cut"},\n {"fault": "cut", "after_lines": 1,\n  "inside": "line"}\n]', encoding="utf-8")
    with pytest.raises(UsageError, match=r"plan\.json:3: \[1\]: fault 'cut': after_lines and inside are both given"):
        load_plan(plan)


def test_a_field_on_a_line_of_its_own_is_found_there(tmp_path: Path) -> None:
    """The line is the line of the field, also when a fault spans several lines."""
    plan = tmp_path / "plan.json"
    plan.write_text('[\n {"fault": "cut",\n  "how": "fin",\n  "nth": 0}\n]', encoding="utf-8")
    with pytest.raises(UsageError, match=r"plan\.json:4: \[0\]\.nth: "):
        load_plan(plan)


@pytest.mark.parametrize("size", [0.2, 0.5, 0.9])
def test_a_truncated_repro_is_said_to_be_cut_off(saved: Path, tables: Names, size: float) -> None:
    """A file that lost its end is named as such, with a line."""
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * size)])
    with pytest.raises(UsageError, match=r"repro\.json:\d+.*(cut off|UTF-8|delimiter)"):
        load_repro(saved, tables)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"[1, 2]", "expected a repro file, which is an object, got"),
        (b'{"schema": 1, "kind": "run"}', "expected a repro file, got a report of `streamproof run`"),
        (b'{"title": "x"}', "expected a repro file of schema 1, there is none"),
        (b'{"schema": true}', "expected a repro file of schema 1, got true"),
        (b'{"schema": 1,\n "title": "\xff"}', "repro.json:2: not valid UTF-8: byte 0xff"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 5_000, "cannot be read"),
    ],
)
def test_what_is_no_repro_at_all(saved: Path, tables: Names, content: bytes, complaint: str) -> None:
    """Files of another kind, empty ones and garbage each get a message of their own."""
    saved.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_repro(saved, tables)
    assert complaint in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path, tables: Names) -> None:
    """A missing file and a folder are told apart from a bad one."""
    with pytest.raises(UsageError, match=r"missing\.json: cannot be read: No such file or directory"):
        load_repro(tmp_path / "missing.json", tables)
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_repro(tmp_path, tables)


def test_a_plan_is_the_faults_of_a_repro(tmp_path: Path) -> None:
    """What stands under ``faults`` in a repro file is a plan; the whole file is not, and the message says where it is."""
    fault = EarlyAnswer(endpoint="upload", status=500)
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps([fault.to_json()]), encoding="utf-8")
    assert load_plan(plan) == (fault,)
    plan.write_text(json.dumps({"faults": []}), encoding="utf-8")
    with pytest.raises(UsageError, match="a repro file holds one under 'faults'"):
        load_plan(plan)


# --- histories ----------------------------------------------------------------------------------------------------


@pytest.fixture
def history() -> History:
    header = Header("ingest", ("sender",), "proxy", "steady", "sim", "reference", 7, ("timing",), {"run_id": "r"}, (("stop", {}),), ())
    return History.from_entries(header, [(0, "open", {"handle": "s1"}), (5, "call", {"call": 1, "verb": "stop"}), (9, "settled", {})])


@pytest.fixture
def recorded(history: History, tmp_path: Path) -> Path:
    path = tmp_path / "h.ndjson"
    path.write_text(history.to_ndjson(), encoding="utf-8")
    return path


def test_a_history_is_read_back_as_it_was(history: History, recorded: Path, tables: Names) -> None:
    """A history and its digest survive the way through a file."""
    read = load_history(recorded, tables)
    assert (read.header, read.entries, read.digest()) == (history.header, history.entries, history.digest())


def test_every_line_of_a_history_fits_the_shipped_schema(recorded: Path) -> None:
    """Header and entries validate line by line."""
    validator = Draft202012Validator(load_schema("history"))
    for line in recorded.read_text(encoding="utf-8").splitlines():
        assert list(validator.iter_errors(json.loads(line))) == []


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (lambda lines: [*lines[:2], lines[2][:20]], "h.ndjson:3: the last line has no end: the file seems to be cut off"),
        (lambda lines: [lines[0], lines[1][:20], *lines[2:]], "h.ndjson:2:18: not valid JSON: Unterminated string"),
        (lambda lines: [lines[0], *lines[2:]], "h.ndjson:2: n: expected entry number 1, got 2: a line is missing"),
        (
            lambda lines: [lines[0], lines[1].replace('"at_us":0', '"at_us":"0"'), *lines[2:]],
            'h.ndjson:2: at_us: expected an integer, got "0"',
        ),
        (lambda lines: [lines[0], lines[1].replace('"kind"', '"kinds"'), *lines[2:]], "h.ndjson:2: kind: the key 'kind' is missing"),
        (lambda lines: [lines[0], "7", *lines[2:]], "h.ndjson:2: expected an entry, got 7"),
        (lambda lines: [lines[0], "", *lines[1:]], "h.ndjson:2:1: not valid JSON"),
        (lambda lines: lines[1:], "h.ndjson:1: schema: expected a history of schema 1, there is none"),
        (
            lambda lines: [lines[0].replace('"schema":1', '"schema":3'), *lines[1:]],
            "h.ndjson:1: schema: expected a history of schema 1, got 3",
        ),
        (
            lambda lines: [lines[0].replace('"sim"', '"moon"'), *lines[1:]],
            'h.ndjson:1: world: expected one of "sim", "loopback", got "moon"',
        ),
        (
            lambda lines: [lines[0].replace('"ingest"', '"ingress"'), *lines[1:]],
            "h.ndjson:1: contract: unknown contract 'ingress'; did you mean",
        ),
        (lambda lines: [lines[0].replace('"sender"', '"server2"'), *lines[1:]], "h.ndjson:1: roles[0]: unknown role of ingest 'server2'"),
    ],
)
def test_a_damaged_history_is_named(recorded: Path, tables: Names, edit: Callable[[list[str]], list[str]], complaint: str) -> None:
    """What is wrong with a history is told with its line and field."""
    lines = edit(recorded.read_text(encoding="utf-8").split("\n"))
    recorded.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_history(recorded, tables)
    assert complaint in str(caught.value)


def test_long_values_are_shortened_with_a_mark(complaint_after: Edit) -> None:
    """A message does not print a megabyte, and says that it left something out."""
    complaint = complaint_after('"project_id": 7', f'"project_id": "{"x" * 10_000}"')
    assert "(10,002 characters)" in complaint
    assert len(complaint) < 300


def test_the_text_of_a_case_without_anything(case: Case) -> None:
    """Empty parts are written as such and are still valid JSON."""
    empty = Repro(case.with_changes(workload=(), faults=(), config={}), ("ING-LOSS-1",), "nothing")
    data: Any = json.loads(repro_text(empty))
    assert (data["workload"], data["faults"], data["config"], data["digest"]) == ([], [], {}, None)
