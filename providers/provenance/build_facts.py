"""Facts of a build that the statement of its provenance contains: no secret, no path of a machine, no user."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict


class BuildFacts(BaseModel):
    """
    Facts of a build, as its steps have recorded them.

    Attributes:
        started_on: Time at which the temporary server was created (UTC, ISO 8601); None if the stack did not build.
        iso: Location of the ISO file, <bucket>:<object>.
        iso_sha256: Verified digest of the ISO file; None without one.
        iso_size: Size of the ISO file in bytes; None if unknown.
        iso_etag: Entity tag of the ISO file; None if unknown.
        iso_url: Address that the program has downloaded the ISO file from, see public_url(); None for other sources.
        iso_image_id: Id of the image that the ISO file was imported as.
        vendor_iso_sha256: Digest of the vendor's ISO file that answers were written into; None without answers.
        answers_sha256: Digest of the answers; None without answers.
        bill_of_materials: Name and digest of the file with the packages of the system; None without one.
        parameters: Settings that the content of the image depends on.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    started_on: str | None = None
    iso: str
    iso_sha256: str | None = None
    iso_size: int | None = None
    iso_etag: str | None = None
    iso_url: str | None = None
    iso_image_id: str | None = None
    vendor_iso_sha256: str | None = None
    answers_sha256: str | None = None
    bill_of_materials: dict[str, Any] | None = None
    parameters: dict[str, Any] = {}


def public_url(source: str | None) -> str | None:
    """Return an https address without its user, query and fragment, which may be a login; None for other sources."""
    if source is None or not source.lower().startswith("https://"):
        return None
    parts = urlsplit(source)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
