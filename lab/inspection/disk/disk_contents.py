"""Contents of a disk: its partition table, and in each partition what can be read of it."""

import os
from dataclasses import dataclass, field
from typing import BinaryIO

from lab.inspection.disk.block_source import BlockSource, RawBlocks, Section
from lab.inspection.disk.ext_volume import ExtVolume
from lab.inspection.disk.fat_volume import FatVolume
from lab.inspection.disk.limits import Budget, NotRead, Unsupported
from lab.inspection.disk.partition_table import Partition, PartitionTable, read_table
from lab.inspection.disk.qcow2_blocks import MAGIC, Qcow2Blocks
from lab.inspection.disk.volume_nodes import Volume
from lab.inspection.disk.volume_signatures import EXT_TYPES, FAT, Signature, is_blank, read_signature


@dataclass(frozen=True)
class Content:
    """
    Content of a partition, or of a disk without partitions.

    Attributes:
        partition: The partition; None: the whole disk.
        source: Bytes of the partition.
        signature: Kind of the content, None if it is not known.
        volume: File system that can be read.
        reason: Clause on why the content could not be read, empty if nothing failed.
        is_unsupported: True if the content is of a kind that the readers do not know, and need not be damaged.
        is_blank: True if the partition begins with zeros only.
    """

    partition: Partition | None
    source: BlockSource
    signature: Signature | None = None
    volume: Volume | None = None
    reason: str = ""
    is_unsupported: bool = False
    is_blank: bool = False

    @property
    def name(self) -> str:
        return f"partition {self.partition.number}" if self.partition else "the disk"


@dataclass
class Disk:
    """
    Disk of an image.

    Attributes:
        blocks: Bytes of the disk.
        image_format: Format of the image file.
        table: Partition table.
        contents: Contents of the partitions.
        missing_clusters: Number of pieces of the disk that lie beyond the end of the image file.
    """

    blocks: BlockSource
    image_format: str
    table: PartitionTable
    contents: list[Content] = field(default_factory=list)
    missing_clusters: int = 0


def read_disk(file: BinaryIO, budget: Budget) -> Disk:
    """
    Read the structure of the disk in an image file.

    Raises:
        NotRead: The image file is damaged.
        LimitReached: The budget is used up.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    missing = 0
    blocks: BlockSource
    if file.read(len(MAGIC)) == MAGIC:
        blocks = compact = Qcow2Blocks(file, size, budget)
        image_format, missing = "qcow2", compact.missing_clusters()
    else:
        blocks, image_format = RawBlocks(file, size, budget), "raw"
    table = read_table(blocks)
    contents = [
        _content(p, Section(blocks, p.start, min(p.size, blocks.size - p.start)))
        for p in table.partitions
        if p.start < blocks.size
    ]
    if table.scheme is None and blocks.size:
        contents = [_content(None, blocks)]
    return Disk(blocks, image_format, table, contents, missing)


def _content(partition: Partition | None, source: BlockSource) -> Content:
    signature: Signature | None = None
    try:
        signature = read_signature(source)
        if signature is None:
            return Content(partition, source, is_blank=is_blank(source))
        return Content(partition, source, signature, _open(source, signature))
    except NotRead as error:
        return Content(partition, source, signature, reason=str(error), is_unsupported=isinstance(error, Unsupported))


def _open(source: BlockSource, signature: Signature) -> Volume | None:
    if signature.type in EXT_TYPES:
        return ExtVolume(source)
    return FatVolume(source) if signature.type == FAT else None
