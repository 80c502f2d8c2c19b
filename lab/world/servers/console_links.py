"""Links to the consoles of servers without a screen of their own."""

import hashlib
import secrets
import time
from collections.abc import Callable

LIFETIME_S = 600.0
"""Real seconds until a link expires (ECS, remote console: ten minutes)."""


class ConsoleLinks:
    """
    Tokens in links to consoles, each of which belongs to one server and expires by itself.

    Args:
        clock: Seconds that never run back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: dict[str, float] = {}

    def issue(self, server_id: str) -> str:
        """Issue a token for a server's console; older ones stay valid."""
        now = self._clock()
        self._ends = {key: end for key, end in self._ends.items() if end > now}
        token = secrets.token_urlsafe(24)
        self._ends[_key(server_id, token)] = now + LIFETIME_S
        return token

    def is_valid(self, server_id: str, token: str) -> bool:
        """Check the token of a link."""
        return self._ends.get(_key(server_id, token), 0.0) > self._clock()


def _key(server_id: str, token: str) -> str:
    return hashlib.sha256(f"{server_id} {token}".encode()).hexdigest()
