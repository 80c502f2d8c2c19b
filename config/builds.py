"""Settings of a build: the model of the stack's configuration, and the same build as the preflight checks it."""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from config.build_source import NEW_IMAGE, NEXT_BUILD, UPDATE, BuildSource, Settings
from config.constraints import (
    DECIMAL,
    WHOLE,
    Description,
    Tags,
    Text,
    UserData,
)
from config.documentation.settings_documentation import Setting
from config.iso_file.iso_content import IsoContent

Minutes = Annotated[float, Field(gt=0, le=7 * 24 * 60), DECIMAL]
MIB_IN_GIB = 1024


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
        index: Position in the configuration, from 0; None for a build that a program declares itself.
        user_data_digest: Digest of the user data; "" for a build without.
        content: Content of the ISO file, as the object store identifies it.
    """

    model_config = ConfigDict(extra="ignore", defer_build=True)

    index: int | None = None
    user_data_digest: str = ""
    content: IsoContent | None = None

    @classmethod
    def of(cls, settings: BuildSettings, index: int | None = None) -> "Build":
        """
        Return a build of the configuration for the preflight.

        Args:
            settings: Settings without problems.
            index: Position in the configuration, from 0; None for a build that a program declares itself.
        """
        kept = {key: getattr(settings, key) for key in BuildSource.model_fields}
        return cls.model_construct(**kept, index=index, user_data_digest=settings.user_data_digest)

    def key(self, setting: str) -> str:
        """Return the key of a setting: `builds[0].flavor` in a configuration, `golden.flavor` in a program."""
        return f"{self.name if self.index is None else f'builds[{self.index}]'}.{setting}"

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
