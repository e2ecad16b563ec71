"""The play of the role ``server``: a hostile client that sends exact bodies to a server and writes down what comes back.

Operations of a workload (keys that are left out have the value shown first):

===========  ==========================================================================================================
``request``  run 0, pieces [], method "POST", token "own" | "other" | "none" | "wrong" | "scheme", framing "length" |
             "chunked", segment_bytes 0 (a piece is a segment), header null | [complete, final_seq]: one whole exchange
``open``     upload "a", run 0, pieces, until 0: a chunked body that stays open; waits until the position is ``until``
``more``     upload, pieces, until: more of that body
``end``      upload, how "end" | "fin" | "rst": the body ends in order and is answered, or is cut
===========  ==========================================================================================================

The pieces, and the entries written, are those of ``harness.checkers.ingest``; numbers may be relative, such as "L+1", in
``until`` and in the header's final_seq too. After every operation the position is
read back on another connection. Run ids get a fresh suffix, so that a server which lives on has not seen them before.

Options of a target that is a URL: ``token`` (opens every run; default "streamproof"), ``other_token`` (valid, but for
none of these runs; without it nothing is sent with another run's token), ``project_id``, ``task_id``, ``leg`` ("proxy"
or "direct"; default: as the profile says).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ...harness.checkers.ingest.server_pieces import piece_bytes, resolved, resolved_piece
from ...harness.engine.cast import Cast
from ...harness.targets.url import UrlTarget
from ...harness.values.errors import TargetProblem
from ...harness.worlds.base import Scene
from ..raw_http import Address, Connection
from .server_client import Got, answer_on

ANSWER_MS = 10_000
LIVE_MS = 2_000
POLL_MS = 25
SETTLE_MS = 20
SEGMENTS_MAX = 40


@dataclass
class Upload:
    """A body that is open."""

    exchange: int
    run: int
    connection: Connection


@dataclass(frozen=True)
class Runs:
    """The runs of an example as the server is told of them, and how to reach them."""

    rows: tuple[Mapping[str, Any], ...]
    leg: str

    def target(self, run: int) -> str:
        row = self.rows[run]
        if self.leg == "proxy":
            return f"/v1/runs/{_encode(row['run_id'])}/ingest"
        return f"/api/projects/{row['project_id']}/tasks/{_encode(row['task_id'])}/runs/{_encode(row['run_id'])}/event_stream/"


async def play_server(scene: Scene, cast: Cast) -> None:
    """Plays the workload of the scene's case against the target."""
    target = cast.target_for("server")
    options = {**({"token": "streamproof"} if isinstance(target, UrlTarget) else {}), **target.options, **target.secrets}
    runs = _runs(scene, options)
    player = cast.player("server", "server", {"runs": [dict(row) for row in runs.rows], "profile": scene.case.profile})
    await player.open()
    url = player.value.get("url")
    if not isinstance(url, str):
        raise TargetProblem(
            f"{target.name}: the role `server` must offer an aiohttp application `app` or a `url`; got {dict(player.value)!r}"
        )
    client = HostileClient(scene, Address.of(url), runs)
    try:
        await client.play()
    finally:
        client.close()


def _runs(scene: Scene, options: Mapping[str, str]) -> Runs:
    config = scene.case.config
    suffix = f"{scene.random.getrandbits(32):08x}" if scene.world == "sim" else secrets.token_hex(4)
    tokens = [options.get("token") or f"token-{number}-{suffix}" for number in range(len(config["runs"]))]
    rows = []
    for number, run in enumerate(config["runs"]):
        neighbour = tokens[(number + 1) % len(tokens)]
        row = {
            "project_id": int(options.get("project_id", run["project_id"])),
            "task_id": options.get("task_id", run["task_id"]),
            "run_id": f"{run['run_id']}-{number}-{suffix}",
            "token": tokens[number],
            "other_token": options.get("other_token") or (neighbour if neighbour != tokens[number] else None),
        }
        rows.append(row)
        scene.secrets.add(row["other_token"] or "", "other-token")
    for token in tokens:
        scene.secrets.add(token, "run-token")
    return Runs(tuple(rows), options.get("leg") or config["leg"])


def _encode(text: str) -> str:
    return quote(text, safe="-_.!~*'()")


class HostileClient:
    def __init__(self, scene: Scene, address: Address, runs: Runs) -> None:
        self.scene = scene
        self.address = address
        self.runs = runs
        self._exchanges = 0
        self._uploads: dict[str, Upload] = {}
        self._reader: Connection | None = None
        self._last: dict[int, int] = {}
        """The position of each run as it was last read; 0 where it could not be."""
        self._latest_run = -1
        self._reached = False

    async def play(self) -> None:
        verbs = {"request": self._request, "open": self._open, "more": self._more, "end": self._end}
        for verb, args in self.scene.case.workload:
            await verbs[verb](args)
        for name in list(self._uploads):
            await self._end({"upload": name, "how": "fin"})
        for run in range(len(self.runs.rows)):
            if run != self._latest_run:
                await self._read_position(run)

    def close(self) -> None:
        for connection in (self._reader, *(upload.connection for upload in self._uploads.values())):
            if connection is not None:
                connection.close()

    # --- operations

    async def _request(self, args: Mapping[str, Any]) -> None:
        run = args.get("run", 0)
        if args.get("token") == "other" and self.runs.rows[run]["other_token"] is None:
            return  # one token opens every run of this server, and no other was named
        await self._meet(run)
        args = self._resolved(run, args)
        chunked = args.get("framing") == "chunked"
        body = [piece_bytes(piece) for piece in args.get("pieces", ())]
        connection = await self._connect()
        if connection is None:
            await self._read_position(run)
            return
        exchange = self._begin(connection, args, None if chunked else sum(map(len, body)))
        await self._write(connection, b"".join(connection.body_bytes(data) for data in body), args.get("segment_bytes", 0))
        connection.finish()
        self.scene.history.add("body-over", exchange=exchange, how="end")
        self._note_answer(exchange, await answer_on(connection, ANSWER_MS))
        connection.close()
        await self._read_position(run)

    async def _open(self, args: Mapping[str, Any]) -> None:
        if args["upload"] in self._uploads:
            return
        run = args.get("run", 0)
        await self._meet(run)
        args = self._resolved(run, args)
        connection = await self._connect()
        if connection is None:
            await self._read_position(run)
            return
        exchange = self._begin(connection, args, None)
        upload = self._uploads[args["upload"]] = Upload(exchange, run, connection)
        await self._send_open(upload, args)

    async def _more(self, args: Mapping[str, Any]) -> None:
        upload = self._uploads.get(args["upload"])
        if upload is None:
            return
        args = self._resolved(upload.run, args)
        self._note_sent(upload.exchange, upload.run, args)
        await self._send_open(upload, args)

    async def _send_open(self, upload: Upload, args: Mapping[str, Any]) -> None:
        for piece in args.get("pieces", ()):
            upload.connection.write(upload.connection.body_bytes(piece_bytes(piece)))
        await self.scene.sleep(SETTLE_MS)
        await self._read_position(upload.run, args.get("until", 0))

    async def _end(self, args: Mapping[str, Any]) -> None:
        upload = self._uploads.pop(args["upload"], None)
        if upload is None:
            return
        how = args.get("how", "end")
        if how == "end":
            upload.connection.finish()
        else:
            upload.connection.close(how)
        self.scene.history.add("body-over", exchange=upload.exchange, how=how)
        if how == "end":
            self._note_answer(upload.exchange, await answer_on(upload.connection, ANSWER_MS))
            upload.connection.close()
        else:
            await self.scene.sleep(SETTLE_MS)
        await self._read_position(upload.run)

    # --- parts of an exchange

    async def _connect(self) -> Connection | None:
        """A new connection; None if the server, which was there before, takes none any more: then its position cannot be read."""
        try:
            connection = await Connection.open(self.address)
        except OSError as error:
            if not self._reached:
                raise TargetProblem(f"no server answers at {self.address.host}:{self.address.port}: {error.strerror or error}") from None
            return None
        self._reached = True
        return connection

    def _resolved(self, run: int, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments with plain numbers, counted from the position that was last read."""
        last = self._last[run]
        changed: dict[str, Any] = {"pieces": [resolved_piece(piece, last) for piece in args.get("pieces", ())]}
        if "until" in args:
            changed["until"] = resolved(args["until"], last)
        if args.get("header") and str(args["header"][1]).startswith("L"):
            changed["header"] = [args["header"][0], str(resolved(args["header"][1], last))]
        return {**args, **changed}

    def _begin(self, connection: Connection, args: Mapping[str, Any], body_bytes: int | None) -> int:
        """Sends the head of the next exchange and returns its number. ``body_bytes`` None: chunked."""
        self._exchanges += 1
        run = args.get("run", 0)
        self._note_sent(self._exchanges, run, args)
        framing = ("Transfer-Encoding", "chunked") if body_bytes is None else ("Content-Length", str(body_bytes))
        headers = [*self._authorization(run, args.get("token", "own")), ("Content-Type", "application/x-ndjson"), framing]
        complete, final_seq = args.get("header") or (None, None)
        if complete is not None:
            headers.append(("X-PostHog-Event-Stream-Complete", complete))
        if final_seq is not None:
            headers.append(("X-PostHog-Event-Stream-Final-Seq", final_seq))
        connection.begin(args.get("method", "POST"), self.runs.target(run), headers)
        return self._exchanges

    def _authorization(self, run: int, token: str) -> Sequence[tuple[str, str]]:
        row = self.runs.rows[run]
        value = {
            "own": f"Bearer {row['token']}",
            "other": f"Bearer {row['other_token']}",
            "wrong": "Bearer not-a-token-of-this-server",
            "scheme": f"Basic {row['token']}",
            "none": None,
        }[token]
        return () if value is None else (("Authorization", value),)

    async def _write(self, connection: Connection, raw: bytes, segment_bytes: int) -> None:
        """Writes in segments; they are kept apart in time, so that they arrive as they were cut."""
        if not segment_bytes:
            connection.write(raw)
            return
        size = max(segment_bytes, -(-len(raw) // SEGMENTS_MAX))
        for start in range(0, len(raw), size):
            connection.write(raw[start : start + size])
            await self.scene.sleep(1)

    def _note_sent(self, exchange: int, run: int, args: Mapping[str, Any]) -> None:
        self.scene.history.add(
            "sent",
            exchange=exchange,
            run=run,
            method=args.get("method", "POST"),
            token=args.get("token", "own"),
            header=args.get("header"),
            pieces=list(args.get("pieces", ())),
        )

    def _note_answer(self, exchange: int, got: Got) -> None:
        self.scene.history.add("got", exchange=exchange, status=got.status, why=got.why, body=got.body, text=got.text)

    # --- the position

    async def _meet(self, run: int) -> None:
        """Reads the position of a run before anything is written to it."""
        if run not in self._last:
            await self._read_position(run)

    async def _read_position(self, run: int, until: int | None = None) -> None:
        """Reads the position by a sync; with ``until`` again and again, until it is reached or LIVE_MS have passed."""
        self._latest_run = run
        waited_ms = 0
        patience_ms = LIVE_MS + self.scene.allowance_ms
        while True:
            got = await self._sync(run)
            told = got.body.get("last_accepted_seq") if isinstance(got.body, dict) else None
            last = told if type(told) is int else None
            if until is None or last is None or last >= until or waited_ms >= patience_ms:
                break
            await self.scene.sleep(POLL_MS)
            waited_ms += POLL_MS
        self._last[run] = last or 0
        self.scene.history.add("position", run=run, status=got.status, last=last, until=until, waited_ms=waited_ms)

    async def _sync(self, run: int) -> Got:
        """An empty POST, on a kept connection while the server keeps it."""
        headers = [*self._authorization(run, "own"), ("Content-Type", "application/x-ndjson"), ("Content-Length", "0")]
        while True:
            kept = self._reader is not None and self._reader.next_request()
            if not kept:
                if self._reader is not None:
                    self._reader.close()
                self._reader = await self._connect()
            if self._reader is None:
                return Got(None, "closed")
            self._reader.begin("POST", self.runs.target(run), headers)
            self._reader.finish()
            got = await answer_on(self._reader, ANSWER_MS)
            if got.status is not None or not kept:
                return got  # a kept connection may have been closed in the meantime, a new one may not
