"""Partition table and file systems of a disk, as facts and findings."""

from typing import Any

from lab.inspection.disk.disk_contents import Content, Disk
from lab.inspection.disk.ext_volume import ExtVolume
from lab.inspection.disk.partition_table import BIOS_BOOT
from lab.inspection.disk.volume_signatures import LUKS, SWAP, Signature
from lab.inspection.findings import BOOT_IT, Inspection

INSTALL_AGAIN = "Install again, and let the installer end before the disk is captured."


def check_layout(disk: Disk, inspection: Inspection) -> bool:
    """
    Report the layout of a disk, and everything in it that could not be read.

    Returns:
        True if the disk is not empty.
    """
    inspection.state("disk", {"format": disk.image_format, "size_bytes": disk.blocks.size})
    facts = {"scheme": disk.table.scheme, "partitions": [_facts(content) for content in disk.contents]}
    inspection.state("partition_table", facts)
    if disk.missing_clusters:
        inspection.report(
            "error",
            "disk-truncated",
            f"The image file is cut off: {disk.missing_clusters} pieces of the disk are missing.",
            "Create the image again from the disk, or upload the whole file again.",
        )
    for problem in disk.table.problems:
        inspection.report(
            "error" if problem.is_grave else "warning",
            "partition-table",
            f"The partition table is damaged: {problem.clause}.",
            INSTALL_AGAIN,
        )
    if disk.table.scheme is None and all(content.is_blank for content in disk.contents):
        inspection.report(
            "error",
            "disk-empty",
            "The disk is empty: it has no partition table and no file system.",
            "Make sure that the installer writes to the disk that is captured (the second one, the data disk).",
        )
        return False
    for content in disk.contents:
        _check_content(content, inspection)
    return True


def _facts(content: Content) -> dict[str, Any]:
    partition, signature = content.partition, content.signature
    facts: dict[str, Any] = {"number": None, "start_bytes": 0, "size_bytes": content.source.size}
    if partition is not None:
        facts |= {"number": partition.number, "start_bytes": partition.start, "size_bytes": partition.size}
        facts |= {"type": partition.type, "name": partition.name, "uuid": partition.uuid}
        facts |= {"is_active": partition.is_active}
    found = {"type": signature.type, "label": signature.label, "uuid": signature.uuid} if signature else None
    return facts | {"content": found, "was_read": content.volume is not None}


def _check_content(content: Content, inspection: Inspection) -> None:
    if isinstance(content.volume, ExtVolume):
        _check_volume(content.name, content.volume, inspection)
    elif content.signature is None and not content.reason:
        if not content.is_blank and not _is_boot_code(content):
            finding = f"The content of {content.name} is of an unknown kind."
            inspection.report("note", "content-unknown", finding, BOOT_IT)
    elif content.volume is None and (content.signature is None or content.signature.type != SWAP):
        _report_unread(content, content.signature, inspection)


def _check_volume(name: str, volume: ExtVolume, inspection: Inspection) -> None:
    if volume.is_cut_off:
        inspection.report(
            "error",
            "disk-truncated",
            f"The file system in {name} ends beyond its partition.",
            "Give the disk at least the size that the system was installed with.",
        )
    if volume.needs_recovery:
        inspection.report(
            "warning",
            "not-unmounted",
            f"The file system in {name} was not unmounted: its journal holds changes that were not read.",
            "Shut the system down before its disk is captured.",
        )


def _report_unread(content: Content, signature: Signature | None, inspection: Inspection) -> None:
    subject = f"The content of {content.name}{f' ({signature.type})' if signature else ''} was not read"
    if content.reason and not content.is_unsupported:
        inspection.report("error", "file-system-damaged", f"{subject}: {content.reason}.", INSTALL_AGAIN)
        return
    reason = content.reason or "only ext2, ext3, ext4 and FAT are"
    is_secret = signature is not None and signature.type == LUKS
    secret = " It is encrypted, so servers from the image may wait for a password." if is_secret else ""
    inspection.report("warning", "not-read", f"{subject}: {reason}.{secret}", BOOT_IT)


def _is_boot_code(content: Content) -> bool:
    return content.partition is not None and content.partition.type == BIOS_BOOT
