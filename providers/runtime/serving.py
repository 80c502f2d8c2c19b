"""
Way in which the resources of this process are served: as dynamic resources, or by a provider of their own.

The classes of the resources and of their providers are the same either way. The way decides on type tokens, and on the
process that performs the operations. A process has one way, which it chooses before it declares anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pulumi
from pulumi.dynamic import Resource

if TYPE_CHECKING:
    from providers.runtime.base import StepResource

COMPONENT_MODULE = "huaweicloud:image"
Props = dict[str, Any]
Declare = Callable[["StepResource", str, Props, pulumi.ResourceOptions | None], None]


class Way(NamedTuple):
    """
    Way of serving.

    Attributes:
        package: Package whose provider performs the operations.
        component_module: Beginning of the type tokens of components.
        declare: Function that declares a resource.
        spelled: Function that returns an output of a component as the programs of the package spell it.
        worded: Function that returns a message with the names of settings as those programs spell them.
        has_provider: True if a program declares no provider unless it wants to.
    """

    package: str
    component_module: str
    declare: Declare
    spelled: Callable[[str], str] = str
    worded: Callable[[str], str] = str
    has_provider: bool = True


def _as_dynamic(resource: StepResource, name: str, props: Props, opts: pulumi.ResourceOptions | None) -> None:
    Resource.__init__(resource, resource.provider_class(), name, props, opts)


DYNAMIC = Way("pulumi-python", COMPONENT_MODULE, _as_dynamic, has_provider=False)
"""Dynamic resources, whose providers Pulumi loads from the folder of the program."""

_chosen = {"way": DYNAMIC}


def choose(way: Way) -> None:
    """Choose the way of this process."""
    _chosen["way"] = way


def way() -> Way:
    """Return the way of this process."""
    return _chosen["way"]


def component_token(name: str) -> str:
    """Return the type token of a component."""
    return f"{way().component_module}:{name}"


def dynamic_token(kind: type[StepResource]) -> str:
    """Return the type token that a resource has as a dynamic one."""
    return f"{DYNAMIC.package}:{kind._resource_type_name}"


def former(name: str) -> list[pulumi.Alias]:
    """Return the alias of a component whose resources were dynamic before the stack went over to this way."""
    return [] if way() is DYNAMIC else [pulumi.Alias(type_=f"{COMPONENT_MODULE}:{name}")]


def outputs(values: Mapping[str, Any]) -> Props:
    """Return the outputs of a component under the names that programs use."""
    return {way().spelled(key): value for key, value in values.items()}
