"""CapturedImage: private image that is created from the temporary server's data disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, UpdateResult
from pydantic import Field

from config.constraints import Description, FirmwareType, ImageName, Tags, Text
from huaweicloud.errors import ApiError, JobFailed, NotFound, UnexpectedState
from huaweicloud.polling import wait_until
from providers import lookups
from providers.image_history import keep_or_delete, prune
from providers.images import found_image, image_spec
from providers.installation import captured_content
from providers.lifecycle import garbage_collection, image_creation, image_updates, list_cache
from providers.lifecycle.ownership_tag import without_ownership_tag
from providers.provenance import image_provenance
from providers.runtime import clients, declared, process, progress, properties
from providers.runtime.base import STEP_METRICS, StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse
from providers.runtime.step_metrics import measured

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

SERVER_IS_KEPT = "the temporary server is kept: run `pulumi up` to create the image again without a new installation"


class CapturedImageInputs(Properties):
    """
    Inputs of a captured image; RAM in MiB, times in minutes.

    Source: IMS POST /v2/cloudimages/action with volume_id.

    Attributes:
        min_image_size: Minimum size in MiB of the image of a disk that a system was installed on.
        history_id: Id of the history that keeps the image when it has a successor.
        keep_images: Number of images that the history keeps; with 0 the image is deleted.
        retain_image: True if the image is kept when the build ends or is replaced.
        share_with: Ids of the projects that the image is shared with.
        build_facts: Facts of the build for the statement of its provenance, see providers.provenance.build_facts.
        tested: True if a test follows, which completes the statement and gives the image the tag with its digest.
    """

    region: str
    build_id: str
    name: ImageName
    volume_id: str
    os_version: Text
    hw_firmware_type: FirmwareType | None = None
    min_ram: int = Field(default=0, ge=0)
    max_ram: int | None = Field(default=None, ge=1)
    description: Description = ""
    tags: Tags = {}
    enterprise_project_id: str | None = None
    timeout_minutes: float = 120
    min_image_size: float = 0
    history_id: str = ""
    keep_images: int = 0
    retain_image: bool = False
    share_with: list[Text] = []
    build_facts: dict[str, Any] | None = None
    tested: bool | None = None
    os_version_details: dict[str, Any] | None = None


ATTRIBUTES = image_updates.WITH_MEMORY_LIMITS


class CapturedImageProvider(StepProvider):
    """Provider of the image, which keeps its name, description and tags as configured."""

    inputs = CapturedImageInputs
    replace_on = ("region", "build_id", "os_version")
    update_on = (*ATTRIBUTES, "tags", "protected", "history_id", "keep_images", "share_with", "tested")

    def check(self, _olds: Props, news: Props) -> CheckResult:
        result = properties.check(CapturedImageInputs, news)
        if result.failures:
            return result
        return CheckResult(result.inputs, lookups.resolve((lookups.OS_VERSION,), _olds, result.inputs)[1])

    @measured("captured_image")
    def create(self, props: Props) -> CreateResult:
        inputs = parse(CapturedImageInputs, props)
        cloud = clients.cloud(inputs.region)
        replaced = declared.current()
        declared.record("", props)
        try:
            owned = _ensure(cloud, inputs, inputs.name)
        except ApiError as error:
            if error.code != image_updates.NAME_IS_TAKEN:
                raise
            owned = _ensure(cloud, inputs, _other_name(inputs))
        captured_content.require_content(cloud, owned.image, inputs.volume_id, inputs.min_image_size)
        image = image_updates.set_boot_mode(cloud, owned.image, inputs.hw_firmware_type)
        captured_content.compare_os(image, inputs.os_version)
        image_updates.set_members(cloud, image.id, inputs.share_with, owned.adopted)
        provenance = image_provenance.record(
            cloud, owned.image, inputs.build_id, inputs.build_facts, bool(inputs.tested)
        )
        if replaced is None and inputs.history_id:  # otherwise the end of the replaced image prunes
            prune(cloud, inputs.history_id, inputs.keep_images)
        results = outputs(_repeated(inputs), owner=owned.owner, provenance=provenance, **_attributes(image))
        return CreateResult(image.id, {**results, "name": image.name})

    def read(self, id_: str, props: Props) -> ReadResult:
        cloud = clients.cloud(props["region"])
        image = list_cache.image(cloud, id_)
        if image is None or image_spec.is_dead(image):
            return ReadResult("", {})
        try:
            shared = image_updates.get_members(cloud, id_, props.get("share_with") or [])
        except NotFound:  # it was deleted after the list was made
            return ReadResult("", {})
        drift = {**image_updates.memory_limits(image), "share_with": shared}
        present = image_updates.refreshed(props, image, "image")
        present["tags"] |= image_provenance.refreshed(props, image)
        return ReadResult(id_, {**present, **drift, **_attributes(image)})

    def adopt(self, id_: str) -> ReadResult:
        region = clients.own_region()
        found = found_image.inputs_of(clients.cloud(region), id_, region)
        if found is None:
            return ReadResult("", {})
        image, inputs, owner = found
        props = parse(CapturedImageInputs, inputs).as_props()
        return ReadResult(id_, {**props, "owner": owner, **_attributes(image)}, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        inputs = parse(CapturedImageInputs, _news)
        cloud = clients.cloud(inputs.region)
        kept, name = _restore(cloud, _id, _olds, inputs)
        image_provenance.restore(cloud, _id, _olds, bool(inputs.tested))
        image_updates.set_members(cloud, _id, inputs.share_with, bool(_olds.get("share_with")))
        if inputs.history_id:
            prune(cloud, inputs.history_id, inputs.keep_images)
        kept.pop("tested", None)  # it is no input any more if the test was removed
        return UpdateResult({**kept, **_repeated(inputs).as_props(), "name": name})

    def delete(self, _id: str, _props: Props) -> None:
        cloud = clients.cloud(_props["region"])
        garbage_collection.record_whole_build(_props["build_id"])
        successor = declared.current()
        configured = successor.inputs if successor else _props
        history_id, keep_images = configured.get("history_id") or "", int(configured.get("keep_images") or 0)
        if successor and configured.get("retain_image"):
            process.log(f"image {_id} is kept because retain_image is set")
            return
        keep_or_delete(cloud, _id, _props, history_id or _props.get("history_id") or "", keep_images)
        if successor and history_id and configured["region"] == _props["region"]:
            prune(cloud, history_id, keep_images)


def _repeated(inputs: CapturedImageInputs) -> CapturedImageInputs:
    """Return the inputs that the outputs repeat: all but the facts, which are in the statement of provenance."""
    return inputs.model_copy(update={"build_facts": None})


def _restore(cloud: Cloud, image_id: str, old: Props, inputs: CapturedImageInputs) -> tuple[Props, str]:
    """
    Give an image its new inputs.

    Returns:
        The outputs that are not inputs, and the name, which is another one while that of the inputs is taken.
    """
    try:
        return image_updates.restore(cloud, image_id, "image", old, inputs.as_props(), ATTRIBUTES), inputs.name
    except ApiError as error:
        if error.code != image_updates.NAME_IS_TAKEN:
            raise
    name = _other_name(inputs)
    new = {**inputs.as_props(), "name": name}
    return image_updates.restore(cloud, image_id, "image", old, new, ATTRIBUTES), name


def _attributes(image: Image) -> dict[str, Any]:
    attributes = {
        "image_id": image.id,
        "status": image.status,
        "min_disk": image.min_disk,
        "size": image.size_bytes,
        "detected_os_version": image.os_version,
    }
    return {key: value for key, value in attributes.items() if value is not None}


def _ensure(cloud: Cloud, inputs: CapturedImageInputs, name: str) -> image_spec.OwnedImage:
    image = image_spec.ImageSpec(
        inputs.build_id,
        "image",
        name,
        inputs.timeout_minutes * 60,
        submit=lambda ownership_tag: _capture(cloud, inputs, name, ownership_tag),
    )
    try:
        owned = image_creation.ensure_image(cloud, image)
    except JobFailed as error:
        error.hint = "; ".join(filter(None, [error.hint, SERVER_IS_KEPT]))
        raise
    if not owned.adopted:
        return owned
    return owned._replace(image=image_updates.reconcile(cloud, owned.image, inputs.as_props(), ATTRIBUTES))


def _other_name(inputs: CapturedImageInputs) -> str:
    """
    Return another name for an image whose name is taken by the image that it replaces; a later update renames it.

    Not documented: if two images may have one name.
    """
    other = image_spec.with_end(inputs.name, f"-{inputs.build_id}")
    process.log(
        f"the name {inputs.name} is taken by another image; this one is called {other} until the next `pulumi up`",
        "warning",
    )
    return other


def _capture(cloud: Cloud, inputs: CapturedImageInputs, name: str, ownership_tag: dict[str, str]) -> str:
    from huaweicloud.ims import CreateImageFromVolume

    _require_volume(cloud, inputs.volume_id)
    return cloud.ims.create_image_from_volume(
        CreateImageFromVolume(
            name=name,
            volume_id=inputs.volume_id,
            os_version=inputs.os_version,
            description=inputs.description or None,
            min_ram=inputs.min_ram or None,
            max_ram=inputs.max_ram,
            image_tags={**without_ownership_tag(inputs.tags), **ownership_tag},
            enterprise_project_id=inputs.enterprise_project_id,
        )
    )


def _require_volume(cloud: Cloud, volume_id: str) -> None:
    """
    Require that the disk exists, and wait until no image is being created from it (EVS status `uploading`).

    An interrupted run may have requested an image that the list of images does not show yet.
    """
    volume = wait_until(
        lambda: cloud.evs.get_volume(volume_id),
        done=lambda volume: volume is None or volume.status != "uploading",
        subject=f"disk {volume_id}",
        timeout_s=3600,
        cancelled=process.cancelled,
        poll_at_once=True,
        describe=lambda volume: "gone" if volume is None else str(volume.status),
        progress=progress.reporter(),
    )
    if volume is None:
        raise UnexpectedState(
            f"the data disk {volume_id} of the temporary server is gone",
            hint="run `pulumi up --refresh` to build again",
        )


class CapturedImage(StepResource, module="huaweicloud", name="CapturedImage"):
    """Finished image; size in bytes, min_disk in GiB. For the arguments see CapturedImageInputs."""

    provider_class = CapturedImageProvider
    output_names = (
        "image_id",
        "status",
        "min_disk",
        "size",
        "detected_os_version",
        "owner",
        "provenance",
        *STEP_METRICS,
    )

    image_id: pulumi.Output[str]
    name: pulumi.Output[str]
    os_version: pulumi.Output[str]
    detected_os_version: pulumi.Output[str]
    min_disk: pulumi.Output[int]
    size: pulumi.Output[int]
    provenance: pulumi.Output[str | None]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
