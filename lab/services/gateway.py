"""The API gateway before every service: routing, sign-in, limits, faults, and the journal."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from lab.files.disk_space import NotWritten, full_disk_sentence, is_low
from lab.journal.redaction import Redaction
from lab.journal.request_journal import Entry, Journal
from lab.services.callers import NotAuthenticated, authenticate
from lab.services.error_shapes import Shape, gateway_error, wrapped_error
from lab.services.held_answers import Answer, BodyTooLarge, of_response, read_body, run
from lab.services.raw_connection import hang_up, reset
from lab.services.request_signatures import SignedRequest
from lab.services.throttling import Throttling, throttled_message
from lab.variants.faults import Fault, Faults, Held
from lab.world.state import World

log = logging.getLogger(__name__)

MAX_BODY = 12 << 20
FULL_DISK = "LAB.0503"
"""An error of the lab, not of the cloud."""
FLOW_LIMITED = frozenset(
    ["create_post_paid_servers", "create_servers", "delete_servers", "batch_start_servers", "batch_stop_servers"]
)


@dataclass
class Exchange:
    """Request in the gateway, with the operation that it calls."""

    service: str
    scope: Scope
    body: bytes = b""
    operation: str = ""
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: float = field(default_factory=time.perf_counter)
    fault: str = ""

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def changes_something(self) -> bool:
        """Return False for a request that only reads."""
        return self.method not in ("GET", "HEAD")

    @property
    def query(self) -> str:
        """Return the query of the request as it was sent."""
        return str(self.scope["query_string"].decode("latin-1"))

    def signed_request(self) -> SignedRequest:
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in self.scope["headers"]}
        raw_path = self.scope.get("raw_path") or self.path.encode()
        path = raw_path.decode("latin-1").split("?")[0]
        return SignedRequest(self.method, path, self.query, headers, self.body)


@dataclass
class Recorder:
    """Writer of exchanges to the journal."""

    world: World
    journal: Journal

    def record(self, exchange: Exchange, answer: Answer, literals: frozenset[str]) -> None:
        """
        Record an exchange without its secrets.

        Args:
            exchange: Request and operation.
            answer: Response as the client sees it.
            literals: Segments of the paths of the service.
        """
        content_type = dict(exchange.scope["headers"]).get(b"content-type", b"application/json").decode("latin-1")
        redaction = Redaction()
        redaction.headers(exchange.scope["headers"])
        self.journal.add(
            Entry(
                time=self.world.now().isoformat(timespec="milliseconds"),
                real_time=datetime.now(UTC).isoformat(timespec="milliseconds"),
                service=exchange.service,
                method=exchange.method,
                path=redaction.path(exchange.path, literals),
                query=redaction.query(exchange.query),
                status=answer.status,
                operation=exchange.operation,
                request_id=exchange.request_id,
                duration_ms=round((time.perf_counter() - exchange.started) * 1000, 3),
                request=redaction.body(exchange.body, content_type),
                response=redaction.body(answer.body, answer.header(b"content-type")),
                fault=exchange.fault,
            )
        )


class Gateway:
    """ASGI application that stands before one service."""

    def __init__(
        self,
        service: str,
        app: FastAPI,
        world: World,
        recorder: Recorder,
        faults: Faults,
        needs_sign_in: Callable[[str, str], bool] = lambda method, path: True,
        shape: Shape = wrapped_error,
    ) -> None:
        self.service, self.app, self._world = service, app, world
        self._recorder, self._faults, self._needs_sign_in = recorder, faults, needs_sign_in
        self._shape, self._throttling, self._flow = shape, Throttling(), 0
        paths = (str(getattr(route, "path", "")) for route in app.router.routes)
        self._literals = frozenset(part for path in paths for part in path.split("/") if not part.startswith("{"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(self.service, scope)
        exchange.operation = self._operation(scope)
        try:
            exchange.body = await read_body(receive, MAX_BODY)
            answer = await self._answer_or_fault(exchange, receive)
        except BodyTooLarge:
            answer = self._refuse(exchange, 413, "APIGW.0201", "Request entity too large")
        if answer is None:
            return
        self._finish(exchange, answer)
        await answer.send(send)
        if answer.cut_short:
            hang_up(scope)

    async def _answer_or_fault(self, exchange: Exchange, receive: Receive) -> Answer | None:
        fault = self._faults.find(self.service, exchange.method, exchange.path, exchange.operation)
        if fault is None:
            return await self._answer(exchange)
        exchange.fault = f"{fault.kind} {fault.phase}"
        if fault.kind == "hold":
            return await self._held(exchange, fault, receive)
        if fault.kind == "delay" and fault.phase == "before":
            await asyncio.sleep(fault.delay_s)
        if fault.phase == "before" and fault.kind in ("status", "throttle", "reset"):
            return self._strike(exchange, fault, None)
        answer = await self._answer(exchange)
        if fault.kind == "delay" and fault.phase == "after":
            await asyncio.sleep(fault.delay_s)
        return self._strike(exchange, fault, answer)

    async def _held(self, exchange: Exchange, fault: Fault, receive: Receive) -> Answer | None:
        """Hold a request before or after its work; return None if its client disconnected first."""
        held = Held(self.service, exchange.operation, exchange.method, exchange.path, fault.phase)
        answer = await self._answer(exchange) if fault.phase == "after" else None
        self._world.store.flush_later()
        if not await self._faults.holds.hold(held, receive):
            self._finish(exchange, answer or Answer(status=0))
            return None
        return answer or await self._answer(exchange)

    def _strike(self, exchange: Exchange, fault: Fault, answer: Answer | None) -> Answer | None:
        """Return the response that a client gets under a fault; None: the connection was reset."""
        if fault.kind == "reset":
            self._finish(exchange, answer or Answer(status=0))
            reset(exchange.scope)
            return None
        if fault.kind == "throttle":
            limits = self._world.settings.throttle
            throttled = self._refuse(exchange, 429, "APIGW.0308", throttled_message(limits))
            return self._with_retry_after(throttled, fault.retry_after)
        if fault.kind == "status":
            code = fault.code or f"APIGW.{fault.status:04d}"
            if code.startswith("APIGW"):
                refused = self._refuse(exchange, fault.status, code, fault.message)
            else:
                refused = of_response(self._shape(fault.status, code, fault.message, ()))
            return self._with_retry_after(refused, fault.retry_after)
        answer = answer or Answer()
        if fault.kind == "truncate":
            answer.with_header("Content-Length", str(len(answer.body)))
            answer.body = answer.body[: len(answer.body) // 2]
            answer.cut_short = True
        if fault.kind == "content_type":
            answer.with_header("Content-Type", fault.content_type)
        return answer

    def _with_retry_after(self, answer: Answer, seconds: int | None) -> Answer:
        if seconds is not None:
            answer.with_header("Retry-After", str(seconds))
        return answer

    async def _answer(self, exchange: Exchange) -> Answer:
        if not exchange.operation:
            return self._refuse(exchange, 404, "APIGW.0101", "The API does not exist or has not been published.")
        if self._needs_sign_in(exchange.method, exchange.path):
            try:
                caller = authenticate(self._world.iam, exchange.signed_request())
            except NotAuthenticated as error:
                return self._not_signed_in(exchange, error)
            exchange.scope["caller"] = caller
            if self.service == "ims" and caller.project is None:
                # Not documented: the response to a token of an account on a path that names no project.
                return self._refuse(exchange, 403, "APIGW.0302", "The token is not for a project.")
            limits = self._world.settings.throttle
            if self._throttling.is_over(self.service, caller.user.id, limits):
                throttled = self._refuse(exchange, 429, "APIGW.0308", throttled_message(limits))
                return self._with_retry_after(throttled, 1 if limits.retry_after else None)
        if self._is_flow_limited(exchange.operation):
            message = "exceeds flow over limit"
            return of_response(JSONResponse({"error": {"code": "Common.0024", "message": message}}, 202))
        return await self._run(exchange)

    def _not_signed_in(self, exchange: Exchange, error: NotAuthenticated) -> Answer:
        """Return the refusal of a sign-in: in IAM's own documented shape, for the other services in the gateway's."""
        if self.service == "iam":
            return of_response(self._shape(error.status, error.code, error.message, ()))
        return self._refuse(exchange, error.status, error.code, error.message)

    async def _run(self, exchange: Exchange) -> Answer:
        if exchange.changes_something and is_low(self._world.root):
            return self._refuse(exchange, 503, FULL_DISK, full_disk_sentence(self._world.root))
        try:
            scope = {**exchange.scope, "query_string": without_empty_parameters(exchange.query).encode("latin-1")}
            scope["lab.request_id"] = exchange.request_id
            answer = await run(self.app, scope, exchange.body)
        except Exception:
            log.exception("request %s (%s) failed", exchange.request_id, exchange.operation)
            return of_response(self._shape(500, "Common.0001", "System error.", ()))
        exchange.operation = scope.get("lab.operation", exchange.operation)
        return answer

    def _operation(self, scope: Scope) -> str:
        for route in self.app.router.routes:
            match, _ = route.matches(scope)
            if match is Match.FULL:
                return str(getattr(route, "name", ""))
        return ""

    def _is_flow_limited(self, operation: str) -> bool:
        if self._world.variants.flow_limit_under_202 == "no" or operation not in FLOW_LIMITED:
            return False
        self._flow += 1
        return self._flow % 5 == 1

    def _refuse(self, exchange: Exchange, status: int, code: str, message: str) -> Answer:
        return of_response(gateway_error(status, code, message, exchange.request_id))

    def _finish(self, exchange: Exchange, answer: Answer) -> None:
        """Store the changes of the request, name the request, and record it."""
        try:
            self._world.store.flush()
        except NotWritten as error:
            if exchange.changes_something:
                answer.replace_with(self._refuse(exchange, 503, FULL_DISK, str(error)))
        answer.with_header("X-Request-Id", exchange.request_id)
        if self.service == "iam":
            answer.with_header("X-IAM-Trace-Id", exchange.request_id)
        self._recorder.record(exchange, answer, self._literals)


def without_empty_parameters(query: str) -> str:
    """Return a query without `name=`, which official SDKs send for parameters that are not set."""
    return "&".join(pair for pair in query.split("&") if not pair.endswith("=") or pair.count("=") > 1)
