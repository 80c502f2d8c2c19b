"""ImageCopy: copy of a finished image in another region or project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult
from pydantic import Field

from config.constraints import Description, FirmwareType, ImageName, Tags, Text
from huaweicloud.errors import ApiError, UnexpectedState
from providers.image_history import keep_or_delete, prune
from providers.images import copy_collection
from providers.images.copy_request import CopyRequest
from providers.images.image_spec import CopySpec, creation_name, is_dead
from providers.lifecycle import image_creation, image_updates, list_cache
from providers.runtime import clients, declared, process
from providers.runtime.base import STEP_METRICS, StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse
from providers.runtime.step_metrics import measured

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

ATTRIBUTES = image_updates.WITH_MEMORY_LIMITS


class ImageCopyInputs(Properties):
    """
    Inputs of a copy; RAM in MiB, times in minutes.

    Source: IMS POST /v1/cloudimages/{image_id}/copy and /cross_region_copy.

    Attributes:
        region: Region of the copy, by its id or its name in `regions`.
        source_region: Region of the image, by its id or its name in `regions`.
        image_id: Id of the image that is copied.
        agency: Agency that lets the image service act in the project of the other region.
        history_id: Id of the history that keeps the copy when it has a successor.
        keep_images: Number of copies that the history keeps; with 0 the copy is deleted.
        retain_image: True if the copy is kept when the build ends or is replaced.
        share_with: Ids of the projects that the image itself is shared with.
    """

    region: str
    source_region: str
    build_id: str
    image_id: str
    name: ImageName
    agency: Text | None = None
    hw_firmware_type: FirmwareType | None = None
    min_ram: int = Field(default=0, ge=0)
    max_ram: int | None = Field(default=None, ge=1)
    description: Description = ""
    tags: Tags = {}
    enterprise_project_id: str | None = None
    timeout_minutes: float = 240
    history_id: str = ""
    keep_images: int = 0
    retain_image: bool = False
    share_with: list[Text] = []


class ImageCopyProvider(StepProvider):
    """Provider of a copy, which follows its image: a new image has a new copy before the old one ends."""

    inputs = ImageCopyInputs
    replace_on = ("region", "source_region", "build_id", "image_id")
    update_on = (*ATTRIBUTES, "tags", "protected", "history_id", "keep_images")

    @measured("image_copy")
    def create(self, props: Props) -> CreateResult:
        inputs = parse(ImageCopyInputs, props)
        target = clients.cloud(inputs.region)
        replaced = declared.current()
        declared.record("", props)
        request = _request(inputs, target)
        spec = CopySpec(
            inputs.build_id,
            "copy",
            request.name,
            inputs.timeout_minutes * 60,
            submit=lambda _tag: request.send(),
            image_id=inputs.image_id,
            jobs=request.jobs,
        )
        owned = image_creation.ensure_image(target, spec)
        request.close()
        owner = owned.owner
        if not owned.adopted:
            tag = spec.fresh_tag
            owner = tag.owner
            target.ims.set_tags(owned.image.id, tag.as_tags)
        image = image_updates.reconcile(target, owned.image, inputs.as_props(), ATTRIBUTES)
        image = image_updates.set_boot_mode(target, image, inputs.hw_firmware_type)
        if replaced is None and inputs.history_id:  # otherwise the end of the replaced copy prunes
            prune(target, inputs.history_id, inputs.keep_images, "copy")
        return CreateResult(image.id, {**outputs(inputs, owner=owner, **_attributes(image)), "name": image.name})

    def read(self, id_: str, props: Props) -> ReadResult:
        image = list_cache.image(clients.cloud(props["region"]), id_)
        if image is None or is_dead(image):
            return ReadResult("", {})
        limits = image_updates.memory_limits(image)
        return ReadResult(id_, {**image_updates.refreshed(props, image, "copy"), **limits, **_attributes(image)})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        inputs = parse(ImageCopyInputs, _news)
        cloud = clients.cloud(inputs.region)
        new = inputs.as_props()
        try:
            kept = image_updates.restore(cloud, _id, "copy", _olds, new, ATTRIBUTES)
        except ApiError as error:
            if error.code != image_updates.NAME_IS_TAKEN:
                raise
            new["name"] = creation_name(inputs.name, inputs.build_id, inputs.image_id)
            process.log(f"the name {inputs.name} is taken; the copy is called {new['name']}", "warning")
            kept = image_updates.restore(cloud, _id, "copy", _olds, new, ATTRIBUTES)
        if inputs.history_id:
            prune(cloud, inputs.history_id, inputs.keep_images, "copy")
        return UpdateResult({**kept, **new})

    def delete(self, _id: str, _props: Props) -> None:
        cloud = clients.cloud(_props["region"])
        copy_collection.record_end(cloud, _props["build_id"])
        successor = declared.current()
        configured = successor.inputs if successor else {}
        is_same_place = bool(successor) and configured["region"] == _props["region"]
        if is_same_place and configured.get("retain_image"):
            process.log(f"copy {_id} is kept because retain_image is set")
            return
        history_id = configured.get("history_id") or _props.get("history_id") or ""
        keep_images = int(configured.get("keep_images") or 0) if is_same_place else 0
        keep_or_delete(cloud, _id, _props, history_id, keep_images, "copy")
        if history_id:
            prune(cloud, history_id, keep_images, "copy")


def _request(inputs: ImageCopyInputs, target: Cloud) -> CopyRequest:
    """
    Return the request for the copy.

    Raises:
        UnexpectedState: A copy to another region has no agency.
    """
    request = CopyRequest(
        clients.cloud(inputs.source_region),
        target,
        inputs.image_id,
        creation_name(inputs.name, inputs.build_id, inputs.image_id),
        inputs.description,
        inputs.agency,
        inputs.enterprise_project_id,
        inputs.share_with,
    )
    if request.way == "region" and not inputs.agency:
        raise UnexpectedState(f"a copy to {target.region} needs an agency", hint="set agency for this copy")
    return request


def _attributes(image: Image) -> dict[str, Any]:
    values = {"copy_id": image.id, "status": image.status, "min_disk": image.min_disk, "size": image.size_bytes}
    return {key: value for key, value in values.items() if value is not None}


class ImageCopy(StepResource, module="huaweicloud", name="ImageCopy"):
    """Copy of an image in another region or project. For the arguments see ImageCopyInputs."""

    provider_class = ImageCopyProvider
    output_names = ("copy_id", "status", "min_disk", "size", "owner", *STEP_METRICS)

    copy_id: pulumi.Output[str]
    name: pulumi.Output[str]
    region: pulumi.Output[str]
    min_disk: pulumi.Output[int]
    size: pulumi.Output[int]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
