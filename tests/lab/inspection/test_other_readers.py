"""FAT file systems, qcow2 files, partition tables and archives are read as other programs wrote them."""

import bz2
import gzip
import json
import lzma
import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.inspection.disk.archive_names import archive_names
from lab.inspection.disk.block_source import RawBlocks
from lab.inspection.disk.fat_volume import FatVolume
from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.limits import Budget, LimitReached, NotRead
from lab.inspection.disk.partition_table import PartitionTable, TableProblem, read_table
from lab.inspection.disk.qcow2_blocks import Qcow2Blocks
from lab.inspection.disk.volume_signatures import Signature, read_signature
from tests.lab.inspection.guest_disks import MIB, ROOT_UUID, ext, fat, initramfs, partition, run, to_qcow2

FAT_KINDS = {"FAT12": (4, ()), "FAT16": (32, ()), "FAT32": (64, ("-F",)), "small clusters": (16, ("-c", "1"))}


@pytest.mark.parametrize("kind", FAT_KINDS)
def test_every_file_of_a_fat_file_system_is_read(kind: str, tmp_path: Path) -> None:
    size_mib, options = FAT_KINDS[kind]
    content: dict[str, str | bytes | Path] = {
        "EFI/BOOT/BOOTX64.EFI": os.urandom(100_000),
        "EFI/a name that is longer than eight and three.txt": b"long",
        "EFI/empty": b"",
        **{f"many/file number {number}": str(number) for number in range(100)},
    }
    image = fat(tmp_path, content, size_mib, *options)

    with image.open("rb") as file:
        read = GuestFiles(FatVolume(RawBlocks(file, image.stat().st_size, Budget())))
        assert content["EFI/BOOT/BOOTX64.EFI"] == read.content("/efi/boot/bootx64.efi")
        assert b"long" == read.content("/EFI/a name that is longer than eight and three.txt")
        assert b"" == read.content("/EFI/empty")
        assert b"77" == read.content("/many/file number 77")
        assert sorted(f"file number {number}" for number in range(100)) == read.names("/many")
        assert {} == read.unread


@pytest.mark.parametrize("options", [(), ("-c",), ("-o", "cluster_size=4096"), ("-o", "compat=0.10"), ("-S", "0")])
def test_a_qcow2_file_is_read_as_the_disk_that_it_holds(tmp_path: Path, options: tuple[str, ...]) -> None:
    raw = tmp_path / "disk.raw"
    pieces = {0: os.urandom(5000), 3 * MIB - 7: os.urandom(200_000), 19 * MIB: b"text " * 50_000}
    with raw.open("wb") as file:
        file.truncate(20 * MIB)
        for offset, piece in pieces.items():
            file.seek(offset)
            file.write(piece)
    path = to_qcow2(raw, *options)

    with path.open("rb") as file:
        blocks = Qcow2Blocks(file, path.stat().st_size, Budget())
        assert 20 * MIB == blocks.size
        assert raw.read_bytes() == b"".join(blocks.read(offset, MIB) for offset in range(0, 20 * MIB, MIB))
        assert 0 == blocks.missing_clusters()
        with pytest.raises(NotRead, match="outside"):
            blocks.read(20 * MIB - 1, 2)


def test_a_qcow2_file_never_leads_to_another_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret".ljust(MIB))
    backed, external, encrypted = (tmp_path / f"{name}.qcow2" for name in ("backed", "external", "encrypted"))
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", backed)
    outside = f"data_file={tmp_path / 'data'},data_file_raw=on"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", outside, external, "1M")
    key = (
        "--object",
        "secret,id=k,data=abc",
        "-o",
        # QEMU may be unable to measure the time that a quicker digest takes
        "encrypt.format=luks,encrypt.key-secret=k,encrypt.iter-time=10,encrypt.hash-alg=sha512",
    )
    run("qemu-img", "create", "-q", "-f", "qcow2", *key, encrypted, "1M")

    for path, reason in ((backed, "another file"), (external, "another file"), (encrypted, "encrypted")):
        with path.open("rb") as file, pytest.raises(NotRead, match=reason):
            Qcow2Blocks(file, path.stat().st_size, Budget())


def table_of(path: Path) -> PartitionTable:
    with path.open("rb") as file:
        return read_table(RawBlocks(file, path.stat().st_size, Budget()))


LOGICAL = """label: dos
d1 : start=2048, size=4096, type=83
d2 : start=8192, size=20480, type=5
d3 : start=30720, size=2048, type=83
d5 : start=10240, size=2048, type=83
d6 : start=14336, size=2048, type=82
d7 : start=18432, size=2048, type=83
"""


@pytest.mark.parametrize("table", ['label: gpt\nsize=2048\nsize=4096, type=U\nsize=2048, name="ä"\n', LOGICAL])
def test_partitions_are_those_that_sfdisk_shows(tmp_path: Path, table: str) -> None:
    path = tmp_path / "disk"
    partition(path, table)
    shown = json.loads(subprocess.run(["/sbin/sfdisk", "-J", path], capture_output=True, check=True).stdout)
    expected = [(p["start"] * 512, p["size"] * 512) for p in shown["partitiontable"]["partitions"] if p["type"] != "5"]

    found = table_of(path)

    assert expected == [(each.start, each.size) for each in found.partitions]
    assert [] == found.problems
    if found.scheme == "gpt":
        assert [p["uuid"].lower() for p in shown["partitiontable"]["partitions"]] == [p.uuid for p in found.partitions]
    else:
        assert [1, 3, 5, 6, 7] == [each.number for each in found.partitions]


def test_the_copy_of_a_gpt_is_read_if_the_first_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    partition(path, "label: gpt\nsize=2048\n")
    before = table_of(path).partitions
    with path.open("r+b") as file:
        file.seek(512 + 30)
        file.write(b"damage")

    found = table_of(path)

    assert before == found.partitions
    assert [TableProblem("the GPT at the start of the disk is damaged or missing, its copy was read")] == found.problems


@pytest.mark.parametrize(
    ("create", "expected"),
    [
        (lambda path: ext(path, {"a": b"1"}, 16, "-U", ROOT_UUID, "-L", "x"), Signature("ext4", "x", ROOT_UUID)),
        (lambda path: fat(path, {"a": b"1"}, 4, "-v", "BOOT"), Signature("vfat", "BOOT", "1F0D-15C0")),
    ],
)
def test_labels_and_identifiers_are_read(tmp_path: Path, create: Callable[[Path], Path], expected: Signature) -> None:
    image = create(tmp_path / "work")

    with image.open("rb") as file:
        assert expected == read_signature(RawBlocks(file, image.stat().st_size, Budget()))


def test_swap_space_is_known_by_its_identifier(tmp_path: Path) -> None:
    image = tmp_path / "swap"
    image.write_bytes(bytes(MIB))
    run("/sbin/mkswap", "-U", ROOT_UUID, "-L", "s", image)

    with image.open("rb") as file:
        assert Signature("swap", "s", ROOT_UUID) == read_signature(RawBlocks(file, MIB, Budget()))


SIGNATURES = {
    "LUKS": (0, b"LUKS\xba\xbe"), "LVM": (512, b"LABELONE"), "RAID": (4096, b"\xfc\x4e\x2b\xa9"), "xfs": (0, b"XFSB"),
    "btrfs": (65600, b"_BHRfS_M"), "ntfs": (3, b"NTFS    "), "iso9660": (32769, b"CD001"), "squashfs": (0, b"hsqs"),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURES)
def test_what_cannot_be_read_is_known_by_name(tmp_path: Path, name: str) -> None:
    offset, magic = SIGNATURES[name]
    image = tmp_path / "image"
    content = bytearray(MIB)
    content[offset : offset + len(magic)] = magic
    image.write_bytes(content)

    with image.open("rb") as file:
        found = read_signature(RawBlocks(file, MIB, Budget()))
        assert found is not None
        assert name == found.type


def by_program(name: str, *options: str) -> Callable[[bytes], bytes]:
    return lambda content: subprocess.run([name, *options], input=content, capture_output=True, check=True).stdout


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lambda content: lzma.compress(content, check=lzma.CHECK_CRC32),
    "lzma": lambda content: lzma.compress(content, format=lzma.FORMAT_ALONE),
    "bzip2": bz2.compress,
    "zstd": by_program("zstd", "-q", "-c"),
    "lz4": by_program("lz4", "-l", "-q", "-c"),
}


def names_of(content: bytes, budget: Budget | None = None, step: int = 1000) -> tuple[list[str], list[str]]:
    """Return the names in an archive that arrives in pieces, and its compressions."""
    compressions: list[str] = []
    pieces = (content[at : at + step] for at in range(0, len(content), step))
    return list(archive_names(pieces, budget or Budget(), compressions)), compressions


@pytest.mark.parametrize("compression", PACKERS)
def test_names_are_read_from_an_archive_of_every_compression_behind_another_archive(compression: str) -> None:
    early, late = initramfs("early", compress=False), initramfs("virtio_blk", "virtio_net", compress=False)
    padded = early + bytes(-len(early) % 512 + 1024)

    names, compressions = names_of(padded + PACKERS[compression](late))

    assert [compression] == compressions
    assert ["early.ko", "virtio_blk.ko", "virtio_net.ko"] == [n.rpartition("/")[2] for n in names if ".ko" in n]


@pytest.mark.parametrize("compression", ["gzip", "xz", "zstd"])
@pytest.mark.parametrize("cut", [10, 2000])
def test_an_archive_that_is_cut_off_is_reported(compression: str, cut: int) -> None:
    packed = PACKERS[compression](initramfs("virtio_blk", compress=False))

    with pytest.raises(NotRead):
        names_of(packed[:-cut])


def test_an_archive_that_stands_for_gigabytes_ends_at_the_limit_of_time() -> None:
    header = b"070701" + b"0" * 48 + b"7FFFFFFF" + b"0" * 32 + b"00000005" + b"0" * 8 + b"file\0"
    bomb = gzip.compress(header + bytes(40 * MIB), 9)

    with pytest.raises((NotRead, LimitReached)):
        names_of(bomb + bomb, Budget(seconds=0.02))


@pytest.mark.parametrize(
    "content", [b"random" * 100, b"070701" + b"zz" * 52, b"070701" + b"0" * 88 + b"FFFFFFFF" + b"0" * 8, b"\x1f\x8bxx"]
)
def test_what_is_no_archive_is_reported(content: bytes) -> None:
    with pytest.raises(NotRead):
        names_of(content)


def test_a_compression_without_its_program_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.inspection.disk.archive_names.PROGRAM_FOLDERS", "/nowhere")

    with pytest.raises(NotRead, match="the program zstd is not installed"):
        names_of(struct.pack("<I", 0xFD2FB528) + bytes(100))
