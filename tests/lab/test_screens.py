"""Screens of machines for browsers: admission, time limits, and the transferred data."""

import asyncio
import base64
import contextlib
import hashlib
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from lab.access import AllowedHosts
from lab.machines.screens import Screens, page
from lab.services.raw_connection import TrackedProtocol
from lab.world.servers.console_links import LIFETIME_S, ConsoleLinks
from tests.labs import RunningLab

SERVER_ID = "0d6a6b2e-3f5e-4a06-8a6b-000000000001"
OTHER_ID = "0d6a6b2e-3f5e-4a06-8a6b-000000000002"
GREETING = b"RFB 003.008\n"
KEY = base64.b64encode(b"sixteen bytes...").decode()


class Client:
    """Browser's side of a WebSocket: a handshake, then masked frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int, target: str, **more: str) -> tuple["Client", str]:
        """Connect, and return the client and the head of the response."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        headers = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13",
            "Origin": f"http://127.0.0.1:{port}",
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value)]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        return cls(reader, writer), head

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    def send(self, content: bytes, first: int = 0x82) -> None:
        mask, length = b"\1\2\3\4", len(content)
        size = bytes([0x80 | length]) if length < 126 else struct.pack("!BH", 0xFE, length)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(content))
        self.writer.write(bytes([first]) + size + mask + masked)

    async def frame(self) -> tuple[int, bytes]:
        first, length = await self.reader.readexactly(2)
        if length == 126:
            (length,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return first, await self.reader.readexactly(length)


class Site:
    """Screens of a lab on a port, and a machine's screen behind them that returns its input in capitals."""

    def __init__(self, port: int) -> None:
        self.port, self.time, self.logins = port, 0.0, 0
        self.clients: list[Client] = []
        self.links = ConsoleLinks(lambda: self.time)

    def target(self, token: str | None = None, server_id: str = SERVER_ID) -> str:
        """Return the path that the page of a link connects to."""
        link = page(server_id, self.links.issue(server_id) if token is None else token)
        assert "token" not in link.partition("#")[0]
        return f"/{unquote(link.partition('path=')[2])}"

    async def open(self, target: str, **headers: str) -> tuple[Client, str]:
        client, head = await Client.open(self.port, target, **headers)
        self.clients.append(client)
        return client, head

    async def machine(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.logins += 1
        writer.write(GREETING)
        while (heard := await reader.read(1 << 20)) not in (b"", b"power off"):
            writer.write(heard.upper())
        writer.close()


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Site]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site = Site(listener.getsockname()[1])
        machine = await asyncio.start_unix_server(site.machine, folder / "screen")

        async def find(server_id: str) -> Path | None:
            return folder / "screen" if server_id == SERVER_ID else None

        screens = Screens(AllowedHosts(), site.links.is_valid, find)
        screens.port = site.port
        app = PlainTextResponse("the control interface")
        options = {"http": TrackedProtocol, "ws": cast(Any, screens.protocol), "lifespan": "off"}
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, **options))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield site
        finally:
            for client in site.clients:
                await client.close()
            server.should_exit = True
            machine.close()
            await running


def run(folder: Path, work: Callable[[Site], Coroutine[Any, Any, None]]) -> None:
    async def all_of_it() -> None:
        async with serving(folder) as site:
            await asyncio.wait_for(work(site), 30)

    asyncio.run(all_of_it())


def test_what_a_browser_sends_reaches_the_screen_and_back(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        client, head = await site.open(site.target(), Sec_WebSocket_Protocol="binary, base64")

        digest = hashlib.sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()  # noqa: S324 - prescribed
        assert head.startswith("HTTP/1.1 101 ")
        assert f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}" in head
        assert "Sec-WebSocket-Protocol: binary" in head
        assert (0x82, GREETING) == await client.frame()
        for text in (b"a", b"b" * 200, b"c" * 40_000):
            client.send(text)
            heard = b""
            while len(heard) < len(text):
                heard += (await client.frame())[1]
            assert text.upper() == heard
        client.send(b"are you there", first=0x89)
        assert (0x8A, b"are you there") == await client.frame()
        client.send(struct.pack("!H", 1000), first=0x88)
        assert 0x88 == (await client.frame())[0]
        assert b"" == await client.reader.read()

    run(tmp_path, work)


def test_a_further_link_leaves_earlier_links_and_logins_alone(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        first = site.target()
        client, _ = await site.open(first)
        await client.frame()

        site.time += LIFETIME_S - 1
        second = site.target()

        for target in (first, second):
            _, head = await site.open(target)
            assert " 101 " in head.splitlines()[0]
        site.time += 1
        assert " 403 " in (await site.open(first))[1].splitlines()[0]
        assert " 101 " in (await site.open(second))[1].splitlines()[0]
        client.send(b"the login lasts")
        assert (0x82, b"THE LOGIN LASTS") == await client.frame()

    run(tmp_path, work)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Host": "elsewhere.example"}, 403),
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Sec_WebSocket_Version": "8"}, 400),
    ],
)
def test_a_request_of_a_foreign_page_or_without_a_handshake_is_refused(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async def work(site: Site) -> None:
        _, head = await site.open(site.target(), **headers)

        assert f" {status} " in head.splitlines()[0]
        assert 0 == site.logins

    run(tmp_path, work)


def test_a_token_is_good_for_its_own_server_only(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        for target, status in (
            (site.target("guessed"), 403),
            (site.target(site.links.issue(OTHER_ID)), 403),
            (f"/screen/{SERVER_ID}", 403),
            (site.target(server_id=OTHER_ID), 404),
            ("/screen/../health", 404),
            ("/health", 404),
        ):
            assert f" {status} " in (await site.open(target))[1].splitlines()[0]
        assert 0 == site.logins

    run(tmp_path, work)


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (b"\x82\x01a", 1002),  # not masked
        (b"\xc2\x81\1\2\3\4a", 1002),  # an extension
        (b"\x81\x81\1\2\3\4a", 1002),  # text
        (b"\x82\xff" + struct.pack("!Q", 1 << 40) + b"\1\2\3\4", 1009),
    ],
)
def test_a_client_that_breaks_the_protocol_is_cut_off(tmp_path: Path, frame: bytes, status: int) -> None:
    async def work(site: Site) -> None:
        client, _ = await site.open(site.target())
        await client.frame()

        client.writer.write(frame)

        assert (0x88, struct.pack("!H", status)) == await client.frame()

    run(tmp_path, work)


def test_a_screen_that_ends_closes_the_connection(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        client, _ = await site.open(site.target())
        await client.frame()

        client.send(b"power off")

        assert (0x88, struct.pack("!H", 1000)) == await client.frame()
        assert b"" == await client.reader.read()

    run(tmp_path, work)


def test_a_lab_serves_screens_on_its_control_port_only(lab: RunningLab) -> None:
    async def heads() -> list[str]:
        ports = [int(lab.env[name].rpartition(":")[2]) for name in ("HW_LAB_ENDPOINT", "HW_ECS_ENDPOINT")]
        opened = [await Client.open(port, f"/screen/{SERVER_ID}?token=guessed") for port in ports]
        for client, _ in opened:
            await client.close()
        return [head for _, head in opened]

    control, other = asyncio.run(heads())

    assert control.startswith("HTTP/1.1 403 ")
    assert other.startswith("HTTP/1.1 404 ")
