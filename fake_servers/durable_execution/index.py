"""Start indexes as clients write them: digits and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .problem import bad_request

START_INDEX = "x-stream-start-index"
INDEX_MAX = 2**31 - 1
_DIGITS = re.compile("0*([0-9]{1,10})")


def parse_index(name: str, values: Sequence[str]) -> int | None:
    """The index of a header or parameter that was given so many times; None: it was not given, or empty. Raises Problem."""
    if not values:
        return None
    if len(values) > 1:
        raise bad_request(f"{name} must be given once")
    text = values[0].strip(" \t")
    if not text:
        return None
    digits = _DIGITS.fullmatch(text)
    if digits is None or (index := int(digits[1])) > INDEX_MAX:
        raise bad_request(f"{name} must be a whole number from 0 to {INDEX_MAX}")
    return index
