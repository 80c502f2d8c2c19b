"""The archive format that the kernel unpacks."""

import gzip
import stat
import subprocess
from pathlib import Path

from iso.file_tree import Entry, Tree, cpio


def sample() -> Tree:
    tree = Tree()
    tree.file("usr/bin/tool", b"#!/bin/sh\n", 0o755)
    tree.file("etc/odd", b"12345")
    tree.link("bin/sh", "/bin/busybox")
    tree.directory("tmp", 0o1777)
    return tree


def test_an_archive_unpacks_to_the_tree(tmp_path: Path) -> None:
    archive = gzip.decompress(cpio(sample(), epoch=1000))
    subprocess.run(["busybox", "cpio", "-idm"], cwd=tmp_path, input=archive, check=True, capture_output=True)

    assert (tmp_path / "usr/bin/tool").read_bytes() == b"#!/bin/sh\n"
    assert stat.S_IMODE((tmp_path / "usr/bin/tool").stat().st_mode) == 0o755
    assert (tmp_path / "etc/odd").read_bytes() == b"12345"
    assert (tmp_path / "etc/odd").stat().st_mtime == 1000
    assert str((tmp_path / "bin/sh").readlink()) == "/bin/busybox"
    assert stat.S_IMODE((tmp_path / "tmp").stat().st_mode) == 0o1777


def test_an_archive_does_not_depend_on_the_order_of_its_making() -> None:
    other = Tree(dict(reversed(sample().entries.items())))

    assert cpio(sample(), epoch=1000) == cpio(other, epoch=1000)


def test_parents_stand_before_what_lies_in_them() -> None:
    paths = sorted(sample().entries)

    assert paths.index("usr") < paths.index("usr/bin") < paths.index("usr/bin/tool")


def test_a_grafted_tree_keeps_its_modes() -> None:
    tree = Tree()
    tree.graft(sample(), "system/root")

    assert tree.entries["system"] == Entry(stat.S_IFDIR | 0o755)
    assert tree.entries["system/root/etc/odd"] == sample().entries["etc/odd"]
