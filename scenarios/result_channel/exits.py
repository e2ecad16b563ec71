"""All ways in which a command ends, told by the socket and by HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import agent_scenario
from .draws import OLD, Timing, case, task, timings, until
from .happened import happened
from .scripts import script, write
from .shapes import SIGNALS

JUDGES = ("FIN-4", "SEQ-3", "DLV-2", "HTTP-1", "AUTH-1", "FIN-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Without delivery tasks come by polls; those without an attempt are reported over HTTP, the others over the socket."""

    def build(timing: Timing | None, ends: list[Mapping[str, Any]], texts: tuple[str, str], polled: bool, attempts: bool) -> Case:
        stdout, stderr = texts
        steps = [write(0, stdout)] * bool(stdout) + [write(5, stderr, "stderr")] * bool(stderr)
        more: dict[str, Any] = {} if attempts else {"attempt": OLD}
        named = [
            (number, task(script(steps, **end), number, via="poll" if polled else "socket", **more)) for number, end in enumerate(ends, 1)
        ]
        workload = [operation for number, one in named for operation in (one, until("acked" if attempts else "reported", number, **more))]
        return case("exits", setting, workload, timing=timing, delivery=not polled)

    codes = st.one_of(st.sampled_from((0, 3, 1, 255, 128, 64)).map(lambda code: {"exit": code}), st.sampled_from(SIGNALS).map(_signal))
    texts = st.sampled_from((("out\n", ""), ("", "err läuft\n"), ("out\n", "err\n"), ("", "")))
    polled = st.booleans()
    return polled.flatmap(
        lambda by_poll: st.builds(
            build, timings(setting), st.lists(codes, min_size=1, max_size=3), texts, st.just(by_poll),
            st.booleans() if by_poll else st.just(True),
        )
    )  # fmt: skip


def _signal(name: str) -> dict[str, Any]:
    return {"signal": name}


EXITS = agent_scenario(
    "exits", "every exit code and signal, told by the socket and by HTTP", JUDGES, draw, counts=happened("executions", count=1)
)
