"""The gateway before the object store: it streams bodies, and leaves the sign-in to the store."""

import asyncio
import time
import uuid
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lab.journal.redaction import Redaction
from lab.journal.request_journal import Entry, Journal
from lab.services.buffered_responses import read_body, run
from lab.services.raw_connection import hang_up, reset
from lab.variants.faults import Fault, Faults, Held
from lab.world.state import World

MAX_HELD_BODY = 12 << 20


class StreamGateway:
    """ASGI application that stands before the object store."""

    def __init__(self, service: str, app: ASGIApp, world: World, journal: Journal, faults: Faults) -> None:
        self.service, self.app, self._world = service, app, world
        self._journal, self._faults = journal, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, method, path = time.perf_counter(), str(scope["method"]), str(scope["path"])
        fault = self._faults.find(self.service, method, path, "")
        passing = _Passing(send, fault, scope)
        try:
            await self._run(scope, receive, passing, fault)
        finally:
            self._record(scope, passing, started, fault)

    async def _run(self, scope: Scope, receive: Receive, passing: "_Passing", fault: Fault | None) -> None:
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.delay_s)
        if fault is not None and fault.kind == "hold":
            await self._held(scope, receive, passing, fault)
            return
        if fault is not None and fault.phase == "before" and fault.kind in ("status", "throttle", "reset"):
            await passing.refuse(429 if fault.kind == "throttle" else fault.status)
            return
        await self.app(scope, receive, passing)

    async def _held(self, scope: Scope, receive: Receive, passing: "_Passing", fault: Fault) -> None:
        held = Held(self.service, "", str(scope["method"]), str(scope["path"]), fault.phase)
        body = await read_body(receive, MAX_HELD_BODY)
        response = await run(self.app, scope, body) if fault.phase == "after" else None
        if await self._faults.holds.hold(held, receive):
            await (response or await run(self.app, scope, body)).send(passing)

    def _record(self, scope: Scope, passing: "_Passing", started: float, fault: Fault | None) -> None:
        redaction = Redaction()
        redaction.headers(scope["headers"])
        self._journal.add(
            Entry(
                time=self._world.now().isoformat(timespec="milliseconds"),
                real_time=datetime.now(UTC).isoformat(timespec="milliseconds"),
                service=self.service,
                method=str(scope["method"]),
                path=redaction.path(str(scope["path"]), frozenset()),
                query=redaction.query(scope["query_string"].decode("latin-1")),
                status=passing.status,
                operation="",
                request_id=passing.request_id,
                duration_ms=round((time.perf_counter() - started) * 1000, 3),
                request="",
                response=f"<{passing.sent} bytes>",
                fault=f"{fault.kind} {fault.phase}" if fault else "",
            )
        )


class _Passing:
    """Channel that passes a response on, as far as a fault lets it."""

    def __init__(self, send: Send, fault: Fault | None, scope: Scope) -> None:
        self._send, self._fault, self._scope = send, fault, scope
        self.status, self.sent, self.request_id, self._is_over = 0, 0, uuid.uuid4().hex, False

    async def __call__(self, message: Message) -> None:
        if self._is_over:
            return
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body":
            await self._body(message)
        else:
            await self._send(message)

    async def refuse(self, status: int) -> None:
        if self._fault is not None and self._fault.kind == "reset":
            self._reset()
            return
        code = self._fault.code if self._fault and self._fault.code else "InternalError"
        text = self._fault.message if self._fault else ""
        body = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>".encode()
        await self(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/xml")]}
        )
        await self({"type": "http.response.body", "body": body})

    async def _start(self, message: Message) -> None:
        self.status = message["status"]
        if self._fault is not None and self._fault.kind == "reset":
            self._reset()
            return
        headers = [(k, v) for k, v in message.get("headers", []) if not self._replaces(k)]
        if self._fault is not None and self._fault.kind == "content_type":
            headers.append((b"content-type", self._fault.content_type.encode()))
        await self._send({**message, "headers": headers})

    async def _body(self, message: Message) -> None:
        body = message.get("body", b"")
        if self._fault is not None and self._fault.kind == "truncate":
            half = body[: len(body) // 2]
            self.sent += len(half)
            await self._send({**message, "body": half, "more_body": True})
            self._is_over = True
            hang_up(self._scope)
            return
        self.sent += len(body)
        await self._send(message)

    def _replaces(self, header: bytes) -> bool:
        return bool(self._fault and self._fault.kind == "content_type" and header.lower() == b"content-type")

    def _reset(self) -> None:
        self._is_over = True
        reset(self._scope)
