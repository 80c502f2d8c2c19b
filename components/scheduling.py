"""
Scheduling of builds where a limit holds: each slot holds one build at a time.

A build waits for the teardown of the build that had its slot before. It waits in the program, before it is declared,
and so occupies none of the engine's parallel operations. A build needs those: a server that waits in the cloud's own
queue occupies one. With as many servers as operations, the teardown that would release quota could not begin.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import pulumi

from components.joined_outputs import State, output_of, state_of

T = TypeVar("T")

SPARE_OPERATIONS = 2
"""Number of the engine's parallel operations that is left to imports and deletions."""


def after(resources: Sequence[pulumi.Resource], value: pulumi.Input[T]) -> pulumi.Output[T]:
    """
    Return an input that is known when resources exist, such as the teardowns of the servers that had the slot before.

    Not `depends_on`: that would be recorded, and bind builds to each other that only take turns. One could not be
    destroyed without those behind it, and all of them not at the same time.

    Args:
        resources: Resources to wait for.
        value: Value of the input, which keeps its dependencies and stays a secret if it is one.
    """

    async def state() -> State:
        for resource in resources:
            await resource.urn.future()
        return await state_of(value)

    return output_of(state())


def capacity() -> int | None:
    """Return the number of builds that the engine can run at a time; None if it is not known or unlimited."""
    parallel = pulumi.runtime.settings.SETTINGS.parallel
    return None if parallel is None else max(int(parallel) - SPARE_OPERATIONS, 1)


def slot_counts(builds: Mapping[str, int], limits: Mapping[str, int | None], capacity: int | None) -> dict[str, int]:
    """
    Return the number of slots of each region.

    Args:
        builds: Number of builds by region.
        limits: Limit of builds at a time by region; None for no limit.
        capacity: Limit of builds at a time in all regions together; None for no limit.

    Returns:
        Slots by region, at least 1: as many as the region needs, within the capacity. Regions that need few leave the
        rest to the others.
    """
    needed = {region: min(limits.get(region) or count, count) for region, count in builds.items()}
    slots: dict[str, int] = {}
    for region in sorted(needed, key=lambda region: needed[region]):
        share = needed[region] if capacity is None else (capacity - sum(slots.values())) // (len(needed) - len(slots))
        slots[region] = max(min(needed[region], share), 1)
    return slots
