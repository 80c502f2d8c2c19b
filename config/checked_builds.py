"""The settings of a build, as far as the cloud can judge them."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from preflight.media.iso_content import IsoContent


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Volume(_Settings):
    """A disk of the temporary server; size in GiB."""

    volumetype: str
    size: int


class Build(_Settings):
    """
    One build. Settings that no check reads are left out.

    Attributes:
        index: its place in the configuration, from 0.
        name: its name in the stack.
        iso_sha256: digest that its ISO file must have.
        content: content of its ISO file, as the object store identifies it.
    """

    index: int
    name: str
    image_name: str
    image_url: str
    os_version: str
    architecture: str = "x86"
    hw_firmware_type: str | None = None
    min_disk: int
    flavor: str
    availability_zone: str
    vpc_id: str
    subnet_id: str
    security_group_ids: list[str] = []
    root_volume: Volume
    data_volumes: list[Volume]
    enterprise_project_id: str | None = None
    rebuild: str = ""
    retain_image: bool = False
    use_build: str = ""
    user_data_digest: str = ""
    iso_sha256: str | None = None
    content: IsoContent | None = None
    share_with: list[str] | None = None

    def key(self, setting: str) -> str:
        """The configuration key of one of its settings."""
        return f"builds[{self.index}].{setting}"

    @property
    def bucket(self) -> str:
        """The bucket of the ISO file."""
        return self.image_url.partition(":")[0]

    @property
    def object_key(self) -> str:
        """The name of the ISO file in its bucket."""
        return self.image_url.partition(":")[2]

    @property
    def firmware(self) -> str:
        """
        How the server boots.

        Source: IMS "image attributes": hw_firmware_type is bios where it is missing; arm boots by uefi only.
        """
        return self.hw_firmware_type or ("uefi" if self.architecture == "arm" else "bios")

    @property
    def iso_key(self) -> tuple[Any, ...]:
        """What makes two builds share one ISO image."""
        parts = (self.image_url, self.os_version, self.min_disk, self.architecture, self.hw_firmware_type)
        return (*parts, self.enterprise_project_id)

    @property
    def makes(self) -> tuple[Any, ...]:
        """Everything whose change leads to a new image."""
        chosen = (self.rebuild, self.use_build, self.user_data_digest)
        return (*self.iso_key[:5], self.data_volumes[0].size, *chosen)

    def must_follow(self, earlier: "Build | None") -> bool:
        """Whether a run has to make an image for it, where the run before has left `earlier`."""
        return not self.use_build and (earlier is None or earlier.makes != self.makes or self._has_changed(earlier))

    def can_share_import(self, earlier: "Build") -> bool:
        """Return true if the ISO image of an earlier run is that of its file."""
        if self.content is None or earlier.content is None:
            return self.iso_key == earlier.iso_key
        return self.iso_key == earlier.iso_key and self.content.is_same_object(earlier.content)

    def _has_changed(self, earlier: "Build") -> bool:
        if self.content is None or earlier.content is None:  # an earlier version has recorded none
            return False
        return not self._pinned().is_same_file(earlier._pinned())

    def _pinned(self) -> IsoContent:
        content = self.content or IsoContent(size_bytes=0)
        return content.model_copy(update={"sha256": self.iso_sha256})


SETTINGS = tuple(Build.model_fields)
"""A build's settings in their order."""
