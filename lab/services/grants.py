"""Rights from enterprise projects only, as a variant: lists that name no enterprise project are refused."""

from lab.world.refusal import Refused
from lab.world.state import World


def require_enterprise_project(world: World, action: str, named: str | None) -> None:
    """
    Refuse a list to a user whose rights come from an enterprise project only.

    Args:
        world: The lab's state.
        action: Action that the list requires a right to.
        named: Name of the resources that the user has a right to: an enterprise project, or a VPC for subnets.

    Raises:
        Refused: No resources are named.
    """
    if world.variants.lists_need_enterprise_project == "yes" and not named:
        raise Refused("Pdp.0001", f"Policy doesn't allow {action} to be performed.")
