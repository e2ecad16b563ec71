"""Reads a history of an agent into sockets, messages, tasks, reports and pauses: one pass, linear. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...values.history import Entry, History
from ..wire import Wire
from .hello import AttemptKey
from .ledger import Ledger, Taken
from .sockets import HELLO_ACK, Control, Frame, Said, Socket
from .tasks import Pause, Report, Task, read_report, read_task


@dataclass
class Record:
    sockets: list[Socket] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    tasks: dict[AttemptKey, Task] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    reports_by_task: dict[str, list[Report]] = field(default_factory=dict)
    pauses: list[Pause] = field(default_factory=list)
    signed: list[Entry] = field(default_factory=list)
    listings: list[Entry] = field(default_factory=list)
    final_look: Entry | None = None


def read_record(history: History, wire: Wire) -> Record:
    reader = _Reader(history, wire)
    for entry in history.entries:
        handler = reader.handlers.get(entry.kind)
        if handler is not None:
            handler(entry)
    return reader.record


class _Reader:
    def __init__(self, history: History, wire: Wire) -> None:
        self.record = Record()
        self._wire = wire
        self._sockets: dict[int, Socket] = {}
        self._frames: dict[tuple[int, int], Frame] = {}
        self._life = 1
        self._scripts = _scripts(history.header.workload)
        self.handlers = {
            "signed": self.record.signed.append,
            "listed": self.record.listings.append,
            "socket": self._on_socket,
            "frame": self._on_frame,
            "taken": self._on_taken,
            "said": self._on_said,
            "control": self._on_control,
            "unmasked": self._on_unmasked,
            "socket-over": self._on_socket_over,
            "fault": self._on_fault,
            "reported": self._on_reported,
            "task": self._on_task,
            "delivered-again": self._on_delivered_again,
            "executions": self._on_executions,
            "crash": self._on_crash,
            "gone": self._on_crash,
            "back": self._on_back,
            "call": self._on_call,
            "final-look": self._on_final_look,
        }

    # --- the wire ---------------------------------------------------------------------------------------------------

    def _on_socket(self, entry: Entry) -> None:
        number = entry.data["socket"]
        request = self._wire.by_number.get(number)
        asked = entry.number if request is None else request.entry
        faults = set() if request is None else request.faults
        socket = Socket(number, entry.data["connection"], entry.number, entry.at_us, self._life, asked, faults)
        self._sockets[number] = socket
        self.record.sockets.append(socket)

    def _on_frame(self, entry: Entry) -> None:
        data = entry.data
        envelope = data["envelope"] if isinstance(data["envelope"], Mapping) else {}
        kind = data["type"] if isinstance(data["type"], str) else ""
        frame = Frame(entry.number, entry.at_us, data["socket"], data["number"], kind, envelope, tuple(data["problems"]))
        self._frames[frame.socket, frame.number] = frame
        self.record.ledger.add_frame(frame)
        socket = self._sockets.get(frame.socket)
        if socket is not None:
            socket.add_frame(frame)

    def _on_taken(self, entry: Entry) -> None:
        data = entry.data
        frame = self._frames.get((data["socket"], data["number"]))
        if frame is None:
            return
        frame.taken.append(data["as"])
        taken = Taken(
            entry=entry.number,
            at_us=entry.at_us,
            frame=frame,
            how=data["as"],
            message=data["message"] or "",
            stream=data["stream"] or "",
            sequence=data["sequence"] or 0,
            highest=data["highest"],
        )
        self.record.ledger.attempt((data["task"], data["attempt"])).taken.append(taken)

    def _on_said(self, entry: Entry) -> None:
        data = entry.data
        envelope = data["envelope"] if isinstance(data["envelope"], Mapping) else {}
        said = Said(
            entry=entry.number,
            at_us=entry.at_us,
            socket=data["socket"],
            number=data["number"],
            type=data["type"] if isinstance(data["type"], str) else "",
            envelope=envelope,
            meant=data["meant"],
            answers=data["answers"] or 0,
            illegal=data["illegal"],
        )
        self.record.ledger.add_said(said)
        socket = self._sockets.get(said.socket)
        if socket is None:
            return
        socket.add_said(said)
        if said.type == HELLO_ACK and socket.hello_ack is said:
            for final in sorted(socket.directives.finals or ()):
                if final in self.record.ledger.messages:
                    self.record.ledger.messages[final].accepted_by_hello_ack.append(said)

    def _on_control(self, entry: Entry) -> None:
        data = entry.data
        socket = self._sockets.get(data["socket"])
        if socket is not None:
            socket.add_control(Control(entry.number, entry.at_us, data["by"], data["what"], str(data["data"]), data["code"]))

    def _on_unmasked(self, entry: Entry) -> None:
        socket = self._sockets.get(entry.data["request"])
        if socket is not None:
            socket.unmasked_entry = entry.number

    def _on_socket_over(self, entry: Entry) -> None:
        socket = self._sockets.get(entry.data["socket"])
        if socket is not None and socket.over_entry is None:
            socket.over_entry, socket.over_us = entry.number, entry.at_us
            socket.over_by, socket.over_code = entry.data["by"], entry.data["code"]
            socket.over_problem = entry.data["problem"]

    def _on_fault(self, entry: Entry) -> None:
        socket = self._sockets.get(entry.data.get("socket", 0))
        if socket is not None:
            socket.frame_faults.append(entry)

    def _on_reported(self, entry: Entry) -> None:
        report = read_report(entry)
        self.record.reports.append(report)
        self.record.reports_by_task.setdefault(report.task, []).append(report)

    # --- the play ---------------------------------------------------------------------------------------------------

    def _on_task(self, entry: Entry) -> None:
        task = read_task(entry, self._scripts)
        self.record.tasks.setdefault(task.key, task)

    def _on_delivered_again(self, entry: Entry) -> None:
        task = self.record.tasks.get((entry.data["task"], entry.data["attempt"]))
        if task is not None:
            task.again.append(entry)

    def _on_executions(self, entry: Entry) -> None:
        task = self.record.tasks.get((entry.data["task"], entry.data["attempt"]))
        if task is not None:
            task.executions.append((entry.number, entry.data["count"]))

    def _on_crash(self, entry: Entry) -> None:
        """``crash`` is the kill, ``gone`` that nothing of that life is left."""
        self._pause("crash", entry)

    def _on_back(self, entry: Entry) -> None:
        self._life = entry.data["life"]
        self._resume("crash", entry)

    def _on_call(self, entry: Entry) -> None:
        if entry.data["verb"] == "stop":
            self._pause("stop", entry)
        elif entry.data["verb"] == "start":
            self._resume("stop", entry)

    def _on_final_look(self, entry: Entry) -> None:
        self.record.final_look = entry

    def _pause(self, how: str, entry: Entry) -> None:
        open_already = any(pause.how == how and pause.to_entry is None for pause in self.record.pauses[-2:])
        if not open_already:
            self.record.pauses.append(Pause("crash" if how == "crash" else "stop", entry.number, entry.at_us))

    def _resume(self, how: str, entry: Entry) -> None:
        for pause in self.record.pauses[-2:]:
            if pause.how == how and pause.to_entry is None:
                pause.to_entry, pause.to_us = entry.number, entry.at_us


def _scripts(workload: tuple[tuple[str, Mapping[str, Any]], ...]) -> dict[AttemptKey, Mapping[str, Any]]:
    """The first script of each task is the one that counts."""
    scripts: dict[AttemptKey, Mapping[str, Any]] = {}
    for verb, args in workload:
        if verb == "task":
            scripts.setdefault((args["task"], args["attempt"]), args.get("script", {}))
    return scripts
