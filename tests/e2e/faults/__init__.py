"""Configurations that cannot work, one fault each, and what a user must be told about it."""

from tests.e2e.faults.faulty import FILES, Faulty
from tests.e2e.faults.of_builds import OF_A_BUILD
from tests.e2e.faults.of_rules import AGAINST_THE_RULES
from tests.e2e.faults.of_stacks import OF_THE_STACK
from tests.e2e.faults.of_the_cloud import SEEN_BY_THE_CLOUD

__all__ = ["ALL", "FILES", "OF_A_BUILD", "OF_THE_STACK", "SEEN_BY_THE_CLOUD", "Faulty"]

ALL = [*OF_THE_STACK, *OF_A_BUILD, *SEEN_BY_THE_CLOUD, *AGAINST_THE_RULES]
