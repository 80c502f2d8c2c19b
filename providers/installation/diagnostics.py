"""What a person needs to see why a server is not as it should be."""

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
"""Lines that are read for them: boot loaders and progress bars write many that show nothing."""
WIDTH = 200


def console_url(cloud: Cloud, server_id: str) -> str:
    """The address of a server's screen, which is good for one login within ten minutes, or why there is none."""
    try:
        return cloud.ecs.get_remote_console(server_id).url.get_secret_value()
    except Cancelled:
        raise
    except CloudError as error:
        return f"not available ({error})"


class Console:
    """
    The address of a server's screen, asked for again before it ends.

    Args:
        server_id: whose screen it is.
    """

    def __init__(self, cloud: Cloud, server_id: str) -> None:
        self._cloud, self._server_id = cloud, server_id
        self._url, self._asked_at = "", float("-inf")

    def url(self) -> str:
        """An address that is good for some minutes, or why there is none."""
        if time.monotonic() - self._asked_at >= CONSOLE_EVERY_S:
            self._asked_at = time.monotonic()
            self._url = console_url(self._cloud, self._server_id)
        return self._url


def last_lines(cloud: Cloud, server_id: str) -> list[str]:
    """The last lines that a server has written to its serial console; none where the cloud does not tell.

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
    """Where its screen can be seen, and the last lines of its console."""
    found = [f"its remote console: {console_url(cloud, server_id)}"]
    if os.environ.get("HW_LAB_ENDPOINT"):  # the embedded cloud, which has a picture of every screen
        found.append(f"a picture of its screen: python -m lab screenshot {server_id} screen.png")
    return "; ".join(filter(None, [*found, last_words(cloud, server_id)]))


def last_words(cloud: Cloud, server_id: str) -> str:
    """Return the last lines of a server's console as a phrase for a message; "" if there are none."""
    lines = last_lines(cloud, server_id)
    return "the last lines of its console:\n" + "\n".join(f"  | {line}" for line in lines) if lines else ""
