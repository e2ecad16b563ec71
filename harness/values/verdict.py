"""What a checker says about one history, and what a session says about a requirement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

VerdictWord = Literal["pass", "fail", "inconclusive", "not_run"]

JUDGED_MIN = 5
"""A requirement passes only on at least this many examples in which its precondition really occurred."""


@dataclass(frozen=True)
class Finding:
    """One violation: the requirement, one sentence for a maintainer, and the numbers of the entries that prove it.

    ``upper_bound`` marks a finding that rests on something taking too long: in ``loopback`` it is tried again
    alone and then counts as inconclusive, since real time is no judge.
    """

    requirement: str
    message: str
    entries: tuple[int, ...] = ()
    upper_bound: bool = False


@dataclass(frozen=True)
class Judgement:
    """What one checker made of one history: judged or not (then why), and what it found.

    ``inconclusive`` names a reason of ours (a crashed checker) or of the world (a peer's loss that nobody can see).
    """

    judged: bool
    reason: str | None = None
    findings: tuple[Finding, ...] = ()
    inconclusive: bool = False
    harness_fault: bool = False
    """The reason is ours: a checker crashed."""


def judged(findings: Iterable[Finding] = ()) -> Judgement:
    return Judgement(True, None, tuple(findings))


def not_judged(reason: str) -> Judgement:
    """The precondition did not occur in this history: it says nothing about the requirement."""
    return Judgement(False, reason)
