"""The worlds by name. To add one: its folder, and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .base import World
from .loopback.world import LoopbackWorld
from .sim.world import SimWorld

WORLDS: Mapping[str, Callable[[], World]] = {"sim": SimWorld, "loopback": LoopbackWorld}


def make_world(name: str) -> World:
    return WORLDS[name]()
