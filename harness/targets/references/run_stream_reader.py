"""The reference reader of the contract ``run-stream``: what a task run did so far, and then what it does, to its end.

The verbs are here, and whose turn it is; one bootstrap with all that follows from it is a `Watch`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from .one_worker import OneWorker
from .run_stream_api import Api
from .run_stream_backoff import Budgets, Step
from .run_stream_failure import WatchFailed
from .run_stream_settings import Settings, read_settings
from .run_stream_watch import Watch

Note = Callable[[str, dict[str, Any]], None]


class ReferenceReader(OneWorker):
    """Call it on the running loop. ``config`` and ``note`` are those of the driver protocol."""

    serves: ClassVar[Sequence[Mapping[str, Any]]] = ({"contract": "run-stream", "role": "reader", "capabilities": ["timing"]},)
    api_type: ClassVar[type[Api]] = Api
    budgets_type: ClassVar[type[Budgets]] = Budgets
    watch_type: ClassVar[type[Watch]] = Watch

    def __init__(self, config: Mapping[str, Any], note: Note) -> None:
        self.settings = self.settings_of(config)
        self.note = note
        self.api = self.api_type(self.settings)
        super().__init__(self.api)
        self.current: Watch | None = None
        self.has_failed = False

    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        return read_settings(config)

    # --- verbs ------------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Follows the run; while it is being followed, a later subscriber is told everything so far."""
        if self.current is not None:
            self.current.tell_again()
        else:
            self.start()

    def retry(self) -> None:
        """Begins anew after an error. While the run is followed, or when it is over, there is nothing to retry."""
        if self.has_failed:
            self.start()

    def unwatch(self) -> None:
        """Nothing is told from here on."""
        self.let_go()

    def let_go(self) -> None:
        self.has_failed = False
        if self.current is not None:
            self.current.let_go()
            self.current = None
        super().let_go()

    # --- the work ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.has_failed = False
        budgets = self.budgets_type(self.settings.backoff_base_s, self.settings.backoff_max_s)
        self.current = self.watch_type(self.api, budgets, self.note)
        self.worker = asyncio.get_running_loop().create_task(self.work(self.current))

    async def work(self, watch: Watch) -> None:
        try:
            while await watch.run() is Step.REBUILD:
                watch = self.current = self.rebuilt(watch)
        except WatchFailed as failure:
            self.settle(watch, "error", failure.to_note())
        else:
            self.settle(watch, "ended", {})

    def rebuilt(self, watch: Watch) -> Watch:
        """Begins anew from the server's truth, with what is left of the budgets."""
        return self.watch_type(self.api, watch.budgets, watch.tell)

    def settle(self, watch: Watch, note: str, data: dict[str, Any]) -> None:
        """The watch is over. One that was let go meanwhile tells nobody, and another may have taken its place."""
        if self.current is watch:
            self.current = self.worker = None
            self.has_failed = note == "error"
        watch.tell(note, data)


reference_reader = ReferenceReader
"""The factory, as `python:module:factory` names it."""
