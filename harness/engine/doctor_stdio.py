"""The examination of a driver behind standard input and output: hello, every role it serves, and both ways in which it must end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ..targets.base import Reply, Serves
from ..targets.declared import example_config, sendable_config
from ..targets.stdio.driver import Driver, Hello
from ..targets.stdio.lines import Trouble
from ..targets.stdio.process import Patience, exit_text
from ..targets.stdio.protocol import VERSION, Answer, Event
from ..values.errors import TargetProblem
from ..values.requirement import Role
from .dead_server import dead_server
from .doctor_report import Report

RolesOf = Callable[[tuple[Serves, ...], Report], Iterator[tuple[Serves, Role]]]
CALL_MS = 5_000
NO_SUCH_VERB = "no_such_verb"
HANDLE = "d1"
LISTENED_MS = 200
"""How long a late or second reply is listened for before the driver is ended."""


def examine_driver(command: Sequence[str], patience: Patience, report: Report, roles_of: RolesOf) -> None:
    """Starts the command twice: once for the whole conversation, once to see it end with its input."""
    examination = Examination(command, patience, report)
    try:
        hello = examination.start()
        if hello is not None:
            with dead_server() as url, suppress(_Exited):
                for row, role in roles_of(hello.serves, report):
                    examination.role(row, role, url)
                examination.other_version()
                examination.shutdown()
            examination.end_of_input()
    finally:
        examination.close()


class _Exited(Exception):
    """The driver is over before its time; that is reported, and nothing more can be asked of this process."""


class Examination:
    def __init__(self, command: Sequence[str], patience: Patience, report: Report) -> None:
        self._command = command
        self._patience = patience
        self._report = report
        self._driver: Driver | None = None
        self._told: set[str] = set()
        self._late: list[str] = []
        """What was answered after its deadline."""
        self._started = False
        """Before it has started, whatever goes wrong is why it did not."""

    @property
    def driver(self) -> Driver:
        assert self._driver is not None  # every step comes after `start`
        return self._driver

    def close(self) -> None:
        if self._driver is not None:
            self._driver.kill()
            self._driver.process.wait(self._patience.terminate_ms)

    # --- the steps ------------------------------------------------------------------------------------------------

    def start(self) -> Hello | None:
        """None when it did not start: nothing more can be said then."""
        try:
            self._driver = Driver(self._command, self._patience, self._heard)
            reply = self.driver.ask("hello", self._patience.hello_ms, protocol=[VERSION, VERSION], unknown_key="to be ignored")
            if reply.late and self._comes_at_the_end():
                self._report.broken("the reply to hello came only when its input ended: flush standard output after each line")
                return None
            hello = self.driver.read_hello(reply)
            self._started = True
        except TargetProblem as problem:
            self._report.broken(str(problem))
            return None
        self._report.ok(f"hello: {hello.name or 'no name'} {hello.version} ({hello.language or 'no language'})")
        return hello

    def role(self, row: Serves, role: Role, url: str) -> None:
        """Opens it twice, calls what is no verb, closes it, and calls it again."""
        with example_config(role, url) as config:
            self._converse(row, sendable_config(config, row.capabilities))

    def _converse(self, row: Serves, config: Mapping[str, Any]) -> None:
        what = f"{row.contract} {row.role}"
        fields = {"contract": row.contract, "role": row.role, "config": config}
        reply = self._ask("open", self._patience.open_ms, handle=HANDLE, **fields)
        if reply.outcome != "ok":
            self._report.mend(f"{what}: open was answered {_told(reply)}; expected ok, also when no server can be reached")
            return
        self._report.ok(f"{what}: opens")
        if row.role == "server":
            self._report.check("url" in reply.value, f"{what}: open tells its url", f'{what}: the value of open must be {{"url": ..}}')
        self._expect_driver_error(f"{what}: a second open of an open handle", self._ask("open", CALL_MS, handle=HANDLE, **fields))
        reply = self._ask("call", CALL_MS, handle=HANDLE, verb=NO_SUCH_VERB, args={})
        self._report.check(
            reply.outcome in ("unsupported", "driver_error"),
            f"{what}: an unknown verb is {reply.outcome}",
            f"{what}: an unknown verb was answered {_told(reply)}; expected unsupported",
        )
        reply = self._ask("close", self._patience.close_ms, handle=HANDLE)
        self._report.check(
            reply.outcome == "ok",
            f"{what}: closes",
            f"{what}: close was answered {_told(reply)}; expected ok, without waiting for the network",
        )
        self._expect_driver_error(f"{what}: a call after close", self._ask("call", CALL_MS, handle=HANDLE, verb=NO_SUCH_VERB, args={}))

    def other_version(self) -> None:
        reply = self._ask("hello", CALL_MS, protocol=[VERSION + 98, VERSION + 98])
        self._expect_driver_error("hello with versions that it does not speak", reply)

    def shutdown(self) -> None:
        self.driver.listen_for(LISTENED_MS)
        for what in dict.fromkeys(self._late):
            self._report.mend(f"a reply to {what!r} came after its deadline")
        reply = self.driver.ask("shutdown", self._patience.shutdown_ms)
        self._report.check(reply.outcome == "ok", "shutdown is answered", f"shutdown was answered {_told(reply)}; expected ok")
        self._expect_exit("after shutdown")

    def end_of_input(self) -> None:
        """A second process: with its input at an end nobody needs it any more."""
        self.driver.kill()
        try:
            self._driver = Driver(self._command, self._patience, self._heard)
            self.driver.hello()
        except TargetProblem as problem:
            self._report.mend(f"started once more, {problem}")
            return
        self.driver.process.end_input()
        self._expect_exit("at the end of its standard input")

    # --- parts of them --------------------------------------------------------------------------------------------

    def _ask(self, op: str, deadline_ms: int, **fields: object) -> Reply:
        reply = self.driver.ask(op, deadline_ms, **fields)
        if self.driver.over:
            raise _Exited
        return reply

    def _expect_driver_error(self, what: str, reply: Reply) -> None:
        self._report.check(
            reply.outcome == "driver_error", f"{what} is driver_error", f"{what} was answered {_told(reply)}; expected driver_error"
        )

    def _expect_exit(self, when: str) -> None:
        limit_ms = self._patience.shutdown_ms
        status = self.driver.process.wait(limit_ms)
        if status is None:
            self._report.mend(f"{when} it must exit with status 0 within {limit_ms} ms; it still runs")
        else:
            self._report.check(status == 0, f"exits {when}", f"{when} it must exit with status 0; it {exit_text(status)}")
        left = self.driver.process.left_running
        if left:
            self._report.mend(f"{when} it left {left} processes running; end them before you exit")

    def _comes_at_the_end(self) -> bool:
        """Whether the reply was only waiting in a buffer of the driver."""
        self.driver.process.end_input()
        self.driver.listen_for(self._patience.shutdown_ms)
        return "hello" in self._late

    def _heard(self, event: Event) -> None:
        """What the driver does wrong on the way, each kind once."""
        if isinstance(event, Answer):
            self._late.append(event.request.what)
        elif isinstance(event, Trouble) and event.problem not in self._told and self._started:
            self._told.add(event.problem)
            self._report.mend(event.message)


def _told(reply: Reply) -> str:
    if reply.late:
        return "not at all in time"
    error = reply.error or {}
    return f"{reply.outcome} ({error.get('kind', '')}: {error.get('message', '')})" if error else reply.outcome
