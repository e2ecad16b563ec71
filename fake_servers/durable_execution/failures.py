"""A step that went wrong outside of the server: at the model, at a tool."""

from __future__ import annotations

import aiohttp

TROUBLE = (aiohttp.ClientError, TimeoutError, OSError)
"""How a request fails."""


class StepFailed(Exception):
    """``retry``: another try may do better. The message is for the log: it is told to no client."""

    def __init__(self, message: str, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


def worth_a_retry(status: int) -> bool:
    """A request that was refused for what it is will be refused again."""
    return status in (408, 409, 425, 429) or not 400 <= status < 500
