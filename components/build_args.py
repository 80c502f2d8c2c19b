"""
Arguments of IsoImageBuild, from the models: ``python -m plugin.package`` brings this file up to date.

Each value may be an output unless its type says otherwise. All may be among the defaults of the configuration.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi


class VolumeArgs(TypedDict, total=False):
    """Disk of the temporary server."""

    volumetype: pulumi.Input[str]
    """Type of the disk."""
    size: pulumi.Input[int]
    """Size of the disk (GiB)."""


class InstallationArgs(TypedDict, total=False):
    """Installation: its end, its time limit, and the fate of a server that does not end it."""

    mode: pulumi.Input[str]
    """
    `unattended`: the installer shuts the server down; `interactive`: you install over the remote console and shut it
    down. Default: unattended. A change leads to nothing before the next build.
    """
    timeout_minutes: pulumi.Input[float]
    """
    Time limit of the installation, counted from the creation of the server (minutes). Default: 120. A change leads to
    the length of the wait.
    """
    on_timeout: pulumi.Input[str]
    """
    `keep` or `remove` the server of an installation that does not end; its console and screen are saved before it is
    removed. Default: keep. A change leads to the fate of that server.
    """
    allowed_restarts: pulumi.Input[int]
    """
    Restarts of an unattended installer that do not end the run. Default: 1. A change leads to the end of the wait.
    """
    package_list: pulumi.Input[bool]
    """
    Read the list of packages that the system prints on its console at the end, and write a bill of materials. Default:
    false. A change leads to nothing before the next build.
    """


class VerificationArgs(TypedDict, total=False):
    """Test of the finished image: its server, the sign of success, and the fate of a failed image."""

    until: pulumi.Input[str]
    """
    Text that the console of a server from the image shows when the system works, such as `login:`; required without
    `port`. Default: none. A change leads to nothing before the next test.
    """
    port: pulumi.Input[int]
    """
    TCP port that the server opens; this machine must reach its subnet, and a group admit it; required without `until`.
    Default: none. A change leads to nothing before the next test.
    """
    timeout_minutes: pulumi.Input[float]
    """
    Time limit of the test, counted from the creation of its server (minutes). Default: 10. A change leads to nothing
    before the next test.
    """
    flavor: pulumi.Input[str]
    """
    Flavor of the server of the test. Default: that of the temporary server. A change leads to nothing before the next
    test.
    """
    on_failure: pulumi.Input[str]
    """
    `keep` an image that fails under the name `<image_name>-failed-<build id>`, or `delete` it. Default: keep. A change
    leads to nothing before the next test.
    """
    inspection: pulumi.Input[str]
    """
    `required`: the lab's inspection of the image must find no errors, too; a cloud inspects no images, and a run there
    reports this and goes on. Default: none. A change leads to nothing before the next test.
    """


class CopyTargetArgs(TypedDict, total=False):
    """Copy of the finished image in another region or project."""

    region: pulumi.Input[str]
    """
    Region of a copy: a region id, or the name of an entry of `regions`, also one with another project. A change leads
    to another copy.
    """
    agency: pulumi.Input[str]
    """
    Agency that lets the image service act in the project of another region; required there. Default: none. A change
    leads to nothing.
    """
    name: pulumi.Input[str]
    """Name of the copy. Default: `image_name`. A change leads to an update."""


class ExportTargetArgs(TypedDict, total=False):
    """Object in a bucket that the finished image is exported to."""

    bucket: pulumi.Input[str]
    """Bucket in the region of the build, of storage class Standard. A change leads to a new export."""
    format: pulumi.Input[str]
    """
    `qcow2`, `vhd`, `vmdk` or `zvhd2`, of which only the last takes disks above 128 GiB. A change leads to a new export.
    """
    object: pulumi.Input[str]
    """
    Name of the object, in which `{build_id}`, which is required, and `{image_name}` stand for those values. Default:
    `{image_name}-{build_id}.<format>`. A change leads to a new export.
    """


class PublicationArgs(TypedDict, total=False):
    """Publication of the finished image: its place among the images that others use."""

    family: pulumi.Input[str]
    """Family of the image, such as `debian-12`: 1 to 43 letters, digits, `-`, `_`, `.`. A change leads to an update."""
    channel: pulumi.Input[str]
    """
    Channel of the family that has this image, such as `stable`; it has one image at a time: 1 to 20 lower-case letters,
    digits, `-`. A change leads to an update.
    """
    copies: pulumi.Input[Sequence[pulumi.Input[CopyTargetArgs]]]
    """
    Copies of the image, one for each region or project. Default: none. A change leads to copies of the present image,
    before it is published.
    """
    export: pulumi.Input[ExportTargetArgs]
    """Object that the image is exported to. Default: none. A change leads to an export of the present image."""
    share_with: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Another name of `share_with` of the build. Default: none. A change leads to an update."""


class AnswersArgs(TypedDict, total=False):
    """Answers that a copy of the vendor's ISO file gets. All are plain values."""

    preseed: str
    """Path of a preseed file, for Debian's installer. Default: none."""
    kickstart: str
    """Path of a kickstart file, for Anaconda: RHEL, CentOS, Rocky, Alma, Fedora, openEuler. Default: none."""
    autoinstall: str
    """Path of an autoinstall file (user data), for Ubuntu's live server. Default: none."""
    autoyast: str
    """Path of an AutoYaST file, for SLES and openSUSE Leap 15. Default: none."""
    profile: str
    """Ready-made answers: `debian`, `ubuntu`, `anaconda` or `suse`. Default: none."""
    values: Mapping[str, Any]
    """
    Values of the profile by their keys, such as `packages`; the state has only a digest of them. Default: those of the
    profile.
    """


class IsoImageBuildArgs(TypedDict, total=False):
    """Settings of a build: its ISO file, the temporary server that installs it, and the image."""

    image_name: pulumi.Input[str]
    """
    Name of the image: 1 to 128 letters, digits, Chinese characters, `-`, `.`, `_`, spaces. A change leads to a new
    name.
    """
    image_url: pulumi.Input[str]
    """
    The ISO file, `<bucket>:<object>.iso`, in the same region; a URL is refused with the form to write. The object is
    named as the bucket lists it: no `%20`, no `//`, no `.` or `..` as a folder, 1024 bytes at most. A change leads to a
    new image.
    """
    os_version: pulumi.Input[str]
    """The operating system, as the service's list spells it. A change leads to a new image."""
    architecture: pulumi.Input[str]
    """`x86` or `arm`. Default: x86. A change leads to a new image."""
    hw_firmware_type: pulumi.Input[str]
    """`bios` or `uefi`; arm boots by uefi only. Default: the service's. A change leads to a new image."""
    min_disk: pulumi.Input[int]
    """Smallest system disk for the ISO image; neither disk may be smaller (GiB). A change leads to a new image."""
    flavor: pulumi.Input[str]
    """
    Flavor of the temporary server: general computing, KVM, 2 vCPUs, at least 4096 MiB. A change leads to nothing before
    the next build.
    """
    availability_zone: pulumi.Input[str]
    """Zone of the temporary server. A change leads to nothing before the next build."""
    vpc_id: pulumi.Input[str]
    """VPC of the temporary server. A change leads to nothing before the next build."""
    subnet_id: pulumi.Input[str]
    """Subnet of the temporary server, by its network id. A change leads to nothing before the next build."""
    security_group_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """
    Security groups of the temporary server. Default: the group `default`. A change leads to nothing before the next
    build.
    """
    root_volume: pulumi.Input[VolumeArgs]
    """System disk of the temporary server: `volumetype`, `size`. A change leads to nothing before the next build."""
    data_volumes: pulumi.Input[Sequence[pulumi.Input[VolumeArgs]]]
    """Exactly one disk: `volumetype`, `size`; the image is created from it. A change leads to its size: a new image."""
    enterprise_project_id: pulumi.Input[str]
    """
    Enterprise project of everything that the build creates. Default: the default one. A change leads to nothing before
    the next build.
    """
    rebuild: pulumi.Input[str]
    """Any text; another text requests a new build. Default: none. A change leads to a new image."""
    retain_image: bool
    """Keep the finished image when the build ends or is replaced. Default: false. A change leads to an update."""
    use_build: pulumi.Input[str]
    """
    Id of an earlier build whose image is kept: return to it without a new build; refused at preview if there is no such
    image. Default: none. A change leads to the kept image.
    """
    iso: str
    """
    In place of `image_url`: path of an ISO file on this machine, or an https URL with `iso_sha256`, which is uploaded;
    or `<bucket>:<object>.iso`. Default: none. A change leads to a new image, if the content is another.
    """
    create_iso_bucket: pulumi.Input[bool]
    """Create `iso_bucket` if it does not exist; it is never deleted. Default: false. A change leads to nothing."""
    iso_sha256: pulumi.Input[str]
    """
    SHA-256 digest that the ISO file must have, 64 hexadecimal digits. Default: none. A change leads to a verification.
    """
    share_with: pulumi.Input[Sequence[pulumi.Input[str]]]
    """
    Ids (32 hexadecimal digits) of other projects of the same region that the finished image is shared with, each once,
    128 at most; these projects have to accept it. Default: none. A change leads to an update.
    """
    verify: VerificationArgs
    """Test of the image before the outputs name it. Default: no test. A change leads to a test of the image."""
    publish: PublicationArgs
    """Publication of the finished image. Default: none. A change leads to an update."""
    region: pulumi.Input[str]
    """
    Region of the build: a region id, or the name of an entry of `regions`. Default: the stack's `region`. A change
    leads to a new image there, and the end of the old one.
    """
    min_ram: pulumi.Input[int]
    """Smallest memory of a server from the image; 0 is no limit (MiB). Default: 0. A change leads to an update."""
    max_ram: pulumi.Input[int]
    """
    Largest memory of a server from the image, not less than `min_ram` (MiB). Default: no limit. A change leads to an
    update.
    """
    installation: pulumi.Input[InstallationArgs]
    """End and time limit of the installation."""
    user_data: pulumi.Input[str]
    """
    Data for an installer that reads it as cloud-init does, at most 32 KiB; kept as a secret. Default: none. A change
    leads to a new image.
    """
    description: pulumi.Input[str]
    """
    Description of the image: at most 1024 characters, without `<`, `>` and line breaks. Default: none. A change leads
    to an update.
    """
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """
    At most 9, on everything that the build creates; key 1 to 36, value 0 to 43 letters, digits, `_`, `-` (value also
    `.`); the keys `image-from-iso` and `image-provenance`, in any spelling, are reserved. Default: none. A change leads
    to an update of the image.
    """
    keep_images: pulumi.Input[int]
    """
    Number of images of earlier builds that are kept beside the present one; `destroy` deletes them. Default: 0. A
    change leads to an update.
    """
    max_age_days: pulumi.Input[float]
    """
    Age of the image from which the next `up` builds a new one, see scheduled rebuilds (days). Default: no limit. A
    change leads to a new image, if the present one is older.
    """
    auto_terminate: pulumi.Input[str]
    """
    Automatic deletion of the temporary server by the cloud if no run waits for it any more: `auto` (in the regions that
    offer it), `on`, `off`. Default: auto. A change leads to the next server.
    """
    answers: AnswersArgs
    """Answers that a copy of `iso` gets, so that it installs itself. Default: none. A change leads to a new image."""
    iso_bucket: str
    """
    Bucket that `iso` is uploaded to, in the same region; required for an upload. Default: none. A change leads to
    another upload, and a new image.
    """
    keep_iso_object: pulumi.Input[bool]
    """
    Keep the upload of `iso` when no build of the stack uses it any more; otherwise it is deleted. Default: false. A
    change leads to an update.
    """
    min_image_size: pulumi.Input[float]
    """
    Smallest size of a captured image; a smaller one was never installed, and is refused; at most the size of the data
    disk (MiB). Default: 10. A change leads to nothing before the next build.
    """
