"""Scoped patches of clock and entropy: what an example sees in place of the operating system's, and only inside it.

A function such as ``time.monotonic`` is patched where it lives and wherever a module holds it by another name
(``from time import monotonic``). Such aliases are found by reading the names of all loaded modules; a module is read
once, so an example pays only for modules that are new.

A substitute is a function of our own module, never a closure of one example, and behaves as the original outside an
example. So one that leaks (a module first imported inside an example takes the substitute for the original; a class
keeps it as a default) does no harm. What leaked into a module's names is put back all the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

ALIASES_LEFT_ALONE = frozenset(
    {"_pytest", "_queue", "concurrent", "coverage", "hypothesis", "pluggy", "pytest", "queue", "subprocess", "threading"}
)
"""Packages that wait or measure in real time whatever an example does: their own names keep the originals."""


class Substitute(NamedTuple):
    """``place``.``name`` is ``original`` outside an example, ``replacement`` inside."""

    place: Any
    name: str
    original: Any
    replacement: Any

    def __str__(self) -> str:
        return f"{getattr(self.place, '__name__', self.place)}.{self.name}"


def substitute(place: Any, name: str, replacement: Any) -> Substitute:
    return Substitute(place, name, getattr(place, name), replacement)


class Patches:
    """A set of substitutes, applied and taken back together. One example at a time."""

    def __init__(self, substitutes: Iterable[Substitute]) -> None:
        self._originals = tuple(substitutes)
        self._by_id: Mapping[int, Substitute] = {
            id(function): row for row in self._originals for function in (row.original, row.replacement) if callable(function)
        }
        self._own = {(id(row.place), row.name) for row in self._originals}
        self._aliases: list[Substitute] = []
        self._read: dict[str, int] = {}
        self._applied: tuple[Substitute, ...] = ()

    @property
    def applied(self) -> bool:
        return bool(self._applied)

    def apply(self) -> None:
        if self._applied:
            raise RuntimeError("clock and entropy are patched already: a simulation cannot run inside another")
        self._find_aliases()
        self._applied = (*self._originals, *self._aliases)
        for row in self._applied:
            setattr(row.place, row.name, row.replacement)

    def restore(self) -> None:
        for row in self._applied:
            setattr(row.place, row.name, row.original)
        self._applied = ()
        for row in self._find_aliases():
            setattr(row.place, row.name, row.original)  # of a module that was imported inside the example

    def patched(self) -> list[str]:
        """The names that are patched inside an example, of the modules that are loaded now."""
        self._find_aliases()
        return sorted(str(row) for row in (*self._originals, *self._aliases))

    def _find_aliases(self) -> list[Substitute]:
        """The aliases in modules that were not read yet. They are remembered."""
        found: list[Substitute] = []
        modules = sys.modules
        if len(modules) == len(self._read) and self._read.get(last := next(reversed(modules))) == id(modules[last]):
            return found
        for name, module in list(modules.items()):
            if self._read.get(name) != id(module):
                self._read[name] = id(module)
                if isinstance(module, ModuleType) and not _is_left_alone(name):
                    found += self._aliases_in(module)
        for name in self._read.keys() - modules.keys():
            del self._read[name]
        self._aliases += found
        return found

    def _aliases_in(self, module: ModuleType) -> list[Substitute]:
        return [
            Substitute(module, name, row.original, row.replacement)
            for name, value in list(vars(module).items())
            if (row := self._by_id.get(id(value))) is not None and (id(module), name) not in self._own
        ]


def _is_left_alone(module_name: str) -> bool:
    """Our own modules keep the originals too: the substitutes are made of them."""
    return module_name.partition(".")[0] in ALIASES_LEFT_ALONE or module_name.startswith(f"{__package__}.")
