"""Image Management Service: models of requests and responses."""

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from huaweicloud.models.fields import (
    Count,
    LenientBool,
    LenientInt,
    Moment,
    Tags,
    Text,
    first,
    fraction,
    is_true,
    joined,
)
from huaweicloud.models.tags import tag_list
from huaweicloud.service import RequestModel, ResponseModel

JobStatus = Literal["INIT", "RUNNING", "SUCCESS", "FAIL"]


class _CreateImage(RequestModel):
    image_type: ClassVar[str]

    name: str
    os_version: str | None = None
    description: str | None = None
    image_tags: dict[str, str] = Field(default_factory=dict)
    enterprise_project_id: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the body as the API documents it."""
        body = {**super().body(), "image_tags": tag_list(self.image_tags), "type": self.image_type}
        if not self.image_tags:
            del body["image_tags"]
        return body


class CreateImageFromIso(_CreateImage):
    """
    An ISO image from a file in the object store.

    Args:
        name: Image name, 1 to 128 characters.
        image_url: Address of the ISO file, `bucket:object`.
        os_version: Operating system of the cloud's own list.
        min_disk: Smallest system disk (GiB).
        os_type: Operating system type: Linux, Windows or Other; the cloud derives it from os_version if it is absent.
        architecture: Architecture, x86 or arm.
        hw_firmware_type: Boot mode, bios or uefi.
        description: Description of up to 1024 characters.
        image_tags: Tags, up to 10.
        enterprise_project_id: Id of the enterprise project.
    """

    image_type: ClassVar[str] = "IsoImage"

    image_url: str
    os_version: str
    min_disk: int
    os_type: str | None = None
    architecture: str | None = None
    hw_firmware_type: str | None = None


class CreateImageFromVolume(_CreateImage):
    """
    A system image from a data disk that is attached to a server.

    Args:
        name: Image name, 1 to 128 characters.
        volume_id: Id of the disk.
        os_version: Operating system of the cloud's own list; a version that the cloud detects on the disk wins over it.
        description: Description of up to 1024 characters.
        min_ram: Least memory of servers created from the image (MiB).
        max_ram: Most memory of servers created from the image (MiB).
        image_tags: Tags, up to 10.
        enterprise_project_id: Id of the enterprise project.
    """

    image_type: ClassVar[str] = "ECS"

    volume_id: str
    os_version: str
    min_ram: int | None = None
    max_ram: int | None = None


class CopyImage(RequestModel):
    """
    A copy of an image in its region; the request has no tags.

    Args:
        name: Name of the copy, 1 to 128 characters.
        description: Description of up to 1024 characters.
        enterprise_project_id: Id of the enterprise project.
    """

    name: str
    description: str | None = None
    enterprise_project_id: str | None = None


class CopyImageToRegion(RequestModel):
    """
    A copy of an image in another region; the request has no tags.

    Args:
        name: Name of the copy, 1 to 128 characters.
        region: Id of the other region.
        project_name: Name of the project there.
        agency_name: Agency that lets the image service act in that project.
        description: Description of up to 1024 characters.
    """

    name: str
    region: str
    project_name: str
    agency_name: str
    description: str | None = None


class ExportImage(RequestModel):
    """
    An object that an image is exported to.

    Args:
        bucket_url: Location of the object, `bucket:object`.
        file_format: Format: qcow2, vhd, zvhd or vmdk; not given with a quick export.
        is_quick_export: True for a quick export, whose format is zvhd2.
    """

    bucket_url: str
    file_format: str | None = None
    is_quick_export: bool | None = None


class Image(ResponseModel):
    """
    An image in the responses of lists and updates.

    Attributes:
        min_disk: Smallest system disk (GiB).
        min_ram: Least memory (MiB), 0 for no limit.
        max_ram: Most memory (MiB), 0 or None for no limit.
        size_bytes: Size of the image's file, if the cloud reports it.
        data_origin: Source of the image, such as `volume,<id>` or `file,<bucket:object>`.
        virtual_env_type: Kind of image: FusionCompute for a system image, IsoImage for an ISO image.
        active_at: Time at which the image became active; None if the cloud does not report it.
    """

    id: str
    name: Text = ""
    status: Text = ""
    visibility: Text = ""
    protected: LenientBool = False
    min_disk: Count = 0
    min_ram: Count = 0
    max_ram: LenientInt = None
    size_bytes: LenientInt = Field(default=None, alias="__image_size")
    os_version: Text = Field(default="", alias="__os_version")
    os_type: Text = Field(default="", alias="__os_type")
    os_bit: Text = Field(default="", alias="__os_bit")
    platform: Text = Field(default="", alias="__platform")
    image_type: Text = Field(default="", alias="__imagetype")
    data_origin: Text = Field(default="", alias="__data_origin")
    description: Text = Field(default="", alias="__description")
    virtual_env_type: Text = ""
    disk_format: Text = ""
    hw_firmware_type: Text = "bios"
    architecture: Text = "x86"
    owner: Text = ""
    enterprise_project_id: Text = ""
    tags: Tags = Field(default_factory=dict)
    created_at: Moment = None
    updated_at: Moment = None
    active_at: Moment = None

    @model_validator(mode="before")
    @classmethod
    def _from_flags(cls, value: Any) -> Any:
        """Derive missing values: a flag marks arm images, which boot only by uefi; on x86 the default is bios."""
        if not isinstance(value, dict):
            return value
        image = dict(value)
        if not image.get("architecture"):
            image["architecture"] = "arm" if is_true(image.get("__support_arm")) else "x86"
        if not image.get("hw_firmware_type"):
            image["hw_firmware_type"] = "uefi" if image.get("architecture") == "arm" else "bios"
        return image


class _SubJob(ResponseModel):
    status: Text = ""
    error_code: Text = ""
    fail_reason: Text = ""
    entities: dict[str, Any] = Field(default_factory=dict)

    @field_validator("entities", mode="before")
    @classmethod
    def _object(cls, value: object) -> object:
        return value if isinstance(value, dict) else {}


class ImageJob(ResponseModel):
    """
    A job of the image service, in either of the documented shapes.

    Attributes:
        id: Id of the job.
        status: INIT, RUNNING, SUCCESS or FAIL.
        progress: Fraction done (0 to 1), if the cloud reports it; a finished job may still show less than 1.
        image_id: Id of the image; it may be present before the job ends.
        error_code: Error code of a failed job.
        fail_reason: Reason of a failed job, in words.
        begin_time: Time of the beginning (UTC).
        end_time: Time of the end; None while the job is running.
    """

    id: str = Field(alias="job_id")
    status: JobStatus
    job_type: Text = ""
    progress: float | None = None
    image_id: str | None = None
    error_code: Text = ""
    fail_reason: Text = ""
    begin_time: Moment = None
    end_time: Moment = None

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        given = value.get("entities")
        entities: dict[str, Any] = given if isinstance(given, dict) else {}
        listed = entities.get("sub_jobs_result")
        subs = (
            [_SubJob.model_validate(sub) for sub in listed if isinstance(sub, dict)] if isinstance(listed, list) else []
        )
        ids = [entities.get("image_id"), *(sub.entities.get("image_id") for sub in subs)]
        return {
            **value,
            "status": str(value.get("status", "")).upper(),
            "progress": fraction(entities.get("process_percent")),
            "image_id": next((image_id for image_id in ids if isinstance(image_id, str) and image_id), None),
            "error_code": first(value.get("error_code"), entities.get("error_code"), *(s.error_code for s in subs)),
            "fail_reason": joined(
                [
                    value.get("fail_reason"),
                    entities.get("error_msg"),
                    entities.get("addition_error_msg"),
                    *(sub.fail_reason for sub in subs),
                ]
            ),
        }


class OsVersion(ResponseModel):
    """An operating system that the cloud knows; requests take its `os_version`."""

    platform: Text = ""
    os_version: str
    os_version_key: Text = ""
    os_type: Text = ""
    os_bit: Text = ""


class Quota(ResponseModel):
    """Quota of private images: number in use and limit."""

    used: int
    limit: int = Field(alias="quota")
