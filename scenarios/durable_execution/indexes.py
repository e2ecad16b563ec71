"""Start indexes that are none, and some that only look so, on an open stream and on a closed one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ..drawing import texts

PLAIN: tuple[Any, ...] = ("007", "00", " 2 ", "\t1", "2147483647")
"""Digits all the same."""
BAD: tuple[Any, ...] = (
    "NaN", "abc", "-1", "-100", "1.5", "0x10", "1e21", "1e0", "+1", "-0", "1_0", "٣", "1, 2", "1 2", "2147483648",
    "9223372036854775808", "9007199254740993", "9" * 400, "Infinity", "null", "true", "0b1", "1;2", "¹", "", "%31",
    ["2", "2"], ["0", "1"], ["1", "abc"],
)  # fmt: skip

BAD_INDEXES = st.sampled_from(BAD)
ODD_INDEXES = st.one_of(BAD_INDEXES, BAD_INDEXES, st.sampled_from(PLAIN), texts(0, 4).filter(str.isprintable))
