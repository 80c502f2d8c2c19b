"""Rights from enterprise projects only: lists that do not name one are refused, as a variant."""

from lab.world.refusal import Refused
from lab.world.state import World


def require_enterprise_project(world: World, action: str, named: str | None) -> None:
    """
    Refuse a list to a user whose rights come from an enterprise project only.

    Args:
        world: the lab's.
        action: that the list needs.
        named: what names the resources that he has a right to: an enterprise project, or a VPC for subnets.

    Raises:
        Refused: nothing does.
    """
    if world.variants.lists_need_enterprise_project == "yes" and not named:
        raise Refused("Pdp.0001", f"Policy doesn't allow {action} to be performed.")
