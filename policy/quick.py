"""The only file that knows the inside of pulumi_policy: it keeps the pack from unpacking what no rule judges.

The library unpacks a resource once for every policy of the pack, whatever the policy judges. With some forty rules and
a stack of two hundred builds that takes longer than the preview itself. Here a resource meets the rules of its own kind
only, and comes without its provider, which for dynamic resources holds the whole configuration of the stack. Where the
library's inside has changed, the pack works as the library does: slower, with the same result.

Source: pulumi_policy/policy.py 1.21.
"""

import gc
import threading
from collections.abc import Iterator
from typing import Any

from pulumi_policy import Policy
from pulumi_policy import policy as library

COLLECTIONS = (100_000, 100, 100)
"""What the pack has imported lives to the end: looking through it for garbage finds nothing."""

_current = threading.local()


class ByKind(list[Policy]):
    """
    The policies of a pack; while a resource is judged, only those that judge its kind.

    Args:
        policies: all of them.
        kinds: for each policy's name, the type tokens that it judges; none for a policy for stacks.
    """

    def __init__(self, policies: list[Policy], kinds: dict[str, tuple[str, ...]]) -> None:
        super().__init__(policies)
        self._kinds = kinds

    def __iter__(self) -> Iterator[Policy]:
        kind = getattr(_current, "kind", None)
        everything = super().__iter__()
        return everything if kind is None else (p for p in everything if kind in self._kinds.get(p.name, ()))

    @property
    def judged(self) -> set[str]:
        """All kinds that some policy judges."""
        return {kind for kinds in self._kinds.values() for kind in kinds}


def install(policies: ByKind, of_stacks: set[str]) -> None:
    """
    Let the library's server pass over what no rule judges.

    Args:
        policies: of the pack.
        of_stacks: the kinds that the policies for stacks look at.
    """
    gc.set_threshold(*COLLECTIONS)
    stock = getattr(library, "_PolicyAnalyzerServicer", None)
    if stock is not None:
        vars(library)["_PolicyAnalyzerServicer"] = _quick(stock, policies.judged, of_stacks)


def _quick(stock: Any, judged: set[str], of_stacks: set[str]) -> Any:
    from pulumi.runtime import proto

    class QuickServicer(stock):  # type: ignore[misc]  # the class is found at run time
        def Analyze(self, request: Any, context: Any) -> Any:
            if request.type not in judged:
                return proto.AnalyzeResponse()
            request.ClearField("provider")
            return _of_kind(request.type, super().Analyze, request, context)

        def Remediate(self, request: Any, context: Any) -> Any:
            if request.type not in judged:
                return proto.RemediateResponse()
            request.ClearField("provider")
            return _of_kind(request.type, super().Remediate, request, context)

        def AnalyzeStack(self, request: Any, context: Any) -> Any:
            ours = [resource for resource in request.resources if resource.type in of_stacks]
            for resource in ours:
                resource.ClearField("provider")
            return super().AnalyzeStack(proto.AnalyzeStackRequest(resources=ours), context)

    return QuickServicer


def _of_kind(kind: str, call: Any, request: Any, context: Any) -> Any:
    _current.kind = kind
    try:
        return call(request, context)
    finally:
        _current.kind = None
