"""What a stack's configuration may say about its builds, and every fault of it at once."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from config.constraints import (
    Architecture,
    DataDiskGiB,
    Decimal,
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
    Whole,
)
from config.shapes import given
from config.suggestions import shown_key, unknown_key
from providers.runtime.properties import reason

BuildName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
Minutes = Annotated[Decimal, Field(gt=0, le=7 * 24 * 60)]
MIB_IN_GIB = 1024


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RootVolume(_Settings):
    """The temporary server's system disk: `volumetype`, and `size` in GiB."""

    volumetype: VolumeType
    size: SystemDiskGiB


class DataVolume(_Settings):
    """The disk that the system is installed on and that becomes the image: `volumetype`, and `size` in GiB."""

    volumetype: VolumeType
    size: DataDiskGiB


class Installation(_Settings):
    """How the end of the installation is known, how long it may take (minutes), and what becomes of a server that does
    not end it."""

    mode: Literal["unattended", "interactive"] = "unattended"
    timeout_minutes: Minutes = 120
    on_timeout: Literal["keep", "remove"] = "keep"
    allowed_restarts: int | None = Field(default=None, ge=0)


class BuildSettings(_Settings):
    """One image: the ISO file it comes from, the temporary server that installs it, and what the image is called."""

    name: BuildName
    region: Text | None = None
    image_name: ImageName
    image_url: ImageUrl
    os_version: Text
    architecture: Architecture = "x86"
    hw_firmware_type: FirmwareType | None = None
    min_disk: MinDiskGiB
    min_ram: Whole = Field(default=0, ge=0, le=1048576)
    flavor: Text
    availability_zone: Text
    vpc_id: Text
    subnet_id: Text
    security_group_ids: list[Text] = []
    root_volume: RootVolume
    data_volumes: list[DataVolume]
    installation: Installation = Installation()
    user_data: UserData = Field(default="", repr=False)
    description: Description = ""
    tags: Tags = {}
    enterprise_project_id: Text | None = None
    rebuild: str = ""
    retain_image: bool = False
    keep_images: Whole = Field(default=0, ge=0, le=50)
    use_build: Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")] = ""
    auto_terminate: Literal["auto", "on", "off"] = "auto"
    share_with: list[ProjectId] = Field(default=[], max_length=128)
    min_image_size: Decimal = Field(default=10, ge=0, le=1048576)
    iso_sha256: Sha256 | None = None

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

    @field_validator("min_image_size")
    @classmethod
    def _fits_the_disk(cls, value: float, info: ValidationInfo) -> float:
        disks = info.data.get("data_volumes") or []
        if disks and value > disks[0].size * MIB_IN_GIB:
            limit = f"{disks[0].size * MIB_IN_GIB} MiB"
            raise ValueError(f"must be at most the size of the data disk, {limit}: its image is never larger")
        return value

    @property
    def iso_key(self) -> tuple[str, ...]:
        """What makes two builds use one and the same ISO image."""
        parts = (self.image_url, self.os_version, self.min_disk, self.architecture, self.hw_firmware_type)
        return (*map(str, parts), str(self.enterprise_project_id))

    @property
    def triggers(self) -> dict[str, Any]:
        """Everything whose change must lead to a new image."""
        kept = ("image_url", "os_version", "min_disk", "architecture", "hw_firmware_type")
        values = {key: getattr(self, key) for key in kept if getattr(self, key) is not None}
        if self.user_data:
            values["user_data"] = self.user_data_digest
        return {**values, "data_disk": self.data_volumes[0].size}

    @property
    def user_data_digest(self) -> str:
        """What tells user data apart without showing it."""
        return hashlib.sha256(self.user_data.encode()).hexdigest()[:16] if self.user_data else ""


_PARTS: dict[str, type[_Settings]] = {
    "root_volume": RootVolume,
    "data_volumes": DataVolume,
    "installation": Installation,
}


def read_builds(builds: Sequence[Any], defaults: Mapping[Any, Any] | None) -> tuple[list[BuildSettings], list[str]]:
    """
    Return the builds of a stack, each with the stack's defaults filled in.

    Args:
        builds: Builds as the configuration has them.
        defaults: Settings that all builds share; None if they cannot be read, so that nothing counts as missing.

    Returns:
        The builds without fault, and a line for every fault of the others: its configuration key, and what is wrong.
    """
    good: list[BuildSettings] = []
    faults: list[str] = []
    for index, build in enumerate(builds):
        if not isinstance(build, Mapping):
            faults.append(f"builds[{index}]: must be a mapping of settings, with name, image_url and so on")
            continue
        try:
            # what a build leaves empty is absent, even if all others have a default for it
            good.append(BuildSettings.model_validate(given({**(defaults or {}), **build})))
        except ValidationError as error:
            found = [fault for fault in error.errors() if defaults is not None or fault["type"] != "missing"]
            faults.extend(f"{_key(index, fault['loc'])} {_reason(fault)}" for fault in found)
    return good, [*faults, *_repeated_names(good), *_different_pins(good)]


def _reason(fault: ErrorDetails) -> str:
    if fault["type"] == "extra_forbidden":
        *outer, name = fault["loc"]
        model = _PARTS.get(str(outer[0]), BuildSettings) if outer else BuildSettings
        return unknown_key(str(name), model.model_fields)
    if fault["type"] == "missing":
        return "is missing; set it in the build, or in `defaults` for all builds"
    return reason(fault)


def _key(index: int, location: Sequence[str | int]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}" for part in location)
    return f"builds[{index}]{path}:"


def _repeated_names(builds: list[BuildSettings]) -> list[str]:
    names = [build.name for build in builds]
    repeated = sorted({name for name in names if names.count(name) > 1})
    return [f"builds: the name {name!r} is given to more than one build" for name in repeated]


def pins(builds: Sequence[BuildSettings]) -> dict[tuple[str | None, str], str]:
    """Return the digests that builds pin, by region and ISO file; a digest holds for all builds of the file."""
    return {(build.region, build.image_url): build.iso_sha256 for build in builds if build.iso_sha256}


def _different_pins(builds: Sequence[BuildSettings]) -> list[str]:
    found: dict[tuple[str | None, str], BuildSettings] = {}
    faults = []
    for build in builds:
        if build.iso_sha256:
            first = found.setdefault((build.region, build.image_url), build)
            if first.iso_sha256 != build.iso_sha256:
                both = f"builds {first.name!r} and {build.name!r} pin different values of iso_sha256"
                faults.append(f"builds: {both} for one file, {build.image_url}")
    return faults
