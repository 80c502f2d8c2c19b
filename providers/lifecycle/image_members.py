"""Whom an image is shared with.

Source: IMS GET, POST and DELETE /v2/images/{image_id}/members; the receivers' own users accept it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud


def bring(cloud: "Cloud", image_id: str, wanted: Sequence[str], may_be_shared: bool = True) -> None:
    """
    Share an image with the wanted projects and nobody else.

    Args:
        wanted: ids of the projects.
        may_be_shared: if it was shared before, as far as is known; an image that was not, and is not to be, costs no
            request.
    """
    if not wanted and not may_be_shared:
        return
    present = cloud.ims.list_members(image_id)
    for project_id in wanted:
        if project_id not in present:
            cloud.ims.add_member(image_id, project_id)
    for project_id in present:
        if project_id not in wanted:
            cloud.ims.remove_member(image_id, project_id)


def seen(cloud: "Cloud", image_id: str, known: Sequence[str]) -> list[str]:
    """Return the projects that an image is shared with now, in the known order, then those that others have added.

    An image that is not meant to be shared costs no request: a refresh takes one list for any number of builds.
    """
    if not known:
        return []
    present = cloud.ims.list_members(image_id)
    return [p for p in known if p in present] + sorted(p for p in present if p not in known)
