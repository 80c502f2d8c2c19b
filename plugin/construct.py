"""The component of the package, constructed in the process of the provider for a program in any language."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import pulumi
from pulumi.output import UNKNOWN, contains_unknowns
from pulumi.provider import ConstructResult, Provider
from pulumi.runtime.stack import ResourceRegistrationFailed

from components.iso_image_build import IsoImageBuild
from components.program import Program
from config.stack_settings import ProgramSettings
from plugin.package import VERSION, schema_text
from plugin.package.schema_types import token
from plugin.package.spelling import camel, given_twice, settings_of
from providers.runtime import serving

COMPONENT = "IsoImageBuild"
OUTPUTS = ("image_id", "build_id", "iso_image_id", "summary")
provider_names: ContextVar[Mapping[str, str]] = ContextVar("provider_names")
"""Names of the providers that the program gives to the component, by package."""


class PackageProvider(Provider):
    """Provider of the component; all builds of a run are constructed by one process, and so know each other."""

    def __init__(self) -> None:
        super().__init__(VERSION, schema_text())
        self.settings: ProgramSettings | None = None
        self._programs: dict[tuple[Any, ...], Program] = {}

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Declare the resources of a build."""
        if resource_type != token(COMPONENT):
            raise pulumi.RunError(f"there is no component {resource_type!r}; use {token(COMPONENT)}")
        for setting in given_twice(inputs):
            raise pulumi.RunError(f"{name}.{setting} is given as {camel(setting)!r} as well; leave one of them out")
        args = {key: _output(value) for key, value in settings_of(inputs).items()}
        with _without_stack_traces():
            component = IsoImageBuild(name, args, _named(options), context=self._program())
        state = serving.outputs({key: getattr(component, key) for key in OUTPUTS})
        return ConstructResult(component.urn, state)

    def _program(self) -> Program:
        if self.settings is None:
            raise pulumi.RunError("the provider is not configured")
        key = (pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run())
        if key not in self._programs:
            self._programs[key] = Program(self.settings)
        return self._programs[key]


async def settled(result: ConstructResult, cancelled: asyncio.Event) -> ConstructResult:
    """
    Wait until all resources of a component are declared, or until the run is cancelled.

    The engine answers no declaration after it has cancelled a run, and reports each component that it waits for as a
    failure of its connection.

    Returns:
        The result, whose outputs are unknown where they depend on a resource that is not created.
    """
    declared, end = asyncio.ensure_future(_declared(result)), asyncio.ensure_future(cancelled.wait())
    await asyncio.wait((declared, end), return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    if declared.done():
        return await declared
    return ConstructResult(result.urn, {key: _output(UNKNOWN) for key in result.state})


async def _declared(result: ConstructResult) -> ConstructResult:
    """
    Wait until all resources of a component are declared.

    With `--continue-on-error` the engine reports a resource that failed, and with `--target` one that it left out, as
    the result of its declaration. The component is no failure then: it would end the other builds of the run.
    """
    rpcs = pulumi.runtime.settings.SETTINGS.rpc_manager.rpcs
    while rpcs:
        with suppress(ResourceRegistrationFailed):
            await rpcs.pop()
    return ConstructResult(result.urn, {key: await _known(value) for key, value in result.state.items()})


async def _known(value: Any) -> Any:
    try:
        await value.future()
    except ResourceRegistrationFailed:
        return _output(UNKNOWN)
    return value


@contextmanager
def _without_stack_traces() -> Iterator[None]:
    """
    Leave out the stack traces of resources that are declared in the block.

    They name lines of this package, not of the program, and are half of a state. To find them takes as long as all
    other work of a declaration.
    """
    sys.tracebacklimit = 1
    try:
        yield
    finally:
        del sys.tracebacklimit


def _named(options: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    """Return options whose providers have their names, which the SDK leaves out."""
    given = options.providers if options else None
    for package, provider in given.items() if isinstance(given, Mapping) else ():
        name = provider_names.get().get(package, "")
        is_default = name == "default" or name.startswith("default_")  # the engine's, one for each version
        provider.provider_name = "" if is_default else name  # type: ignore[attr-defined]
    return options


def _output(value: Any) -> Any:
    """Return an output for a value that contains unknown ones; the SDK gives those without dependencies as they are."""
    if isinstance(value, pulumi.Output) or not contains_unknowns(value):
        return value
    loop = asyncio.get_running_loop()
    nothing, known, secret = loop.create_future(), loop.create_future(), loop.create_future()
    nothing.set_result(None)
    known.set_result(False)
    secret.set_result(False)
    return pulumi.Output(set(), nothing, known, secret)
