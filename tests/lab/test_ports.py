"""Ports of the lab: connections that send each response at once."""

import asyncio
import socket
from pathlib import Path

from lab.ports import SERVICES, listen
from lab.start_options import Options


async def _sends_at_once(listener: socket.socket) -> bool:
    """Return True if a connection to a port, as asyncio serves it, does not wait for more to send."""
    served: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        served.set_result(bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        writer.close()

    server = await asyncio.start_server(connected, sock=listener)
    async with server:
        _, writer = await asyncio.open_connection(*listener.getsockname())
        writer.close()
        return await served


def test_no_response_waits_for_the_acknowledgement_of_its_headers(tmp_path: Path) -> None:
    listeners = listen(Options(state=tmp_path, driver="simulated", port=0), {})

    found = {name: asyncio.run(_sends_at_once(listener)) for name, listener in listeners.items()}

    assert dict.fromkeys(SERVICES, True) == found
