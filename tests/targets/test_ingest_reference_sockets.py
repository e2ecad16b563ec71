"""The reference sender, and a mutant, as plain libraries on real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.targets.mutants.ingest_sender import SENDER_MUTANTS
from streamproof.harness.targets.references.ingest_sender import reference_sender
from streamproof.harness.values.errors import Unknown


@pytest.mark.parametrize(
    ("identifier", "segment"),
    [("..", b"%2E%2E"), ("a/b?c&d#e %", b"a%2Fb%3Fc%26d%23e%20%25"), ("é", b"%C3%A9"), ("%2F", b"%252F"), ("'()*!~", b"'()*!~")],
)
def test_the_raw_target_keeps_the_encoding(identifier: str, segment: bytes) -> None:
    """Nothing on the way to the socket collapses or decodes an id; the base keeps all but one slash."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writer.close()
        await writer.wait_closed()

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/p//"
        config = {"api_url": url, "ingest_url": None, "project_id": 7, "task_id": identifier, "run_id": identifier, "token": "T"}
        sender = reference_sender({**config, "timing_ms": {"stop_timeout": 0}}, lambda name, data: None)
        with pytest.raises(Unknown):
            await sender.stop()
        await sender.close()
        server.close()
        await server.wait_closed()

    asyncio.run(main())
    assert set(heads) == {b"POST /p//api/projects/7/tasks/%b/runs/%b/event_stream/ HTTP/1.1" % (segment, segment)}


MUTANTS = {mutant.name: mutant.factory for mutant in SENDER_MUTANTS}


@pytest.mark.parametrize(("factory", "final_seq"), [(reference_sender, 1), (MUTANTS["ingest-final-number-off-by-one"], 2)])
def test_a_factory_works_as_a_plain_library(factory: Any, final_seq: int) -> None:
    """It needs nothing but a running loop; the bug of a mutant shows on the wire."""
    seen: list[bytes] = []

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        seen.append(body)
        return web.json_response({"last_accepted_seq": sum(part.count(b'"seq"') for part in seen)})

    async def main() -> None:
        application = web.Application()
        application.router.add_post("/v1/runs/r/ingest", handle)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        sender = factory({"api_url": "http://unused", "ingest_url": url, "run_id": "r", "token": "T"}, lambda name, data: None)
        sender.enqueue({"a": 1})
        await sender.stop()
        await sender.close()
        await runner.cleanup()

    asyncio.run(main())
    assert seen == [b"", b'{"seq":1,"event":{"a":1}}\n{"type":"_posthog/stream_complete","final_seq":%d}\n' % final_seq]
