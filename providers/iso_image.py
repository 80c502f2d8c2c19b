"""IsoImage: ISO file in the object store, registered as an image that a server can boot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from config.constraints import (
    Architecture,
    Description,
    FirmwareType,
    ImageName,
    ImageUrl,
    MinDiskGiB,
    Sha256,
    Tags,
    Text,
)
from config.iso_file.iso_content import IsoContent
from config.iso_file.iso_location import IsoObject
from huaweicloud.errors import UnexpectedState
from providers import lookups
from providers.images import image_spec
from providers.iso_file import recorded_content, sha256_digest
from providers.iso_file.iso_source import IsoSource
from providers.lifecycle import deletion, garbage_collection, image_creation, image_updates, list_cache, ownership
from providers.lifecycle.ownership_tag import without_ownership_tag
from providers.runtime import clients, process, properties
from providers.runtime.base import STEP_METRICS, StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse
from providers.runtime.step_metrics import measured

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import CreateImageFromIso, Image


class IsoImageInputs(Properties):
    """
    Inputs of an ISO image; sizes in GiB, times in minutes.

    Source: IMS POST /v2/cloudimages/action with type=IsoImage.

    Attributes:
        content: Content of the file as the build's identity has recorded it; no other content is imported.
        iso_sha256: Digest that the file must have, if the stack pins one.
    """

    region: str
    build_id: str
    name: ImageName
    image_url: ImageUrl
    os_version: Text
    min_disk: MinDiskGiB
    architecture: Architecture = "x86"
    hw_firmware_type: FirmwareType | None = None
    description: Description = ""
    tags: Tags = {}
    enterprise_project_id: str | None = None
    timeout_minutes: float = 60
    content: dict[str, Any] | None = None
    iso_sha256: Sha256 | None = None
    source_details: dict[str, Any] | None = None
    os_version_details: dict[str, Any] | None = None


class IsoImageProvider(StepProvider):
    """Provider that registers an ISO file as an image; delete() deletes the image, never the file."""

    inputs = IsoImageInputs
    replace_on = (
        "region",
        "build_id",
        "image_url",
        "os_version",
        "min_disk",
        "architecture",
        "hw_firmware_type",
    )
    update_on = ("name", "description", "tags", "protected", "iso_sha256")

    def check(self, _olds: Props, news: Props) -> CheckResult:
        result = properties.check(IsoImageInputs, news)
        if result.failures:
            return result
        if not result.inputs.get("content"):
            result.inputs.pop("content", None)
        resolved, failures = lookups.resolve((lookups.SOURCE, lookups.OS_VERSION), _olds, result.inputs)
        if lookups.SOURCE.name in resolved and not result.inputs[lookups.SOURCE.name]:
            failures.append(_missing_file(result.inputs["image_url"]))
        failures += sha256_digest.known_mismatch(_olds, result.inputs)
        return CheckResult(result.inputs, failures)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        result = super().diff(_id, _olds, _news)
        recorded_content.report_import(_olds, _news)
        is_new = bool(_news.get("content")) and not _olds.get("content")
        return DiffResult(changes=bool(result.changes or is_new), replaces=result.replaces)

    @measured("iso_image")
    def create(self, props: Props) -> CreateResult:
        iso = parse(IsoImageInputs, props)
        cloud = clients.cloud(iso.region)
        source = _source(iso)
        digest = sha256_digest.verified(source, iso.iso_sha256)

        def submit(ownership_tag: dict[str, str]) -> str:
            source.require_unchanged()
            return cloud.ims.create_image_from_iso(_request(iso, ownership_tag))

        spec = image_spec.ImageSpec(iso.build_id, "iso", iso.name, iso.timeout_minutes * 60, submit)
        owned = image_creation.ensure_image(cloud, spec)
        _require_described(cloud, source, owned.image)
        if owned.adopted:
            owned = owned._replace(image=image_updates.reconcile(cloud, owned.image, iso.as_props()))
        image = image_updates.set_boot_mode(cloud, owned.image, iso.hw_firmware_type)
        results = outputs(
            iso,
            image_id=image.id,
            status=image.status,
            owner=owned.owner,
            sha256=digest,
        )
        return CreateResult(image.id, results)

    def read(self, id_: str, props: Props) -> ReadResult:
        image = list_cache.image(clients.cloud(props["region"]), id_)
        if image is None or image_spec.is_dead(image):
            return ReadResult("", {})
        return ReadResult(id_, {**image_updates.refreshed(props, image, "iso"), "status": image.status})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        iso = parse(IsoImageInputs, _news)
        digest = _olds.get("sha256")
        if iso.iso_sha256 and iso.iso_sha256 != digest:
            digest = sha256_digest.verified(_source(iso), iso.iso_sha256)
        if iso.content and not _olds.get("content"):
            _compare_times(clients.cloud(iso.region), _id, iso)
        kept = image_updates.restore(clients.cloud(iso.region), _id, "iso", _olds, iso.as_props())
        return UpdateResult({**kept, **iso.as_props(), **({"sha256": digest} if digest else {})})

    def delete(self, _id: str, _props: Props) -> None:
        garbage_collection.record_whole_build(_props["build_id"])
        deletion.delete_owned_image(clients.cloud(_props["region"]), _id, ownership.expected(_props, "iso"))


def _source(iso: IsoImageInputs) -> IsoSource:
    return IsoSource(iso.region, iso.image_url, IsoContent.of_props(iso.content))


def _compare_times(cloud: Cloud, image_id: str, iso: IsoImageInputs) -> None:
    """Warn about an image in a state of an earlier version that is older than the file: it may be of another file."""
    from datetime import datetime

    image, written = cloud.ims.get_image(image_id), (iso.content or {}).get("last_modified")
    if image is not None and image.created_at and written and image.created_at < datetime.fromisoformat(written):
        identity = process.current_urn().replace(":IsoImage::", ":BuildIdentity::") or "the identity of its import"
        process.log(
            f"ISO image {image_id} was imported before {iso.image_url} was last uploaded, and may be of another file; "
            f"run `pulumi up --replace {identity}` to import the present one",
            "warning",
        )


def _require_described(cloud: Cloud, source: IsoSource, image: Image) -> None:
    """
    Delete an image of a file that was changed while it was imported.

    Raises:
        UnexpectedState: The file was changed.
    """
    try:
        source.require_unchanged(imported=True)
    except UnexpectedState:
        deletion.delete_image(cloud, image.id, image.name)
        raise


def _request(iso: IsoImageInputs, ownership_tag: dict[str, str]) -> CreateImageFromIso:
    from huaweicloud.ims import CreateImageFromIso

    return CreateImageFromIso(
        name=iso.name,
        image_url=iso.image_url,
        os_version=iso.os_version,
        min_disk=iso.min_disk,
        architecture=iso.architecture,
        hw_firmware_type=iso.hw_firmware_type,
        description=iso.description or None,
        image_tags={**without_ownership_tag(iso.tags), **ownership_tag},
        enterprise_project_id=iso.enterprise_project_id,
    )


def _missing_file(image_url: str) -> CheckFailure:
    bucket, key = IsoObject.parse(image_url)
    hint = "upload it, or correct image_url (<bucket>:<object>)"
    return CheckFailure("image_url", f"there is no object {key!r} in bucket {bucket!r}: {hint}")


class IsoImage(StepResource, module="huaweicloud", name="IsoImage"):
    """ISO image from which a temporary server boots. For the arguments see IsoImageInputs."""

    provider_class = IsoImageProvider
    output_names = ("image_id", "status", "owner", "sha256", *STEP_METRICS)

    image_id: pulumi.Output[str]
    image_url: pulumi.Output[str]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
    sha256: pulumi.Output[str | None]
