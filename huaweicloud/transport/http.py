"""HTTP transport, the only module that sends: timeouts, and the libraries' failures as exceptions of the client."""

import http.client
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from huaweicloud.errors import tree
from huaweicloud.transport.machine_settings import check_bundle, is_this_machine
from huaweicloud.transport.messages import Request

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
CONNECTIONS = 64
CHUNK_BYTES = 64 * 1024
ERROR_LIMIT_BYTES = 1024 * 1024
FRESH = {"Connection": "close"}
USER_AGENT = "huaweicloud-image-from-iso"


class Transport:
    """
    Connections shared by any number of threads.

    Args:
        connect_timeout_s: Seconds for making a connection.
        read_timeout_s: Seconds without a byte of the response.
        ca_bundle: Value of the setting `ca_bundle`: path of the trusted certificates, or "".
    """

    def __init__(
        self,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        ca_bundle: str = "",
    ) -> None:
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._ca_bundle = ca_bundle
        self._lock = threading.Lock()
        self._session: requests.Session | None = None
        self._reached: set[str] = set()
        self._verify: str | bool | None = None

    def has_reached(self, host: str) -> bool:
        """Return True if this host has ever responded."""
        return host in self._reached

    def close(self) -> None:
        """Close the connections; sending again opens new ones."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def send(self, request: Request, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """
        Send a request once and read the whole response.

        Args:
            request: Request to send.
            headers: All headers to send.

        Returns:
            Status, headers with lower-case names, and body.

        Raises:
            TransportError: No usable response arrived.
        """
        import requests
        import urllib3

        verify = self._bundle(request)
        try:
            with (
                self._session_for(request) as session,
                session.request(
                    request.method,
                    request.url,
                    data=request.body or None,
                    headers={"User-Agent": USER_AGENT, **({} if request.may_be_repeated else FRESH), **headers},
                    auth=_leave_alone,
                    timeout=self._timeouts,
                    allow_redirects=False,
                    stream=True,
                    proxies=_proxies(request),
                    verify=verify,
                ) as response,
            ):
                self._reached.add(request.host)
                body = _read(request, response)
                return response.status_code, {k.lower(): v for k, v in response.headers.items()}, body
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            from huaweicloud.errors.connection_failures import to_error

            reached = self.has_reached(request.host)
            raise to_error(request, error, reached=reached, ca_bundle=self._ca_bundle) from None

    def _bundle(self, request: Request) -> str | bool:
        """Return the trusted certificates: those of the first setting that names some, else the usual ones."""
        if not request.base_url.startswith("https:"):
            return True
        with self._lock:
            if self._verify is None:
                self._verify = check_bundle(os.environ, self._ca_bundle) or True
            return self._verify

    @contextmanager
    def _session_for(self, request: Request) -> Iterator["requests.Session"]:
        """
        Provide the session for a request: one that must not be repeated gets a session, so a connection, of its own.

        The other side may close a kept connection at the moment of sending. It would then be unknown if the request
        was carried out. A server that closes need not announce it, so the connection is never kept.
        """
        if not request.may_be_repeated:
            with _new_session() as session:
                yield session
            return
        with self._lock:
            if self._session is None:
                self._session = _new_session()
            session = self._session
        yield session


@dataclass(frozen=True)
class Stream:
    """
    Response of another server than the cloud's, whose body is read as it arrives.

    Args:
        status: HTTP status.
        headers: Headers with lower-case names.
        chunks: Parts of the body.
    """

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]

    @property
    def length(self) -> int | None:
        """Return the length of the body in bytes; None if the server does not report it."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isdigit() else None


@contextmanager
def opened(
    method: str, url: str, headers: Mapping[str, str], chunk_bytes: int = CHUNK_BYTES, ca_bundle: str = ""
) -> Iterator[Stream]:
    """
    Open a public URL, without credentials, with the certificates and proxies of this machine; follow redirections.

    A server whose certificate this machine does not accept is tried again with the certificates of the setting.

    Args:
        method: GET or HEAD.
        url: URL of a file.
        headers: Headers to send.
        chunk_bytes: Largest size of a part of the body.
        ca_bundle: Value of the setting `ca_bundle`: path of further trusted certificates, or "".

    Raises:
        ConnectionLost: The server cannot be reached, or the connection broke.
    """
    import requests
    import urllib3

    sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
    try:
        with _answer(method, url, sent, ca_bundle) as response:
            names = {name.lower(): text for name, text in response.headers.items()}
            yield Stream(response.status_code, names, response.iter_content(chunk_bytes))
    except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException) as error:
        raise tree.ConnectionLost(f"{url} cannot be read: {type(error).__name__}") from None


def _answer(method: str, url: str, headers: Mapping[str, str], ca_bundle: str) -> "requests.Response":
    """Send a request for a public URL, a second time if only the setting's certificates are accepted."""
    import requests

    timeouts = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    send = partial(requests.request, method, url, headers=headers, auth=_leave_alone, timeout=timeouts, stream=True)
    try:
        return send(allow_redirects=True)
    except requests.exceptions.SSLError:
        if not ca_bundle:
            raise
        return send(allow_redirects=True, verify=ca_bundle)


def _read(request: Request, response: "requests.Response") -> bytes:
    chunks, size = [], 0
    limit_bytes = request.limit_bytes if response.ok else max(request.limit_bytes, ERROR_LIMIT_BYTES)
    for chunk in response.iter_content(CHUNK_BYTES):
        size += len(chunk)
        if size > limit_bytes:
            response.close()
            raise tree.InvalidResponse(
                f"Could not {request.operation or 'call the service'}: the response of {request.host} is longer than"
                f" {limit_bytes} bytes"
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _new_session() -> "requests.Session":
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    # Threads share the session, so it must keep nothing of a single request.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _leave_alone(request: Any) -> Any:
    """Replace the authentication of requests, which would otherwise take credentials from ~/.netrc."""
    return request


def _proxies(request: Request) -> dict[str, str]:
    """Return the proxy settings: none for this machine itself, otherwise those of the environment."""
    host = request.host.rpartition("@")[2].removeprefix("[").split("]")[0].partition(":")[0]
    return {"no_proxy": host} if is_this_machine(host) else {}
