"""
Outputs that follow from many others, as one output each.

The SDK's own way, Output.all() and apply(), starts a task of the event loop for each output and each step between.
With hundreds of builds these tasks take most of the time of a program.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import pulumi

T = TypeVar("T")


class State(NamedTuple):
    """
    State of an output.

    Attributes:
        resources: Resources that the value depends on.
        value: Value; None if it is not known.
        is_known: True if the value is known.
        is_secret: True if the value is a secret.
    """

    resources: set[pulumi.Resource]
    value: Any
    is_known: bool
    is_secret: bool


@dataclass(frozen=True)
class Optional:
    """
    Output that a resource may lack, in the state as at preview: it is None there, instead of not known yet.

    The SDK takes an output that the state lacks for one that is not known yet. Whatever is made of it would be shown as
    a change at every preview.

    Attributes:
        output: Output that a resource may lack.
        other: Output of the same resource that it never lacks: not known while the resource is created or updated.
    """

    output: pulumi.Output[Any]
    other: pulumi.Output[Any]


def joined(
    function: Callable[[dict[str, Any]], T], outputs: Mapping[str, pulumi.Output[Any] | Optional]
) -> pulumi.Output[T]:
    """
    Return an output that follows from others: known if all of them are, and a secret if any of them is.

    Args:
        function: Function of the values by name.
        outputs: Outputs by name.
    """

    async def state() -> State:
        states = {name: await _state_of(output) for name, output in outputs.items()}
        is_known = all(found.is_known for found in states.values())
        return State(
            set().union(*(found.resources for found in states.values())),
            function({name: found.value for name, found in states.items()}) if is_known else None,
            is_known,
            any(found.is_secret for found in states.values()),
        )

    return output_of(state())


def output_of(state: Awaitable[State]) -> pulumi.Output[Any]:
    """Return the output that has a state."""
    found = asyncio.ensure_future(state)
    return output_by(lambda: found)


def output_by(read: Callable[[], Awaitable[State]]) -> pulumi.Output[Any]:
    """Return the output whose state a function reads; it is called for each part of the state."""

    def part(name: str) -> _Later:
        async def value() -> Any:
            return getattr(await read(), name)

        return _Later(value)

    return pulumi.Output(part("resources"), part("value"), part("is_known"), part("is_secret"))


async def state_of(value: pulumi.Input[Any]) -> State:
    """Return the state of an input."""
    if isinstance(value, pulumi.Output):
        is_known = await value.is_known()
        known = await value.future(with_unknowns=True) if is_known else None
        return State(await value.resources(), known, is_known, await value.is_secret())
    return State(set(), await value if isinstance(value, Awaitable) else value, True, False)


async def _state_of(output: pulumi.Output[Any] | Optional) -> State:
    if not isinstance(output, Optional):
        return await state_of(output)
    found = await state_of(output.output)
    return found._replace(is_known=found.is_known or await output.other.is_known())


class _Later(Awaitable[Any]):
    """Awaitable that calls its function when it is awaited: where a resource failed, some of an output never are."""

    def __init__(self, call: Callable[[], Awaitable[Any]]) -> None:
        self._call = call

    def __await__(self) -> Generator[Any, None, Any]:
        return self._call().__await__()
