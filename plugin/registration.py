"""
Registration of a component's resources with the engine, in one task of the event loop for each.

The SDK makes an output of every property of a resource, and each output is a task. Here a property becomes an output
when a component reads it, which it does with few of them.

Source: pulumi/pulumi, proto/pulumi/resource.proto; pulumi/runtime/resource.py of the Python SDK.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from google.protobuf.struct_pb2 import ListValue, NullValue, Struct, Value
from pulumi.runtime import settings
from pulumi.runtime.proto import alias_pb2, resource_pb2
from pulumi.runtime.stack import ResourceRegistrationFailed

from components.joined_outputs import State, output_by, state_of
from plugin.monitor import response_of
from plugin.wire import UNKNOWN, UNKNOWN_VALUE, decoded, encoded_value, secret
from providers.runtime.base import StepResource

OF_EVERY_RESOURCE = ("urn", "id")


def register(
    resource: StepResource, token: str, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> None:
    """
    Register a resource.

    Args:
        resource: Resource, whose outputs become attributes.
        token: Type token.
        name: Name of the resource.
        props: Inputs by name, and None for each output.
        opts: Options: parent, provider, aliases with a name or a type, dependencies (a list of resources), protection,
            and retention.
    """
    parent = opts.parent
    pulumi.CustomResource.__init__(resource, token, name, dependency=True)  # the attributes that the SDK reads
    resource._name, resource._type = name, token
    if parent is not None:
        parent._childResources.add(resource)
    registration = _Registration(resource, props, opts)
    vars(resource).update({own: registration.output(own) for own in OF_EVERY_RESOURCE}, output_of=registration.output)


@dataclass(frozen=True)
class _Answer:
    """
    Answer of the engine.

    Attributes:
        values: Plain values of the outputs by name.
        secrets: Names of those that are secret.
        is_complete: True if an output that is missing does not exist; it is not known yet otherwise.
    """

    values: Mapping[str, Any]
    secrets: set[str]
    is_complete: bool


class _Registration:
    """Request that is sent as soon as all inputs are resolved, and its answer."""

    def __init__(self, resource: StepResource, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        self._resource, self._props, self._opts = resource, props, opts
        self._answer = asyncio.ensure_future(self._register())
        settings.SETTINGS.rpc_manager.rpcs.append(self._answer)

    def output(self, name: str) -> pulumi.Output[Any]:
        """
        Return an output of the resource.

        Raises:
            AttributeError: The resource has no such output.
        """
        if name not in self._props and name not in OF_EVERY_RESOURCE:
            raise AttributeError(f"{type(self._resource).__name__!r} object has no attribute {name!r}")

        async def state() -> State:
            answer = await self._answer
            is_known = answer.is_complete or name in answer.values
            return State({self._resource}, answer.values.get(name), is_known, name in answer.secrets)

        return output_by(state)

    async def _register(self) -> _Answer:
        request = await self._request()
        monitor: Any = settings.get_monitor()
        response = await response_of(lambda: monitor.RegisterResource(request))
        if response.result != resource_pb2.Result.SUCCESS:
            raise ResourceRegistrationFailed(f"resource {request.name} [{request.type}] failed to register")
        is_preview = pulumi.runtime.is_dry_run()
        returned, given = decoded(response.object), decoded(Struct() if is_preview else request.object)
        own = {"urn": response.urn, "id": response.id or UNKNOWN_VALUE}
        return _Answer(
            {**given.values, **returned.values, **own},
            given.secrets | returned.secrets,
            not (is_preview or response.unknown),
        )

    async def _request(self) -> Any:
        opts: Any = self._opts
        parent = opts.parent
        properties, dependencies = Struct(), {}
        for name, value in self._props.items():
            resources: set[pulumi.Resource] = set()
            message = await _message(value, resources)
            if message is not None:
                properties.fields[name].CopyFrom(message)
                dependencies[name] = [await _urn_of(resource) for resource in resources]
        explicit = [await _urn_of(resource) for resource in opts.depends_on or ()]
        return resource_pb2.RegisterResourceRequest(
            type=self._resource._type,
            name=self._resource._name,
            parent=await _urn_of(parent) if parent else "",
            custom=True,
            object=properties,
            protect=parent._protect if opts.protect is None and parent else opts.protect,
            provider=await _reference(opts.provider or (parent.get_provider(self._resource._type) if parent else None)),
            dependencies={*explicit, *(urn for urns in dependencies.values() for urn in urns)},
            propertyDependencies={
                name: resource_pb2.RegisterResourceRequest.PropertyDependencies(urns=urns)
                for name, urns in dependencies.items()
            },
            acceptSecrets=True,
            acceptResources=True,
            aliases=[_alias(alias) for alias in opts.aliases or ()],
            supportsPartialValues=True,
            retainOnDelete=opts.retain_on_delete,
            supportsResultReporting=True,
        )


async def _message(value: Any, resources: set[pulumi.Resource]) -> Value | None:
    """Return an input as a message, None for none, and collect the resources that it depends on."""
    if isinstance(value, pulumi.Output):
        state = await state_of(value)
        resources |= state.resources
        if not state.is_known:
            return Value(string_value=UNKNOWN)
        message = await _message(state.value, resources)
        return secret(message) if message is not None and state.is_secret else message
    if isinstance(value, Awaitable):
        return await _message(await value, resources)
    if isinstance(value, Mapping):
        fields = {str(name): await _message(item, resources) for name, item in value.items()}
        return Value(struct_value=Struct(fields={name: item for name, item in fields.items() if item is not None}))
    if isinstance(value, list | tuple):
        null = Value(null_value=NullValue.NULL_VALUE)
        return Value(list_value=ListValue(values=[await _message(item, resources) or null for item in value]))
    return None if value is None else encoded_value(value)


async def _urn_of(resource: pulumi.Resource) -> str:
    return await resource.urn.future() or ""


async def _reference(provider: pulumi.ProviderResource | None) -> str:
    if provider is None:
        return ""
    return f"{await _urn_of(provider)}::{await provider.id.future() or UNKNOWN}"


def _alias(alias: Any) -> Any:
    """Return an alias of a name and a type, with the same parent as the resource."""
    name, type_ = ("" if given is ... else given for given in (alias.name, alias.type_))
    return alias_pb2.Alias(spec=alias_pb2.Alias.Spec(name=name, type=type_))
