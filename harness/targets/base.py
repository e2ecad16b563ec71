"""What a target is to a play: something that opens objects of a role, whose verbs are called and whose notes are heard."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..values.requirement import Role, Verb
from .verbs import Outcome as Outcome

if TYPE_CHECKING:  # drivers import this module, too, and have no use for worlds and servers
    from ..worlds.base import Scene

OnNote = Callable[[int, str, Mapping[str, Any]], None]
"""(number, note, data), called in the order in which the target handed them over."""


@dataclass(frozen=True)
class Reply:
    """The answer to a call, as in the driver protocol. ``late``: no reply came before the deadline."""

    outcome: Outcome
    value: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    late: bool = False


@dataclass(frozen=True)
class Serves:
    contract: str
    role: str
    capabilities: tuple[str, ...] = ()


class Instance(ABC):
    """One opened object (a handle)."""

    value: Mapping[str, Any]
    """What ``open`` answered: for the role ``server`` it holds ``url``."""

    @abstractmethod
    async def call(self, verb: Verb, args: Mapping[str, Any], deadline_ms: int) -> Reply:
        """Never raises for what the target does wrong. Waits no longer than ``deadline_ms`` of the scene's time."""

    @abstractmethod
    async def close(self) -> None:
        """Releases the object at once, without waiting for the network."""

    @abstractmethod
    async def crash(self) -> None:
        """Ends it as a kill -9 would: no clean-up code of it runs, its connections are reset. Returns once that is so."""

    def memory_bytes(self) -> int | None:
        """The memory that it holds now, good only to be compared with itself; None where that cannot be told."""
        return None


class Target(ABC):
    """An implementation of one or more roles. It lives as long as the session."""

    name: str
    worlds: tuple[str, ...]
    """Worlds it can live in, the default first."""
    internal: bool = False
    """True when it runs in this process, so that ``internal`` requirements can be judged."""
    version: str = ""
    """As it tells it itself (a driver in its ``hello``), known once it was asked what it serves; empty where it tells none."""
    declares: bool = True
    """False when it says nothing of what it serves: then it is taken for whatever role it is run for."""
    options: Mapping[str, str] = {}
    """The plain options that the configuration file gives it."""
    secrets: Mapping[str, str] = {}
    """The options that are secrets (read from the environment). Each `open` has them tagged in the history of its scene."""

    @abstractmethod
    def serves(self) -> tuple[Serves, ...]:
        """What it implements. Raises TargetProblem (does not start, breaks the protocol) or UsageError (does not import)."""

    @abstractmethod
    async def open(self, scene: Scene, handle: str, contract: str, role: str, config: Mapping[str, Any], on_note: OnNote) -> Instance:
        """Opens an object inside ``scene``. Raises TargetProblem when the driver could not."""

    def close(self) -> None:  # noqa: B027 - most targets hold nothing that outlives an example
        """Ends what outlives an example (a driver process). It may be opened again afterwards: that starts afresh."""

    def tag_secrets(self, scene: Scene) -> None:
        for option, secret in self.secrets.items():
            scene.secrets.add(secret, option.replace("_", "-"))

    def capabilities(self, contract: str, role: str) -> tuple[str, ...] | None:
        """The capabilities declared for a role, or None when the role is not served."""
        for row in self.serves():
            if (row.contract, row.role) == (contract, role):
                return row.capabilities
        return None

    @property
    def one_at_a_time(self) -> bool:
        """Whether its examples cannot be played by several workers at once."""
        return False

    def implied(self, role: Role) -> tuple[str, ...]:
        """What it can do in a role because it is opened with a config of ours."""
        return role.implied
