"""Provenance of a captured image: its statement, and the tag with the digest of the statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from config.constraints import PROVENANCE_KEY
from providers.provenance import provenance_tag
from providers.provenance.build_facts import BuildFacts
from providers.provenance.program_version import program_version
from providers.provenance.statement import build_statement, in_utc

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

LOST = ""
"""Value of the tag in the state of an image that has lost it, so that an update follows."""


def record(cloud: Cloud, image: Image, build_id: str, facts: Mapping[str, Any] | None, tested: bool) -> str | None:
    """
    Return the statement of an image that this stack has built, and give the image the tag with its digest.

    A stack that returns to a finished image has not built it: the image keeps the tag that it has.

    Args:
        cloud: Client of the region.
        image: Finished image.
        build_id: Id of its build.
        facts: Facts of the build; None for the resource of an earlier version.
        tested: True if a test follows, which sets the tag.
    """
    known = BuildFacts.model_validate(facts) if facts else None
    if known is None or known.started_on is None:
        return None
    finished_on = in_utc(image.active_at or image.created_at)
    text = build_statement(image.id, cloud.region, finished_on, build_id, known, program_version())
    if not tested:
        provenance_tag.ensure(cloud, image, text)
    return text


def refreshed(props: Mapping[str, Any], image: Image) -> dict[str, str]:
    """Return the tag as lost, if it is."""
    text = props.get("provenance")
    is_lost = text and not props.get("tested") and provenance_tag.is_lost(image, text)
    return {PROVENANCE_KEY: LOST} if is_lost else {}


def restore(cloud: Cloud, image_id: str, old: Mapping[str, Any], tested: bool) -> None:
    """Give an image the tag of its statement again, if it is lost or was that of a test which is removed."""
    is_due = old.get("tested") or PROVENANCE_KEY in (old.get("tags") or {})
    image = cloud.ims.get_image(image_id) if is_due and not tested and old.get("provenance") else None
    if image is not None:
        provenance_tag.ensure(cloud, image, old["provenance"])
