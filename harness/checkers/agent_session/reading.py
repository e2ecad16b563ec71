"""One pass over a history: every entry goes to the session or the run that it is about."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from ...values.history import Entry, History
from ..wire import Request, Wire
from .record import Event, Listing, Page, Session, Told
from .runs import Run
from .streams import Stream, Streamed, close_stream

SESSIONS = "/v1/sessions/"
FAILING = ("fail_emits", "fail_schedules")


class Reading:
    """``sessions`` by id, in the order in which they were made; ``runs`` by handle."""

    def __init__(self, history: History, wire: Wire) -> None:
        self.sessions: dict[str, Session] = {}
        self.runs: dict[str, Run] = {}
        self._wire = wire
        self._failing: dict[str, list[Entry]] = {}
        """By handle: what was to fail was said before the run was begun."""
        self._verbs: dict[int, tuple[str, str]] = {}
        """By the number of a call: its handle and verb."""
        self._streams: dict[int, Stream] = {}
        self._handlers: dict[str, Callable[[Entry], None]] = {
            "script": self._on_script,
            "call": self._on_call,
            "reply": self._on_reply,
            "note": self._on_note,
            "crash": self._on_crash,
            "gone": self._on_gone,
            "session": self._on_session,
            "request": self._on_request,
            "prompted": lambda entry: self._of(entry).prompts.append(entry),
            "interrupted": lambda entry: self._of(entry).interrupts.append(entry),
            "deleted": self._on_deleted,
            "delete-refused": lambda entry: self._of(entry).refusals.append(entry),
            "recorded": self._on_recorded,
            "shown": self._on_shown,
            "status": lambda entry: self._of(entry).statuses.append(entry),
            "told": self._on_told,
            "page": self._on_page,
            "stream-open": self._on_stream_open,
            "streamed": self._on_streamed,
            "broken": self._on_broken,
        }
        for entry in history.entries:
            handler = self._handlers.get(entry.kind)
            if handler is not None:
                handler(entry)
        for stream in self._streams.values():
            close_stream(stream, wire)
        self._join()

    def _of(self, entry: Entry) -> Session:
        """The session of an entry; one that nobody wrote down as made is made here, since its requests may all the same be judged."""
        id = entry.data["session"]
        if id not in self.sessions:
            self.sessions[id] = Session(id, entry.number, "", None)
        return self.sessions[id]

    def _request(self, entry: Entry) -> Request:
        return self._wire.by_number[entry.data["request"]]

    # --- the play and the runner

    def _on_script(self, entry: Entry) -> None:
        data = entry.data
        handle = data["handle"]
        run = Run(data["run"], handle, entry.number, data["prompt"], data["terminal"], tuple(data["messages"]))
        self.runs[handle] = run
        for call in self._failing.pop(handle, ()):
            self._fail_later(run, call)

    def _on_call(self, entry: Entry) -> None:
        handle, verb = entry.data["handle"], entry.data["verb"]
        self._verbs[entry.data["call"]] = handle, verb
        run = self.runs.get(handle)
        if verb in FAILING:
            if run is None:
                self._failing.setdefault(handle, []).append(entry)
            else:
                self._fail_later(run, entry)
        elif run is not None and verb == "run" and run.call is None:
            run.call = entry
        elif run is not None and verb == "cancel" and run.cancel is None:
            run.cancel = entry

    def _fail_later(self, run: Run, call: Entry) -> None:
        """What is said behind its end does nothing; a count replaces what is left of the one before."""
        if not run.ends:
            row = run.failing_emits if call.data["verb"] == "fail_emits" else run.failing_schedules
            row[:] = [call] if call.data["args"]["count"] else []

    def _on_reply(self, entry: Entry) -> None:
        handle, verb = self._verbs.get(entry.data["call"], ("", ""))
        run = self.runs.get(handle)
        if run is None:
            return
        if verb == "run" and run.reply is None:
            run.reply = entry
        elif verb == "cancel" and run.cancel_reply is None and entry.data["outcome"] == "ok":
            run.cancel_reply = entry

    def _on_note(self, entry: Entry) -> None:
        run = self.runs.get(entry.data["handle"])
        if run is None:
            return
        rows = {"emit": run.ends, "failed": run.ends, "scheduled": run.scheduled, "metadata": run.metadata, "transaction": run.transactions}
        row = rows.get(entry.data["note"])
        if row is not None:
            row.append(entry)

    def _on_crash(self, entry: Entry) -> None:
        run = self.runs.get(entry.data["handle"])
        if run is not None and run.lost is None:
            run.lost = entry

    def _on_gone(self, entry: Entry) -> None:
        for run in self.runs.values():
            if run.call is not None and run.lost is None:
                run.lost = entry

    # --- the service

    def _on_session(self, entry: Entry) -> None:
        id = entry.data["session"]
        self.sessions[id] = Session(id, entry.number, entry.data.get("run", ""), self._request(entry))

    def _on_request(self, entry: Entry) -> None:
        """Whatever came of it: a session that was made before is asked for by its path."""
        _, found, rest = entry.data["target"].partition(SESSIONS)
        session = self.sessions.get(unquote(rest.partition("?")[0].partition("/")[0])) if found else None
        if session is None:
            return
        request = self._request(entry)
        session.requests.append(request)
        if request.endpoint == "stream":
            self._streams[request.number] = stream = Stream(request)
            session.streams.append(stream)

    def _on_deleted(self, entry: Entry) -> None:
        session = self._of(entry)
        session.deleted = session.deleted or entry

    def _on_recorded(self, entry: Entry) -> None:
        session, data = self._of(entry), entry.data["event"]
        event = Event(entry.number, entry.at_us, len(session.events), data["id"], data["type"], data)
        session.events.append(event)
        session.by_id[event.id] = event

    def _on_shown(self, entry: Entry) -> None:
        event = self._of(entry).by_id.get(entry.data["id"])
        if event is not None and not event.shown_entry:
            event.shown_entry, event.shown_us = entry.number, entry.at_us

    def _on_told(self, entry: Entry) -> None:
        self._of(entry).told.append(Told(entry.number, entry.at_us, self._request(entry), entry.data["status"]))

    def _on_page(self, entry: Entry) -> None:
        data, listings = entry.data, self._of(entry).listings
        page = Page(entry.number, entry.at_us, self._request(entry), tuple(data["ids"]), data["token"], data["next"])
        going_on = listings[-1] if listings else None
        if page.token is not None and going_on is not None and page.token == going_on.pages[-1].next:
            going_on.pages.append(page)
        elif page.token is not None and len(listings) > 1 and page.token == listings[-2].pages[-1].next:
            listings[-2].pages.append(page)  # two listings at the same time
        else:
            listings.append(Listing([page]))

    def _on_stream_open(self, entry: Entry) -> None:
        stream = self._streams.get(entry.data["request"])
        if stream is not None:
            stream.opened_entry, stream.opened_us = entry.number, entry.at_us

    def _on_streamed(self, entry: Entry) -> None:
        stream = self._streams.get(entry.data["request"])
        if stream is not None:
            stream.rows.append(Streamed(entry.number, entry.at_us, entry.data["id"], entry.data["body_bytes"]))

    def _on_broken(self, entry: Entry) -> None:
        stream = self._streams.get(entry.data["request"])
        if stream is not None:
            stream.broken = entry.data["bytes"], entry.data["certain"]

    # --- which session is whose

    def _join(self) -> None:
        """By the prompt that it got; by the label of its script where it got none, or where several runs have that prompt."""
        by_label = {run.label: run for run in self.runs.values()}
        by_prompt: dict[str, list[Run]] = {}
        for run in self.runs.values():
            by_prompt.setdefault(run.prompt, []).append(run)
        for session in self.sessions.values():
            texts = {prompt.data["text"] for prompt in session.prompts}
            named = [run for text in texts for run in by_prompt.get(text, ())]
            owner = named[0] if len(named) == 1 else by_label.get(session.label)
            if owner is not None:
                owner.sessions.append(session)
