"""
Process in which providers run; with `replacements`, all that knows the internals of Pulumi's one for dynamic providers.

serve() prepares a process of our own, without any of those internals. attach() adds what Pulumi's process does not
offer. These are more than four operations at once, a Cancel that waits notice, errors as one sentence instead of a
traceback, and messages on the resource's own row. Each part is guarded: if Pulumi's internals have changed, the build
still works with the stock behaviour, and one warning reports it.

All texts for a terminal leave the process here, without control characters: messages, the sentences of errors, and the
failures of check().

Source: pulumi/dynamic/__main__.py of the Python SDK, and grpc._server of grpcio.
"""

import asyncio
import atexit
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any, Literal

from huaweicloud.printable import printable
from providers.runtime.replacements.check_failures import Messages
from providers.runtime.replacements.event_loops import EventLoops

CONCURRENT_OPERATIONS = 1024
COLLECTIONS = (100_000, 100, 100)
"""Thresholds of the garbage collector: what is imported, and the outputs of all builds, live to the end of the run."""
ENGINE_BACK_WITHIN_S = 5.0
LAST_REQUESTS_S = 5.0
"""Seconds in which requests in flight may end when the engine is gone."""
HINT_AFTER_CANCEL = "everything created so far is kept: run `pulumi up` to continue, or `pulumi destroy` to delete it"

cancelled = threading.Event()
"""Set when the engine cancels the run; every wait watches it."""

_attached = threading.Lock()
_state: dict[str, Any] = {"attached": False, "address": "", "engine": None, "channel": None}
_working_on: ContextVar[str] = ContextVar("working_on", default="")


def attach() -> None:
    """Prepare this process, once; harmless where it is not the dynamic provider's process."""
    with _attached:
        if _state["attached"]:
            return
        _state["attached"] = True
    if not _in_provider_process():
        return
    gc.set_threshold(*COLLECTIONS)
    atexit.register(gc.freeze)  # the interpreter would look for garbage among all of them again at its end
    lost = [name for name, part in _PARTS.items() if not _guarded(part)]
    if lost:
        log(f"this version of Pulumi does not support: {', '.join(lost)}; the build continues without", "warning")


def serve(engine_address: str) -> None:
    """Prepare a process of our own, which knows the resource of each operation, and whose server is ours."""
    with _attached:
        _state.update(attached=True, address=engine_address)
    _connect()
    _end_with_engine()


@contextmanager
def working_on(urn: str) -> Iterator[None]:
    """Record the resource that this thread works on."""
    token = _working_on.set(urn)
    try:
        yield
    finally:
        _working_on.reset(token)


def is_attached() -> bool:
    """Return True in a process of the engine's, where messages reach the user."""
    return _state["engine"] is not None


def _in_provider_process() -> bool:
    main = sys.modules.get("__main__")
    return hasattr(main, "DynamicResourceProviderServicer") and len(sys.argv) > 1


def _guarded(part: Callable[[], None]) -> bool:
    try:
        part()
    except Exception:  # whatever has changed inside Pulumi, the build must go on
        return False
    return True


def _grpc_server_state() -> Any:
    from grpc import _server

    servers = [thing for thing in gc.get_objects() if isinstance(thing, _server._Server)]
    return servers[0]._state


def _grow_pool() -> None:
    _grpc_server_state().thread_pool._max_workers = CONCURRENT_OPERATIONS


def _watch_cancel() -> None:
    state = _grpc_server_state()
    method = "/pulumirpc.ResourceProvider/Cancel"
    for handlers in (entry for entry in state.generic_handlers if hasattr(entry, "_method_handlers")):
        if method in handlers._method_handlers:
            handlers._method_handlers[method] = _cancel_first(handlers._method_handlers[method])
    registered = getattr(state, "registered_method_handlers", {})
    if method in registered:
        registered[method] = _cancel_first(registered[method])


def _cancel_first(handler: Any) -> Any:
    original = handler.unary_unary

    def cancel(request: Any, context: Any) -> Any:
        cancelled.set()
        return original(request, context)

    return handler._replace(unary_unary=cancel)


def sentence(error: BaseException | None) -> str:
    """Return an error of an operation as the user sees it."""
    from huaweicloud.errors import Cancelled, CloudError

    if isinstance(error, Cancelled):
        error.hint = HINT_AFTER_CANCEL
    return error.with_hint() if isinstance(error, CloudError) else printable(str(error))


class _Sentence:
    """Replacement of the module `traceback` in the servicer, which shows the result of format_exc() to the user."""

    @staticmethod
    def format_exc() -> str:
        return sentence(sys.exc_info()[1])


def _plain_errors() -> None:
    main = vars(sys.modules["__main__"])
    if "traceback" not in main:
        raise KeyError("traceback")
    main["traceback"] = _Sentence


def _plain_check_failures() -> None:
    main = vars(sys.modules["__main__"])
    if not hasattr(main["proto"], "CheckFailure"):
        raise KeyError("CheckFailure")
    main["proto"] = Messages(main["proto"])


def _use_loops_again() -> None:
    main = vars(sys.modules["__main__"])
    if main.get("asyncio") is not asyncio:
        raise KeyError("asyncio")
    main["asyncio"] = EventLoops()


def _connect() -> None:
    from pulumi.runtime.proto import engine_pb2_grpc

    _state["engine"] = engine_pb2_grpc.EngineStub(_channel())


def _channel() -> Any:
    import grpc

    if _state["channel"] is None:
        _state["channel"] = grpc.insecure_channel(_state["address"] or sys.argv[1])
    return _state["channel"]


def _end_with_engine() -> None:
    """End the process when the engine was killed: without an engine nothing that the process creates is recorded."""
    import grpc

    lost = threading.Event()
    seen = {"ready": False}

    def note(connectivity: Any) -> None:
        if connectivity is grpc.ChannelConnectivity.READY:
            seen["ready"] = True
        elif seen["ready"]:
            lost.set()

    def watch() -> None:
        while True:
            lost.wait()
            lost.clear()
            try:
                grpc.channel_ready_future(_channel()).result(timeout=ENGINE_BACK_WITHIN_S)
            except grpc.FutureTimeoutError:
                cancelled.set()
                time.sleep(LAST_REQUESTS_S)
                os._exit(1)

    threading.Thread(target=watch, name="watch-engine", daemon=True).start()
    _channel().subscribe(note, try_to_connect=True)


_PARTS: dict[str, Callable[[], None]] = {
    "messages on a resource's row": _connect,
    "more than four operations at once": _grow_pool,
    "an immediate end on cancel": _watch_cancel,
    "errors without traceback": _plain_errors,
    "failures without control characters": _plain_check_failures,
    "an end with the engine": _end_with_engine,
    "event loops for more than one answer": _use_loops_again,
}


def pause(seconds: float, what: str) -> None:
    """
    Wait, unless the run is cancelled.

    Args:
        seconds: Seconds to wait.
        what: Object of the wait, for the error.

    Raises:
        Cancelled: The run is cancelled.
    """
    from huaweicloud.errors import Cancelled

    if cancelled.wait(seconds):
        raise Cancelled(f"the wait for {what}")


def current_urn() -> str:
    """Return the URN of the resource that this thread works on; "" if it is unknown."""
    if working_on_urn := _working_on.get():
        return working_on_urn
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        urn = getattr(frame.f_locals.get("request"), "urn", None)
        if isinstance(urn, str):
            return urn
        frame = frame.f_back
    return ""


def current_stack() -> str:
    """Return the name of the stack of the resource that this thread works on; "" if it is unknown."""
    return current_urn().removeprefix("urn:pulumi:").partition("::")[0]


def current_project() -> str:
    """Return the name of the project of the resource that this thread works on; "" if it is unknown."""
    return "".join(current_urn().split("::", 2)[1:2])


def log(
    message: str,
    severity: Literal["info", "warning"] = "info",
    *,
    urn: str | None = None,
    ephemeral: bool = False,
) -> None:
    """
    Show a message on a resource's row; an ephemeral one is only live status.

    Args:
        message: One line.
        severity: Severity; a warning is kept among the run's diagnostics.
        urn: URN of the resource; by default that of the resource which this thread works on.
        ephemeral: True if the message is not kept at the end of the run.
    """
    engine = _state["engine"]
    if engine is None:
        return
    from pulumi.runtime.proto import engine_pb2

    level = {"info": engine_pb2.INFO, "warning": engine_pb2.WARNING}[severity]
    request = engine_pb2.LogRequest(
        severity=level, message=printable(message), urn=current_urn() if urn is None else urn, ephemeral=ephemeral
    )
    _guarded(lambda: engine.Log(request))
