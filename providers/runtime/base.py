"""
Base classes of the resources and their providers: typed inputs, a table-driven diff, and the guard of the project.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, ConfigureRequest, DiffResult, ReadResult, Resource, ResourceProvider

from huaweicloud.errors import UnexpectedState
from providers.lifecycle import ownership
from providers.runtime import clients, declared, project_guard, properties, serving, similar_builds
from providers.runtime.properties import Properties, Props

STEP_METRICS = ("duration_s", "queued_s", "requests")
"""Outputs with the metrics of a step: seconds of work, seconds in a queue, and requests sent."""


class StepProvider(ResourceProvider):
    """
    Base of the providers. It holds no state of its own: what is pickled is only the name of the class.

    Every operation of a subclass is guarded by `providers.runtime.project_guard`: it records the project, and refuses
    another one.

    Attributes:
        inputs: Model of the inputs.
        replace_on: Names of the inputs whose change needs a new resource.
        update_on: Names of the inputs that can be changed in place.
        holds: True if the resource cannot be in the state without something in the cloud.
    """

    serialize_as_secret_always = False  # a class name is no secret

    inputs: ClassVar[type[Properties]]
    replace_on: ClassVar[tuple[str, ...]] = ()
    update_on: ClassVar[tuple[str, ...]] = ()
    holds: ClassVar[bool] = True

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for name, guard in project_guard.OPERATIONS.items():
            if name in vars(cls):
                setattr(cls, name, guard(vars(cls)[name]))

    def configure(self, req: ConfigureRequest) -> None:
        clients.configure(req.config)

    @project_guard.check
    def check(self, _olds: Props, news: Props) -> CheckResult:
        return properties.check(self.inputs, news)

    @project_guard.diff
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        self.record(_id, _olds, _news)
        return properties.diff(_olds, _news, replace_on=self.replace_on, update_on=self.update_on)

    def record(self, _id: str, _olds: Props, _news: Props) -> None:
        """Record that the running program declares this resource, and what it owns."""
        declared.record(_id, _news, _olds)
        if owner := _olds.get("owner"):
            ownership.claim(_id, owner)
        similar_builds.record(_id, {**_news, **_olds})

    @project_guard.read
    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, props)

    def adopt(self, id_: str) -> ReadResult:
        """
        Return the resource with an id in the cloud, for an import.

        Raises:
            UnexpectedState: There is none, or it is part of a build that only its own stack can continue.
        """
        kind = type(self).__name__.removesuffix("Provider")
        raise UnexpectedState(
            f"{kind} {id_} cannot be imported: it belongs to its build", hint="import the CapturedImage of the build"
        )

    @project_guard.delete
    def delete(self, _id: str, _props: Props) -> None:
        """
        Delete nothing, because the resource has nothing of its own in the cloud.

        It is still not reported as deleted with credentials that no service accepts.
        """
        clients.cloud(_props["region"]).require_access()


class StepResource(Resource):
    """
    Base of the resources.

    Args:
        name: Name of the resource.
        args: Inputs, see the model of the inputs of the provider.
        opts: Options of the resource.

    Attributes:
        provider_class: Class of the provider.
        output_names: Names of the outputs that are not inputs.
    """

    provider_class: ClassVar[type[StepProvider]]
    output_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **more: Any) -> None:
        """Evaluate the types of the outputs once; the SDK would evaluate them for each resource."""
        super().__init_subclass__(**more)
        cls.__annotations__ = inspect.get_annotations(cls, eval_str=True)

    def __init__(self, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        serving.way().declare(self, name, {**args, **dict.fromkeys(self.output_names)}, opts)

    def __getattr__(self, name: str) -> Any:
        """Return an output, if the way of serving has left it out until a component reads it."""
        output_of = self.__dict__.get("output_of")
        if output_of is None or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.__dict__[name] = output_of(name)
        return self.__dict__[name]


def outputs(inputs: Properties, **results: Any) -> Props:
    """Return the properties that a resource keeps in the state: its inputs and its results, without None."""
    return {**inputs.as_props(), **{key: value for key, value in results.items() if value is not None}}
