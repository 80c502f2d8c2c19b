"""How many builds go on at a time, as lanes: a build waits for the teardown of the one ahead of it.

It waits in the program, before it is declared, and so takes none of the engine's parallel operations. Those are what a
lane needs: a server that waits in the cloud's own queue keeps one of them busy, and with as many servers as operations
the teardown that would make room could not begin.
"""

from collections.abc import Mapping

import pulumi

SPARE_OPERATIONS = 2
"""Of the engine's parallel operations, what is left to imports and deletions."""


def when_gone(teardown: pulumi.Resource, value: str) -> pulumi.Output[str]:
    """
    An input that is there when a temporary server has been deleted.

    Not `depends_on`: that would be recorded, and bind builds to each other that only take turns. One could not be
    destroyed without those behind it, and all of them not at the same time.

    Args:
        teardown: of the server.
        value: of the input.
    """

    async def wait() -> str:
        await teardown.urn.future()
        return value

    return pulumi.Output.from_input(wait())


def room() -> int | None:
    """How many builds the engine can carry on at a time; None where it is not known or unlimited."""
    parallel = pulumi.runtime.settings.SETTINGS.parallel
    return None if parallel is None else max(int(parallel) - SPARE_OPERATIONS, 1)


def widths(builds: Mapping[str, int], limits: Mapping[str, int | None], room: int | None) -> dict[str, int]:
    """
    The number of lanes of each region.

    Args:
        builds: their number by region.
        limits: how many of them may go on at a time by region; None for no limit.
        room: how many may go on at a time in all regions together; None for no limit.

    Returns:
        By region, at least 1: what it asks for, as far as the room allows. Regions that ask for little leave the rest
        to the others.
    """
    wanted = {region: min(limits.get(region) or count, count) for region, count in builds.items()}
    found: dict[str, int] = {}
    for region in sorted(wanted, key=lambda region: wanted[region]):
        share = wanted[region] if room is None else (room - sum(found.values())) // (len(wanted) - len(found))
        found[region] = max(min(wanted[region], share), 1)
    return found
