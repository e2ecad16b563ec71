"""The command as a process: signals, pipes that close, ports in use, drivers that do not start. No orphan is left behind."""

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from jsonschema import Draft202012Validator

from streamproof.cli.terminal import NoProgress
from streamproof.harness.contracts.durable_script import Script, Turn
from streamproof.schemas import load_schema

Command = Callable[..., Any]
END_S = 60
"""No test waits so long; it is there so that a hang becomes a failure."""


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """As from an interactive shell: a program that a script starts in the background would ignore SIGINT."""
    command = [sys.executable, "-m", "streamproof", *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, **pipes, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A fake server that runs, with a plan that refuses the second upload, and its first line."""
    plan = [{"fault": "status", "endpoint": "upload", "nth": 2, "status": 503}]
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    process = start(tmp_path, "serve", "ingest", "--plan", "plan.json", "--history", "seen.ndjson", "--option", "token=s3cret")
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate(timeout=END_S)


def upload(url: str, token: str, body: str) -> tuple[int, Any]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=END_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    connection.request("POST", "/v1/runs/r1/ingest", body.encode(), headers)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content


def test_serve_by_hand(serving: tuple[subprocess.Popen[str], dict[str, str]], tmp_path: Path, command: Command) -> None:
    """The first line says where it is; faults of the plan act; Ctrl-C prints and writes what was seen, without the secret."""
    process, hints = serving
    assert hints["token"] == "s3cret"
    assert upload(hints["url"], "s3cret", '{"seq":1,"event":{"k":1}}\n')[1]["last_accepted_seq"] == 1
    assert upload(hints["url"], "s3cret", '{"seq":2,"event":{"k":2}}\n')[0] == 503
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=END_S)
    assert (process.returncode, err) == (0, "")
    assert out.strip().split("\n") == ["2 requests: upload 2", "1 faults injected: status 1", "run 'r1': last_accepted_seq 1"]
    seen = (tmp_path / "seen.ndjson").read_text(encoding="utf-8")
    assert "s3cret" not in seen
    for line in seen.splitlines():
        assert list(Draft202012Validator(load_schema("history")).iter_errors(json.loads(line))) == []
    checked = command("check", "seen.ndjson")
    assert "FAIL" not in checked.out
    assert "ING-URL-1    MUST    not_run  the ids that the sender was given are not in this history" in checked.out


def test_serve_a_durable_server_by_hand(tmp_path: Path, command: Command) -> None:
    """Its record says of which contract it is, holds no key, and is no reproach to anybody; Ctrl-C ends an open stream, too."""
    process = start(tmp_path, "serve", "durable-execution", "--history", "seen.ndjson", "--option", "api_key=s3cret")
    assert process.stdout is not None
    try:
        hints = json.loads(process.stdout.readline())
        parts = urlsplit(hints["url"])
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=END_S)
        body = {"messages": [{"role": "user", "content": Script("s", (Turn(("Hello.",), gate="g"),)).message()}]}
        connection.request("POST", "/run/api/executions", json.dumps(body), {"Authorization": "Bearer s3cret"})
        answer = connection.getresponse()
        assert answer.readline().startswith(b"data: ")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=END_S)
        connection.close()
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    seen = (tmp_path / "seen.ndjson").read_text(encoding="utf-8")
    assert json.loads(seen.partition("\n")[0])["contract"] == "durable-execution"
    assert "s3cret" not in seen
    assert not Path(hints["data_dir"]).exists()
    assert "FAIL" not in command("check", "seen.ndjson").out


@pytest.mark.parametrize(
    ("what", "stream", "secret", "line"),
    [
        ("run-stream", "/api/projects/1/tasks/t/runs/r/stream/", "s3cret", r"run 'run': \d+ events"),
        ("sse", "/events", "", r"\d+ frames sent"),
    ],
)
def test_serve_a_stream_by_hand(tmp_path: Path, what: str, stream: str, secret: str, line: str) -> None:
    """It shows something by itself; Ctrl-C ends it at once and without complaint though somebody still reads."""
    options = ["--option", "events=10000", "--option", "every_ms=50"]
    if secret:
        options += ["--option", f"session_token={secret}"]
    process = start(tmp_path, "serve", what, "--history", "seen.ndjson", *options)
    assert process.stdout is not None
    try:
        hints = json.loads(process.stdout.readline())
        parts = urlsplit(hints["url"])
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=END_S)
        connection.request("GET", stream, headers={"Authorization": f"Bearer {secret}"} if secret else {})
        answer = connection.getresponse()
        lines = [answer.readline() for _ in range(6)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=END_S)
        connection.close()
    finally:
        process.kill()
    assert [text.partition(b" ")[0] for text in lines] == [b"id:", b"data:", b"\n"] * 2
    assert (process.returncode, err) == (0, "")
    assert re.fullmatch(f"1 requests: stream 1\n0 faults injected\n{line}", out.strip())
    assert not secret or secret not in (tmp_path / "seen.ndjson").read_text(encoding="utf-8")


def test_a_port_in_use(serving: tuple[subprocess.Popen[str], dict[str, str]], command: Command) -> None:
    """A second server on the same port is refused with one message, and the first goes on."""
    _, hints = serving
    port = str(urlsplit(hints["url"]).port)
    outcome = command("serve", "ingest", "--port", port)
    assert (outcome.code, outcome.out) == (2, "")
    assert (
        outcome.err == f"streamproof: port {port} on 127.0.0.1 is in use: stop what listens there, or choose another (0 takes a free one)\n"
    )
    assert upload(hints["url"], "s3cret", "")[0] == 200


def test_ctrl_c_reports_what_was_found_so_far(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An interrupt in mid-search still prints a result and writes the reports, with exit 130."""

    def interrupted(self: NoProgress, done: int, total: int | None, failures: int, label: str) -> None:
        if done >= 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(NoProgress, "update", interrupted)
    outcome = command("run", "--seconds", "1000", "--seed", "1", "--jobs", "1", "--report", "json=r.json")
    assert outcome.code == 130
    assert outcome.last_line.startswith("verdict inconclusive (exit 130), interrupted, 25 examples in ")
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(load_schema("run")).iter_errors(report)) == []
    assert report["interrupted"] is True
    assert report["examples"] >= 20


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_every_process(tmp_path: Path, jobs: str) -> None:
    """After an interrupt the process and its workers are gone, whatever it was doing; no traceback is shown."""
    process = start(tmp_path, "run", "--seconds", "1000", "--jobs", jobs)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("seed ")
    own = psutil.Process(process.pid)
    children = own.children(recursive=True)
    process.send_signal(signal.SIGINT)
    try:
        _, err = process.communicate(timeout=END_S)
    finally:
        for orphan in (*own.children(recursive=True), own) if process.poll() is None else ():
            orphan.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`streamproof list requirements | head -1` complains about nothing."""
    process = start(tmp_path, "list", "requirements", "--format", "json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=END_S) == 141


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("cmd:/no/such/program", "cannot start the driver '/no/such/program': No such file or directory"),
        ("cmd:false", "the driver exited with status 1"),
    ],
)
def test_a_driver_that_does_not_start(command: Command, target: str, complaint: str) -> None:
    """The driver is named as being at fault, exit 4: this is no verdict about an implementation."""
    outcome = command("run", "--target", target, "--seed", "1", "--jobs", "1")
    assert (outcome.code, outcome.out) == (4, "")
    assert outcome.err.startswith("streamproof: the driver is at fault: ")
    assert complaint in outcome.err


def test_the_module_is_the_command(tmp_path: Path) -> None:
    """`python -m streamproof` works, and says which version it is."""
    process = start(tmp_path, "--version")
    out, err = process.communicate(timeout=END_S)
    assert (process.returncode, err, out.startswith("streamproof, version ")) == (0, "", True)


def test_nothing_but_results_is_left_in_the_folder(tmp_path: Path) -> None:
    """What Hypothesis keeps for the next time goes to the cache; a clean run writes no file at all."""
    process = start(
        tmp_path, "run", "--contract", "ingest", "--scenario", "ingest-identities", "--examples", "10", "--seed", "1", "--jobs", "1"
    )
    process.communicate(timeout=END_S)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []
