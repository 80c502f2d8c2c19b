"""Outputs that a resource may not have: absent at preview as in the state, instead of not known yet."""

from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pulumi


class _Later(Awaitable[Any]):
    """Awaitable that calls its function when it is awaited: where a resource failed, some of an output never are."""

    def __init__(self, call: Callable[[], Awaitable[Any]]) -> None:
        self._call = call

    def __await__(self) -> Generator[Any, None, Any]:
        return self._call().__await__()


def known_with(output: "pulumi.Output[Any]", other: "pulumi.Output[Any]") -> "pulumi.Output[Any]":
    """
    Return an output that is None at preview if its resource exists without it.

    The SDK takes an output that the state lacks for one that is not known yet. Whatever is made of it would be shown as
    a change at every preview.

    Args:
        output: Output that a resource may lack.
        other: Output of the same resource that it never lacks: not known while the resource is created or updated.
    """

    async def is_known() -> bool:
        return bool(await output.is_known() or await other.is_known())

    async def value() -> Any:
        return await output.future(with_unknowns=False) if await output.is_known() else None

    return pulumi.Output(_Later(output.resources), _Later(value), _Later(is_known), _Later(output.is_secret))
