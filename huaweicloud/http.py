"""
The one place that sends: one request over the wire, with timeouts, and the libraries' failures as ours.
"""

import ipaddress
import threading
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from huaweicloud import errors
from huaweicloud.exchange import Call

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
    Connections for any number of threads.

    Args:
        connect_timeout_s: Seconds for making a connection.
        read_timeout_s: Seconds without a byte of the answer.
    """

    def __init__(self, connect_timeout_s: float = CONNECT_TIMEOUT_S, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._lock = threading.Lock()
        self._sessions: dict[bool, requests.Session] = {}
        self._reached: set[str] = set()

    def has_reached(self, host: str) -> bool:
        """Tell whether this host has ever answered."""
        return host in self._reached

    def close(self) -> None:
        """Close the connections; sending again opens new ones."""
        with self._lock:
            sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            session.close()

    def exchange(self, call: Call, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """
        Send once and read the whole answer.

        Args:
            call: The request.
            headers: All headers to send.

        Returns:
            Status, headers with lower-case names, and body.

        Raises:
            TransportError: No usable answer came.
        """
        import requests
        import urllib3

        try:
            with self._open_session(call).request(
                call.method,
                call.url,
                data=call.body or None,
                headers={"User-Agent": USER_AGENT, **({} if call.may_be_repeated else FRESH), **headers},
                auth=_leave_alone,
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
                proxies=_proxies(call),
            ) as response:
                self._reached.add(call.host)
                body = _read(call, response)
                return response.status_code, {k.lower(): v for k, v in response.headers.items()}, body
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _transport_error(call, error) from None

    def _open_session(self, call: Call) -> "requests.Session":
        """A kept connection may be closed by the other side at the very moment of sending, which looks as if the
        request might have been carried out: what must not be repeated gets a connection of its own."""
        kept = call.may_be_repeated
        with self._lock:
            if kept not in self._sessions:
                self._sessions[kept] = _new_session()
            return self._sessions[kept]


def _read(call: Call, response: "requests.Response") -> bytes:
    chunks, size = [], 0
    limit_bytes = call.limit_bytes if response.ok else max(call.limit_bytes, ERROR_LIMIT_BYTES)
    for chunk in response.iter_content(CHUNK_BYTES):
        size += len(chunk)
        if size > limit_bytes:
            response.close()
            raise errors.BadAnswer(
                f"Could not {call.operation or 'call the service'}: the answer of {call.host} is longer than"
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
    # Threads share the session, so nothing of one exchange may stay in it.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _leave_alone(request: Any) -> Any:
    """Stand in for an authentication of requests' own, which would replace ours with one from ~/.netrc."""
    return request


def _proxies(call: Call) -> dict[str, str]:
    """Never reach for this machine itself through a proxy; elsewhere the environment decides."""
    host = call.host.rpartition("@")[2].removeprefix("[").split("]")[0].partition(":")[0]
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
    return {"no_proxy": host} if local else {}


def _transport_error(call: Call, error: Exception) -> errors.TransportError:
    """Map the libraries' exceptions, in which what happened first is hidden innermost."""
    import requests
    import urllib3

    chain = _chain(error)
    start = f"Could not {call.operation or 'call the service'}: "

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(item, kinds) for item in chain)

    if among(requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        return errors.Unreachable(
            f"{start}the TLS connection to {call.host} failed: {_innermost(chain)}",
            hint="Check the endpoint; behind a proxy that inspects TLS, set REQUESTS_CA_BUNDLE to its certificate.",
            permanent=True,
        )
    if among(urllib3.exceptions.NameResolutionError):
        return errors.Unreachable(
            f"{start}the name {call.host} cannot be resolved", hint="Check the region, the endpoint and the network."
        )
    if among(
        urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.ProxyError
    ):
        return errors.Unreachable(
            f"{start}{call.host} cannot be reached: {_innermost(chain)}", hint="Check the endpoint and the network."
        )
    if among(requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        return errors.TimedOut(f"{start}{call.host} did not answer in time")
    if among(requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError):
        return errors.BadAnswer(f"{start}the answer of {call.host} cannot be decoded")
    if among(urllib3.exceptions.IncompleteRead, urllib3.exceptions.InvalidChunkLength):
        return errors.BadAnswer(f"{start}the answer of {call.host} was cut off")
    if among(requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.InvalidHeader):
        return errors.Unreachable(f"{start}{call.base_url} is not a usable endpoint", permanent=True)
    return errors.ConnectionLost(f"{start}the connection to {call.host} broke: {_innermost(chain)}")


def _chain(error: BaseException) -> list[BaseException]:
    """List the exceptions that led to this one, by cause, by context and by argument, outermost first."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        item = waiting.pop(0)
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            waiting += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
    return found


def _innermost(chain: list[BaseException]) -> str:
    for item in reversed(chain):
        if isinstance(item, OSError) and item.strerror:
            return item.strerror
    return type(chain[-1]).__name__
