"""Settings of a build that the cloud can check, and the definition of what leads to a new image."""

from typing import Annotated, Any

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
)

from config.answers.recorded_answers import RecordedAnswers
from config.builds.publication import Publication
from config.builds.settings_model import NEW_IMAGE, NEXT_BUILD, UPDATE, Settings
from config.builds.verification import Verification
from config.constraints import (
    Architecture,
    DataDiskGiB,
    FirmwareType,
    FreeText,
    ImageName,
    ImageUrl,
    IsoSource,
    MinDiskGiB,
    ProjectId,
    Sha256,
    SystemDiskGiB,
    Text,
    VolumeType,
)
from config.documentation.settings_documentation import Setting
from config.iso_file.iso_location import IsoObject

BuildName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
BuildId = Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")]

IMPORT_SETTINGS = ("image_url", "os_version", "min_disk", "architecture", "hw_firmware_type")
"""Settings whose change leads to another import of the ISO file."""


class Volume(Settings):
    """Disk of the temporary server."""

    volumetype: Annotated[VolumeType, Setting("type of the disk")]
    size: Annotated[SystemDiskGiB, Setting("size of the disk", unit="GiB")]


class RootVolume(Volume):
    """System disk of the temporary server."""


class DataVolume(Volume):
    """Disk that the system is installed on and that becomes the image."""

    size: Annotated[DataDiskGiB, Setting("size of the disk", unit="GiB", on_change=NEW_IMAGE)]


class BuildSource(Settings):
    """
    Settings of a build that the cloud can check, and the one definition of what leads to a new image.

    `BuildSettings` adds the settings that no check reads, `Build` the data that a check needs beside them.
    """

    name: Annotated[
        BuildName,
        Setting(
            "name of the build in the stack and in its outputs: 1 to 40 letters, digits, `_`, `-`",
            on_change="another build",
        ),
    ]
    image_name: Annotated[
        ImageName,
        Setting(
            "name of the image: 1 to 128 letters, digits, Chinese characters, `-`, `.`, `_`, spaces",
            on_change="a new name",
        ),
    ]
    image_url: Annotated[
        ImageUrl,
        IsoSource,
        Setting(
            "the ISO file, `<bucket>:<object>.iso`, in the same region; a URL is refused with the form to write. The "
            "object is named as the bucket lists it: no `%20`, no `//`, no `.` or `..` as a folder, 1024 bytes at most",
            on_change=NEW_IMAGE,
        ),
    ]
    os_version: Annotated[Text, Setting("the operating system, as the service's list spells it", on_change=NEW_IMAGE)]
    architecture: Annotated[Architecture, Setting("`x86` or `arm`", on_change=NEW_IMAGE)] = "x86"
    hw_firmware_type: Annotated[
        FirmwareType | None,
        Setting("`bios` or `uefi`; arm boots by uefi only", default="the service's", on_change=NEW_IMAGE),
    ] = None
    min_disk: Annotated[
        MinDiskGiB,
        Setting("smallest system disk for the ISO image; neither disk may be smaller", unit="GiB", on_change=NEW_IMAGE),
    ]
    flavor: Annotated[
        Text,
        Setting(
            "flavor of the temporary server: general computing, KVM, 2 vCPUs, at least 4096 MiB", on_change=NEXT_BUILD
        ),
    ]
    availability_zone: Annotated[Text, Setting("zone of the temporary server", on_change=NEXT_BUILD)]
    vpc_id: Annotated[Text, Setting("VPC of the temporary server", on_change=NEXT_BUILD)]
    subnet_id: Annotated[Text, Setting("subnet of the temporary server, by its network id", on_change=NEXT_BUILD)]
    security_group_ids: Annotated[
        list[Text],
        Setting("security groups of the temporary server", default="the group `default`", on_change=NEXT_BUILD),
    ] = []
    root_volume: Annotated[
        RootVolume, Setting("system disk of the temporary server: `volumetype`, `size`", on_change=NEXT_BUILD)
    ]
    data_volumes: Annotated[
        list[DataVolume],
        Setting(
            "exactly one disk: `volumetype`, `size`; the image is created from it",
            on_change="its size: a new image",
        ),
    ]
    enterprise_project_id: Annotated[
        Text | None,
        Setting(
            "enterprise project of everything that the build creates, see [below](#enterprise-projects)",
            default="the default one",
            on_change=NEXT_BUILD,
        ),
    ] = None
    rebuild: Annotated[
        FreeText,
        Setting("any text; another text requests a new build", on_change=NEW_IMAGE),
    ] = ""
    retain_image: Annotated[
        bool, Setting("keep the finished image when the build ends or is replaced", on_change=UPDATE)
    ] = False
    use_build: Annotated[
        BuildId,
        Setting(
            "id of an earlier build whose image is kept: return to it without a new build; refused at preview if there "
            "is no such image",
            on_change="the kept image",
        ),
    ] = ""
    iso: Annotated[
        IsoSource | None,
        Setting(
            "in place of `image_url`: path of an ISO file on this machine, or an https URL with `iso_sha256`, which is "
            "uploaded; or `<bucket>:<object>.iso`, see [below](#uploads)",
            on_change="a new image, if the content is another",
        ),
    ] = None
    create_iso_bucket: Annotated[
        bool, Setting("create `iso_bucket` if it does not exist; it is never deleted", on_change="nothing")
    ] = False
    iso_sha256: Annotated[
        Sha256 | None,
        Setting(
            "SHA-256 digest that the ISO file must have, 64 hexadecimal digits, see [below](#the-iso-file)",
            on_change="a verification",
        ),
    ] = None
    share_with: Annotated[
        list[ProjectId],
        Field(max_length=128),
        Setting(
            "ids (32 hexadecimal digits) of other projects of the same region that the finished image is shared with, "
            "each once, 128 at most; these projects have to accept it",
            on_change=UPDATE,
        ),
    ] = []

    verify: Annotated[
        Verification | None,
        Setting("test of the image before the outputs name it", default="no test", on_change="a test of the image"),
    ] = None
    publish: Annotated[
        Publication | None,
        Setting("publication of the finished image", default="none", on_change=UPDATE),
    ] = None

    @field_validator("hw_firmware_type")
    @classmethod
    def _arm_boots_by_uefi(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value == "bios" and info.data.get("architecture") == "arm":
            raise ValueError("arm servers boot by uefi only")
        return value

    @field_validator("root_volume")
    @classmethod
    def _holds_min_disk(cls, value: RootVolume, info: ValidationInfo) -> RootVolume:
        if value.size < info.data.get("min_disk", 0):
            raise ValueError(f"size must be at least min_disk, {info.data['min_disk']} GiB")
        return value

    @field_validator("data_volumes")
    @classmethod
    def _exactly_one(cls, value: list[DataVolume], info: ValidationInfo) -> list[DataVolume]:
        if len(value) != 1:
            raise ValueError(
                f"must list exactly one data disk: a server that boots an ISO image has one system and one data disk, "
                f"and {len(value)} data disks are listed"
            )
        if value[0].size < info.data.get("min_disk", 0):
            raise ValueError(
                f"size must be at least min_disk, {info.data['min_disk']} GiB: this disk becomes the image"
            )
        return value

    @field_validator("share_with")
    @classmethod
    def _each_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise ValueError("must name each project once")
        return value

    @property
    def recorded_answers(self) -> RecordedAnswers | None:
        """Return the answers that are added to the ISO file, without their text; None without `answers`."""
        return None

    @property
    def object_sha256(self) -> str | None:
        """Return the digest that the object has, if it is pinned; `iso_sha256` of a build with answers is another's."""
        return None if self.recorded_answers else self.iso_sha256

    @property
    def made_of(self) -> dict[str, str]:
        """Return the digests that the location of an upload follows from, by setting; {} for an object in the store."""
        answers = self.recorded_answers
        found = {"iso": self.iso_sha256, "answers": answers.sha256 if answers else None}
        return {key: value for key, value in found.items() if value} if self.iso is not None else {}

    @property
    def location(self) -> IsoObject:
        """Return the ISO file in the object store."""
        return IsoObject.parse(self.image_url)

    @property
    def import_key(self) -> tuple[Any, ...]:
        """Return what two builds have in common that share one ISO image."""
        return (*(getattr(self, key) for key in IMPORT_SETTINGS), self.enterprise_project_id)

    def triggers_with(self, user_data_digest: str) -> dict[str, Any]:
        """
        Return everything whose change leads to a new image, beside `rebuild`, `use_build` and the file's content.

        Args:
            user_data_digest: Digest of the user data; "" for a build without.
        """
        user_data = {"user_data": user_data_digest} if user_data_digest else {}
        imported = {key: value for key in IMPORT_SETTINGS if (value := getattr(self, key)) is not None}
        return {**imported, **user_data, "data_disk": self.data_volumes[0].size}
