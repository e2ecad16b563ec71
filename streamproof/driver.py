"""The driver library for Python: puts an implementation behind Streamproof's driver protocol (standard input and output).

    from streamproof.driver import serve
    serve(factory, name="my-sender", version="1.0", serves=[{"contract": "ingest", "role": "sender", "capabilities": ["timing"]}])

``factory(config, note)`` is what a target in process has, too: it returns an object with one method a verb and `close`, all of
them synchronous or asynchronous; `note(name, data)` hands on what the implementation gives to its application. Everything runs
on one asyncio loop: what blocks belongs into ``asyncio.to_thread``. Standard output is the protocol's alone: what is printed
goes to standard error.

``python -m streamproof.driver reference|mutant:NAME|MODULE:FACTORY`` puts one of ours, or yours, behind the protocol.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .driver_session import Choose, Session
from .harness.targets.verbs import Factory

LINE_BYTES_MAX = 16 * 1024 * 1024
READ_BYTES = 64 * 1024
FINISH_S_MAX = 2.5
"""Streamproof allows 3 s from the end of the requests to the exit."""


def serve(factory: Factory, *, name: str, version: str = "0", serves: Sequence[Mapping[str, Any]] | None = None) -> None:
    """Serves requests until `shutdown` or the end of standard input, then returns.

    ``serves``: rows {"contract", "role", "capabilities"}; None takes the factory's attribute of that name.
    """
    rows = serves if serves is not None else getattr(factory, "serves", None)
    if rows is None:
        raise ValueError("say what the driver serves: serve(.., serves=[{'contract': .., 'role': .., 'capabilities': [..]}])")
    serve_choice(lambda contract, role: factory, name=name, version=version, serves=rows)


def serve_choice(choose: Choose, *, name: str, version: str, serves: Sequence[Mapping[str, Any]]) -> None:
    """As `serve`, with a factory for each (contract, role)."""
    requests, replies = take_over_pipes()
    hello = {"name": name, "version": version, "language": "python", "serves": [dict(row) for row in serves]}
    try:
        asyncio.run(_converse(choose, hello, requests, Writer(replies)))
    except BrokenPipeError:  # nobody reads any more: there is nobody to serve, and nobody to tell
        return


def take_over_pipes() -> tuple[int, int]:
    """The descriptors for requests and for replies. What is printed from now on, by child processes too, goes to standard error."""
    sys.stdout.flush()
    requests = os.dup(0)
    replies = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, replies


class Writer:
    """Writes whole lines, each at once."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __call__(self, message: Mapping[str, Any]) -> None:
        line = json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]


async def _converse(choose: Choose, hello: Mapping[str, Any], requests: int, write: Writer) -> None:
    loop = asyncio.get_running_loop()
    session = Session(choose, hello, write)
    lines: asyncio.Queue[bytes | None] = asyncio.Queue()

    def read() -> None:
        for line in _lines(requests):
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="requests", daemon=True).start()
    while session.shut_down is None and (line := await lines.get()) is not None:
        session.receive(line)
    threading.Thread(target=_exit_in_time, name="exit", daemon=True).start()
    await session.finish()


def _lines(descriptor: int) -> Iterator[bytes]:
    """Lines of requests, split at LF alone. One that is too long is told and skipped.

    Read without a buffered file: the thread may be in the middle of a read when the process ends, and must hold no lock then.
    """
    pieces: list[bytes] = []
    line_bytes = 0
    while data := os.read(descriptor, READ_BYTES):
        *ends, rest = data.split(b"\n")
        for piece in ends:
            line_bytes += len(piece)
            if line_bytes <= LINE_BYTES_MAX:
                yield b"".join((*pieces, piece))
            else:
                print(f"streamproof.driver: skipped a request of {line_bytes} bytes; {LINE_BYTES_MAX} are allowed", file=sys.stderr)
            pieces.clear()
            line_bytes = 0
        line_bytes += len(rest)
        if line_bytes <= LINE_BYTES_MAX:
            pieces.append(rest)
        else:
            pieces.clear()


def _exit_in_time() -> None:
    """Whatever an implementation leaves running, the process ends in time."""
    time.sleep(FINISH_S_MAX)
    sys.stderr.flush()
    os._exit(0)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m streamproof.driver", description="Puts an implementation behind the driver protocol.")
    parser.add_argument("implementation", help="reference, mutant:NAME, or MODULE:FACTORY")
    parser.add_argument("--path", action="append", default=[], metavar="FOLDER", help="searched for modules first; may be repeated")
    parser.add_argument("--name", help="what the driver says that it is; default: IMPLEMENTATION")
    parser.add_argument("--version", help="and of which version; default: Streamproof's own")
    options = parser.parse_args(arguments)
    name = options.implementation
    sys.path[:0] = options.path
    # What a driver imports before it is asked to be one is little; all of this is only for ours.
    from . import __version__
    from .harness.targets.declared import serves_to_json
    from .harness.targets.in_process import InProcessTarget
    from .harness.targets.names import parse_target, target_tables
    from .harness.values.errors import StreamproofError

    try:
        if name == "reference" or name.startswith("mutant:"):
            from .implementations import tables

            target = parse_target(name, tables(), {})
        else:
            target = parse_target(f"python:{name}", target_tables({}, {}, {}), {})
    except StreamproofError as error:
        sys.exit(f"streamproof.driver: {error}")
    assert isinstance(target, InProcessTarget)  # the three forms above are
    serves = serves_to_json(target.serves())
    serve_choice(target.choose, name=options.name or name, version=options.version or __version__, serves=serves)


if __name__ == "__main__":
    main()
