"""A server that already runs, named by its URL. Nothing of it can be opened, crashed or closed from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..contracts import CONTRACTS
from ..values.errors import TargetProblem, UsageError
from ..values.requirement import Role, Verb
from ..worlds.base import Scene
from .base import Instance, OnNote, Reply, Serves, Target

ROLE = "server"


class UrlTarget(Target):
    """Serves the role ``server`` of every contract that has one, with the capabilities that its options name.

    Raises UsageError for what is no URL.
    """

    worlds = ("loopback",)

    def __init__(self, url: str) -> None:
        self.name = url
        self.url = checked_url(url)

    def serves(self) -> tuple[Serves, ...]:
        return tuple(Serves(contract.name, ROLE) for contract in CONTRACTS.values() if ROLE in contract.roles)

    def capabilities(self, contract: str, role: str) -> tuple[str, ...] | None:
        """Those that the option ``capabilities`` of its table in the configuration file names, such as "tools vercel"."""
        known = super().capabilities(contract, role)
        return None if known is None else (*known, *self.options.get("capabilities", "").replace(",", " ").split())

    @property
    def one_at_a_time(self) -> bool:
        """It was told fixed ports for what it is to talk to, and a port can be had once."""
        return any(name.endswith("_port") for name in self.options)

    def implied(self, role: Role) -> tuple[str, ...]:
        """Nothing: it was started by somebody else, with a config that nobody here knows."""
        return ()

    async def open(self, scene: Scene, handle: str, contract: str, role: str, config: Mapping[str, Any], on_note: OnNote) -> Instance:
        if role != ROLE:
            raise TargetProblem(f"{self.name} is a server; it cannot play the role {role!r} of {contract!r}")
        self.tag_secrets(scene)
        return UrlInstance(self.url)


class UrlInstance(Instance):
    def __init__(self, url: str) -> None:
        self.value: Mapping[str, Any] = {"url": url}

    async def call(self, verb: Verb, args: Mapping[str, Any], deadline_ms: int) -> Reply:
        return Reply("unsupported", error={"kind": "unknown-verb", "message": "a server named by its URL has no verbs"})

    async def close(self) -> None:
        """It was not started here, so it is not stopped here."""

    async def crash(self) -> None:
        raise TargetProblem(f"{self.value['url']} was not started by Streamproof, so it cannot be crashed")


def checked_url(text: str) -> str:
    """The URL without a trailing slash."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:  # a port that is no number, brackets that do not close
        sound = False
    if not sound:
        raise UsageError(f"{text!r} is not the base URL of a server; expected http://HOST:PORT or https://HOST, with a path at most")
    return text.removesuffix("/")
