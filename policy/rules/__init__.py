"""All rules of the pack, a topic a file."""

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

ALL: tuple[AnyRule, ...] = (
    *flavor_rules.RULES,
    *disk_rules.RULES,
    *server_rules.RULES,
    *iso_file_rules.RULES,
    *image_rules.RULES,
    *ownership_rules.RULES,
    *build_rules.RULES,
    *cost_rules.RULES,
)
