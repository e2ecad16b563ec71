"""The reference agent of the contract ``result-channel``.

What is where: ``agent`` starts and stops it all; ``dialer`` connects again and again, and a ``session`` is one connection, with its
``pump`` that alone writes; ``runner``, ``execution`` and ``capture`` run tasks; ``database``, ``attempts`` and ``outbox`` are what
outlives a kill; ``reporter`` and ``poller`` are the old way over HTTP; ``core`` is what all of them share.
"""

from __future__ import annotations

from .agent import ReferenceAgent

reference_agent = ReferenceAgent
"""The factory, as `python:module:factory` names it."""
