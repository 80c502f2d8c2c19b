"""Settings of a build: the model of the stack's configuration, and the same build as the preflight checks it."""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_serializer,
)

from config.constraints import (
    DECIMAL,
    WHOLE,
    Architecture,
    DataDiskGiB,
    Description,
    FirmwareType,
    ImageName,
    ImageUrl,
    MinDiskGiB,
    ProjectId,
    Sha256,
    SystemDiskGiB,
    Tags,
    Text,
    UserData,
    VolumeType,
)
from config.documentation.settings_documentation import Setting
from config.iso_file.iso_content import IsoContent
from config.iso_file.iso_location import IsoObject

BuildName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
BuildId = Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")]
Minutes = Annotated[float, Field(gt=0, le=7 * 24 * 60), DECIMAL]
MIB_IN_GIB = 1024

IMPORT_SETTINGS = ("image_url", "os_version", "min_disk", "architecture", "hw_firmware_type")
"""Settings whose change leads to another import of the ISO file."""

NEW_IMAGE = "a new image"
NEXT_BUILD = "nothing before the next build"
UPDATE = "an update"


class Settings(BaseModel):
    """Base of all settings: frozen, and closed so that a misspelt key is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Volume(Settings):
    """Disk of the temporary server."""

    volumetype: Annotated[VolumeType, Setting("type of the disk")]
    size: Annotated[SystemDiskGiB, Setting("size of the disk", unit="GiB")]


class RootVolume(Volume):
    """System disk of the temporary server."""


class DataVolume(Volume):
    """Disk that the system is installed on and that becomes the image."""

    size: Annotated[DataDiskGiB, Setting("size of the disk", unit="GiB", on_change=NEW_IMAGE)]


class Installation(Settings):
    """Installation: the way its end is recognized, its time limit, and the fate of a server that does not end it."""

    mode: Annotated[
        Literal["unattended", "interactive"],
        Setting(
            "`unattended`: the installer shuts the server down; `interactive`: you install over the remote console and "
            "shut it down",
            on_change=NEXT_BUILD,
        ),
    ] = "unattended"
    timeout_minutes: Annotated[
        Minutes,
        Setting(
            "time limit of the installation, counted from the creation of the server",
            unit="minutes",
            on_change="the length of the wait",
        ),
    ] = 120
    on_timeout: Annotated[
        Literal["keep", "remove"],
        Setting(
            "`keep` or `remove` the server of an installation that does not end; its console and screen are "
            "[saved](../how-to/recovery.md#what-a-failed-step-shows) before it is removed",
            on_change="the fate of that server",
        ),
    ] = "keep"
    allowed_restarts: Annotated[
        int | None,
        Field(ge=0),
        Setting(
            "restarts of an unattended installer that do not end the run, see "
            "[progress](../how-to/progress.md#an-installer-that-starts-again)",
            default="1",
            on_change="the end of the wait",
        ),
    ] = None


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
        str,
        WithJsonSchema({"type": ["string", "number"]}),
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

    @field_validator("rebuild", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

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
    def iso(self) -> IsoObject:
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


class BuildSettings(BuildSource):
    """Settings of one image: its ISO file, the temporary server that installs it, and the image itself."""

    region: Annotated[
        Text | None,
        Setting(
            "region of the build: a region id, or the name of an entry of `regions`",
            default="the stack's `region`",
            on_change="a new image there, and the end of the old one",
        ),
    ] = None
    min_ram: Annotated[
        int,
        Field(ge=0, le=1048576),
        WHOLE,
        Setting("smallest memory of a server from the image; 0 is no limit", unit="MiB", on_change=UPDATE),
    ] = 0
    max_ram: Annotated[
        Annotated[int, Field(ge=1, le=1048576), WHOLE] | None,
        Setting(
            "largest memory of a server from the image, not less than `min_ram`",
            unit="MiB",
            default="no limit",
            on_change=UPDATE,
        ),
    ] = None
    installation: Annotated[Installation, Setting("end and time limit of the installation")] = Installation()
    user_data: Annotated[
        UserData,
        Field(repr=False),
        Setting(
            "data for an installer that reads it as cloud-init does, at most 32 KiB; kept as a secret",
            default="none",
            on_change=NEW_IMAGE,
        ),
    ] = ""
    description: Annotated[
        Description,
        Setting(
            "description of the image: at most 1024 characters, without `<`, `>` and line breaks", on_change=UPDATE
        ),
    ] = ""
    tags: Annotated[
        Tags,
        Setting(
            "at most 9, on everything that the build creates; key 1 to 36, value 0 to 43 letters, digits, `_`, `-` "
            "(value also `.`); the key `image-from-iso`, in any spelling, is reserved",
            default="none",
            on_change="an update of the image",
        ),
    ] = {}
    keep_images: Annotated[
        int,
        Field(ge=0, le=50),
        WHOLE,
        Setting(
            "number of images of earlier builds that are kept beside the present one; `destroy` deletes them",
            on_change=UPDATE,
        ),
    ] = 0
    auto_terminate: Annotated[
        Literal["auto", "on", "off"],
        Setting(
            "automatic deletion of the temporary server by the cloud if no run waits for it any more: `auto` (in the "
            "regions that offer it), `on`, `off`",
            on_change="the next server",
        ),
    ] = "auto"
    min_image_size: Annotated[
        float,
        Field(ge=0, le=1048576),
        DECIMAL,
        Setting(
            "smallest size of a captured image; a smaller one was never installed, and is refused; at most the size of "
            "the data disk",
            unit="MiB",
            on_change=NEXT_BUILD,
        ),
    ] = 10

    @field_validator("max_ram")
    @classmethod
    def _not_below_min_ram(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and value < info.data.get("min_ram", 0):
            raise ValueError(f"must be at least min_ram, {info.data['min_ram']} MiB")
        return value

    @field_validator("min_image_size")
    @classmethod
    def _fits_the_disk(cls, value: float, info: ValidationInfo) -> float:
        disks = info.data.get("data_volumes") or []
        if disks and value > disks[0].size * MIB_IN_GIB:
            limit = f"{disks[0].size * MIB_IN_GIB} MiB"
            raise ValueError(f"must be at most the size of the data disk, {limit}: its image is never larger")
        return value

    @property
    def triggers(self) -> dict[str, Any]:
        """Return everything whose change leads to a new image, beside `rebuild`, `use_build` and the file's content."""
        return self.triggers_with(self.user_data_digest)

    @property
    def user_data_digest(self) -> str:
        """Return a digest that tells user data apart without showing it; "" for a build without."""
        return hashlib.sha256(self.user_data.encode()).hexdigest()[:16] if self.user_data else ""


class Build(BuildSource):
    """
    One build as the preflight checks it, and as the state records it. Settings that no check reads are left out.

    Attributes:
        index: Position in the configuration, from 0.
        user_data_digest: Digest of the user data; "" for a build without.
        content: Content of the ISO file, as the object store identifies it.
    """

    model_config = ConfigDict(extra="ignore", defer_build=True)

    index: int
    user_data_digest: str = ""
    content: IsoContent | None = None

    @classmethod
    def of(cls, settings: BuildSettings, index: int) -> "Build":
        """
        Return a build of the configuration for the preflight.

        Args:
            settings: Settings without problems.
            index: Position in the configuration, from 0.
        """
        kept = {key: getattr(settings, key) for key in BuildSource.model_fields}
        return cls.model_construct(**kept, index=index, user_data_digest=settings.user_data_digest)

    def key(self, setting: str) -> str:
        """Return the configuration key of one of its settings, such as `builds[0].flavor`."""
        return f"builds[{self.index}].{setting}"

    @property
    def firmware(self) -> str:
        """
        Return the firmware that the server boots with.

        Source: IMS "image attributes": hw_firmware_type is bios where it is missing; arm boots by uefi only.
        """
        return self.hw_firmware_type or ("uefi" if self.architecture == "arm" else "bios")

    def must_follow(self, earlier: "Build | None") -> bool:
        """Return true if a run has to create an image, where the run before has left `earlier`."""
        return not self.use_build and (earlier is None or earlier._wanted != self._wanted or self._has_changed(earlier))

    def can_share_import(self, earlier: "Build") -> bool:
        """Return true if the ISO image of an earlier run is that of its file."""
        if self.content is None or earlier.content is None:
            return self.import_key == earlier.import_key
        return self.import_key == earlier.import_key and self.content.is_same_object(earlier.content)

    @property
    def _wanted(self) -> tuple[Any, ...]:
        return (self.triggers_with(self.user_data_digest), self.rebuild, self.use_build)

    def _has_changed(self, earlier: "Build") -> bool:
        if self.content is None or earlier.content is None:  # an earlier version has recorded none
            return False
        return not self._pinned().is_same_file(earlier._pinned())

    def _pinned(self) -> IsoContent:
        content = self.content or IsoContent(size_bytes=0)
        return content.model_copy(update={"sha256": self.iso_sha256})

    @model_serializer(mode="wrap")
    def _without_empty_shares(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a setting that earlier versions have not recorded, so that their states do not change."""
        return {key: value for key, value in handler(self).items() if key != "share_with" or value}


ORDER = tuple(BuildSettings.model_fields)
"""Settings of a build in the order of the documentation and of reports."""
