"""The null drivers: what each does with a call. To add one: a row, and what its manner means in `nulls` and in ``streamproof.null``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Manner = Literal["silent", "ok", "fail", "exit", "late", "stale", "missing"]
EXIT_STATUS = 3


@dataclass(frozen=True)
class Null:
    name: str
    summary: str
    manner: Manner


NULLS: Mapping[str, Null] = {
    null.name: null
    for null in (
        Null("null-silent", "never answers a call or a request", "silent"),
        Null("null-ok", "answers ok to every call, 200 to every request, and does nothing", "ok"),
        Null("null-error", "answers fail to every call, 500 to every request", "fail"),
        Null("null-exit", "exits at the first call, resets every connection", "exit"),
        Null("null-late", "answers ok to every call, after its deadline; begins an event stream for each request, without end", "late"),
        Null("null-echo", "answers each call with what the call before it asked for, each request with its own body", "stale"),
        Null("null-missing", "has none of the verbs that it declares, answers 404 to every request", "missing"),
    )
}
