"""Media read back: every file with its bytes, and the files of the EFI image."""

import gzip
import subprocess
from pathlib import Path

from iso.vendor.efi_images import read_efi_image
from iso.vendor.volume_descriptors import read_volume


def files(iso: Path, folder: Path) -> dict[str, bytes]:
    """Return the contents of all files of a medium by their paths."""
    command: list[str | Path] = ["xorriso", "-osirrox", "on:auto_chmod_on", "-indev", iso, "-extract", "/", folder]
    subprocess.run(command, check=True, capture_output=True)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return {f"/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def efi_files(iso: Path, folder: Path) -> dict[str, bytes]:
    """Return the contents of all files of the EFI image that the boot catalog names."""
    image = folder / "image"
    folder.mkdir()
    found = [read_efi_image(iso, entry.offset) for entry in read_volume(iso).boot_images if entry.firmware == "uefi"]
    assert found[0]
    image.write_bytes(found[0].content)
    listing = subprocess.run(["mdir", "-/", "-b", "-i", image, "::"], check=True, capture_output=True, text=True).stdout
    contents = {}
    for line in listing.splitlines():
        if not line.endswith("/"):
            subprocess.run(["mcopy", "-n", "-o", "-i", image, line, folder / "file"], check=True)
            contents[line.removeprefix("::")] = (folder / "file").read_bytes()
    return contents


def output_of(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def unpacked(archive: bytes) -> bytes:
    return gzip.decompress(archive)
