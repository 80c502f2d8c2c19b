"""
Services of the provider protocol: each operation is done by the provider class that dynamic resources use as well.

Source: pulumi/pulumi, proto/pulumi/provider.proto.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any, TypeVar

import grpc
import pulumi
from google.protobuf.empty_pb2 import Empty
from pulumi.dynamic import CheckFailure, DiffResult
from pulumi.provider.server import ProviderServicer
from pulumi.runtime import proto

from plugin import provider_configuration
from plugin.construct import PackageProvider, provider_names, settled
from plugin.functions import FUNCTIONS
from plugin.monitor import Monitors
from plugin.package.spelling import in_camel_case
from plugin.resources import SECRETS, is_check, provider_of
from plugin.wire import Bag, decoded, encoded
from providers.runtime import process
from providers.runtime.base import StepProvider
from providers.runtime.process import CONCURRENT_OPERATIONS
from providers.runtime.replacements.check_failures import check_failure

T = TypeVar("T")
CHANGES = {
    None: proto.DiffResponse.DIFF_UNKNOWN,
    True: proto.DiffResponse.DIFF_SOME,
    False: proto.DiffResponse.DIFF_NONE,
}
Method = Callable[["Servicer", Any, Any], Coroutine[Any, Any, T]]


def _in_one_sentence(method: Method[T]) -> Method[T]:
    """Answer an exception with one sentence; those of grpc itself are let through."""

    @wraps(method)
    async def answered(self: Servicer, request: Any, context: Any) -> T:
        try:
            return await method(self, request, context)
        except Exception as error:
            await context.abort(grpc.StatusCode.UNKNOWN, process.sentence(error) or type(error).__name__)
            raise

    return answered


class Servicer(ProviderServicer):
    """Server of the engine's requests."""

    def __init__(self) -> None:
        self._package = PackageProvider()
        super().__init__(self._package, [], "")
        self._monitors = Monitors()
        self._cancelled = asyncio.Event()
        self.operations = ThreadPoolExecutor(CONCURRENT_OPERATIONS, thread_name_prefix="operation")

    @_in_one_sentence
    async def CheckConfig(self, request: Any, context: Any) -> Any:
        found = provider_configuration.problems(decoded(request.news).values)
        failures = [CheckFailure("", provider_configuration.report(item)) for item in found]
        return proto.CheckResponse(inputs=request.news, failures=_failures(failures))

    @_in_one_sentence
    async def DiffConfig(self, request: Any, context: Any) -> Any:
        same = decoded(request.olds).values == decoded(request.news).values
        return proto.DiffResponse(changes=CHANGES[not same])

    async def Configure(self, request: Any, context: Any) -> Any:
        """Configure the clients; the values have been checked before, or are those of an earlier run."""
        self._package.settings = provider_configuration.configure(decoded(request.args).values)
        return proto.ConfigureResponse(acceptSecrets=True, acceptResources=True, acceptOutputs=True)

    @_in_one_sentence
    async def Check(self, request: Any, context: Any) -> Any:
        old, new = decoded(request.olds), decoded(request.news)
        result = await self._run(request, lambda provider: provider.check(old.values, new.values))
        respell = in_camel_case if is_check(request.urn) else str  # of what a program says to the component
        return proto.CheckResponse(inputs=_outputs(result.inputs, new), failures=_failures(result.failures, respell))

    @_in_one_sentence
    async def Diff(self, request: Any, context: Any) -> Any:
        old, new = decoded(request.olds), decoded(request.news)
        with process.working_on(request.urn):  # in this thread, because diff() sends no request
            result: DiffResult = provider_of(request.urn).diff(request.id, old.values, new.values)
        return proto.DiffResponse(
            changes=CHANGES[result.changes],
            replaces=result.replaces or [],
            deleteBeforeReplace=bool(result.delete_before_replace),
        )

    @_in_one_sentence
    async def Create(self, request: Any, context: Any) -> Any:
        inputs = decoded(request.properties)
        result = await self._run(request, lambda provider: provider.create(inputs.values))
        return proto.CreateResponse(id=result.id, properties=_outputs(result.outs, inputs))

    @_in_one_sentence
    async def Read(self, request: Any, context: Any) -> Any:
        state, inputs = decoded(request.properties), decoded(request.inputs)
        result = await self._run(request, lambda provider: provider.read(request.id, state.values))
        new_inputs = request.inputs if result.inputs is None else _outputs(result.inputs, inputs)
        return proto.ReadResponse(id=result.id or "", properties=_outputs(result.outs, state), inputs=new_inputs)

    @_in_one_sentence
    async def Update(self, request: Any, context: Any) -> Any:
        old, new = decoded(request.olds), decoded(request.news)
        result = await self._run(request, lambda provider: provider.update(request.id, old.values, new.values))
        return proto.UpdateResponse(properties=_outputs(result.outs, old, new))

    @_in_one_sentence
    async def Delete(self, request: Any, context: Any) -> Any:
        state = decoded(request.properties)
        await self._run(request, lambda provider: provider.delete(request.id, state.values))
        return Empty()

    async def Construct(self, request: Any, context: Any) -> Any:
        """Construct a component; an exception of the SDK's own is shown with its place, because it is a defect."""
        provider_names.set({package: ref.split("::")[3] for package, ref in request.providers.items()})
        try:
            return await super().Construct(request, context)
        except pulumi.RunError as error:
            await context.abort(grpc.StatusCode.UNKNOWN, in_camel_case(process.sentence(error)))
            raise

    async def _construct(self, request: Any, context: Any) -> Any:
        """Construct a component as the SDK does, but with one connection for all components of a run."""
        await self._monitors.use(request)
        inputs = await self._construct_inputs(request.inputs, request.inputDependencies)
        options = self._construct_options(request)
        result = self._package.construct(request.name, request.type, inputs, options)
        return await self._construct_response(await settled(result, self._cancelled))

    @_in_one_sentence
    async def Invoke(self, request: Any, context: Any) -> Any:
        if request.tok not in FUNCTIONS:
            raise ValueError(f"there is no function {request.tok!r}; there is {', '.join(FUNCTIONS)}")
        args, loop = decoded(request.args), asyncio.get_running_loop()
        found = await loop.run_in_executor(self.operations, lambda: FUNCTIONS[request.tok](args.values))
        response = proto.InvokeResponse()
        getattr(response, "return").CopyFrom(encoded(found))
        return response

    async def Cancel(self, request: Any, context: Any) -> Any:
        """End every wait; the engine also sends this at the end of a run."""
        process.cancelled.set()
        self._cancelled.set()
        return Empty()

    async def _run(self, request: Any, operation: Callable[[StepProvider], T]) -> T:
        def run() -> T:
            with process.working_on(request.urn):
                return operation(provider_of(request.urn))

        return await asyncio.get_running_loop().run_in_executor(self.operations, run)


def _outputs(values: dict[str, Any] | None, *like: Bag) -> Any:
    """Return properties as a message; those that are secret in another bag of the resource are so here."""
    return encoded(values or {}, SECRETS.union(*(bag.secrets for bag in like)))


def _failures(found: list[CheckFailure], respell: Callable[[str], str] = str) -> list[Any]:
    return [check_failure(proto, item.property, respell(item.reason)) for item in found]
