"""
Patches of Pulumi's SDK that make programs of many resources faster.

Each patch is guarded: if the inside of the SDK has changed, the program runs with the stock behaviour.

Source: pulumi/runtime/stack.py, pulumi/runtime/resource.py, pulumi/_types.py and pulumi/log.py of the Python SDK.
"""

import asyncio
import atexit
import functools
import gc
import types
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

COLLECTIONS = (500_000, 100, 100)
"""Thresholds of the garbage collector: outputs and their futures are many and live to the end of the program."""


def quicken() -> None:
    """Patch the SDK of this process, before it declares anything."""
    gc.set_threshold(*COLLECTIONS)
    atexit.register(gc.freeze)  # the interpreter would look for garbage among all of them again at its end
    for part in (_wait_once, _leave_out_debug_lines, _leave_out_stack_traces, _derive_types_once):
        with suppress(Exception):
            part()


def _wait_once() -> None:
    """Wait for all outputs at once; the SDK waits for them one by one, which takes the square of their number."""
    from pulumi.runtime import stack

    async def wait(tasks: Iterable[Any], *, return_when: str = asyncio.FIRST_EXCEPTION) -> Any:
        sooner = asyncio.FIRST_EXCEPTION if return_when == asyncio.FIRST_COMPLETED else return_when
        return await asyncio.wait(tasks, return_when=sooner)

    _replace(stack, "asyncio", types.SimpleNamespace(**{**vars(asyncio), "wait": wait}))


def _leave_out_debug_lines() -> None:
    """Leave out debug lines: each is a call to the engine that the program waits for, even if no one sees it."""
    from pulumi import log

    _replace(log, "debug", lambda *_, **__: None)


def _leave_out_stack_traces() -> None:
    """Leave out stack traces: they are a third of the state, which the engine writes anew at every step."""
    from pulumi.runtime import resource
    from pulumi.runtime.proto import source_pb2

    _replace(resource, "_get_stack_trace", lambda: source_pb2.StackTrace())


def _derive_types_once() -> None:
    """Derive the types and names of outputs once for each class of resources; the SDK does so for each resource."""
    from pulumi import _types

    for name in ("resource_types", "resource_pulumi_to_py_names"):
        _replace(_types, name, functools.cache(getattr(_types, name)))


def _replace(module: types.ModuleType, name: str, value: Callable[..., Any] | types.SimpleNamespace) -> None:
    if not hasattr(module, name):
        raise AttributeError(name)
    setattr(module, name, value)
