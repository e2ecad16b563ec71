"""`streamproof serve`: a fake server by hand, on a real port, with a plan of faults and a record of what it saw."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from ..catalog import catalog
from ..fake_servers import RECORDED
from ..fake_servers.service import Builder, Service
from ..harness.engine.files import load_plan
from ..harness.faults.base import Fault
from ..harness.values.case import Case
from ..harness.values.errors import UsageError
from ..harness.values.history import Header, History
from ..harness.values.nearest import unknown_name
from ..harness.values.requirement import Contract
from ..harness.worlds.base import Quota, Scene
from ..harness.worlds.loopback.world import LoopbackWorld
from . import options
from .errors import AT_FAULT, complain
from .terminal import say

BY_HAND = Quota(seconds=float("inf"), real_seconds=float("inf"), connections=sys.maxsize)
"""It ends when its user says so."""

TAG_BY_HINT = {
    "other_token": "other-token",
    "token": "run-token",
    "session_token": "session-token",
    "other_api_key": "other-api-key",
    "api_key": "api-key",
}
"""Secrets among the hints of a service, and the tags under which they stand in a history. By default one is the beginning of the
other: the longer comes first."""


@click.command("serve")
@click.argument("what")
@options.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@options.option("--plan", type=click.Path(path_type=Path), metavar="FILE", help="Faults to inject: a JSON array.")
@options.option("--history", type=click.Path(path_type=Path), metavar="FILE", help="Write what was seen, as NDJSON, at the end.")
@options.option("--option", multiple=True, metavar="KEY=VALUE", help="An option of that server, such as token=SECRET (repeatable).")
def command(what: str, port: int, plan: Path | None, history: Path | None, option: tuple[str, ...]) -> int:
    """A fake server by hand: `streamproof serve ingest --port 8080 --plan plan.json`.

    The first line on standard output is JSON with its URL and its tokens. Ctrl-C ends it and prints what it saw.
    """
    names = catalog()
    if what not in names.servers:
        raise unknown_name("server", what, names.servers)
    faults = load_plan(plan) if plan is not None else ()
    if history is not None:
        options.writable_file(history)
    header = _header(what, names.contracts, faults)
    seen = serve(names.servers[what], _key_values(option), port, header, faults)
    return 0 if history is None else _write(seen, history)


def serve(builder: Builder, given: Mapping[str, str], port: int, header: Header, faults: tuple[Fault, ...]) -> History:
    """Serves until SIGINT or SIGTERM, prints what was seen and returns it."""
    services: list[Service] = []

    async def main(scene: Scene) -> None:
        service = builder(scene, given)
        services.append(service)
        for hint, tag in TAG_BY_HINT.items():
            scene.secrets.add(service.hints.get(hint, ""), tag)
        site = await scene.serve(service.app, server=service.server, classify=service.classify, port=port)
        service.started(site.url)
        click.echo(json.dumps({"url": site.url, **service.hints}))
        sys.stdout.flush()
        await _told_to_stop()

    world = LoopbackWorld()
    try:
        seen = world.run(
            main, case=Case(header.contract, header.roles, header.profile, "by-hand", faults=faults), header=header, quota=BY_HAND
        )
    finally:
        world.close()
    _print_summary(seen, services[0].summary())
    return seen


async def _told_to_stop() -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await stop.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _header(what: str, contracts: Mapping[str, Contract], faults: tuple[Fault, ...]) -> Header:
    """The record of one end of the wire: it can be judged as far as that end shows."""
    name, role = RECORDED.get(what, (what, None))
    contract = contracts[name]
    roles = (role,) if role is not None else tuple(other for other in contract.roles if other != "server")[:1]
    plan = tuple(fault.to_json() for fault in faults)
    return Header(contract.name, roles, contract.profiles[0], "by-hand", "loopback", "by hand", 0, (), {}, (), plan)


def _print_summary(seen: History, lines: Iterable[str]) -> None:
    requests = Counter(entry.data["endpoint"] for entry in seen.of_kind("request"))
    injected = Counter(entry.data["fault"] for entry in seen.of_kind("fault"))
    say()
    say(f"{sum(requests.values())} requests{_told(requests)}")
    say(f"{sum(injected.values())} faults injected{_told(injected)}")
    for line in lines:
        say(line)


def _told(counts: Counter[str]) -> str:
    return ": " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) if counts else ""


def _write(seen: History, path: Path) -> int:
    try:
        path.write_text(seen.to_ndjson(), encoding="utf-8")
    except OSError as error:
        return complain(f"the history {path} could not be written: {error.strerror or error}", AT_FAULT)
    return 0


def _key_values(texts: Iterable[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for key, separator, _ in pairs:
        if not separator or not key:
            raise UsageError(f"--option {key!r}: expected KEY=VALUE, such as token=SECRET")
    return {key: value for key, _, value in pairs}
