"""The start index of an ask for a stream, by the rule of the contract: plain decimal digits, up to 2^31-1, given once.

Leading zeros and outer blanks make no difference. An empty value is neither plain nor bad: 400 and a full replay are both right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .asks import Ask

INDEX_MAX = 2**31 - 1
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Start:
    """``value``: the index of the first frame asked for; of an empty one 0, of a bad one -1. ``odd``: plain, but not as usually written."""

    kind: Literal["plain", "empty", "bad"]
    value: int
    odd: bool = False
    why: str = ""


def start_of(ask: Ask) -> Start:
    texts = ask.start_texts
    if not texts:
        return Start("plain", 0)
    if len(texts) > 1:
        return Start("bad", -1, why=f"the index given {len(texts)} times")
    text = texts[0].strip(" \t")
    if not text:
        return Start("empty", 0, why="an empty index")
    digits = text.lstrip("0") or "0"
    if _DIGITS.fullmatch(text) is None or len(digits) > len(str(INDEX_MAX)) or int(digits) > INDEX_MAX:
        return Start("bad", -1, why=f"the index {texts[0][:40]!r}")
    # The query of a conversation names the last index that was seen.
    value = int(digits) + (ask.route == "conversation-stream")
    return Start("plain", value, odd=texts[0] != digits)
