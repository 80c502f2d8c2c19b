"""The only file that knows the inside of pulumi_policy: it keeps the pack from unpacking what no rule judges.

The library unpacks a resource once for every policy of the pack, and a whole stack once for every policy for stacks,
whatever the policies judge. With some forty rules and a stack of two hundred builds that takes longer than the preview
itself. Here a rule meets resources of its own kinds only, and they come without their provider, which for dynamic
resources holds the whole configuration of the stack. Where the library's inside has changed, the pack works as the
library does: slower, with the same result.

Source: pulumi_policy/policy.py 1.21.
"""

import gc
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pulumi_policy import Policy, StackValidationPolicy
from pulumi_policy import policy as library

COLLECTIONS = (100_000, 100, 100)
"""What the pack has imported lives to the end: looking through it for garbage finds nothing."""

_current = threading.local()


class ByKind(list[Policy]):
    """
    The policies of a pack; while something is judged, only those that are meant to judge it.

    Args:
        policies: all of them.
        kinds: for each policy's name, the type tokens of the resources that it looks at.
    """

    def __init__(self, policies: list[Policy], kinds: Mapping[str, Collection[str]]) -> None:
        super().__init__(policies)
        of_stacks = [policy.name for policy in policies if isinstance(policy, StackValidationPolicy)]
        self.kinds_of_stack_policies = {name: kinds[name] for name in of_stacks}
        """For the name of each policy for stacks, in their order, the kinds that it looks at."""
        self.of_kind: defaultdict[str, set[str]] = defaultdict(set)
        """For each kind that a policy for resources judges, the names of those policies."""
        for name in kinds.keys() - of_stacks:
            for kind in kinds[name]:
                self.of_kind[kind].add(name)

    def __iter__(self) -> Iterator[Policy]:
        names = getattr(_current, "names", None)
        everything = super().__iter__()
        return everything if names is None else (policy for policy in everything if policy.name in names)


def install(policies: ByKind) -> None:
    """
    Let the library's server pass over what no rule judges.

    Args:
        policies: of the pack.
    """
    gc.set_threshold(*COLLECTIONS)
    stock = getattr(library, "_PolicyAnalyzerServicer", None)
    if stock is not None:
        vars(library)["_PolicyAnalyzerServicer"] = _quick(stock, policies)


def _quick(stock: Any, policies: ByKind) -> Any:
    from pulumi.runtime import proto

    class QuickServicer(stock):  # type: ignore[misc]  # the class is found at run time
        def Analyze(self, request: Any, context: Any) -> Any:
            if request.type not in policies.of_kind:
                return proto.AnalyzeResponse()
            request.ClearField("provider")
            return _by(policies.of_kind[request.type], super().Analyze, request, context)

        def Remediate(self, request: Any, context: Any) -> Any:
            if request.type not in policies.of_kind:
                return proto.RemediateResponse()
            request.ClearField("provider")
            return _by(policies.of_kind[request.type], super().Remediate, request, context)

        def AnalyzeStack(self, request: Any, context: Any) -> Any:
            for resource in request.resources:
                resource.ClearField("provider")
            found = proto.AnalyzeResponse()
            for name, kinds in policies.kinds_of_stack_policies.items():
                seen = [resource for resource in request.resources if resource.type in kinds]
                part = proto.AnalyzeStackRequest(resources=seen)
                found.MergeFrom(_by({name}, super().AnalyzeStack, part, context))
            return found

    return QuickServicer


def _by(names: Collection[str], call: Any, request: Any, context: Any) -> Any:
    _current.names = names
    try:
        return call(request, context)
    finally:
        _current.names = None
