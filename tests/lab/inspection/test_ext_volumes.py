"""Files in ext2, ext3 and ext4 of many kinds are read as they were written."""

import os
import subprocess
from pathlib import Path

import pytest

from lab.inspection.disk.block_source import RawBlocks
from lab.inspection.disk.ext_volume import ExtVolume
from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.limits import Budget
from tests.lab.inspection.guest_disks import MIB, ext, run

KINDS = {
    "ext2": ("ext2", ("-b", "1024")),
    "ext2 of revision 0": ("ext2", ("-b", "1024", "-r", "0", "-O", "none")),
    "ext3": ("ext3", ("-b", "4096")),
    "ext4": ("ext4", ()),
    "ext4 with blocks of 1 KiB": ("ext4", ("-b", "1024", "-I", "256")),
    "ext4 with 32 bits": ("ext4", ("-O", "^64bit,^metadata_csum")),
    "ext4 with inline data": ("ext4", ("-O", "inline_data", "-I", "512")),
    "ext4 with meta groups": ("ext4", ("-b", "1024", "-O", "meta_bg,^resize_inode")),
    "ext4 without sparse superblocks": ("ext4", ("-O", "^sparse_super,^resize_inode")),
    "ext4 with all else": ("ext4", ("-O", "casefold,ea_inode,large_dir,metadata_csum_seed,mmp,encrypt,quota")),
}


def files() -> dict[str, bytes | Path]:
    """Return files of all sizes, in folders with few and with many entries."""
    sizes = (0, 1, 59, 60, 61, 150, 1023, 1024, 4097, 12 * 1024 + 1, 300_000, 5 * MIB + 3)
    found: dict[str, bytes | Path] = {f"sizes/{size}": os.urandom(size) for size in sizes}
    found |= {f"many/{'n' * 40}{number}": str(number).encode() for number in range(400)}
    found |= {"links/short": Path("../sizes/1024"), "links/long": Path("/" + "links/../" * 20 + "sizes/4097")}
    return found | {"links/folder": Path("/many"), "ümläut": b"1"}


@pytest.fixture(scope="module")
def content() -> dict[str, bytes | Path]:
    return files()


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_read_as_it_was_written(kind: str, content: dict[str, bytes | Path], tmp_path: Path) -> None:
    program, options = KINDS[kind]
    image = ext(tmp_path, content, 24, *options, kind=program)

    with image.open("rb") as file:
        volume = ExtVolume(RawBlocks(file, image.stat().st_size, Budget()))
        read = GuestFiles(volume)
        expected = {name: each for name, each in content.items() if isinstance(each, bytes)}
        assert expected == {name: read.content(f"/{name}", 8 * MIB) for name in expected}
        assert sorted(name.partition("/")[2] for name in content if name.startswith("many/")) == read.names("/many")
        assert content["sizes/1024"] == read.content("/links/short")
        assert content["sizes/4097"] == read.content("/links/long")
        assert b"7" == read.content(f"/links/folder/{'n' * 40}7")
        assert str(content["links/long"]) == read.link("/links/long")
        assert read.find("/many/missing") is None
        assert read.find("/sizes/1024/below") is None
        assert {} == read.unread
        assert not volume.needs_recovery


def test_holes_and_unwritten_blocks_are_zeros(tmp_path: Path) -> None:
    sparse = tmp_path / "files" / "sparse"
    sparse.parent.mkdir()
    with sparse.open("wb") as file:
        file.write(b"begin")
        file.truncate(3 * MIB)
        file.seek(2 * MIB)
        file.write(b"middle")
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(16 * MIB)
    run("/sbin/mkfs.ext4", "-q", "-F", "-d", sparse.parent, image)
    script = tmp_path / "script"
    script.write_text("fallocate /unwritten 0 9\n")
    run("/sbin/debugfs", "-w", "-R", "write /dev/null /unwritten", image)
    run("/sbin/debugfs", "-w", "-f", script, image)
    run("/sbin/debugfs", "-w", "-R", "sif /unwritten size 40000", image)

    with image.open("rb") as file:
        read = GuestFiles(ExtVolume(RawBlocks(file, 16 * MIB, Budget())))
        assert sparse.read_bytes() == read.content("/sparse", 8 * MIB)
        assert bytes(40_000) == read.content("/unwritten", 8 * MIB)


def test_what_debugfs_lists_is_what_is_listed(content: dict[str, bytes | Path], tmp_path: Path) -> None:
    image = ext(tmp_path, content, 24)
    listed = subprocess.run(
        ["/sbin/debugfs", "-R", "ls -p /sizes", image], capture_output=True, text=True, check=True
    ).stdout

    with image.open("rb") as file:
        read = GuestFiles(ExtVolume(RawBlocks(file, image.stat().st_size, Budget())))
        names = {line.split("/")[5] for line in listed.splitlines() if line} - {".", ".."}
        assert sorted(names) == read.names("/sizes")


def test_a_file_system_that_was_not_unmounted_is_known(tmp_path: Path) -> None:
    image = ext(tmp_path, {"file": b"1"}, 16)
    run("/sbin/debugfs", "-w", "-R", "feature needs_recovery", image)

    with image.open("rb") as file:
        assert ExtVolume(RawBlocks(file, image.stat().st_size, Budget())).needs_recovery
