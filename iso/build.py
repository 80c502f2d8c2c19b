"""From packages to an ISO file and the manifest beside it that says what it was made of."""

import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from iso.bootloader import build_loaders
from iso.commands import DEBIAN_PACKAGES, require, run
from iso.contents import installer_initrd
from iso.kernel import read_kernel
from iso.medium import write_medium
from iso.packages import Package, fetch, resolve, unpack

SOURCES = Path(__file__).parent
VERSION_PROGRAMS = ("grub-mkimage", "mformat", "xorriso")


@dataclass(frozen=True)
class Build:
    """An ISO file that is there now; `reused` when nothing had to be built."""

    output: Path
    manifest: dict[str, object]
    reused: bool


def build(output: Path, cache: Path, report: Callable[[str], None] = lambda _line: None) -> Build:
    """Build the installer ISO unless `output` already was built from the same inputs.

    Args:
        output: the ISO file; its manifest is written to the same name with `.json` appended.
        cache: folder that keeps downloaded packages.
        report: called with a line of text before each long step.

    Raises:
        IsoBuildError: the message says what is missing and what to do.
    """
    require(DEBIAN_PACKAGES)
    packages = resolve()
    inputs = _inputs(packages)
    known = intact_manifest(output)
    if known.get("inputs") == inputs:
        return Build(output, known, reused=True)
    report(f"fetching {len(packages)} packages")
    fetch(packages, cache)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".iso-") as directory:
        made = _make(packages, cache, Path(directory), report)
        manifest = {"sha256": _sha256(made), "size_bytes": made.stat().st_size, "inputs": inputs}
        description = Path(directory, "manifest.json")
        description.write_text(json.dumps(manifest, indent=2) + "\n")
        os.replace(made, output)
        os.replace(description, _manifest_file(output))
    return Build(output, manifest, reused=False)


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
    """SOURCE_DATE_EPOCH where the caller sets one, else the kernel's own build time (seconds since 1970)."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or kernel_image.stat().st_mtime)


def _inputs(packages: list[Package]) -> dict[str, object]:
    sources = sorted(path for path in SOURCES.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    digest = hashlib.sha256()
    for path in sources:
        digest.update(f"{path.relative_to(SOURCES).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    tools = {program: run([program, "--version"]).splitlines()[0] for program in VERSION_PROGRAMS}
    return {
        "sources": digest.hexdigest(),
        "source_date_epoch": os.environ.get("SOURCE_DATE_EPOCH", "kernel"),
        "tools": tools | {"zlib": zlib.ZLIB_RUNTIME_VERSION},
        "packages": {package.name: package.version for package in packages},
    }


def intact_manifest(output: Path) -> dict[str, object]:
    """The manifest of an ISO file that is what its manifest says; otherwise an empty one."""
    try:
        manifest = json.loads(_manifest_file(output).read_text())
        intact = isinstance(manifest, dict) and manifest.get("sha256") == _sha256(output)
    except (OSError, ValueError):
        return {}
    return manifest if intact else {}


def _manifest_file(output: Path) -> Path:
    return output.with_name(output.name + ".json")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
