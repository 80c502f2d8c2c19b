"""
The one place that sends.

Every request goes through `Sender.send`: it counts, limits the rate, signs, sends with timeouts, checks what came
back, maps failures to `huaweicloud.errors`, and tries again where `huaweicloud.retrying` allows it.
"""

import ipaddress
import json
import logging
import random
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Protocol

from huaweicloud import errors
from huaweicloud.error_bodies import find_refusal, to_error
from huaweicloud.error_codes import TASK_LIMITS
from huaweicloud.exchange import Answer, Call
from huaweicloud.rate_limit import RateLimiter
from huaweicloud.retrying import parse_retry_after, retry_delay

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
TOTAL_DEADLINE_S = 120.0
CONNECTIONS = 64
CHUNK_BYTES = 64 * 1024
ERROR_LIMIT_BYTES = 1024 * 1024
SECRET_HEADERS = ("x-auth-token", "x-subject-token", "x-security-token", "x-obs-security-token", "authorization")
FRESH = {"Connection": "close"}
USER_AGENT = "huaweicloud-image-from-iso"

log = logging.getLogger("huaweicloud")


class Authenticator(Protocol):
    """Puts proof of identity on a request."""

    def headers(self, call: Call) -> dict[str, str]:
        """Return all headers to send with the call."""

    def renew(self, sent: Mapping[str, str]) -> bool:
        """Replace credentials that were refused; return whether trying again makes sense."""


class Sender:
    """
    Sends requests for any number of threads.

    Args:
        cancelled: When set, every wait ends at once with `Cancelled`.
        total_deadline_s: Seconds for all attempts of one request together.
        connect_timeout_s: Seconds for making a connection.
        read_timeout_s: Seconds without a byte of the answer.
        rng: Source of jitter.
    """

    def __init__(
        self,
        cancelled: threading.Event,
        *,
        total_deadline_s: float = TOTAL_DEADLINE_S,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        rng: random.Random | None = None,
    ) -> None:
        self.requests: dict[str, int] = {}
        self._cancelled = cancelled
        self._total_deadline_s = total_deadline_s
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._lock = threading.Lock()
        self._limiters: dict[str, RateLimiter] = {}
        self._reached: set[str] = set()
        self._service_times: dict[str, tuple[datetime, float]] = {}
        self._sessions: dict[bool, requests.Session] = {}

    def send(self, call: Call, authenticator: Authenticator | None = None) -> Answer:
        """
        Send a request and return its successful answer.

        Args:
            call: The request.
            authenticator: Who signs it; None for a request that needs no proof of identity.

        Returns:
            The answer, with its JSON parsed.

        Raises:
            CloudError: The request failed for good; the class says how.
        """
        started = time.monotonic()
        attempt = 0
        renewed = False
        while True:
            attempt += 1
            sent: dict[str, str] = {}
            try:
                return self._attempt(call, authenticator, sent)
            except (errors.AuthenticationFailed, errors.CredentialsExpired) as error:
                # Refused credentials mean that nothing happened, so even a POST goes out again.
                if renewed or not sent or authenticator is None or not authenticator.renew(sent):
                    error.attempts = attempt
                    raise
                renewed = True
            except errors.CloudError as error:
                error.attempts = attempt
                remaining_s = self._total_deadline_s - (time.monotonic() - started)
                delay = retry_delay(call, error, attempt, remaining_s, call.host in self._reached, self._rng)
                if delay is None:
                    raise
                log.debug("%s; next attempt in %.1f s", error, delay)
                self._sleep(delay, call)

    def close(self) -> None:
        """Close the connections; sending again opens new ones."""
        with self._lock:
            sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            session.close()

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rate_per_s(self, service: str) -> float:
        """
        Tell how fast requests to a service go out at most at present.

        Args:
            service: Short name of the service.

        Returns:
            Requests a second.
        """
        return self._limiter(service).rate_per_s

    def service_time(self, service: str) -> datetime | None:
        """
        Tell the time by a service's clock.

        Args:
            service: Short name of the service.

        Returns:
            The time (UTC) that its last answer bore, advanced by what has passed since; None before one.
        """
        noted = self._service_times.get(service)
        return noted[0] + timedelta(seconds=time.monotonic() - noted[1]) if noted else None

    def _attempt(self, call: Call, authenticator: Authenticator | None, sent: dict[str, str]) -> Answer:
        limiter = self._limiter(call.service)
        self._sleep(limiter.reserve(), call)
        # Signed after the wait: a signature is dated.
        headers = authenticator.headers(call) if authenticator else dict(call.headers)
        self._count(call.service)
        sent.update(headers)
        started = time.monotonic()
        status, answer_headers, body = self._exchange(call, headers)
        log.debug(
            "%s %s %s %d in %.0f ms, request id %s",
            call.service,
            call.method,
            call.full_path,
            status,
            (time.monotonic() - started) * 1000,
            answer_headers.get("x-request-id", "-"),
        )
        self._note_time(call.service, answer_headers.get("date"))
        try:
            return _check(call, headers, status, answer_headers, body)
        except errors.RateLimited as error:
            if error.code not in TASK_LIMITS:
                limiter.throttled(error.retry_after)
            raise

    def _exchange(self, call: Call, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Send once and read the whole answer."""
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

    def _note_time(self, service: str, date: str | None) -> None:
        try:
            moment = parsedate_to_datetime(date) if date else None
        except ValueError:
            return
        if moment is not None and moment.tzinfo is not None:
            self._service_times[service] = (moment, time.monotonic())

    def _open_session(self, call: Call) -> "requests.Session":
        """A kept connection may be closed by the other side at the very moment of sending, which looks as if the
        request might have been carried out: what must not be repeated gets a connection of its own."""
        kept = call.may_be_repeated
        with self._lock:
            if kept not in self._sessions:
                self._sessions[kept] = _new_session()
            return self._sessions[kept]

    def _limiter(self, service: str) -> RateLimiter:
        with self._lock:
            return self._limiters.setdefault(service, RateLimiter())

    def _count(self, service: str) -> None:
        with self._lock:
            self.requests[service] = self.requests.get(service, 0) + 1

    def _sleep(self, seconds: float, call: Call) -> None:
        if self._cancelled.wait(seconds) if seconds > 0 else self._cancelled.is_set():
            raise errors.Cancelled(call.operation or "a request")


def _check(call: Call, sent: Mapping[str, str], status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Tell a success from an error and a body that cannot be used."""
    secrets = tuple(value for name, value in sent.items() if name.lower() in SECRET_HEADERS)
    if not 200 <= status < 300:
        retry_after = parse_retry_after(headers.get("retry-after"))
        raise to_error(call, status, headers, body, secrets, retry_after)
    data = _parse(call, body) if call.parse_json and body else None
    if find_refusal(call, data):
        raise to_error(call, status, headers, body, secrets, parse_retry_after(headers.get("retry-after")))
    return Answer(status, headers, body, data)


def _parse(call: Call, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise errors.BadAnswer(
            f"Could not {call.operation or 'call the service'}: {call.host} answered with something that is not JSON",
            hint="Check the endpoint, and any proxy between this machine and the cloud.",
        ) from None


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
