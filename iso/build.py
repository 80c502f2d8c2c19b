"""Build of an ISO file from packages, with a manifest beside it that lists its inputs."""

import os
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from iso.bootloader import build_loaders
from iso.build_errors import PackagesUnavailable
from iso.commands import DEBIAN_PACKAGES, require, run
from iso.contents import installer_initrd
from iso.kernel import read_kernel
from iso.manifests import digest_of_sources, intact_manifest, sha256_of, write_manifest
from iso.medium import write_medium
from iso.packages import Package, fetch, lists_stamp, resolve, unpack

SOURCES = Path(__file__).parent
OTHER_PRODUCTS = ("vendor",)
"""Folders that the installer ISO does not depend on."""
VERSION_PROGRAMS = ("grub-mkimage", "mformat", "xorriso")


@dataclass(frozen=True)
class Build:
    """ISO file that exists now; `reused` if nothing had to be built."""

    output: Path
    manifest: dict[str, object]
    reused: bool


def build(output: Path, cache: Path, report: Callable[[str], None] = lambda _line: None) -> Build:
    """
    Build the installer ISO unless `output` already was built from the same inputs.

    If apt cannot tell whether there are newer packages, an existing ISO is good enough.

    Args:
        output: ISO file; its manifest is written to the same name with `.json` appended.
        cache: Folder that keeps downloaded packages.
        report: Receiver of a line of text before each long step.

    Raises:
        IsoBuildError: The build failed; the message names the missing part and the remedy.
    """
    require(DEBIAN_PACKAGES)
    inputs, lists = _own_inputs(), lists_stamp()
    known = intact_manifest(output)
    same_inputs = known.get("inputs") == inputs
    if same_inputs and lists and known.get("package_lists") == lists:
        return Build(output, known, reused=True)
    try:
        packages = resolve()
    except PackagesUnavailable:
        if not same_inputs:
            raise
        return Build(output, known, reused=True)
    facts: dict[str, object] = {"packages": {p.name: p.version for p in packages}, "inputs": inputs}
    reused = same_inputs and known.get("packages") == facts["packages"]
    if not reused:
        known = _build_new(output, packages, cache, report) | facts
    known["package_lists"] = lists
    write_manifest(output, known)
    return Build(output, known, reused)


def _build_new(output: Path, packages: list[Package], cache: Path, report: Callable[[str], None]) -> dict[str, object]:
    report(f"fetching {len(packages)} packages")
    fetch(packages, cache)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".iso-") as directory:
        iso_file = _make(packages, cache, Path(directory), report)
        measured: dict[str, object] = {"sha256": sha256_of(iso_file), "size_bytes": iso_file.stat().st_size}
        os.replace(iso_file, output)
    return measured


def _make(packages: list[Package], cache: Path, work: Path, report: Callable[[str], None]) -> Path:
    root, loader_work, medium = work / "root", work / "loaders", work / "medium"
    for folder in (root, loader_work, medium):
        folder.mkdir()
    report("unpacking")
    unpack(packages, cache, root)
    kernel = read_kernel(root)
    epoch = _epoch(root / "boot" / f"vmlinuz-{kernel.release}")
    report(f"assembling: kernel {kernel.release}")
    loaders = build_loaders(root, loader_work, epoch)
    initrd = installer_initrd(root, kernel, loaders, epoch)
    write_medium(work / "installer.iso", kernel, initrd, loaders, medium, epoch)
    return work / "installer.iso"


def _epoch(kernel_image: Path) -> int:
    """Return SOURCE_DATE_EPOCH if the caller sets one, else the kernel's own build time (seconds since 1970)."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or kernel_image.stat().st_mtime)


def _own_inputs() -> dict[str, object]:
    """Return the inputs that the bytes of the ISO depend on, besides the distribution's packages."""
    tools = {program: run([program, "--version"]).splitlines()[0] for program in VERSION_PROGRAMS}
    return {
        "sources": digest_of_sources(SOURCES, without=OTHER_PRODUCTS),
        "source_date_epoch": os.environ.get("SOURCE_DATE_EPOCH", "kernel"),
        "tools": tools | {"zlib": zlib.ZLIB_RUNTIME_VERSION},
    }
