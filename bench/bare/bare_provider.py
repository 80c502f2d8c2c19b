"""
Provider with Pulumi's own part of the work only, for programs that use a provider.

Its component declares as many resources as a build has steps, each with one property. It is written as the Python SDK
describes it, and does nothing else.
"""

import sys

import pulumi
from pulumi.provider.experimental import server
from pulumi.provider.experimental.provider import (
    ConstructRequest,
    ConstructResponse,
    CreateRequest,
    CreateResponse,
    DiffRequest,
    DiffResponse,
    Provider,
)

PACKAGE = "bare"
BUILD = f"{PACKAGE}:index:Build"
STEP = f"{PACKAGE}:index:Step"
STEPS = 5


class BareProvider(Provider):
    """Provider that creates nothing."""

    async def diff(self, request: DiffRequest) -> DiffResponse:
        return DiffResponse(changes=False)

    async def create(self, request: CreateRequest) -> CreateResponse:
        return CreateResponse(resource_id="id", properties=request.properties)

    async def construct(self, request: ConstructRequest) -> ConstructResponse:
        build = pulumi.ComponentResource(request.resource_type, request.name, {}, request.options)
        before: pulumi.Input[str] = ""
        for step in range(STEPS):
            of_build = pulumi.ResourceOptions(parent=build)
            before = pulumi.CustomResource(STEP, f"{request.name}-{step}", {"before": before}, of_build).id
        return ConstructResponse(await build.urn.future() or "", {}, {})


if __name__ == "__main__":
    server.main(sys.argv[1:], "1.0.0", BareProvider())
