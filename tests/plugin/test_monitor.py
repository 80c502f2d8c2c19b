"""Requests that a component sends to the engine's monitor."""

import asyncio
import gc
import threading
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.output import Unknown
from pulumi.runtime.proto import provider_pb2, resource_pb2
from pulumi.runtime.proto.resource_pb2_grpc import (
    ResourceMonitorServicer,
    add_ResourceMonitorServicer_to_server,
)

from plugin.monitor import Requests
from plugin.package.schema_types import token
from plugin.resources import RESOURCES, WAY
from plugin.servicer import Servicer
from plugin.wire import decoded
from providers.runtime import serving
from tests.e2e.consumer import inputs
from tests.plugin.served import Aborted, Context


class Monitor(ResourceMonitorServicer):
    """Monitor of an engine, which gives every resource its inputs back."""

    def __init__(self, refused: str = "", failed: str = "") -> None:
        self.declared: list[Any] = []
        self.peers: set[str] = set()
        self.threads = 0
        self._refused, self._failed = refused, failed

    async def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        features = resource_pb2.ResourceMonitorFeature.values()
        return resource_pb2.DeploymentInfo(supportedFeatures=features)

    async def RegisterResource(self, request: Any, context: Any) -> Any:
        self.declared.append(request)
        self.peers.add(context.peer())
        self.threads = max(self.threads, threading.active_count())
        if self._refused and request.type.endswith(self._refused):
            await context.abort(grpc.StatusCode.UNKNOWN, "the engine refuses it")
        urn = f"urn:pulumi:test::a-program::{request.type}::{request.name}"
        if self._failed and request.type.endswith(self._failed):
            return resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.Result.FAIL)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"id of {request.name}", object=request.object)

    async def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        return Empty()


@asynccontextmanager
async def serving_engine(monitor: Monitor, lab: Any):
    """Return a function that constructs a component, as the engine requests it."""
    server = grpc.aio.server()
    add_ResourceMonitorServicer_to_server(monitor, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    asyncio.get_running_loop().set_default_executor(Requests())
    servicer = Servicer()
    configuration = provider_pb2.ConfigureRequest(args=ParseDict({"region": "lab-1"}, Struct()))
    await servicer.Configure(configuration, Context())

    async def construct(name: str) -> Any:
        request = provider_pb2.ConstructRequest(
            project="a-program",
            stack="test",
            dryRun=True,
            parallel=16,
            monitorEndpoint=f"127.0.0.1:{port}",
            type=token("IsoImageBuild"),
            name=name,
            inputs=ParseDict(inputs(lab), Struct()),
        )
        # the server of the engine's requests gives each one a context of its own
        return await asyncio.get_running_loop().create_task(servicer.Construct(request, Context()))

    try:
        yield construct
    finally:
        servicer.operations.shutdown()
        await server.stop(None)


@pytest.fixture(autouse=True)
def way_of_provider():
    serving.choose(WAY)
    yield
    serving.choose(serving.DYNAMIC)


def test_components_declare_their_resources_by_one_connection_without_threads(lab):
    monitor, before = Monitor(), threading.active_count()

    async def work():
        async with serving_engine(monitor, lab) as construct:
            return [await construct(name) for name in ("golden", "second", "third")]

    responses = asyncio.run(work())

    by_setting = (
        "ImageAcceptance",
        "ImageCopy",
        "ImageExport",
        "ImageHistory",
        "ImagePublication",
        "IsoObject",
        "ImageVerification",
        "VerificationTeardown",
    )
    kinds = [resource.__name__ for resource in RESOURCES if resource.__name__ not in by_setting]
    declared = {request.type.rpartition(":")[2] for request in monitor.declared}
    assert {*kinds, "IsoImageBuild", "IsoImageImport"} == declared
    assert 3 == sum(request.type == token("TempServer") for request in monitor.declared)
    assert 1 == sum(request.type == token("IsoImage") for request in monitor.declared)
    assert 1 == len(monitor.peers)
    assert monitor.threads <= before + 1  # gRPC's own
    assert [0] * len(monitor.declared) == [len(request.stackTrace.frames) for request in monitor.declared]
    assert ["golden", "second", "third"] == [response.urn.rpartition("::")[2] for response in responses]


# outputs of the failed component that nothing awaits any more
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_a_resource_that_the_engine_refuses_ends_the_component(lab):
    async def work():
        async with serving_engine(Monitor("TempServer"), lab) as construct:
            await construct("golden")

    with pytest.raises(Aborted, match=r"^the engine refuses it$"):
        asyncio.run(work())
    gc.collect()


@pytest.mark.filterwarnings("error")
def test_a_component_with_a_resource_that_failed_has_unknown_outputs(lab):
    """So the engine reports it where `--continue-on-error` lets the other builds go on."""
    monitor = Monitor(failed="TempServer")

    async def work():
        async with serving_engine(monitor, lab) as construct:
            return await construct("golden")

    response = asyncio.run(work())
    gc.collect()

    kinds = [request.type.rpartition(":")[2] for request in monitor.declared]
    assert "IsoImage" in kinds
    assert "OsInstallation" not in kinds
    outputs = decoded(response.state).values
    assert isinstance(outputs["imageId"], Unknown)
    assert "id of golden" == outputs["buildId"]
