"""The record of one example: append-only, plain values, logical time. Checkers and reports read nothing else.

As NDJSON a history is one header line, then one entry a line. Secrets never enter it: every string is passed
through `SecretTags` first, so that a leak shows as its tag (``<run-token>``) and nothing has to be redacted later.

The kinds of entry, and who writes them (all times in microseconds since the example began):

====================  ====================================================================================
harness (the play)
``open``              handle, contract, role, life (1, 2 ..: a restart begins a new life)
``opened``            handle, life
``call``              call (number), handle, verb, args
``reply``             call, outcome, value, error
``crash``             handle, life, lost (true when the object or process was abandoned without clean-up)
``close``             handle
``heal``              faults stop acting here
``settled``           the time allowed for recovery after ``heal`` is over
target
``note``              handle, number, note, data
``late-reply``        handle, verb, outcome (an answer after its deadline; it is matched to nothing)
``driver-problem``    problem, message, and of a process the end of its ``stderr`` (the driver broke the protocol: never the
                      implementation's failure)
link
``connect``           connection, server
``refuse``            connection, server
``closed``            connection, by ("target" | "server" | "link"), how ("fin" | "rst")
``fault``             index (into the plan), fault, and where it acted: only for faults really injected
``delivered``         request (the last byte of its answer was handed to the target's socket), certain (bool)
``broken``            request, bytes (of the body of its answer that were handed over before the connection ended in the
                      middle of it), certain (bool: they surely arrived)
``unmasked``          request (that became a WebSocket), frame (the first that the client sent without a mask)
server
``request``           request, connection, server, endpoint, nth, method, target (raw), headers [[name, value]..]
``body-end``          request, how ("end" | "cut"), bytes
``answer``            request, status, headers, body, early (bool: sent before the body ended)
``harness-fault``     where, error (a server of ours crashed: the example says nothing about the target)
====================  ====================================================================================

A contract adds kinds of its own (for ``ingest``: ``line``, ``accept``, ``duplicate``, ``reject``, ``complete``,
``state``; see the module of its fake server). A streamed answer has an ``answer`` without a body when it begins, and a
``stream-over`` when the server has ended it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

SCHEMA = 1


class Entry(NamedTuple):
    """One thing that was observed. ``number`` counts 1, 2, 3 .. within its history."""

    number: int
    at_us: int
    kind: str
    data: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"n": self.number, "at_us": self.at_us, "kind": self.kind, **self.data}


_NO_TEXT = frozenset({int, bool, float, type(None)})


class SecretTags:
    """Replaces secret strings by tags such as ``<run-token>`` in plain values of any depth."""

    def __init__(self, tag_by_secret: Mapping[str, str] | None = None) -> None:
        self._tag_by_secret: dict[str, str] = dict(tag_by_secret or {})
        self._shortest = min(map(len, self._tag_by_secret), default=sys.maxsize)

    def add(self, secret: str, tag: str) -> None:
        if secret:
            self._tag_by_secret[secret] = f"<{tag}>"
            self._shortest = min(self._shortest, len(secret))

    def apply(self, value: Any) -> Any:
        """Every entry goes through here: what is too short to hold a secret, or is no text at all, is not looked at."""
        if type(value) in _NO_TEXT:
            return value
        if isinstance(value, str):
            return value if len(value) < self._shortest else self._tagged(value)
        apply, shortest = self.apply, self._shortest
        if isinstance(value, dict):
            return {
                key if len(key) < shortest else apply(key): item if type(item) in _NO_TEXT else apply(item) for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [item if type(item) in _NO_TEXT else apply(item) for item in value]
        return value

    def _tagged(self, text: str) -> str:
        for secret, tag in self._tag_by_secret.items():
            if secret in text:
                text = text.replace(secret, tag)
        return text


@dataclass(frozen=True)
class Header:
    """What a history is about. ``allowance_ms`` is added to upper bounds in time; 1 in ``sim``, calibrated in ``loopback``."""

    contract: str
    roles: tuple[str, ...]
    profile: str
    scenario: str
    world: str
    target: str
    seed: int
    capabilities: tuple[str, ...]
    config: Mapping[str, Any]
    workload: tuple[tuple[str, Mapping[str, Any]], ...]
    faults: tuple[Mapping[str, Any], ...]
    allowance_ms: int = 1
    internal: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "kind": "history",
            "contract": self.contract,
            "roles": list(self.roles),
            "profile": self.profile,
            "scenario": self.scenario,
            "world": self.world,
            "target": self.target,
            "seed": self.seed,
            "capabilities": list(self.capabilities),
            "config": dict(self.config),
            "workload": [[verb, dict(args)] for verb, args in self.workload],
            "faults": [dict(fault) for fault in self.faults],
            "allowance_ms": self.allowance_ms,
            "internal": self.internal,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Header:
        """Reads a header that has already been validated against its schema."""
        return cls(
            contract=data["contract"],
            roles=tuple(data["roles"]),
            profile=data["profile"],
            scenario=data.get("scenario", ""),
            world=data["world"],
            target=data.get("target", ""),
            seed=data["seed"],
            capabilities=tuple(data.get("capabilities", ())),
            config=data["config"],
            workload=tuple((verb, args) for verb, args in data.get("workload", ())),
            faults=tuple(data.get("faults", ())),
            allowance_ms=data.get("allowance_ms", 1),
            internal=data.get("internal", False),
        )


def _stopped() -> int:
    return 0


@dataclass
class History:
    """Append-only. ``clock_us`` gives logical time; entries are numbered in the order in which they were added."""

    header: Header
    clock_us: Callable[[], int] = _stopped
    secrets: SecretTags = field(default_factory=SecretTags)
    entries: list[Entry] = field(default_factory=list)
    sealed: bool = False

    def add(self, kind: str, **data: Any) -> Entry | None:
        """Appends an entry and returns it. After `seal` nothing is recorded any more (None): late echoes of a dead example."""
        if self.sealed:
            return None
        entry = Entry(len(self.entries) + 1, self.clock_us(), kind, self.secrets.apply(data))
        self.entries.append(entry)
        return entry

    def seal(self) -> None:
        """Nothing is added any more; the clock, and with it the world, is let go."""
        self.sealed = True
        self.clock_us = _stopped

    def of_kind(self, *kinds: str) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.kind in kinds)

    def to_ndjson(self) -> str:
        lines = [self.header.to_json(), *(entry.to_json() for entry in self.entries)]
        return "".join(to_json_line(line) for line in lines)

    def digest(self) -> str:
        """The same for the same seed and versions in ``sim``, over processes and PYTHONHASHSEED (hex SHA-256)."""
        return hashlib.sha256(self.to_ndjson().encode("utf-8", "surrogatepass")).hexdigest()

    @classmethod
    def from_entries(cls, header: Header, entries: Iterable[tuple[int, str, Mapping[str, Any]]]) -> History:
        """A literal history (time in microseconds, kind, data), as tests and `streamproof check` build it."""
        numbered = [Entry(number, at_us, kind, data) for number, (at_us, kind, data) in enumerate(entries, 1)]
        return cls(header, entries=numbered, sealed=True)


def to_json_line(value: Any) -> str:
    """Deterministic JSON on one line. ASCII only, so that U+2028 and lone surrogates survive every reader of lines."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n"
