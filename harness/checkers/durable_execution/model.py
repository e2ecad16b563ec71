"""What the model and the tools of the play saw: requests for turns of scripts, and effects. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...values.history import Entry, History


@dataclass(frozen=True)
class TurnAsked:
    """One request to the model. ``turn``: which one of the script. ``tools``: (call, content) of the tool messages behind it.

    ``says``: "text", "calls", "error", "beyond" (the script has no such turn), "unknown" (no script).
    """

    entry: int
    at_us: int
    request: int
    script: str | None
    turn: int
    says: str
    tools: tuple[tuple[str, str], ...]
    earlier: tuple[str, ...]


@dataclass(frozen=True)
class Effect:
    """A tool did its work. ``run``: the run id that the server named. ``again``: the key was seen before."""

    entry: int
    at_us: int
    request: int
    tool: str
    run: str | None
    call: str | None
    key: str | None
    again: bool
    arguments: Any


@dataclass
class Model:
    """``faults``: names of the faults that acted on requests of the server to the model and the tools, by entry."""

    turns: list[TurnAsked]
    turns_by_script: Mapping[str, list[TurnAsked]]
    effects: list[Effect]
    effects_by_run: Mapping[str, list[Effect]]
    faults: list[Entry]


def read_model(history: History) -> Model:
    """One pass over the entries."""
    turns: list[TurnAsked] = []
    by_script: dict[str, list[TurnAsked]] = {}
    effects: list[Effect] = []
    by_run: dict[str, list[Effect]] = {}
    faults: list[Entry] = []
    for entry in history.entries:
        if entry.kind == "turn":
            turns.append(_turn(entry))
            if turns[-1].script is not None:
                by_script.setdefault(turns[-1].script, []).append(turns[-1])
        elif entry.kind == "effect":
            effects.append(_effect(entry))
            if effects[-1].run is not None:
                by_run.setdefault(effects[-1].run, []).append(effects[-1])
        elif entry.kind == "fault":
            faults.append(entry)
    return Model(turns, by_script, effects, by_run, faults)


def _turn(entry: Entry) -> TurnAsked:
    data = entry.data
    tools = tuple((row["id"], row["content"]) for row in data.get("tools") or ())
    earlier = tuple(data.get("earlier") or ())
    return TurnAsked(entry.number, entry.at_us, data["request"], data["script"], data["turn"], data["says"], tools, earlier)


def _effect(entry: Entry) -> Effect:
    data = entry.data
    return Effect(
        entry=entry.number,
        at_us=entry.at_us,
        request=data["request"],
        tool=data["tool"],
        run=data["run"],
        call=data["call"],
        key=data["key"],
        again=data["again"],
        arguments=data.get("arguments"),
    )
