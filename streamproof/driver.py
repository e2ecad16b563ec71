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
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from .driver_session import Factories, Session
from .harness.targets.verbs import Factory

LINE_BYTES_MAX = 16 * 1024 * 1024
FINISH_S_MAX = 2.5
"""Streamproof allows 3 s from the end of the requests to the exit."""


def serve(
    factory: Factory | Factories,
    *,
    name: str,
    version: str = "0",
    serves: Sequence[Mapping[str, Any]] | None = None,
    language: str = "python",
) -> None:
    """Serves requests until `shutdown` or the end of standard input, then returns.

    ``factory``: one for every role, or a mapping from (contract, role). ``serves``: rows {"contract", "role", "capabilities"}; None
    takes the factory's attribute of that name.
    """
    rows = serves if serves is not None else getattr(factory, "serves", None)
    if rows is None:
        raise ValueError("say what the driver serves: serve(.., serves=[{'contract': .., 'role': .., 'capabilities': [..]}])")
    requests, replies = take_over_pipes()
    hello = {"name": name, "version": version, "language": language, "serves": [dict(row) for row in rows]}
    try:
        asyncio.run(_converse(factory, hello, requests, Writer(replies)))
    except BrokenPipeError:  # nobody reads any more: there is nobody to serve, and nobody to tell
        return


def take_over_pipes() -> tuple[BinaryIO, int]:
    """(requests, descriptor for replies). Whatever else is printed, by a child process too, goes to standard error; nobody else reads requests."""
    sys.stdout.flush()
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, replies


class Writer:
    """Writes whole lines at once; any thread may use it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def __call__(self, message: Mapping[str, Any]) -> None:
        line = json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"
        with self._lock:
            while line:
                line = line[os.write(self._descriptor, line) :]


async def _converse(factory: Factory | Factories, hello: Mapping[str, Any], requests: BinaryIO, write: Writer) -> None:
    loop = asyncio.get_running_loop()
    session = Session(factory, hello, write)
    lines: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        for line in _lines(requests):
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, b"")

    threading.Thread(target=read, name="requests", daemon=True).start()
    while (line := await lines.get()) and not session.shut_down:
        session.receive(line)
        await asyncio.sleep(0)
        if session.shut_down:
            break
    threading.Thread(target=_exit_in_time, daemon=True).start()
    await session.finish()


def _lines(requests: BinaryIO) -> Any:
    """Lines of requests, split at LF alone. One that is too long is told and skipped."""
    while line := requests.readline(LINE_BYTES_MAX + 1):
        if line.endswith(b"\n"):
            yield line
            continue
        print(f"streamproof.driver: a request of more than {LINE_BYTES_MAX} bytes, or without its LF, was skipped", file=sys.stderr)
        while line and not line.endswith(b"\n"):
            line = requests.readline(LINE_BYTES_MAX)


def _exit_in_time() -> None:
    """Whatever an implementation leaves running, the process ends in time."""
    time.sleep(FINISH_S_MAX)
    sys.stderr.flush()
    os._exit(0)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m streamproof.driver", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("implementation", help="reference, mutant:NAME, or MODULE:FACTORY")
    options = parser.parse_args(arguments)
    from . import __version__
    from .harness.targets.behind import implementation_named
    from .harness.values.errors import StreamproofError

    try:
        factory, serves = implementation_named(options.implementation, _tables)
    except StreamproofError as error:
        sys.exit(f"streamproof.driver: {error}")
    serve(factory, name=options.implementation, version=__version__, serves=serves)


def _tables() -> Any:
    """The tables are heavy, and only needed for what is built in."""
    from .catalog import target_tables

    return target_tables()


Note = Callable[[str, Mapping[str, Any]], None]

if __name__ == "__main__":
    main()
