"""Diagnostics of a server for messages: its remote console and the last lines of its serial console."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from huaweicloud.errors import Cancelled, CloudError
from huaweicloud.printable import last_written, printable_line

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

CONSOLE_EVERY_S = 300.0  # an address is good for ten minutes
LINES = 15
LINES_READ = 60
"""Lines that are read for them: boot loaders and progress bars write many lines without visible text."""
WIDTH = 200


def console_url(cloud: Cloud, server_id: str) -> str:
    """Return the address of a server's screen, valid for one login in ten minutes, or the reason for its absence."""
    try:
        return cloud.ecs.get_remote_console(server_id).url.get_secret_value()
    except Cancelled:
        raise
    except CloudError as error:
        return f"not available ({error})"


class Console:
    """
    Remote console of a server, whose address is requested again before it expires.

    Args:
        cloud: Client of the region.
        server_id: Id of the server.
    """

    def __init__(self, cloud: Cloud, server_id: str) -> None:
        self._cloud, self._server_id = cloud, server_id
        self._url, self._requested_at = "", float("-inf")

    def url(self) -> str:
        """Return an address that is valid for some minutes, or the reason for its absence."""
        if time.monotonic() - self._requested_at >= CONSOLE_EVERY_S:
            self._requested_at = time.monotonic()
            self._url = console_url(self._cloud, self._server_id)
        return self._url


def last_lines(cloud: Cloud, server_id: str) -> list[str]:
    """
    Return the last lines of a server's serial console; none if the cloud does not offer them.

    Source: ECS GET /v1/{project_id}/cloudservers/{server_id}/console-output.
    """
    try:
        text = cloud.ecs.get_console_output(server_id, LINES_READ)
    except Cancelled:
        raise
    except CloudError:
        return []
    lines = [printable_line(last_written(line), WIDTH) for line in text.split("\n")]
    return [line for line in lines if line][-LINES:]


def of_server(cloud: Cloud, server_id: str) -> str:
    """Return the address of a server's screen and the last lines of its console, as a phrase for a message."""
    parts = [f"its remote console: {console_url(cloud, server_id)}"]
    if os.environ.get("HW_LAB_ENDPOINT"):  # the embedded cloud, which has a picture of every screen
        parts.append(f"a picture of its screen: python -m lab screenshot {server_id} screen.png")
    return "; ".join(filter(None, [*parts, last_words(cloud, server_id)]))


def last_words(cloud: Cloud, server_id: str) -> str:
    """Return the last lines of a server's console as a phrase for a message; "" if there are none."""
    lines = last_lines(cloud, server_id)
    return "the last lines of its console:\n" + "\n".join(f"  | {line}" for line in lines) if lines else ""
