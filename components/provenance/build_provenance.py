"""Facts of a build from its settings and its steps, for the statement of the provenance of its image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from components.joined_outputs import Optional, joined
from config.builds.build_settings import BuildSettings
from providers.os_installation import OsInstallation
from providers.provenance.build_facts import public_url
from providers.provenance.statement import sha256_of
from providers.temp_server import TempServer

if TYPE_CHECKING:
    from components.build_context import Place
    from providers.captured_image import CapturedImage
    from providers.image_verification import ImageVerification

SETTINGS = ("os_version", "architecture", "hw_firmware_type", "min_disk", "root_volume", "data_volumes", "user_data")
"""Settings that the content of an image depends on, beside the ISO file and the flavor."""


def build_facts(place: Place, server: TempServer, installation: OsInstallation) -> pulumi.Output[dict[str, Any]]:
    """
    Return the facts of a build, as providers.provenance.build_facts describes them.

    Args:
        place: Place of the build, with its settings and its ISO file.
        server: Temporary server, which keeps the flavor that it was created with.
        installation: Installation, which may have written a bill of materials.
    """
    values, iso, upload = place.values, place.iso, place.upload
    known = values.known
    outputs: dict[str, Any] = {
        "started_on": Optional(server.created_at, server.data_volume_id),
        "flavor": server.flavor,
        "availability_zone": server.availability_zone,
        "iso": values["image_url"],
        "iso_image_id": iso.image_id,
        # what the service imports: the file itself, or its copy with answers, whose digest the upload has computed
        "iso_sha256": Optional(iso.sha256, iso.image_id),
        "customised": Optional(upload.customised_sha256, upload.etag) if upload and known.answers else None,
        "content": Optional(iso.content, iso.identity_id),
        "bill_of_materials": Optional(installation.packages, installation.status),
        "settings": _public(values.combined(SETTINGS, _parameters)),
    }

    def facts(found: Mapping[str, Any]) -> dict[str, Any]:
        content = found["content"] or {}
        placed = {key: found[key] for key in ("flavor", "availability_zone")}
        names = ("started_on", "iso", "iso_sha256", "iso_image_id", "bill_of_materials")
        named = {key: found[key] for key in names}
        named["iso_sha256"] = found["iso_sha256"] or found["customised"]
        seen = {"iso_size": content.get("size_bytes"), "iso_etag": content.get("etag") or None}
        facts = {**named, **seen, **_vendor_file(known)}
        return {
            **{key: value for key, value in facts.items() if value is not None},
            "parameters": {**found["settings"], **placed},
        }

    return joined(facts, outputs)


def _vendor_file(settings: BuildSettings) -> dict[str, Any]:
    """Return the source of an upload; for a copy with answers also the digests of the vendor's file and the answers."""
    found: dict[str, Any] = {"iso_url": public_url(settings.iso)}
    if settings.recorded_answers:
        found |= {"vendor_iso_sha256": settings.iso_sha256, "answers_sha256": settings.recorded_answers.sha256}
    return found


def provenance_of(image: CapturedImage, verification: ImageVerification | None) -> Optional:
    """Return the statement of an image, which its test completes; images of earlier versions have none."""
    if verification is not None:
        return Optional(verification.provenance, verification.status)
    return Optional(image.provenance, image.image_id)


def statement_of(image: CapturedImage, verification: ImageVerification | None) -> pulumi.Output[str | None]:
    """Return the statement of an image as an output; None if it has none."""
    return joined(lambda found: found[""], {"": provenance_of(image, verification)})


def digest_output(statement: str | None) -> dict[str, str]:
    """Return the output with the digest of a statement: the statement itself would fill the screen after each run."""
    return {"provenance_sha256": sha256_of(statement)} if statement else {}


def _parameters(settings: BuildSettings) -> dict[str, Any]:
    found = {
        "os_version": settings.os_version,
        "architecture": settings.architecture,
        "hw_firmware_type": settings.hw_firmware_type,
        "min_disk": settings.min_disk,
        "root_volume": settings.root_volume.model_dump(),
        "data_volume": settings.data_volumes[0].model_dump(),
        # its digest would let anybody try out values of a secret
        "has_user_data": bool(settings.user_data),
    }
    return {key: value for key, value in found.items() if value is not None}


def _public(value: Any) -> Any:
    """Return a value that is no secret, although it follows from one of which it contains nothing."""
    return pulumi.Output.unsecret(value) if isinstance(value, pulumi.Output) else value
