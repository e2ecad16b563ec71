"""The network in memory: what asyncio protocols see of connecting, ending, resetting and of a slow peer."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

from streamproof.harness.worlds.sim.loop import SimLoop
from streamproof.harness.worlds.sim.network import Listener
from streamproof.harness.worlds.sim.segments import RECEIVE_BUFFER_BYTES, SEND_BUFFER_BYTES

PORT = 7000


class Recorder(asyncio.Protocol):
    """Writes down what happens to it, with the turn of the loop in which it happened."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.turns: list[int] = []
        self.received_bytes = 0
        self.keep_open_at_eof = False
        self.transport: Any = None
        self.paused = False

    def note(self, what: Any) -> None:
        self.log.append(what)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimLoop)
        self.turns.append(loop.steps)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received_bytes += len(data)
        self.note(data)

    def eof_received(self) -> bool:
        self.note("eof")
        return self.keep_open_at_eof

    def connection_lost(self, error: BaseException | None) -> None:
        self.note(type(error).__name__ if error else "lost")

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False


async def make_pair() -> tuple[Recorder, Recorder]:
    """(client, server), joined without a link."""
    loop = asyncio.get_running_loop()
    server = Recorder()
    listener = await loop.create_server(lambda: server, "127.0.0.1", PORT)
    _, client = await loop.create_connection(Recorder, "localhost", PORT)
    await turns(2)
    listener.close()
    return client, server


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_what_is_written_in_one_turn_arrives_as_one_segment(run_on_loop: Any) -> None:
    """Writes of one turn of the loop join, those of different turns do not."""

    async def main() -> list[Any]:
        client, server = await make_pair()
        client.transport.write(b"a")
        client.transport.writelines([b"b", b"c"])
        await turns(1)
        client.transport.write(b"d")
        await turns(4)
        return server.log

    assert run_on_loop(main) == [b"abc", b"d"]


def test_nobody_listens(run_on_loop: Any) -> None:
    """A port at which nobody listens refuses; a name that nobody knows is not found."""

    async def main() -> None:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", 1)
        with pytest.raises(socket.gaierror):
            await asyncio.open_connection("no.such.host", 1)

    run_on_loop(main)


def test_a_listener_closes_and_opens_again(run_on_loop: Any) -> None:
    """While it is closed its port refuses; open again it accepts; connections live on meanwhile."""

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        servers: list[Recorder] = []

        def accept() -> Recorder:
            servers.append(Recorder())
            return servers[-1]

        listener = await loop.create_server(accept, "127.0.0.1", PORT)
        first, _ = await loop.create_connection(Recorder, "127.0.0.1", PORT)
        listener.close()
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Recorder, "127.0.0.1", PORT)
        first.write(b"still here")
        await listener.start_serving()
        second, _ = await loop.create_connection(Recorder, "127.0.0.1", PORT)
        second.write(b"and again")
        await turns(4)
        return [server.log for server in servers]

    assert run_on_loop(main) == [[b"still here"], [b"and again"]]


def test_a_port_in_use_is_refused_to_a_second_listener(run_on_loop: Any) -> None:
    """Two listeners cannot have the same port at once; port 0 gives each its own."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(Recorder, "127.0.0.1", PORT)
        with pytest.raises(OSError, match="address already in use"):
            await loop.create_server(Recorder, "127.0.0.1", PORT)
        first = await loop.create_server(Recorder, "127.0.0.1", 0)
        second = await loop.create_server(Recorder, "127.0.0.1", 0)
        assert first.sockets[0].getsockname()[1] != second.sockets[0].getsockname()[1]

    run_on_loop(main)


def test_fin_comes_behind_the_bytes(run_on_loop: Any) -> None:
    """A close delivers what was written, then the end; a protocol that does not keep it open is closed by it."""

    async def main() -> tuple[list[Any], list[Any]]:
        client, server = await make_pair()
        client.transport.write(b"last")
        client.transport.close()
        await turns(6)
        return client.log, server.log

    assert run_on_loop(main) == (["lost"], [b"last", "eof", "lost"])


def test_half_close_lets_the_other_half_live(run_on_loop: Any) -> None:
    """After ``write_eof`` the peer that keeps the connection open can still answer."""

    async def main() -> list[Any]:
        client, server = await make_pair()
        server.keep_open_at_eof = True
        client.transport.write_eof()
        with pytest.raises(RuntimeError):
            client.transport.write(b"too late")
        await turns(4)
        server.transport.write(b"answer")
        server.transport.close()
        await turns(6)
        return client.log

    assert run_on_loop(main) == [b"answer", "eof", "lost"]


def linger_reset(end: Recorder) -> None:
    end.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_reset_delivers_the_bytes_before_it_in_an_earlier_turn(run_on_loop: Any) -> None:
    """What was sent before a reset arrives, and a reader has a turn to take it before the error comes."""

    async def main() -> tuple[list[Any], list[int]]:
        client, server = await make_pair()
        linger_reset(client)
        client.transport.write(b"before")
        client.transport.close()
        await turns(6)
        return server.log, server.turns

    log, (data_turn, reset_turn) = run_on_loop(main)
    assert log == [b"before", "ConnectionResetError"]
    assert reset_turn > data_turn


def test_a_stream_reader_gets_the_bytes_before_a_reset(run_on_loop: Any) -> None:
    """asyncio's own streams read the bytes and then raise."""

    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        server = Recorder()
        await loop.create_server(lambda: server, "127.0.0.1", PORT)
        reader, _ = await asyncio.open_connection("127.0.0.1", PORT)
        await turns(2)
        linger_reset(server)
        server.transport.write(b"before")
        server.transport.close()
        data = await reader.read(100)
        with pytest.raises(ConnectionResetError):
            await reader.read(100)
        return data

    assert run_on_loop(main) == b"before"


def test_bytes_for_a_closed_socket_answer_with_a_reset(run_on_loop: Any) -> None:
    """Who writes to a peer that has closed is told FIN, and then RST."""

    async def main() -> list[Any]:
        client, server = await make_pair()
        client.keep_open_at_eof = True
        server.transport.close()
        await turns(4)
        client.transport.write(b"anybody there?")
        await turns(6)
        return client.log

    assert run_on_loop(main) == ["eof", "ConnectionResetError"]


def test_closing_with_unread_bytes_is_a_reset(run_on_loop: Any) -> None:
    """A close that throws away what arrived tells the sender so, as a kernel does."""

    async def main() -> list[Any]:
        client, server = await make_pair()
        server.transport.pause_reading()
        client.transport.write(b"never read")
        await turns(4)
        server.transport.close()
        await turns(6)
        return client.log

    assert run_on_loop(main) == ["ConnectionResetError"]


def test_a_reader_that_does_not_read_stops_the_writer(run_on_loop: Any) -> None:
    """The buffers are bounded: past them the writer is told to pause, and nothing is lost when the reader goes on."""

    async def main() -> tuple[bool, int, int, bool]:
        client, server = await make_pair()
        server.transport.pause_reading()
        sent_bytes = 0
        while not client.paused:
            client.transport.write(b"x" * 10_000)
            sent_bytes += 10_000
            await turns(2)
        paused = client.paused
        in_between = server.received_bytes
        server.transport.resume_reading()
        await asyncio.sleep(1)
        assert server.received_bytes == sent_bytes
        return paused, in_between, sent_bytes, client.paused

    paused, in_between, sent_bytes, paused_at_end = run_on_loop(main)
    assert paused
    assert in_between == 0
    assert RECEIVE_BUFFER_BYTES + SEND_BUFFER_BYTES < sent_bytes < RECEIVE_BUFFER_BYTES + SEND_BUFFER_BYTES + 100_000
    assert not paused_at_end


def test_a_huge_write_arrives_whole_and_in_order(run_on_loop: Any) -> None:
    """A write of many times the buffers arrives in bounded segments that add up to it."""
    data = bytes(range(256)) * 20_000

    async def main() -> list[bytes]:
        client, server = await make_pair()
        client.transport.write(data)
        await asyncio.sleep(1)
        return server.log

    segments = run_on_loop(main)
    assert b"".join(segments) == data
    assert max(map(len, segments)) <= RECEIVE_BUFFER_BYTES


def test_close_waits_for_a_slow_reader(run_on_loop: Any) -> None:
    """A close with more to send than the kernel would take is told as done only when the rest has been taken."""

    async def main() -> tuple[list[Any], list[Any]]:
        client, server = await make_pair()
        server.transport.pause_reading()
        client.transport.write(b"x" * 500_000)
        client.transport.close()
        await asyncio.sleep(1)
        before = list(client.log)
        server.transport.resume_reading()
        await asyncio.sleep(1)
        assert server.received_bytes == 500_000
        assert server.log[-2:] == ["eof", "lost"]
        return before, client.log

    assert run_on_loop(main) == ([], ["lost"])


def test_a_blocked_writer_hears_of_a_reset(run_on_loop: Any) -> None:
    """A peer that resets while this end neither reads nor can write is noticed all the same."""

    async def main() -> list[Any]:
        client, server = await make_pair()
        client.transport.pause_reading()
        server.transport.pause_reading()
        client.transport.write(b"x" * 500_000)
        await turns(4)
        linger_reset(server)
        server.transport.abort()
        await turns(6)
        return client.log

    assert run_on_loop(main) == ["ConnectionResetError"]


def test_a_paused_reader_hears_of_a_reset_when_it_writes(run_on_loop: Any) -> None:
    """As with a kernel, who does not look is not told, until it writes."""

    async def main() -> tuple[list[Any], list[Any]]:
        client, server = await make_pair()
        client.transport.pause_reading()
        linger_reset(server)
        server.transport.close()
        await turns(6)
        before = list(client.log)
        client.transport.write(b"x")
        await turns(3)
        return before, client.log

    assert run_on_loop(main) == ([], ["ConnectionResetError"])


def test_a_protocol_that_raises_loses_its_connection(run_on_loop: Any) -> None:
    """As in asyncio: the exception is reported, and the connection of that protocol ends with it."""

    class Broken(Recorder):
        def data_received(self, data: bytes) -> None:
            raise ValueError("broken")

    async def main() -> tuple[list[Any], list[Any]]:
        loop = asyncio.get_running_loop()
        reported: list[Any] = []
        loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
        server = Broken()
        await loop.create_server(lambda: server, "127.0.0.1", PORT)
        _, client = await loop.create_connection(Recorder, "127.0.0.1", PORT)
        client.transport.write(b"x")
        await turns(8)
        assert [str(error) for error in reported] == ["broken"]
        return server.log, client.log

    assert run_on_loop(main) == (["ValueError"], ["eof", "lost"])


def test_the_socket_number_of_a_transport_is_readable_when_something_arrives(run_on_loop: Any) -> None:
    """httpcore polls it to learn whether a pooled connection is still clean."""
    import select

    def readable(end: Recorder) -> bool:
        poll = select.poll()
        poll.register(end.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    async def main() -> list[bool]:
        client, server = await make_pair()
        client.transport.pause_reading()
        seen = [readable(client)]
        server.transport.close()
        await turns(4)
        seen.append(readable(client))
        client.transport.close()
        assert client.transport.get_extra_info("socket").fileno() >= 0  # until the protocol is told of the end
        await turns(4)
        assert client.transport.get_extra_info("socket").fileno() == -1
        return seen

    assert run_on_loop(main) == [False, True]


def test_what_the_simulation_cannot_do_is_said(run_on_loop: Any) -> None:
    """Sockets of the kernel have no place in it, and the error says so."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as stranger:
            with pytest.raises(NotImplementedError, match="sockets of the kernel"):
                await loop.create_connection(Recorder, sock=stranger)
            with pytest.raises(NotImplementedError, match="socket of the kernel"):
                await loop.create_server(Recorder, sock=stranger)

    run_on_loop(main)


def test_a_token_socket_that_nobody_claims_ends_its_connection(run_on_loop: Any) -> None:
    """A library that closes the socket it let the loop connect leaves no half-open connection behind."""

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        servers: list[Recorder] = []
        factory: Callable[[], Recorder] = lambda: servers.append(Recorder()) or servers[-1]  # type: ignore[func-returns-value]  # noqa: E731
        await loop.create_server(factory, "127.0.0.1", PORT)
        for _ in range(2):
            with socket.socket() as token:
                await loop.sock_connect(token, ("127.0.0.1", PORT))
            await turns(4)
        return servers[0].log

    assert run_on_loop(main) == ["eof", "lost"]


def test_breaking_off_a_listener_loses_its_connections_at_once(run_on_loop: Any) -> None:
    """The end of a server's process: its side is lost even where it does not read; other listeners are not touched."""

    async def main() -> tuple[list[Any], list[Any]]:
        loop = asyncio.get_running_loop()
        one, other = Recorder(), Recorder()
        listener = await loop.create_server(lambda: one, "127.0.0.1", PORT)
        await loop.create_server(lambda: other, "127.0.0.1", PORT + 1)
        for port in (PORT, PORT + 1):
            await loop.create_connection(Recorder, "127.0.0.1", port)
        await turns(2)
        one.transport.pause_reading()
        assert isinstance(listener, Listener)
        listener.break_off("restart")
        await turns(3)
        return one.log, other.log

    assert run_on_loop(main) == (["ConnectionResetError"], [])
