"""Names by which mount tables and kernel arguments refer to a file system."""

import re
from collections.abc import Iterable

from lab.inspection.disk.disk_contents import Content

DEVICE = re.compile(
    r"/dev/(?:disk/by-(?:id|path)/.+|(?:[shv]d|xvd)[a-z]{1,2}\d{0,3}|(?:nvme\d+n\d+|mmcblk\d+)(?:p\d+)?)\Z"
)
FIRST_DISK = re.compile(r"/dev/(?:[shv]da|xvda|nvme0n1|mmcblk0)(?:p?\d+)?\Z")
NUMBER = re.compile(r"(?:(?:[shv]d|xvd)[a-z]{1,2}|n\d+p|mmcblk\d+p)(\d+)\Z")
BY_FOLDER = re.compile(r"/dev/disk/by-(uuid|label|partuuid|partlabel)/(.+)\Z")
IDENTIFIED = ("UUID", "LABEL", "PARTUUID", "PARTLABEL")


def is_device_name(reference: str) -> bool:
    """Return True for a name that follows from the order of the disks, their bus or their serial numbers."""
    return DEVICE.match(reference) is not None


def is_on_first_disk(reference: str) -> bool:
    """Return True for a device name of the first disk, which the disk of an image becomes on a new server."""
    return FIRST_DISK.match(reference) is not None


def identifier(reference: str) -> tuple[str, str] | None:
    """Return kind and value of a reference by an identifier or label, None for any other reference."""
    by_folder = BY_FOLDER.match(reference)
    kind, value = (by_folder[1].upper(), by_folder[2]) if by_folder else reference.partition("=")[::2]
    return (kind, value.strip("\"'")) if kind in IDENTIFIED and value else None


def resolve(reference: str, contents: Iterable[Content]) -> Content | None:
    """
    Return the content of the disk that a reference means, None if it has none.

    The disk in a device name is taken for the image's disk, because images have one disk.
    """
    known = list(contents)
    named = identifier(reference)
    if named is not None:
        return next((content for content in known if _value(content, named[0]) == _normal(*named)), None)
    number = NUMBER.search(reference) if is_device_name(reference) else None
    if number is not None:
        return next((c for c in known if c.partition and c.partition.number == int(number[1])), None)
    return next((c for c in known if c.partition is None), None) if is_device_name(reference) else None


def _value(content: Content, kind: str) -> str | None:
    values = {}
    if content.signature is not None:
        values = {"UUID": content.signature.uuid, "LABEL": content.signature.label}
    if content.partition is not None:
        values |= {"PARTUUID": content.partition.uuid, "PARTLABEL": content.partition.name}
    return _normal(kind, values[kind]) if values.get(kind) else None


def _normal(kind: str, value: str) -> str:
    return value.lower() if kind.endswith("UUID") else value
