"""Ownership of a thing in the cloud: decides from its tag, the state and this run if a delete() may remove it.

The id in the state is the first signal that a thing is ours. Its tag alone never overrules that signal, because anybody
may write a tag: "a newer resource owns it" needs a resource of this run that claims the thing with that very owner.
"""

from collections.abc import Mapping
from typing import Literal

from providers.lifecycle.ownership_tag import OwnershipTag, Step

Verdict = Literal["ours", "newer", "kept", "changed"]
"""Result of a comparison.

`ours`: the tag names the owner in the state. `newer`: another resource of this run has taken the thing over. `kept`: a
history keeps it, or an interrupted run has begun to. `changed`: the tag was removed or changed outside, or a run that
was interrupted has written an owner that no state has recorded.
"""

_claims: dict[str, str] = {}


def claim(thing_id: str, owner: str) -> None:
    """Record that a resource of this run has a thing, with this owner in its ownership tag."""
    _claims[thing_id] = owner


def forget() -> None:
    """Forget all claims, as a new process does."""
    _claims.clear()


def judge(thing_id: str, tags: Mapping[str, str], expected: OwnershipTag, history_id: str = "") -> Verdict:
    """
    Compare the ownership tag of a thing with the one that the state expects.

    Args:
        tags: all tags of the thing.
        expected: ownership tag according to the state.
        history_id: id of the history that may keep the thing.
    """
    found = OwnershipTag.of(tags)
    if found == expected:
        return "ours"
    if found is None:
        return "changed"
    if history_id and found == OwnershipTag(expected.build_id, "kept", history_id):
        return "kept"
    if expected.same_step(found) and _claims.get(thing_id) == found.owner:
        return "newer"
    return "changed"


def expected(outputs: Mapping[str, object], step: Step) -> OwnershipTag:
    """Return the ownership tag that a resource's outputs record."""
    return OwnershipTag(str(outputs["build_id"]), step, str(outputs.get("owner", "")))
