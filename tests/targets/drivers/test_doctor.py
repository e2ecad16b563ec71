"""The doctor: advice and exit code for sound and unsound drivers, for factories and for servers."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from streamproof.harness.engine.dead_server import dead_server
from streamproof.harness.engine.doctor import doctor
from streamproof.harness.engine.doctor_report import DoctorResult
from streamproof.harness.targets.names import Builtin, target_tables
from streamproof.harness.targets.stdio.process import Patience
from streamproof.harness.targets.stdio.target import StdioTarget

PREAMBLE = """
import json, os, subprocess, sys, time
closed = set()
opened = set()
def send(**message):
    sys.stdout.write(json.dumps(message) + "\\n")
    sys.stdout.flush()
def ok(request, **value):
    send(id=request["id"], outcome="ok", value=value)
def error(request, outcome="driver_error"):
    send(id=request["id"], outcome=outcome, error={"kind": "k", "message": "m"})
def hello(request, **more):
    serves = [{"contract": "ingest", "role": "sender", "capabilities": ["timing", "limits"]}]
    ok(request, **{"protocol": 1, "name": "toy", "version": "1", "language": "python", "serves": serves, **more})
def sound(request):
    op, handle = request["op"], request.get("handle")
    if op == "hello":
        hello(request) if request["protocol"][0] <= 1 else error(request)
    elif op == "open":
        error(request) if handle in opened else ok(request)
        opened.add(handle)
    elif op == "call":
        error(request, "unsupported" if handle in opened else "driver_error")
    elif op == "close":
        opened.discard(handle)
        ok(request)
    else:
        ok(request)
        sys.exit(0)
"""
QUICK = Patience(hello_ms=5_000, open_ms=5_000, close_ms=500, shutdown_ms=2_000, terminate_ms=2_000)


class Clinic:
    """Examines scripts as built-in targets, so that their patience can be short."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def examine(self, script: str, patience: Patience = QUICK) -> DoctorResult:
        path = self._folder / "driver.py"
        path.write_text(PREAMBLE + textwrap.dedent(script))
        builtin = Builtin("toy", "a toy", (), lambda options: StdioTarget("toy", [sys.executable, str(path)], patience))
        return doctor("toy", target_tables({}, {}, {"toy": builtin}), {})


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)


def mended(result: DoctorResult) -> list[str]:
    return [advice.text for advice in result.advice if advice.level != "ok"]


def test_a_sound_driver_gets_only_ok(clinic: Clinic) -> None:
    """Exit code 0, and a line for each thing that was looked at."""
    result = clinic.examine("for line in sys.stdin: sound(json.loads(line))")
    assert mended(result) == []
    assert result.exit_code == 0
    assert result.lines[0] == "ok      hello: toy 1 (python)"
    assert len(result.lines) == 10


def hello_that_serves(**row: Any) -> str:
    return f"hello(request, serves={[row] if row else []})"


@pytest.mark.parametrize(
    ("op", "does", "advice"),
    [
        ("hello", "hello(request)", "hello with versions that it does not speak was answered ok; expected driver_error"),
        ("hello", hello_that_serves(), "it serves nothing"),
        ("hello", hello_that_serves(contract="ingset", role="sender"), "unknown contract 'ingset'; did you mean 'ingest'"),
        ("hello", hello_that_serves(contract="ingest", role="sendre"), "unknown role of ingest 'sendre'; did you mean 'sender'"),
        ("hello", hello_that_serves(contract="ingest", role="sender", capabilities=["timeing"]), "did you mean 'timing'"),
        ("open", "ok(request)", "ingest sender: a second open of an open handle was answered ok; expected driver_error"),
        ("open", "error(request, 'unknown')", "ingest sender: open was answered unknown (k: m); expected ok"),
        ("open", "sound(request), send(handle='d1', n=2, note='log', data={})", "note 'log' of 'd1' has n = 2, expected 1"),
        ("call", "ok(request)", "ingest sender: an unknown verb was answered ok; expected unsupported"),
        ("call", "os._exit(9)", "the driver exited with status 9; standard error is empty"),
        ("close", "None", "ingest sender: close was answered not at all in time; expected ok"),
        ("close", "time.sleep(0.7), sound(request)", "a reply to 'close' came after its deadline"),
        ("close", "sound(request), ok(request)", "request 5 was already answered; a second reply to it came"),
        ("close", "print('busy', flush=True), sound(request)", "a line on standard output is no JSON object"),
        ("shutdown", "ok(request), time.sleep(60)", "after shutdown it must exit with status 0 within 2000 ms; it still runs"),
        ("shutdown", "sys.exit(4)", "after shutdown it must exit with status 0; it exited with status 4"),
        ("shutdown", "subprocess.Popen(['sleep', '60']), sound(request)", "after shutdown it left 1 processes running"),
    ],
)
def test_what_must_be_mended_is_named(clinic: Clinic, op: str, does: str, advice: str) -> None:
    """A driver that does one thing wrong gets exit code 1, and one line that says what came and what was expected."""
    loop = f"for line in sys.stdin:\n    request = json.loads(line)\n    ({does}) if request['op'] == {op!r} else sound(request)"
    result = clinic.examine(loop)
    assert any(advice in line for line in mended(result)), mended(result)
    assert result.exit_code == 1


def test_a_driver_that_ignores_the_end_of_its_input_is_named(clinic: Clinic) -> None:
    """It is seen in a process of its own, and that one is killed in the end."""
    result = clinic.examine("for line in sys.stdin: sound(json.loads(line))\ntime.sleep(60)", Patience(shutdown_ms=300, terminate_ms=300))
    assert mended(result) == ["at the end of its standard input it must exit with status 0 within 300 ms; it still runs"]


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        (
            "sys.stderr.write('no licence'); sys.exit(3)",
            "the driver did not say hello: the driver exited with status 3; standard error ends: no licence",
        ),
        (
            "for line in sys.stdin: pass",
            "the driver did not say hello: unknown: no reply to 'hello' within 500 ms; standard error is empty",
        ),
        (
            "kept = []\nsend = lambda **it: kept.append(it)\nfor line in sys.stdin: sound(json.loads(line))\nprint(json.dumps(*kept))",
            "the reply to hello came only when its input ended: flush standard output after each line",
        ),
    ],
)
def test_a_driver_that_does_not_start_is_broken(clinic: Clinic, script: str, advice: str) -> None:
    """Exit code 4, and nothing else is said."""
    result = clinic.examine(script, Patience(hello_ms=500, shutdown_ms=2_000))
    assert [(line.level, line.text) for line in result.advice] == [("broken", advice)]
    assert result.exit_code == 4


def test_a_server_named_by_url_is_asked_once() -> None:
    """Any status will do; no answer is no start."""
    tables = target_tables({}, {}, {})
    with dead_server() as url:
        alive = doctor(url, tables, {})
    dead = doctor(url, tables, {})
    assert (alive.exit_code, dead.exit_code) == (0, 4)
    assert "status 503" in alive.lines[0]
    assert "does not answer" in dead.lines[0]


def test_factories_are_opened_in_the_world_they_run_in() -> None:
    """Ours are sound; one that cannot be opened is to be mended; one that declares nothing is only imported."""

    def broken(config: Any, note: Any) -> None:
        raise KeyError("run_id")

    class Sound:
        def __init__(self, config: Any, note: Any) -> None:
            assert config["api_url"].startswith("http://")

    sound = doctor("reference", target_tables({("ingest", "sender"): Sound}, {}, {}), {})
    assert (sound.exit_code, sound.lines[-1]) == (0, "ok      ingest sender: opens and closes")
    failing = doctor("reference", target_tables({("ingest", "sender"): broken}, {}, {}), {})
    assert failing.exit_code == 1
    assert "KeyError: 'run_id'" in failing.lines[-1]
    undeclared = doctor("python:json:loads", target_tables({}, {}, {}), {})
    assert (undeclared.exit_code, len(undeclared.lines)) == (0, 2)


def test_the_dead_server_answers_503_to_all() -> None:
    """With a body that says so."""
    with dead_server() as url, pytest.raises(HTTPError) as caught:
        urlopen(f"{url}/v1/runs/r/ingest", data=b"x")
    with caught.value as error:
        assert (error.code, b"503 to everything" in error.read()) == (503, True)
