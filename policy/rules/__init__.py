"""All rules of the pack, a topic a file."""

from policy.rule import AnyRule
from policy.rules import builds, costs, disks, flavors, images, iso_files, ownership, servers

ALL: tuple[AnyRule, ...] = (
    *flavors.RULES,
    *disks.RULES,
    *servers.RULES,
    *iso_files.RULES,
    *images.RULES,
    *ownership.RULES,
    *builds.RULES,
    *costs.RULES,
)
