"""Programs in this process: what they register is recorded, and resources that Pulumi would create get an id."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc, settings, stack

from providers.runtime.properties import PROVIDER_KEY

Registered = list[tuple[str, str, dict[str, Any]]]


class Recorder(mocks.Mocks):
    """Record of registered resources, whose outputs repeat their inputs."""

    def __init__(self) -> None:
        self.registered: Registered = []
        self.requests: list[Any] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = {key: value for key, value in args.inputs.items() if key != PROVIDER_KEY}
        self.registered.append((args.typ.rpartition(":")[2], args.name, inputs))
        self.requests.append(args)
        kind = args.typ.rpartition(":")[2]
        metrics = {"duration_s": 1.0, "queued_s": 0.0, "requests": 1}
        return f"{args.name}-id", {**inputs, **metrics, "image_id": f"{kind} of {args.name}"}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None

    def named(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of all resources of a type, by name."""
        return {name: inputs for found, name, inputs in self.registered if found == kind}


def run(program: Callable[[], Any], config: Mapping[str, str] | None = None, *, preview: bool = False) -> Recorder:
    """Run a program to its end."""
    recorder = Recorder()
    loops: list[asyncio.AbstractEventLoop] = []

    def own_loop() -> None:
        """Give a thread a loop that is closed; the mocks leave open those that they make."""
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    async def declare() -> None:
        program()

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(initializer=own_loop))
        pulumi.runtime.set_mocks(recorder, project="a-program", stack="test", preview=preview)
        pulumi.runtime.set_all_config(dict(config or {}))
        await stack.run_pulumi_func(declare)

    try:
        with asyncio.Runner() as runner:
            runner.run(main())
    finally:
        pulumi.runtime.set_all_config({})
        settings.reset_options()
        for loop in loops:
            loop.close()
    return recorder


def is_secret(value: Any) -> bool:
    return rpc.is_rpc_secret(value)
