"""IsoImage: the ISO file in the object store, registered as an image that a server can boot."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from providers import accounted, adoption, changes, facts, ownership, properties, removal, session, snapshot
from providers.figures import measured
from providers.marks import without_mark
from providers.properties import Bag, Properties, parse
from providers.resource import FIGURES, StepProvider, outputs
from providers.rules import (
    Architecture,
    Description,
    FirmwareType,
    ImageName,
    ImageUrl,
    MinDiskGiB,
    Tags,
    Text,
)

if TYPE_CHECKING:
    from huaweicloud.ims import CreateImageFromIso


class IsoImageInputs(Properties):
    """Source: IMS POST /v2/cloudimages/action with type=IsoImage. Sizes in GiB, times in minutes."""

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
    source_details: dict[str, Any] | None = None
    os_version_details: dict[str, Any] | None = None


class IsoImageProvider(StepProvider):
    """Registers the ISO file; deletes the image, never the file."""

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
    update_on = ("name", "description", "tags", "protected")

    def check(self, _olds: Bag, news: Bag) -> CheckResult:
        result = properties.check(IsoImageInputs, news)
        if result.failures:
            return result
        found, failures = facts.resolve((facts.SOURCE, facts.OS_VERSION), _olds, result.inputs)
        if facts.SOURCE.name in found and not result.inputs[facts.SOURCE.name]:
            failures.append(_missing_file(result.inputs["image_url"]))
        return CheckResult(result.inputs, failures)

    @measured("iso_image")
    def create(self, props: Bag) -> CreateResult:
        iso = parse(IsoImageInputs, props)
        cloud = session.cloud(iso.region)
        wanted = adoption.Wanted(
            iso.build_id,
            "iso",
            iso.name,
            iso.timeout_minutes * 60,
            submit=lambda mark: cloud.ims.create_image_from_iso(_request(iso, mark)),
        )
        owned = adoption.ensure_image(cloud, wanted)
        if owned.adopted:
            owned = replace(owned, image=changes.bring(cloud, owned.image, iso.bag()))
        image = changes.boot_by(cloud, owned.image, iso.hw_firmware_type)
        made = outputs(
            iso,
            image_id=image.id,
            status=image.status,
            owner=owned.owner,
        )
        return CreateResult(image.id, made)

    def read(self, id_: str, props: Bag) -> ReadResult:
        image = snapshot.image(session.cloud(props["region"]), id_)
        if image is None or adoption.is_dead(image):
            return ReadResult("", {})
        return ReadResult(id_, {**changes.refreshed(props, image, "iso"), "status": image.status})

    def update(self, _id: str, _olds: Bag, _news: Bag) -> UpdateResult:
        iso = parse(IsoImageInputs, _news)
        made = changes.repair(session.cloud(iso.region), _id, "iso", _olds, iso.bag())
        return UpdateResult({**made, **iso.bag()})

    def delete(self, _id: str, _props: Bag) -> None:
        accounted.add(_props["build_id"])
        removal.remove_image(session.cloud(_props["region"]), _id, ownership.expected(_props, "iso"))


def _request(iso: IsoImageInputs, mark: dict[str, str]) -> "CreateImageFromIso":
    from huaweicloud.ims import CreateImageFromIso

    return CreateImageFromIso(
        name=iso.name,
        image_url=iso.image_url,
        os_version=iso.os_version,
        min_disk=iso.min_disk,
        architecture=iso.architecture,
        hw_firmware_type=iso.hw_firmware_type,
        description=iso.description or None,
        image_tags={**without_mark(iso.tags), **mark},
        enterprise_project_id=iso.enterprise_project_id,
    )


def _missing_file(image_url: str) -> CheckFailure:
    bucket, _, key = image_url.partition(":")
    hint = "upload it, or correct image_url (<bucket>:<object>)"
    return CheckFailure("image_url", f"there is no object {key!r} in bucket {bucket!r}: {hint}")


class IsoImage(Resource, module="huaweicloud", name="IsoImage"):
    """An ISO image; `image_id` is what a temporary server boots from. For the arguments see IsoImageInputs."""

    image_id: pulumi.Output[str]
    image_url: pulumi.Output[str]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        unknown = dict.fromkeys(("image_id", "status", "owner", *FIGURES))
        super().__init__(IsoImageProvider(), name, {**args, **unknown}, opts)
