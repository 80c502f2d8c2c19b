"""
Patches of pulumi_policy that keep the pack from unpacking resources that no rule evaluates.

The only module that uses the internals of pulumi_policy. The library unpacks a resource once for every policy of the
pack, and a whole stack once for every stack policy, whether or not the policy reads them. With some forty rules and a
stack of two hundred builds, that takes longer than the preview itself.

With the patches, a rule receives resources of its own types only. They arrive without their provider, which for dynamic
resources contains the whole configuration of the stack. If the internals of the library have changed, the pack works
unpatched: slower, with the same result.

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
"""Thresholds of garbage collection: what the pack has imported stays in use, so that scans for garbage find nothing."""

_current = threading.local()


class PoliciesByType(list[Policy]):
    """
    The policies of a pack; during an evaluation, an iteration yields only the policies for it.

    Args:
        policies: All policies.
        kinds: For each policy's name, the type tokens of the resources that it reads.
    """

    def __init__(self, policies: list[Policy], kinds: Mapping[str, Collection[str]]) -> None:
        super().__init__(policies)
        of_stacks = [policy.name for policy in policies if isinstance(policy, StackValidationPolicy)]
        self.kinds_of_stack_policies = {name: kinds[name] for name in of_stacks}
        """For the name of each stack policy, in their order, the types that it reads."""
        self.of_kind: defaultdict[str, set[str]] = defaultdict(set)
        """For each resource type, the names of the resource policies for it."""
        for name in kinds.keys() - of_stacks:
            for kind in kinds[name]:
                self.of_kind[kind].add(name)

    def __iter__(self) -> Iterator[Policy]:
        names = getattr(_current, "names", None)
        everything = super().__iter__()
        return everything if names is None else (policy for policy in everything if policy.name in names)


def install(policies: PoliciesByType) -> None:
    """
    Let the library's server skip resources that no rule evaluates.

    Args:
        policies: Policies of the pack.
    """
    gc.set_threshold(*COLLECTIONS)
    stock = getattr(library, "_PolicyAnalyzerServicer", None)
    if stock is not None:
        vars(library)["_PolicyAnalyzerServicer"] = _patched(stock, policies)


def _patched(stock: Any, policies: PoliciesByType) -> Any:
    from pulumi.runtime import proto

    class PatchedServicer(stock):  # type: ignore[misc]  # The class is looked up at run time.
        def Analyze(self, request: Any, context: Any) -> Any:
            if request.type not in policies.of_kind:
                return proto.AnalyzeResponse()
            request.ClearField("provider")
            return _evaluate(policies.of_kind[request.type], super().Analyze, request, context)

        def Remediate(self, request: Any, context: Any) -> Any:
            if request.type not in policies.of_kind:
                return proto.RemediateResponse()
            request.ClearField("provider")
            return _evaluate(policies.of_kind[request.type], super().Remediate, request, context)

        def AnalyzeStack(self, request: Any, context: Any) -> Any:
            for resource in request.resources:
                resource.ClearField("provider")
            found = proto.AnalyzeResponse()
            for name, kinds in policies.kinds_of_stack_policies.items():
                seen = [resource for resource in request.resources if resource.type in kinds]
                part = proto.AnalyzeStackRequest(resources=seen)
                found.MergeFrom(_evaluate({name}, super().AnalyzeStack, part, context))
            return found

    return PatchedServicer


def _evaluate(names: Collection[str], call: Any, request: Any, context: Any) -> Any:
    _current.names = names
    try:
        return call(request, context)
    finally:
        _current.names = None
