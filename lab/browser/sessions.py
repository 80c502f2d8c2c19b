"""
Sign-in of browsers: a token that works once is exchanged for a session, which a cookie carries.

The cookie is no copy of the control token: it can be checked with it, and it admits only the routes of the page. A
restart of the lab keeps the sessions, because the control token is kept.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from typing import Literal

from starlette.types import Scope

TOKEN_LIFETIME_S = 300.0
SESSION_LIFETIME_S = 12 * 3600
MAX_TOKENS = 256
PAGE = "/browser/"

Redemption = Literal["ok", "used", "expired", "unknown"]
_ID = "[0-9a-f-]{36}"
_ADMITTED = tuple(
    (frozenset(methods.split()), re.compile(path))
    for methods, path in (
        ("GET HEAD", f"{PAGE}.*"),
        ("GET HEAD", f"/console/{_ID}"),
        ("GET HEAD", "/journal"),
        ("GET HEAD", f"/inspections/{_ID}"),
        ("POST", f"/servers/{_ID}/power"),
        ("POST DELETE", f"/boot/{_ID}"),
        ("POST DELETE", r"/faults(/[\w-]+)?|/job-faults"),
        ("DELETE", "/holds|/journal"),
        ("PUT", "/settings|/time-scale"),
        ("POST", "/reset"),
    )
)
"""Routes that the page uses. The others, such as that which stores any file of this machine, want the control token."""


class OneTimeTokens:
    """
    Tokens that sign a browser in, each of them once and for some minutes.

    Args:
        clock: Seconds that never run back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: dict[str, float] = {}
        self._used: set[str] = set()

    def issue(self) -> str:
        """Issue a token. The oldest ones are forgotten if there are too many."""
        while len(self._ends) >= MAX_TOKENS:
            oldest = next(iter(self._ends))
            del self._ends[oldest]
            self._used.discard(oldest)
        token = secrets.token_urlsafe(32)
        self._ends[_digest(token)] = self._clock() + TOKEN_LIFETIME_S
        return token

    def redeem(self, token: str) -> Redemption:
        """Use a token up, and return "ok" if it signs in, otherwise the reason why it does not."""
        key = _digest(token)
        if key not in self._ends:
            return "unknown"
        if key in self._used:
            return "used"
        if self._ends[key] <= self._clock():
            return "expired"
        self._used.add(key)
        return "ok"


class Sessions:
    """
    Sessions of browsers.

    Args:
        control_token: Token of the control interface, from which the key of the signatures is derived.
        clock: Seconds of real time.
    """

    def __init__(self, control_token: str, clock: Callable[[], float] = time.time) -> None:
        self._key = hmac.digest(control_token.encode(), b"session of a browser", "sha256")
        self._clock = clock

    def cookie(self, port: int) -> str:
        """Return the header that starts a session on a control port. Cookies of other labs have other names."""
        text = f"{int(self._clock() + SESSION_LIFETIME_S)}.{secrets.token_urlsafe(24)}"
        value = f"{text}.{self._signature(text, port)}"
        return f"{_name(port)}={value}; Max-Age={SESSION_LIFETIME_S}; Path=/; HttpOnly; SameSite=Strict"

    def is_signed_in(self, scope: Scope) -> bool:
        """Return True if a request has the cookie of a valid session."""
        port = scope["server"][1]
        values = (value for name, value in _cookies(scope) if name == _name(port))
        return any(self._is_valid(value, port) for value in values)

    def admits(self, scope: Scope) -> bool:
        """Return True for a request that a signed-in page of this lab has sent, to a route that the page uses."""
        method, path = scope["method"], scope["path"]
        if not any(method in methods and route.fullmatch(path) for methods, route in _ADMITTED):
            return False
        if any(site not in ("same-origin", "none") for site in _header(scope, b"sec-fetch-site")):
            return False
        if method not in ("GET", "HEAD") and not _header(scope, b"origin"):
            return False
        return self.is_signed_in(scope)

    def _is_valid(self, value: str, port: int) -> bool:
        text, _, signature = value.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(text, port).encode()):
            return False
        return int(text.partition(".")[0]) > self._clock()

    def _signature(self, text: str, port: int) -> str:
        return hmac.new(self._key, f"{port} {text}".encode(), hashlib.sha256).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _name(port: int) -> str:
    return f"lab-browser-{port}"


def _header(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _cookies(scope: Scope) -> list[tuple[str, str]]:
    parts = (part.strip().partition("=") for header in _header(scope, b"cookie") for part in header.split(";"))
    return [(name, value) for name, _, value in parts]
