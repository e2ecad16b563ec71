"""The hostile client: it begins asks, learns from what comes back, and watches over streams that may never end.

A stream is given up when its run was seen at rest and the stream is still open `REST_PATIENCE_MS` later, or when nothing at all has
moved for `STILL_MS`. To see whether the run is at rest, the client asks for its status while no frame comes: such asks are meant as
"poll".
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from ...harness.worlds.base import Scene
from .asks import Ask, Asks, Request
from .bodies import run_path
from .frames import Event
from .runs import AT_REST, KNOWN_STATUSES, TERMINAL, Reader, Run

ANSWER_MS = 10_000
"""What an answer that is no stream may take."""
REST_PATIENCE_MS = 5_000
STILL_MS = 40_000
QUIET_MS = 250
REST_BOUND_MS = 35_000
ERRORS_PATIENCE_MS = 5_000
"""How long a status that is answered by something else is asked for again."""
IN_VAIN_MS = 500
"""The bound for a run that was waited for in vain, and has not moved since."""
STREAM_MS = 60_000
"""What a stream may take whatever moves in it."""
POLL_MS = (20, 1_000)
"""The first pause between two looks at a status, and the longest."""
LOOK_MS = 1_000
"""What the client waits for the request of an approval to appear."""


class Client:
    """``approval_timeout_ms``: after such a time a suspended run may move by itself."""

    def __init__(self, scene: Scene, asks: Asks, approval_timeout_ms: int | None) -> None:
        self.scene = scene
        self.asks = asks
        self.runs: dict[str, Run] = {}
        self._timeout_ms = approval_timeout_ms or 0
        self._watches: set[asyncio.Task[None]] = set()

    # --- asking

    def begin(self, request: Request, run: Run | None = None, reader: Reader | None = None) -> Ask:
        """``run``: whose frames the answer may bring; what is learnt goes to ``reader``."""
        return self.start(self.asks.make(request), run, reader)

    def start(self, ask: Ask, run: Run | None, reader: Reader | None) -> Ask:
        """Begins an ask that was made before."""
        if reader is not None and run is not None:

            def on_events(events: Sequence[Event], reader: Reader = reader, run: Run = run) -> None:
                reader.take(events)
                run.stir(self.scene.now_us())

            ask.on_events = on_events
        if ask.request.streams:
            self._watch(ask, run)
        else:
            timer = asyncio.get_running_loop().call_later((ANSWER_MS + self.scene.allowance_ms) / 1_000, ask.give_up)
            before = ask.on_over

            def on_over(ask: Ask) -> None:
                timer.cancel()
                before(ask)

            ask.on_over = on_over
        return self.asks.begin(ask)

    def follow(self, run: Run, request: Request, start: int | None, *, is_last: bool) -> Ask:
        """A stream that shows the run from index ``start`` (None: nobody knows). ``is_last``: it says how far the run was seen."""
        own = request.tenant == run.tenant
        return self.begin(request, run, Reader(run, start, is_last=is_last) if own else None)

    async def status(self, run: Run, meant: str | None = None, *, last: bool = False) -> Ask:
        """Asks once as its owner, and learns from the answer."""
        assert run.id is not None
        run.polled_us = self.scene.now_us()
        request = Request(
            op="status",
            method="GET",
            path=run_path(run.id),
            tenant=run.tenant,
            run=run.label,
            conversation=run.conversation,
            meant=meant,
            last=last,
        )
        ask = self.asks.make(request)
        ask.on_over = partial(self._take_status, run)
        self.start(ask, None, None)
        await ask.ended.wait()
        return ask

    def _take_status(self, run: Run, ask: Ask) -> None:
        if ask.status is not None:
            run.take_status(ask.status, ask.json if ask.how == "end" else None, self.scene.now_us())

    # --- waiting

    async def until(self, run: Run, wanted: str, meant: str | None = None) -> None:
        """Asks for the status until it is as ``wanted`` ("suspended", "terminal", "rest"), or cannot become so any more, or the bound."""
        began_us = good_us = self.scene.now_us()
        pause_ms = POLL_MS[0]
        bound_ms = REST_BOUND_MS + self._timeout_ms + self.scene.allowance_ms
        if run.waited_us is not None and run.moved_us <= run.waited_us:
            bound_ms = IN_VAIN_MS
        while True:
            ask = await self.status(run, meant)
            now_us = self.scene.now_us()
            if ask.status is None or run.status in KNOWN_STATUSES:
                good_us = now_us
            if self._is_enough(run, wanted):
                return
            if now_us - began_us >= bound_ms * 1_000 or now_us - good_us >= ERRORS_PATIENCE_MS * 1_000:
                run.waited_us = now_us
                return
            await self.scene.sleep(pause_ms)
            pause_ms = min(round(pause_ms * 1.6), max(POLL_MS[1], self._timeout_ms // 50))

    def _is_enough(self, run: Run, wanted: str) -> bool:
        if wanted != "terminal":
            return run.status in AT_REST
        patience_ms = REST_PATIENCE_MS + self._timeout_ms
        return run.status in TERMINAL or (run.status in AT_REST and self._rest_ms(run) >= patience_ms)

    def _rest_ms(self, run: Run) -> int:
        return 0 if run.rest_us is None else (self.scene.now_us() - run.rest_us) // 1_000

    async def call_id(self, run: Run, call: str) -> str:
        """The id of "pending" or "call-2" (see `shapes`). It waits a moment for streams that may tell it, and looks once itself.

        What nobody tells is the word itself.
        """
        if call.startswith("="):
            return call[1:]
        if not await self._told(run, call) and run.id is not None:
            request = Request(
                op="follow", method="GET", path=run_path(run.id, "/stream"), tenant=run.tenant, run=run.label, streams=True, meant="look"
            )
            look = self.follow(run, request, 0, is_last=False)
            if not await self._told(run, call) and look.is_over:
                run.stale = False
        return _known(run, call) or (run.pending if call == "pending" else None) or call

    async def _told(self, run: Run, call: str) -> bool:
        """Whether it is known, while there are streams that may tell it."""
        try:
            async with asyncio.timeout((LOOK_MS + self.scene.allowance_ms) / 1_000):
                while _known(run, call) is None and run.streams:
                    await run.changed.wait()
        except TimeoutError:
            return False
        return _known(run, call) is not None

    # --- watching over streams

    def _watch(self, ask: Ask, run: Run | None) -> None:
        if run is not None:
            run.opened()
            before = ask.on_over

            def on_over(ask: Ask, run: Run = run) -> None:
                before(ask)
                run.ended()

            ask.on_over = on_over
        task = asyncio.get_running_loop().create_task(self._watch_over(ask, run), name=f"play: watch over ask {ask.number}")
        self._watches.add(task)
        task.add_done_callback(self._watches.discard)

    async def _watch_over(self, ask: Ask, run: Run | None) -> None:
        pause_ms: float = QUIET_MS
        patience_ms = REST_PATIENCE_MS + self.scene.allowance_ms
        began_us = self.scene.now_us()
        while not await ask.wait_ended(pause_ms):
            if self.scene.now_us() - began_us >= STREAM_MS * 1_000:
                ask.give_up()
                return
            quiet_ms = (self.scene.now_us() - ask.moved_us) / 1_000
            if quiet_ms < QUIET_MS:
                pause_ms = QUIET_MS - quiet_ms
                continue
            if run is not None and run.id is not None:
                await self._poll(run)
                if run.rest_us is not None:
                    if self._rest_ms(run) >= patience_ms and not ask.is_over:
                        ask.give_up(self._rest_ms(run))
                        return
                    pause_ms = max(1, patience_ms - self._rest_ms(run))
                    continue
            moved_us = max(ask.moved_us, run.moved_us if run is not None else 0)
            if self.scene.now_us() - moved_us >= STILL_MS * 1_000:
                ask.give_up()
                return
            pause_ms = min(max(pause_ms, QUIET_MS) * 1.3, 1_000)

    async def _poll(self, run: Run) -> None:
        """Once for all streams of a run that watch over it at this time."""
        if self.scene.now_us() - run.polled_us >= QUIET_MS * 500:
            await self.status(run, "poll")

    async def close(self) -> None:
        for task in list(self._watches):
            task.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        await self.asks.close()


def _known(run: Run, call: str) -> str | None:
    if call == "pending":
        return None if run.stale else run.pending
    number = int(call.removeprefix("call-"))
    return run.calls[number - 1] if number <= len(run.calls) else None
