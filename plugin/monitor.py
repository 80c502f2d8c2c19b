"""
Requests to the engine's monitor, which declare the resources of components, without a thread for each of them.

The SDK sends each request in a thread of its event loop's executor, which waits until the resource exists. All
components of a run are declared by one process, so there would be as many threads as resources. Here the monitor is
asynchronous, and the executor awaits its responses.

Source: pulumi/runtime/resource.py and pulumi/provider/server.py of the Python SDK.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from inspect import isawaitable
from typing import Any

import grpc
import grpc.aio
import pulumi
from pulumi.runtime import settings
from pulumi.runtime.proto import resource_pb2_grpc

MAX_MESSAGE_BYTES = 400 * 1024 * 1024  # as the engine's own limit
LIMITS = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]


class Requests(ThreadPoolExecutor):
    """Executor that the SDK sends its requests by."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Send a request in the event loop, and return a future of the response."""
        return asyncio.ensure_future(response_of(lambda: fn(*args, **kwargs)))


async def response_of(send: Callable[[], Any]) -> Any:
    """
    Send a request in the event loop, and return its response.

    Raises:
        RunError: The engine has refused it.
    """
    try:
        response = send()
        return await response if isawaitable(response) else response
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNIMPLEMENTED:  # the SDK asks an older engine in another way then
            raise
        raise pulumi.RunError(str(settings.grpc_error_to_exception(error))) from None


class Monitors:
    """Connections to the engine's monitor, one for each run."""

    def __init__(self) -> None:
        self._monitors: dict[str, tuple[Any, set[int]]] = {}

    async def use(self, request: Any) -> None:
        """
        Configure the SDK for a component, as its own server does.

        Args:
            request: Request to construct the component.
        """
        address = request.monitorEndpoint
        known = self._monitors.get(address)
        monitor = known[0] if known else _connect(address)
        pulumi.runtime.configure(
            pulumi.runtime.Settings(
                project=request.project or None,
                stack=request.stack or None,
                parallel=request.parallel or None,
                monitor=monitor,
                dry_run=request.dryRun,
                organization=request.organization or "organization",
            )
        )
        if known is None:
            await settings._load_monitor_feature_support()  # type: ignore[no-untyped-call]
            self._monitors[address] = monitor, settings.SETTINGS.monitor_features
        else:
            settings.SETTINGS.monitor_features = known[1]
        pulumi.runtime.config.set_all_config(dict(request.config), list(request.configSecretKeys))


def _connect(address: str) -> Any:
    return resource_pb2_grpc.ResourceMonitorStub(grpc.aio.insecure_channel(address, options=LIMITS))
