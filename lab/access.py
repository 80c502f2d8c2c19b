"""
Protection of the lab's ports: allowed host names, and authorization of the control interface.

A web page that a browser of this machine shows can send requests to the loopback interface. It cannot choose their
`Host` and `Origin`: a page whose name was made to stand for 127.0.0.1 (DNS rebinding) sends its own name.
"""

import re
import secrets
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs, urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lab.commands.command_name import COMMAND

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PUBLIC = re.compile(r"/novnc/.+|/browser/(?:enter|console\.css|console\.js)?")
"""
Browser's side of a screen and of the lab's page: files of a package and of the lab. The screen itself requires a token.
The page checks the sign-in itself, because it explains what to do to somebody who is not signed in.
"""
LINK = re.compile(r"/console/([0-9a-f-]{36})")
SHOWN_CHARACTERS = 80

IsLinkValid = Callable[[str, str], bool]


class AllowedHosts:
    """
    Host names whose requests the lab accepts.

    Args:
        configured: Names beside those of the loopback interface, without ports.
        of_store: Names that only the object store has.
    """

    def __init__(self, configured: Iterable[str] = (), of_store: Iterable[str] = ()) -> None:
        self.names = (*LOOPBACK, *map(_plain, configured))
        self._of_store = (*self.names, *map(_plain, of_store))

    def allows(self, host: str, *, buckets: bool) -> bool:
        """
        Check the value of a `Host` header.

        Args:
            host: Name or address, with or without a port.
            buckets: Also allow `BUCKET.NAME` and the names of the store, which clients of the object store use.
        """
        name = host_name(host)
        if not buckets:
            return name in self.names
        return name in self._of_store or any(name.endswith(f".{base}") for base in self._of_store)


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def host_name(host: str) -> str:
    """Return the name in a `Host` header's value in small letters, empty if the value is malformed."""
    try:
        parts = urlsplit(f"//{host.strip()}")
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return "" if parts.username is not None or parts.path or parts.query else name.rstrip(".")


def host_refusal(scope: Scope, allowed: AllowedHosts, *, buckets: bool = False) -> JSONResponse | None:
    """Return the refusal of a request that was sent to another host name, None if its host name is allowed."""
    hosts = headers(scope, b"host")
    if len(hosts) == 1 and allowed.allows(hosts[0], buckets=buckets):
        return None
    shown = hosts[0][:SHOWN_CHARACTERS] if hosts else ""
    hint = f"allow it if it is this machine's: {COMMAND} start --allow-host NAME"
    return JSONResponse({"error": f"the lab accepts no requests to the host name {shown!r}; {hint}"}, 403)


def headers(scope: Scope, name: bytes) -> list[str]:
    """Return all values of a header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


class ControlGuard:
    """
    ASGI application before the control interface that requires the token and refuses other web pages.

    Args:
        app: Control interface.
        token: Token, which clients send as `Authorization: Bearer TOKEN`.
        is_link_valid: Check of the token in a link to a server's console, which the server service issues.
        is_of_page: Check of a request of the lab's own page in a signed-in browser.
    """

    def __init__(
        self, app: ASGIApp, token: str, is_link_valid: IsLinkValid, is_of_page: Callable[[Scope], bool]
    ) -> None:
        self._app, self._token = app, token
        self._is_link_valid, self._is_of_page = is_link_valid, is_of_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        own = {f"{scheme}://{host.lower()}" for host in headers(scope, b"host") for scheme in ("http", "https")}
        if not own.issuperset(origin.lower() for origin in headers(scope, b"origin")):
            return JSONResponse({"error": "the control interface refuses requests of other web pages"}, 403)
        if self._has_token(scope) or self._needs_no_token(scope) or self._is_of_page(scope):
            return None
        hint = f"send the value of HW_LAB_TOKEN, which `{COMMAND} env` prints, as Authorization: Bearer TOKEN"
        response = JSONResponse({"error": f"the token of the control interface is missing or wrong; {hint}"}, 401)
        response.headers["WWW-Authenticate"] = 'Bearer realm="lab control"'
        return response

    def _has_token(self, scope: Scope) -> bool:
        values = headers(scope, b"authorization")
        scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
        return scheme.lower() == "bearer" and secrets.compare_digest(token.strip().encode(), self._token.encode())

    def _needs_no_token(self, scope: Scope) -> bool:
        if scope["method"] not in ("GET", "HEAD"):
            return False
        link = LINK.fullmatch(scope["path"])
        if link is None:
            return bool(PUBLIC.fullmatch(scope["path"]))
        tokens = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        return len(tokens) == 1 and self._is_link_valid(link[1], tokens[0])
