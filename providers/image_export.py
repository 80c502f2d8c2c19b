"""ImageExport: finished image as an object in a bucket, in the format of other platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from config.constraints import Text
from config.iso_file.iso_location import IsoObject
from providers.images import exported_object
from providers.runtime import clients, declared, process
from providers.runtime.base import STEP_METRICS, StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse
from providers.runtime.step_metrics import measured

if TYPE_CHECKING:
    from huaweicloud.obs import ObjectInfo


class ImageExportInputs(Properties):
    """
    Inputs of an export; times in minutes.

    Source: IMS POST /v1/cloudimages/{image_id}/file.

    Attributes:
        image_id: Id of the image that is exported.
        location: Object as <bucket>:<object>, in which {build_id} stands for the id of the build.
        format: Format of the object.
        retain_image: True if the object is kept when the build ends or is replaced.
        provenance: Statement of the provenance of the image, which is written next to the object.
    """

    region: str
    build_id: str
    image_id: str
    location: Text
    format: Literal["qcow2", "vhd", "zvhd2", "vmdk"]
    timeout_minutes: float = 240
    retain_image: bool = False
    provenance: str | None = None


class ImageExportProvider(StepProvider):
    """Provider of an object that only a build can have written, because its name contains the id of the build."""

    inputs = ImageExportInputs
    replace_on = ("region", "build_id", "image_id", "location", "format")
    update_on = ("retain_image",)

    @measured("image_export")
    def create(self, props: Props) -> CreateResult:
        inputs = parse(ImageExportInputs, props)
        replaced = declared.current()
        recorded = replaced.recorded if replaced else {}
        declared.record("", props)
        target = exported_object.target(inputs.location, inputs.build_id)
        order = exported_object.Export(
            clients.cloud(inputs.region), inputs.image_id, target, inputs.format, inputs.timeout_minutes * 60
        )
        is_another = recorded.get("exported") == order.location and recorded.get("format") != inputs.format
        found = exported_object.ensure(order, is_another=is_another)
        stated = inputs.provenance and exported_object.write_statement(order.cloud, target, inputs.provenance)
        results = outputs(inputs, exported=order.location, statement_etag=stated, **_attributes(found))
        return CreateResult(order.location, results)

    def read(self, id_: str, props: Props) -> ReadResult:
        found = clients.cloud(props["region"]).obs.head_object(*IsoObject.parse(id_))
        if found is None:
            return ReadResult("", {})
        if found.etag != props.get("etag"):
            process.log(f"{id_} was replaced outside; it is not the export of image {props['image_id']}", "warning")
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        kept_keys = ("exported", "size_bytes", "etag", "statement_etag", *STEP_METRICS)
        kept = {key: _olds[key] for key in kept_keys if key in _olds}
        return UpdateResult({**kept, **parse(ImageExportInputs, _news).as_props()})

    def delete(self, _id: str, _props: Props) -> None:
        successor = declared.current()
        if successor and successor.inputs.get("retain_image"):
            process.log(f"{_id} is kept because retain_image is set")
            return
        if successor and exported_object.location_of(successor.inputs) == _id:
            return  # the successor has written the object again
        cloud, exported = clients.cloud(_props["region"]), IsoObject.parse(_id)
        exported_object.delete(cloud, exported, str(_props.get("etag")))
        if _props.get("statement_etag"):
            exported_object.delete(cloud, exported_object.statement_of(exported), str(_props["statement_etag"]))


def _attributes(found: ObjectInfo) -> Props:
    return {"size_bytes": found.size_bytes, "etag": found.etag}


class ImageExport(StepResource, module="huaweicloud", name="ImageExport"):
    """Image in a bucket. For the arguments see ImageExportInputs."""

    provider_class = ImageExportProvider
    output_names = ("exported", "size_bytes", "etag", "statement_etag", *STEP_METRICS)

    exported: pulumi.Output[str]
    format: pulumi.Output[str]
    size_bytes: pulumi.Output[int]
    etag: pulumi.Output[str]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
