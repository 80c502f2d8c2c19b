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
from lab.services.buffered_responses import BodyTooLarge, BufferedResponse, buffered, read_body, run, store_body
from lab.services.callers import NotAuthenticated, authenticate
from lab.services.error_shapes import Shape, gateway_error, wrapped_error
from lab.services.raw_connection import hang_up, reset
from lab.services.request_signatures import SignedRequest
from lab.services.throttling import Throttling, throttled_message
from lab.services.unoffered_paths import is_unoffered
from lab.variants.faults import Fault, Faults, Held
from lab.world.images.image_upload import MAX_UPLOAD_BYTES, new_upload
from lab.world.state import World

log = logging.getLogger(__name__)

MAX_BODY = 12 << 20
UPLOAD = "glance_upload_image_file"
FULL_DISK = "LAB.0503"
"""An error of the lab, not of the cloud."""
FLOW_LIMITED = frozenset(
    ["create_post_paid_servers", "create_servers", "delete_servers", "batch_start_servers", "batch_stop_servers"]
)


@dataclass
class GatewayRequest:
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
    """Writer of requests and their responses to the journal."""

    world: World
    journal: Journal

    def record(self, request: GatewayRequest, response: BufferedResponse, literals: frozenset[str]) -> None:
        """
        Record a request and its response, without its secrets.

        Args:
            request: Request and operation.
            response: Response as the client sees it.
            literals: Segments of the paths of the service.
        """
        content_type = dict(request.scope["headers"]).get(b"content-type", b"application/json").decode("latin-1")
        redaction = Redaction()
        redaction.headers(request.scope["headers"])
        self.journal.add(
            Entry(
                time=self.world.now().isoformat(timespec="milliseconds"),
                real_time=datetime.now(UTC).isoformat(timespec="milliseconds"),
                service=request.service,
                method=request.method,
                path=redaction.path(request.path, literals),
                query=redaction.query(request.query),
                status=response.status,
                operation=request.operation,
                request_id=request.request_id,
                duration_ms=round((time.perf_counter() - request.started) * 1000, 3),
                request=redaction.body(request.body, content_type),
                response=redaction.body(response.body, response.header(b"content-type")),
                fault=request.fault,
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
        request = GatewayRequest(self.service, scope)
        request.operation = self._operation(scope)
        try:
            await self._read(request, receive)
            response = await self._respond_or_fail(request, receive)
        except BodyTooLarge:
            response = self._refuse(request, 413, "APIGW.0201", "Request entity too large")
        except NotWritten as error:
            response = self._refuse(request, 503, FULL_DISK, str(error))
        if response is not None and response.status >= 300 and "lab.upload" in request.scope:
            request.scope["lab.upload"].unlink(missing_ok=True)
        if response is None:
            return
        self._finish(request, response)
        await response.send(send)
        if response.cut_short:
            hang_up(scope)

    async def _read(self, request: GatewayRequest, receive: Receive) -> None:
        """Read the body into memory, or into a file if it is that of an image and its sender has a valid token."""
        token = request.signed_request().headers.get("x-auth-token", "")
        if request.operation != UPLOAD or self._world.iam.valid_token(token) is None:
            request.body = await read_body(receive, MAX_BODY)
            return
        request.scope["lab.upload"] = new_upload(self._world)
        await store_body(receive, request.scope["lab.upload"], MAX_UPLOAD_BYTES)

    async def _respond_or_fail(self, request: GatewayRequest, receive: Receive) -> BufferedResponse | None:
        fault = self._faults.find(self.service, request.method, request.path, request.operation)
        if fault is None:
            return await self._respond(request)
        request.fault = f"{fault.kind} {fault.phase}"
        if fault.kind == "hold":
            return await self._held(request, fault, receive)
        if fault.kind == "delay" and fault.phase == "before":
            await asyncio.sleep(fault.delay_s)
        if fault.phase == "before" and fault.kind in ("status", "throttle", "reset"):
            return self._apply_fault(request, fault, None)
        response = await self._respond(request)
        if fault.kind == "delay" and fault.phase == "after":
            await asyncio.sleep(fault.delay_s)
        return self._apply_fault(request, fault, response)

    async def _held(self, request: GatewayRequest, fault: Fault, receive: Receive) -> BufferedResponse | None:
        """Hold a request before or after its work; return None if its client disconnected first."""
        held = Held(self.service, request.operation, request.method, request.path, fault.phase)
        response = await self._respond(request) if fault.phase == "after" else None
        self._world.store.flush_later()
        if not await self._faults.holds.hold(held, receive):
            self._finish(request, response or BufferedResponse(status=0))
            return None
        return response or await self._respond(request)

    def _apply_fault(
        self, request: GatewayRequest, fault: Fault, response: BufferedResponse | None
    ) -> BufferedResponse | None:
        """Return the response that a client gets under a fault; None: the connection was reset."""
        if fault.kind == "reset":
            self._finish(request, response or BufferedResponse(status=0))
            reset(request.scope)
            return None
        if fault.kind == "throttle":
            limits = self._world.settings.throttle
            throttled = self._refuse(request, 429, "APIGW.0308", throttled_message(limits))
            return self._with_retry_after(throttled, fault.retry_after)
        if fault.kind == "status":
            code = fault.code or f"APIGW.{fault.status:04d}"
            if code.startswith("APIGW"):
                refused = self._refuse(request, fault.status, code, fault.message)
            else:
                refused = buffered(self._shape(fault.status, code, fault.message, ()))
            return self._with_retry_after(refused, fault.retry_after)
        response = response or BufferedResponse()
        if fault.kind == "truncate":
            response.with_header("Content-Length", str(len(response.body)))
            response.body = response.body[: len(response.body) // 2]
            response.cut_short = True
        if fault.kind == "content_type":
            response.with_header("Content-Type", fault.content_type)
        return response

    def _with_retry_after(self, response: BufferedResponse, seconds: int | None) -> BufferedResponse:
        if seconds is not None:
            response.with_header("Retry-After", str(seconds))
        return response

    async def _respond(self, request: GatewayRequest) -> BufferedResponse:
        if not request.operation:
            return self._refuse(request, 404, "APIGW.0101", "The API does not exist or has not been published.")
        if self._needs_sign_in(request.method, request.path):
            try:
                caller = authenticate(self._world.iam, request.signed_request())
            except NotAuthenticated as error:
                return self._not_signed_in(request, error)
            request.scope["caller"] = caller
            if self.service == "ims" and caller.project is None:
                # Not documented: the response to a token of an account on a path that names no project.
                return self._refuse(request, 403, "APIGW.0302", "The token is not for a project.")
            limits = self._world.settings.throttle
            if self._throttling.is_over(self.service, caller.user.id, limits):
                throttled = self._refuse(request, 429, "APIGW.0308", throttled_message(limits))
                return self._with_retry_after(throttled, 1 if limits.retry_after else None)
        if self._is_flow_limited(request.operation):
            message = "exceeds flow over limit"
            return buffered(JSONResponse({"error": {"code": "Common.0024", "message": message}}, 202))
        return await self._run(request)

    def _not_signed_in(self, request: GatewayRequest, error: NotAuthenticated) -> BufferedResponse:
        """Return the refusal of a sign-in: in IAM's own documented shape, for the other services in the gateway's."""
        if self.service == "iam":
            return buffered(self._shape(error.status, error.code, error.message, ()))
        return self._refuse(request, error.status, error.code, error.message)

    async def _run(self, request: GatewayRequest) -> BufferedResponse:
        if request.changes_something and is_low(self._world.root):
            return self._refuse(request, 503, FULL_DISK, full_disk_sentence(self._world.root))
        try:
            scope = {**request.scope, "query_string": without_empty_parameters(request.query).encode("latin-1")}
            scope["lab.request_id"] = request.request_id
            response = await run(self.app, scope, request.body)
        except Exception:
            log.exception("request %s (%s) failed", request.request_id, request.operation)
            return buffered(self._shape(500, "Common.0001", "System error.", ()))
        request.operation = scope.get("lab.operation", request.operation)
        return response

    def _operation(self, scope: Scope) -> str:
        for route in self.app.router.routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                unoffered = is_unoffered(self.service, found.get("path_params", {}))
                return "" if unoffered else str(getattr(route, "name", ""))
        return ""

    def _is_flow_limited(self, operation: str) -> bool:
        if self._world.variants.flow_limit_under_202 == "no" or operation not in FLOW_LIMITED:
            return False
        self._flow += 1
        return self._flow % 5 == 1

    def _refuse(self, request: GatewayRequest, status: int, code: str, message: str) -> BufferedResponse:
        return buffered(gateway_error(status, code, message, request.request_id))

    def _finish(self, request: GatewayRequest, response: BufferedResponse) -> None:
        """Store the changes of the request, name the request, and record it."""
        try:
            self._world.store.flush()
        except NotWritten as error:
            if request.changes_something:
                response.replace_with(self._refuse(request, 503, FULL_DISK, str(error)))
        response.with_header("X-Request-Id", request.request_id)
        if self.service == "iam":
            response.with_header("X-IAM-Trace-Id", request.request_id)
        self._recorder.record(request, response, self._literals)


def without_empty_parameters(query: str) -> str:
    """Return a query without `name=`, which official SDKs send for parameters that are not set."""
    return "&".join(pair for pair in query.split("&") if not pair.endswith("=") or pair.count("=") > 1)
