"""Whom an image is shared with.

Source: IMS GET, POST and DELETE /v2/images/{image_id}/members; the receivers' own users accept it.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud


def bring(cloud: "Cloud", image_id: str, wanted: Sequence[str], old: Iterable[str] = ()) -> None:
    """
    Share an image with the wanted projects and nobody else; where it is to be, and was, nobody's, nothing is asked.

    Args:
        wanted: ids of the projects.
        old: those that it was shared with, as far as is known.
    """
    if not wanted and not list(old):
        return
    present = cloud.ims.list_members(image_id)
    for project_id in wanted:
        if project_id not in present:
            cloud.ims.add_member(image_id, project_id)
    for project_id in present:
        if project_id not in wanted:
            cloud.ims.remove_member(image_id, project_id)


def seen(cloud: "Cloud", image_id: str, known: Sequence[str]) -> list[str]:
    """The projects that an image which is meant to be shared is shared with now, in the order that is known."""
    if not known:
        return []
    present = cloud.ims.list_members(image_id)
    return [p for p in known if p in present] + sorted(p for p in present if p not in known)
