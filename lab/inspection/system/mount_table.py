"""The mount table ``/etc/fstab``: mounts by device names, and of file systems that the disk does not have."""

from collections.abc import Sequence
from dataclasses import dataclass

from lab.inspection.disk.disk_contents import Content
from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.volume_signatures import POOLS
from lab.inspection.findings import MAX_LISTED, Inspection
from lab.inspection.system.guest import Guest
from lab.inspection.system.volume_references import identifier, is_device_name, is_on_first_disk, resolve

PATH = "/etc/fstab"
SYSTEM_MOUNTS = ("/boot", "/boot/efi", "/efi", "/etc", "/usr", "/var", "/opt", "/var/lib", "/usr/local")
OPTIONAL = ("nofail", "noauto")


@dataclass(frozen=True)
class Mount:
    """Line of the mount table."""

    source: str
    target: str
    type: str
    options: str

    @property
    def is_optional(self) -> bool:
        return self.type == "swap" or not set(OPTIONAL).isdisjoint(self.options.split(","))


def read_mounts(files: GuestFiles) -> list[Mount]:
    """Return the lines of a system's mount table."""
    mounts = []
    for line in (files.text(PATH) or "").split("\n"):
        fields = line.split()
        if len(fields) >= 3 and not fields[0].startswith("#"):
            mounts.append(Mount(fields[0], fields[1], fields[2], fields[3] if len(fields) > 3 else "defaults"))
    return mounts[:MAX_LISTED]


def add_mounts(files: GuestFiles, contents: Sequence[Content]) -> None:
    """Let the paths of a system lead into its other file systems, as its mount table has them."""
    for mount in sorted(read_mounts(files), key=lambda each: len(each.target)):
        content = resolve(mount.source, contents)
        if mount.target in SYSTEM_MOUNTS and content is not None and content.volume is not None:
            files.mount(mount.target, content.volume)


def check_mounts(guest: Guest, inspection: Inspection) -> None:
    """Report the mount table."""
    mounts = read_mounts(guest.files)
    inspection.state("fstab", [vars(mount) for mount in mounts])
    if not guest.files.is_file(PATH):
        inspection.report(
            "note", "fstab-missing", f"There is no {PATH}.", "Write one if the system mounts its file systems by it."
        )
    for mount in mounts:
        if is_device_name(mount.source):
            _report_device_name(mount, inspection)
        else:
            _check_identifier(mount, guest.contents, inspection)


def _report_device_name(mount: Mount, inspection: Inspection) -> None:
    is_grave = not mount.is_optional and not is_on_first_disk(mount.source)
    inspection.report(
        "error" if is_grave else "warning",
        "fstab-device-name",
        f"{PATH} mounts {mount.target} by the device name {mount.source}, which can name another disk on a new server"
        " or none.",
        f"Mount {mount.target} by UUID= or LABEL=.",
    )


def _check_identifier(mount: Mount, contents: Sequence[Content], inspection: Inspection) -> None:
    named = identifier(mount.source)
    if named is None or resolve(mount.source, contents) is not None or may_be_elsewhere(contents):
        return
    inspection.report(
        "warning" if mount.is_optional else "error",
        "fstab-unknown",
        f"{PATH} mounts {mount.target} from {mount.source}, which no file system of the image has.",
        "Remove the line, or correct it: only the captured disk is part of the image.",
    )


def may_be_elsewhere(contents: Sequence[Content]) -> bool:
    """Return True if file systems can exist that are not known: in volume groups, encryption or unknown contents."""
    return any(
        content.reason or (content.signature is not None and content.signature.type in POOLS) for content in contents
    )
