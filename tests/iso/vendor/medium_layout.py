"""Medium of a layout: its files, its boot loaders, and the FAT image for EFI."""

import os
import random
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

EPOCH = 1700000000
ENVIRONMENT = os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH), "TZ": "UTC", "LC_ALL": "C"}


@dataclass(frozen=True)
class Parts:
    """Loaders and systems of a medium; the defaults boot nothing."""

    isolinux: bytes = b"isolinux" * 512
    grub_bios: bytes = b"grub" * 1024
    grub_efi: bytes = b"MZ grub efi" * 4096
    kernel: bytes = b"kernel" * 1000
    initrd: bytes = b"initrd" * 1000
    modules: dict[str, bytes] = field(default_factory=dict)


PLACEHOLDERS = Parts()


@dataclass(frozen=True)
class Layout:
    """
    Layout of a vendor's medium.

    Attributes:
        label: Volume label.
        files: Contents by their paths.
        efi: Contents of the EFI image by their paths in it.
        bios_loader: Path of the loader that BIOS boots.
        efi_image: Path of the EFI image on the medium; "" if it is a partition behind the volume.
        joliet: True for names for Windows.
    """

    label: str
    files: dict[str, bytes]
    efi: dict[str, bytes]
    bios_loader: str
    efi_image: str
    joliet: bool = False


def write_medium(layout: Layout, output: Path) -> Path:
    """Write a medium, the same bytes at every call."""
    with tempfile.TemporaryDirectory(prefix="medium-") as name:
        folder = Path(name)
        tree, image = folder / "tree", folder / "efi.img"
        image.write_bytes(fat(layout.efi, folder))
        files = dict(layout.files)
        if layout.efi_image:
            files[layout.efi_image] = image.read_bytes()
        for path, content in files.items():
            target = tree / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        for found in [tree, *tree.rglob("*")]:
            os.utime(found, (EPOCH, EPOCH))
        subprocess.run(command(layout, image, tree, output), check=True, env=ENVIRONMENT, capture_output=True)
    return output


def command(layout: Layout, image: Path, tree: Path, output: Path) -> list[str | Path]:
    loader = layout.bios_loader.lstrip("/")
    catalog = f"{loader.rpartition('/')[0]}/boot.cat"
    options: list[str | Path] = ["-r", *(["-J", "-joliet-long"] if layout.joliet else []), "-V", layout.label]
    options += ["-b", loader, "-c", catalog, "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"]
    if layout.efi_image:
        options += ["-eltorito-alt-boot", "-e", layout.efi_image.lstrip("/"), "-no-emul-boot"]
    else:
        options += ["-partition_offset", "16", "-append_partition", "2", "0xef", image, "-appended_part_as_gpt"]
        options += ["-eltorito-alt-boot", "-e", "--interval:appended_partition_2:all::", "-no-emul-boot"]
    return ["xorriso", "-as", "mkisofs", "-quiet", *options, "-o", output, tree]


def fat(files: dict[str, bytes], folder: Path) -> bytes:
    image, source = folder / "fat.img", folder / "fat-source"
    size = sum(len(content) for content in files.values())
    image.write_bytes(bytes((size + 2 * 1024 * 1024) >> 20 << 20))
    subprocess.run(["mformat", "-i", image, "-N", "1f0d15c0", "::"], check=True, env=ENVIRONMENT)
    made: set[str] = set()
    for path, content in files.items():
        for parent in reversed(Path(path).parents):
            if str(parent) != "/" and str(parent) not in made:
                subprocess.run(["mmd", "-i", image, f"::{parent}"], check=True, env=ENVIRONMENT)
                made.add(str(parent))
        source.write_bytes(content)
        os.utime(source, (EPOCH, EPOCH))
        subprocess.run(["mcopy", "-m", "-i", image, source, f"::{path}"], check=True, env=ENVIRONMENT)
    return image.read_bytes()


def noise(seed: str, size: int = 200_000) -> bytes:
    """Return bytes that stand for packages, and that no change may touch."""
    return random.Random(seed).randbytes(size)
