"""
Ownership of a resource in the cloud: its tag, the state and this run decide if a delete() may delete it.

The id in the state is the first signal that a resource is ours. Its tag alone never overrules that signal, because
anybody may write a tag. "A newer resource owns it" needs a resource of this run that claims it with that very owner.
"""

from collections.abc import Mapping
from typing import Literal

from providers.images.image_spec import KEPT
from providers.lifecycle.ownership_tag import OwnershipTag, Step

Verdict = Literal["ours", "newer", "kept", "changed"]
"""Result of a comparison.

`ours`: the tag names the owner in the state. `newer`: another resource of this run has adopted it. `kept`: a history
keeps it, or an interrupted run has begun to. `changed`: the tag was removed or changed outside, or an interrupted run
has written an owner that no state has recorded.
"""

_claims: dict[str, str] = {}


def claim(resource_id: str, owner: str) -> None:
    """Record that a resource of this run owns a cloud resource, with this owner in its ownership tag."""
    _claims[resource_id] = owner


def forget() -> None:
    """Forget all claims, as a new process does."""
    _claims.clear()


def judge(resource_id: str, tags: Mapping[str, str], expected: OwnershipTag, history_id: str = "") -> Verdict:
    """
    Compare an ownership tag with the one that the state expects.

    Args:
        resource_id: Id of the cloud resource.
        tags: All of its tags.
        expected: Ownership tag according to the state.
        history_id: Id of the history that may keep it.
    """
    present = OwnershipTag.of(tags)
    if present == expected:
        return "ours"
    if present is None:
        return "changed"
    if history_id and present == OwnershipTag(expected.build_id, KEPT[expected.step], history_id):
        return "kept"
    if expected.same_step(present) and _claims.get(resource_id) == present.owner:
        return "newer"
    return "changed"


def expected(outputs: Mapping[str, object], step: Step) -> OwnershipTag:
    """Return the ownership tag that a resource's outputs record."""
    return OwnershipTag(str(outputs["build_id"]), step, str(outputs.get("owner", "")))
