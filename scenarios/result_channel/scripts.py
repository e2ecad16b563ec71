"""What the commands of the tasks write, and when: scripts as the driver protocol describes them, put together from small drafts."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Step = dict[str, Any]
Script = dict[str, Any]
Draft = tuple[str, str, int]
"""(kind, stream, a small number that its details depend on)."""

TEXTS = ("hello\n", "läuft 🙂 日本\n", 'a\u2028b\r\n\t\\"', "x" * 37, "\u0000\x1b[31mred\x1b[0m\n", "𝒳é" * 5)
BURSTS = ("é日🙂", "ab\n", "x", "🙂")
"""What a burst repeats. But for one they hold characters of several bytes, or lines, whose lengths no threshold is a multiple of."""
NO_TEXT = b"\xff\xfe\x80 \xc3("
"""Bytes that are no UTF-8."""
DRIPS = 4
BURST_BYTES = 300


def write(at_ms: int, data: str | bytes, stream: str = "stdout", repeat: int = 1) -> Step:
    raw = data.encode() if isinstance(data, str) else data
    step: Step = {"at_ms": at_ms, "stream": stream, "data_b64": base64.b64encode(raw).decode()}
    return step if repeat == 1 else {**step, "repeat": repeat}


def script(steps: Iterable[Step] = (), exit: int = 0, **more: Any) -> Script:
    """``more``: ``exit_at_ms``, ``signal``."""
    return {"steps": list(steps), **({} if "signal" in more else {"exit": exit}), **more}


def drips(count: int, every_ms: int, stream: str = "stdout") -> list[Step]:
    """One short line after another."""
    return [write(number * every_ms, f"{number}: läuft 🙂\n", stream) for number in range(count)]


def steps_of(drafts: Sequence[Draft], gap_ms: int, burst_bytes: int = BURST_BYTES) -> list[Step]:
    """``line``, ``split`` (a text whose writes part it anywhere), ``burst``, ``drip``, ``pause``, ``raw`` (no UTF-8), ``close``."""
    steps: list[Step] = []
    closed: set[str] = set()
    at_ms = 0
    for kind, stream, number in drafts:
        at_ms += 5 * gap_ms if kind == "pause" else 0
        if stream in closed or kind == "pause":
            continue
        if kind == "close":
            steps.append({"at_ms": at_ms, "close": stream})
            closed.add(stream)
            continue
        for data, repeat in _writes(kind, number, burst_bytes):
            steps.append(write(at_ms, data, stream, repeat))
            at_ms += gap_ms
    return steps


def _writes(kind: str, number: int, burst_bytes: int) -> list[tuple[bytes, int]]:
    """(bytes, how often) of each write of a draft."""
    text = TEXTS[number % len(TEXTS)].encode()
    if kind == "burst":
        unit = BURSTS[number % len(BURSTS)].encode()
        return [(unit, 1 + burst_bytes * (1 + number % 3) // len(unit))]
    if kind == "split":
        text = TEXTS[1 + 4 * (number % 2)].encode()
        at = 1 + number % (len(text) - 1)
        return [(text[:at], 1), (text[at:], 1)]
    if kind == "drip":
        return [(f"{part}. ".encode(), 1) for part in range(DRIPS)]
    return [(NO_TEXT if kind == "raw" else text, 1)]


STREAM = st.sampled_from(("stdout", "stdout", "stderr"))
ENDS: SearchStrategy[Mapping[str, Any]] = st.sampled_from(
    ({"exit": 0}, {"exit": 0}, {"exit": 3}, {"exit": 1}, {"exit": 255}, {"signal": "SIGKILL"}, {"signal": "SIGTERM"})
)


def drafts(*kinds: str, size_min: int = 0, size_max: int = 5) -> SearchStrategy[list[Draft]]:
    """The first kind is the simplest."""
    return st.lists(st.tuples(st.sampled_from(kinds), STREAM, st.integers(0, 60)), min_size=size_min, max_size=size_max)


def scripts(
    *kinds: str,
    size_min: int = 1,
    size_max: int = 5,
    gaps_ms: Sequence[int] = (5, 0, 40),
    burst_bytes: int = BURST_BYTES,
    ends: SearchStrategy[Mapping[str, Any]] = ENDS,
) -> SearchStrategy[Script]:
    def build(drafted: list[Draft], gap_ms: int, end: Mapping[str, Any]) -> Script:
        return script(steps_of(drafted, gap_ms, burst_bytes), **end)

    chosen = kinds or ("line", "split", "burst", "drip", "pause")
    return st.builds(build, drafts(*chosen, size_min=size_min, size_max=size_max), st.sampled_from(tuple(gaps_ms)), ends)


def long_scripts(writes_min: int = 5, writes_max: int = 10, every_ms: Sequence[int] = (40, 25)) -> SearchStrategy[Script]:
    """One that writes again and again, so that whatever happens meanwhile falls between its chunks."""

    def build(count: int, every: int, both: bool, exit: int) -> Script:
        steps = drips(count, every)
        if both:
            steps = sorted([*steps, *drips(count // 2, 2 * every, "stderr")], key=lambda step: int(step["at_ms"]))
        return script(steps, exit)

    return st.builds(
        build, st.integers(writes_min, writes_max), st.sampled_from(tuple(every_ms)), st.booleans(), st.sampled_from((0, 0, 3))
    )
