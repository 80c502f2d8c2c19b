"""
Sender of requests: the path of every request before and after it is on the wire.

`Sender.send` limits the rate, signs, counts and sends each request, and checks the response. It tries again if
`huaweicloud.transport.retry` allows it.
"""

import json
import logging
import random
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from huaweicloud.errors import tree
from huaweicloud.errors.parsing import is_refusal, to_error
from huaweicloud.transport import outages, poll_budget
from huaweicloud.transport.http import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Transport
from huaweicloud.transport.messages import Request, Response
from huaweicloud.transport.rate_limit import RateLimiter, Ticket, is_low_priority
from huaweicloud.transport.request_counter import count_request
from huaweicloud.transport.retry import is_throttled, parse_retry_after, retry_delay

TOTAL_DEADLINE_S = 120.0
READS = ("GET", "HEAD")
SECRET_HEADERS = ("x-auth-token", "x-subject-token", "x-security-token", "x-obs-security-token", "authorization")

log = logging.getLogger("huaweicloud")


class Authenticator(Protocol):
    """Source of the proof of identity on a request."""

    def headers(self, request: Request) -> dict[str, str]:
        """Return all headers to send with the request."""

    def renew(self, sent: Mapping[str, str]) -> bool:
        """
        Replace credentials that were refused.

        Args:
            sent: Headers of the refused request.

        Returns:
            Whether another attempt makes sense.
        """


class Sender:
    """
    Sender shared by any number of threads.

    Args:
        cancelled: Event that ends every wait immediately with `Cancelled`.
        total_deadline_s: Seconds for all attempts of one request together.
        connect_timeout_s: Seconds for making a connection.
        read_timeout_s: Seconds without a byte of the response.
        rng: Source of jitter.
        ca_bundle: Value of the setting `ca_bundle`: path of the trusted certificates, or "".

    Attributes:
        served: Services that have carried out a request.
    """

    def __init__(
        self,
        cancelled: threading.Event,
        *,
        total_deadline_s: float = TOTAL_DEADLINE_S,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        rng: random.Random | None = None,
        ca_bundle: str = "",
    ) -> None:
        self.served: set[str] = set()
        self._request_counts: dict[str, int] = {}
        self._mutation_count = 0
        self._cancelled = cancelled
        self._total_deadline_s = total_deadline_s
        self._transport = Transport(connect_timeout_s, read_timeout_s, ca_bundle)
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._lock = threading.Lock()
        self._limiters: dict[str, RateLimiter] = {}
        self._service_times: dict[str, tuple[datetime, float]] = {}

    def send(self, request: Request, authenticator: Authenticator | None = None) -> Response:
        """
        Send a request and return its successful response.

        Args:
            request: Request to send.
            authenticator: Source of the proof of identity; None for a request that needs none.

        Returns:
            The response, with its JSON parsed.

        Raises:
            CloudError: The request failed permanently; the class names the kind of failure.
        """
        started = time.monotonic()
        attempt = 0
        renewed = False
        while True:
            attempt += 1
            headers: Mapping[str, str] | None = None
            try:
                headers = self._sign(request, authenticator)
                response = self._attempt(request, headers)
                self.served.add(request.service)
                return response
            except (tree.AuthenticationFailed, tree.CredentialsExpired) as error:
                # Refused credentials mean that nothing happened, so even a POST is sent again.
                if renewed or headers is None or authenticator is None or not authenticator.renew(headers):
                    error.attempts, error.service = attempt, error.service or request.service
                    raise
                renewed = True
            except tree.CloudError as error:
                error.attempts, error.service = attempt, error.service or request.service
                remaining_s = self._total_deadline_s - (time.monotonic() - started)
                delay = retry_delay(
                    request, error, attempt, remaining_s, self._transport.has_reached(request.host), self._rng
                )
                if delay is None:
                    raise
                outages.report(error)
                log.debug("%s; next attempt in %.1f s", error, delay)
                self._sleep(delay, request)

    def close(self) -> None:
        """Close the connections; sending again opens new ones."""
        self._transport.close()

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def request_counts(self) -> dict[str, int]:
        """Return a copy of the number of requests sent, by service."""
        with self._lock:
            return dict(self._request_counts)

    @property
    def mutation_count(self) -> int:
        """
        Return a number that grows with each request that may change something.

        Two equal numbers prove that this sender changed nothing in between. A mutating request counts when it is sent
        and again when it ends; signing in does not count.
        """
        return self._mutation_count

    def rate_per_s(self, service: str) -> float:
        """
        Return the present limit of the request rate of a service.

        Args:
            service: Short name of the service.

        Returns:
            Requests per second.
        """
        return self._limiter(service).rate_per_s

    def service_time(self, service: str) -> datetime | None:
        """
        Return the time by a service's clock.

        Args:
            service: Short name of the service.

        Returns:
            Time (UTC) of the service's last response, advanced by the time passed since; None before a response.
        """
        noted = self._service_times.get(service)
        return noted[0] + timedelta(seconds=time.monotonic() - noted[1]) if noted else None

    def _sign(self, request: Request, authenticator: Authenticator | None) -> Mapping[str, str]:
        """Wait for the right to send, then build the headers: a signature is dated."""
        if _is_poll(request):
            self._sleep(poll_budget.shared.reserve(), request)
        self._wait_for_ticket(self._limiter(request.service), request)
        return authenticator.headers(request) if authenticator else dict(request.headers)

    def _attempt(self, request: Request, headers: Mapping[str, str]) -> Response:
        self._count(request)
        started = time.monotonic()
        try:
            status, response_headers, body = self._transport.send(request, headers)
        finally:
            self._count_mutation(request)
        log.debug(
            "%s %s %s %d in %.0f ms, request id %s",
            request.service,
            request.method,
            request.full_path,
            status,
            (time.monotonic() - started) * 1000,
            response_headers.get("x-request-id", "-"),
        )
        self._note_time(request.service, response_headers.get("date"))
        try:
            return _check(request, headers, status, response_headers, body)
        except tree.RateLimited as error:
            if is_throttled(error):
                self._limiter(request.service).throttled(error.retry_after)
            raise

    def _note_time(self, service: str, date: str | None) -> None:
        try:
            moment = parsedate_to_datetime(date) if date else None
        except ValueError:
            return
        if moment is not None and moment.tzinfo is not None:
            self._service_times[service] = (moment, time.monotonic())

    def _limiter(self, service: str) -> RateLimiter:
        with self._lock:
            return self._limiters.setdefault(service, RateLimiter())

    def _count(self, request: Request) -> None:
        count_request()
        with self._lock:
            self._request_counts[request.service] = self._request_counts.get(request.service, 0) + 1
        self._count_mutation(request)

    def _count_mutation(self, request: Request) -> None:
        if request.method not in READS and request.service != "iam":
            with self._lock:
                self._mutation_count += 1

    def _wait_for_ticket(self, limiter: RateLimiter, request: Request) -> None:
        ticket = Ticket(_is_poll(request))
        self._sleep(0, request)
        try:
            while (delay := limiter.acquire(ticket)) > 0:
                self._sleep(delay, request)
        finally:
            limiter.abandon(ticket)

    def _sleep(self, seconds: float, request: Request) -> None:
        if self._cancelled.wait(seconds) if seconds > 0 else self._cancelled.is_set():
            raise tree.Cancelled(request.operation or "a request")


def _is_poll(request: Request) -> bool:
    """Return whether a request only observes progress; signing in and changes do not, whoever needs them."""
    return is_low_priority() and request.method in READS and request.service != "iam"


def _check(request: Request, sent: Mapping[str, str], status: int, headers: Mapping[str, str], body: bytes) -> Response:
    """Return a usable response, or raise the error that it stands for."""
    is_error, data = not 200 <= status < 300, None
    if not is_error:
        data = _parse(request, body) if request.parse_json and body else None
        is_error = is_refusal(request, data)
    if is_error:
        secrets = tuple(value for name, value in sent.items() if name.lower() in SECRET_HEADERS)
        raise to_error(request, status, headers, body, secrets, parse_retry_after(headers.get("retry-after")))
    return Response(status, headers, body, data)


def _parse(request: Request, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        error = tree.InvalidResponse(
            f"Could not {request.operation or 'call the service'}: the response of {request.host} is not JSON",
            hint="check the endpoint, and any proxy between this machine and the cloud",
        )
        error.is_foreign = True
        raise error from None
