"""One bootstrap of a run-stream reader and what follows it, until the run is over or cannot be followed.

Two tasks work on one transcript. *Following* connects to the stream, again and again, and never waits for the history.
*Keeping up* reads the history: all of it for the snapshot, and its tail each time a connection was opened without a cursor,
since between what was read and where such a stream begins something may have been appended. Until that tail is read, what
the stream brings is held.

The end of the stream is an end of following only. The rest comes in its order: the history that is still being read, the
snapshot, what was held, the last logs, the final status.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from .run_stream_api import Answer, Api, Leg, Path
from .run_stream_backoff import Budgets, Loss, Step
from .run_stream_batch import Batch
from .run_stream_connection import Connection, End, Listener
from .run_stream_failure import WatchFailed
from .run_stream_frames import REQUEST_TYPES, STATE_TYPE
from .run_stream_history import HistoryReader
from .run_stream_leg import Legs
from .run_stream_state import RunState
from .run_stream_transcript import Transcript, is_request, type_of

NOT_FOR_US = (401, 403, 404)
FINAL_TRIES = 3
LOSSES = {End.CLEAN: Loss.CLEAN, End.ERROR: Loss.ERROR, End.FAILED: Loss.FAILED, End.UNAUTHORISED: Loss.FAILED}

Tell = Callable[[str, dict[str, Any]], None]


class Watch:
    """Run it once. ``tell`` hands notes to the application; ``budgets`` outlive a bootstrap, since one of them buys the next."""

    connection_type: ClassVar[type[Connection]] = Connection
    history_type: ClassVar[type[HistoryReader]] = HistoryReader
    legs_type: ClassVar[type[Legs]] = Legs
    state_type: ClassVar[type[RunState]] = RunState
    transcript_type: ClassVar[type[Transcript]] = Transcript
    batch_type: ClassVar[type[Batch]] = Batch

    def __init__(self, api: Api, budgets: Budgets, tell: Tell) -> None:
        self.api = api
        self.budgets = budgets
        self.tell = tell
        self.legs = self.legs_type(api)
        self.state = self.state_type()
        self.history = self.history_type(api)
        self.transcript = self.transcript_type()
        self.batch = self.batch_type(api.settings.batch_delay_s, self.tell_logs)
        self.cursor: str | None = None
        self.path: Path | None = None
        self.has_begun = asyncio.Event()
        self.has_gap = asyncio.Event()
        self.has_caught_up = asyncio.Event()

    async def run(self) -> Step | None:
        """None when the run is over and all of it was told; REBUILD when it must be followed anew. Raises WatchFailed."""
        await self.begin_with_state()
        if self.state.is_terminal:
            await self.tell_history()
            return None
        try:
            step = await self.follow_and_keep_up()
        except WatchFailed:
            self.batch.flush()
            raise
        if step is None:
            await self.tell_end()
        return step

    async def tell_end(self) -> None:
        """The last logs come before the final status."""
        self.batch.flush()
        await self.tell_final_status()

    def let_go(self) -> None:
        """Nothing of this is told any more."""
        self.tell = _tell_nobody
        self.batch.drop()

    async def follow_and_keep_up(self) -> Step | None:
        try:
            async with asyncio.TaskGroup() as tasks:
                beside = [tasks.create_task(work) for work in (self.keep_up(), self.look_for_changes())]
                step = await self.follow()
                if step is None:
                    await self.before_the_end()
                for task in beside:
                    task.cancel()
        except* WatchFailed as failures:
            failure = failures.exceptions[0]
            raise failure from None
        return step

    async def before_the_end(self) -> None:
        """The stream is over; what is still to be read of the history comes first."""
        await self.has_caught_up.wait()

    # --- the state of the run ---------------------------------------------------------------------------------------

    async def begin_with_state(self) -> None:
        answer = await self.api.run_state()
        if answer is None or answer.object is None:
            refused = answer is not None and answer.status in NOT_FOR_US
            raise WatchFailed("Cloud run not available", _what_came(answer), retryable=not refused)
        self.state.take_answer(answer.object)

    async def ask_for_state(self) -> bool:
        """Whether the backend answered."""
        answer = await self.api.run_state()
        if answer is None or answer.object is None:
            return False
        self.state.take_answer(answer.object)
        return True

    async def look_for_changes(self) -> None:
        """What changed while the history was read. Not being answered is no harm: the stream tells of changes, too."""
        await self.has_begun.wait()
        if await self.ask_for_state():
            self.tell_change_of_state()

    def tell_change_of_state(self) -> None:
        """A terminal status waits for the end of the stream."""
        if self.has_begun.is_set() and self.state.is_news and not self.state.is_terminal:
            self.tell("status", self.state.tell())

    async def tell_final_status(self) -> None:
        for attempt in range(FINAL_TRIES):
            if self.state.is_terminal:
                break
            if attempt:
                await asyncio.sleep(self.api.settings.backoff_base_s)
            await self.ask_for_state()
        self.tell("status", self.state.tell())

    # --- keeping up with the history --------------------------------------------------------------------------------

    async def keep_up(self) -> None:
        await self.tell_history()
        self.has_begun.set()
        while True:
            await self.close_gap()
            self.has_caught_up.set()
            await self.has_gap.wait()

    async def tell_history(self) -> None:
        entries = self.transcript.begin(await self.history.read_from(0))
        self.tell("snapshot", {"entries": entries, **self.state.tell_snapshot()})

    async def close_gap(self) -> None:
        """Reads the tail until no connection was opened meanwhile that would need it once more, then tells what was held."""
        while self.has_gap.is_set():
            self.has_gap.clear()
            await self.tell_tail()
        self.tell_entries(self.transcript.release())

    async def tell_tail(self) -> None:
        tail = await self.history.read_from(self.transcript.history_count)
        self.tell_entries(self.transcript.catch_up(tail))
        if self.transcript.left_out:
            self.log("warn", f"the stream left out {self.transcript.left_out} entries; they are not told")
            self.transcript.left_out = 0

    def open_gap(self) -> None:
        """From here on nothing live is told until the history has been read to its end."""
        self.transcript.hold()
        self.has_caught_up.clear()
        self.has_gap.set()

    # --- following the stream ---------------------------------------------------------------------------------------

    async def follow(self) -> Step | None:
        """None when the stream is over. Raises WatchFailed."""
        while True:
            end = await self.connect()
            if end is End.OVER or await self.is_over_without_a_word(end):
                return None
            step = await self.pause_after(end)
            if step is Step.REBUILD:
                return step

    async def connect(self) -> End:
        leg = await self.legs.current()
        self.enter(leg)
        connection = self.new_connection()
        end = await connection.follow(leg, self.cursor)
        self.budgets.on_life(connection.lived_s)
        if end is End.UNAUTHORISED:
            self.legs.forget(leg)
        if end is End.REFUSED:
            raise WatchFailed("Cloud stream refused", f"the stream answered {connection.status}", retryable=False)
        return end

    def new_connection(self) -> Connection:
        return self.connection_type(self.api, Listener(self.on_open, self.on_keepalive, self.on_event))

    def enter(self, leg: Leg) -> None:
        if leg.path is not self.path:
            self.leave_leg()
            self.path = leg.path
        if self.cursor is None:
            self.transcript.begin_at_newest()

    def leave_leg(self) -> None:
        self.cursor = None
        self.transcript.change_leg()

    async def is_over_without_a_word(self, end: End) -> bool:
        """An old backend just closes the stream of a run that is over. What was lost with the connection is in the history."""
        if not self.legs.is_legacy or not await self.ask_for_state():
            return False
        if self.state.is_terminal:
            self.open_gap()
            return True
        self.tell_change_of_state()
        return False

    async def pause_after(self, end: End) -> Step:
        step, pause_s = self.budgets.after(LOSSES[end])
        if step is Step.DISCONNECTED:
            raise WatchFailed("Cloud stream disconnected", "the stream was lost too often in a row", retryable=True)
        if step is Step.UNREACHABLE:
            raise WatchFailed("Cloud run unreachable", "the stream was connected too often without an event", retryable=True)
        await asyncio.sleep(pause_s)
        return step

    # --- what a connection tells ------------------------------------------------------------------------------------

    def on_open(self) -> None:
        if self.cursor is None:
            self.open_gap()

    def on_keepalive(self) -> None:
        self.budgets.on_keepalive()

    def on_event(self, id: str | None, event: Mapping[str, Any]) -> None:
        """State comes first: it may be told again at any time, and only the newest counts."""
        if type_of(event) == STATE_TYPE:
            self.state.take_event(event)
            self.tell_change_of_state()
        if self.transcript.is_repeated(id):
            return
        self.transcript.remember(id)
        self.move_cursor(id)
        self.budgets.on_event()
        self.take_new(event)

    def move_cursor(self, id: str | None) -> None:
        if id is not None:
            self.cursor = id

    def take_new(self, event: Mapping[str, Any]) -> None:
        kind = type_of(event)
        if kind in REQUEST_TYPES:
            self.take_request(event)
        elif kind != STATE_TYPE:
            self.tell_entries(self.transcript.take_live(event))

    def take_request(self, event: Mapping[str, Any]) -> None:
        """Somebody waits for an answer to it: it is told at once, also before the snapshot."""
        if self.transcript.is_new(event):
            self.tell("permission_request", dict(event))

    # --- telling ----------------------------------------------------------------------------------------------------

    def tell_entries(self, entries: list[Any]) -> None:
        for entry in entries:
            if is_request(entry):
                self.tell("permission_request", dict(entry))
            else:
                self.batch.add(entry)

    def tell_logs(self, entries: list[Mapping[str, Any]]) -> None:
        total = self.transcript.add_told(entries)
        self.tell("logs", {"entries": entries, "total": total})

    def tell_again(self) -> None:
        """For a later subscriber: everything so far. Before the first snapshot there is nothing to tell."""
        if self.has_begun.is_set():
            self.batch.flush()
            self.tell("snapshot", {"entries": list(self.transcript.told), **self.state.tell_snapshot()})

    def log(self, level: str, message: str) -> None:
        self.tell("log", {"level": level, "message": message})


def _tell_nobody(name: str, data: dict[str, Any]) -> None:
    return


def _what_came(answer: Answer | None) -> str:
    return "no answer" if answer is None else f"the answer was {answer.status}"
