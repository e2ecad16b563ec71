"""The same stream in other bytes: other line ends, a byte order mark, no spaces, several lines of data, any segments."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.buffer_answer import BufferedAnswer
from ...harness.values.case import Case
from ..drawing import drips, slices
from ..preconditions import any_injected
from .base import reader_scenario
from .draws import ENDS, GOES_ON, cases, drafts
from .stream_faults import STREAM, framings, in_a_row, interjections, stream_cuts

JUDGES = ("PARSE-1", "LOSS-1", "ORD-1", "CTL-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("append", "burst", "step", "wait", amount_max=5, size_min=2, size_max=10)
    buffered = st.builds(BufferedAnswer, nth=st.integers(1, 2), bytes=st.sampled_from((1, 7, 64, 300)))
    faults = in_a_row(framings(), framings(), slices(STREAM), drips(STREAM, (1,)), buffered, stream_cuts(), interjections(), size_max=4)
    return cases("framing", setting, ops, faults, ends=(GOES_ON, *ENDS))


FRAMING = reader_scenario(
    "framing", "every way to write the same frames, in every division of their bytes", JUDGES, draw, counts=any_injected
)
