"""Rules of the pack, one file per topic."""

from collections.abc import Mapping

from policy.rule import AnyRule
from policy.rules import (
    build_rules,
    cost_rules,
    disk_rules,
    flavor_rules,
    image_rules,
    iso_file_rules,
    ownership_rules,
    server_rules,
)

TOPICS: Mapping[str, tuple[AnyRule, ...]] = {
    "Flavor": flavor_rules.RULES,
    "Disks": disk_rules.RULES,
    "Server and installation": server_rules.RULES,
    "ISO file": iso_file_rules.RULES,
    "Image": image_rules.RULES,
    "Tags and enterprise project": ownership_rules.RULES,
    "Procedure": build_rules.RULES,
    "Costs": cost_rules.RULES,
}
ALL = tuple(rule for rules in TOPICS.values() for rule in rules)
