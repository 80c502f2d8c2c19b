"""Placeholder for the installer if no tool to build it is installed."""

from commands.iso.placeholder_iso import placeholder
from preflight.media.disc_images import inspect
from preflight.media.iso_files import LEAST_BYTES


def test_the_preflight_takes_it_for_a_complete_and_bootable_file():
    content = placeholder()

    disc = inspect(content, lambda start, length: content[start : start + length])

    assert disc is not None
    assert (("ISO 9660",), "PLACEHOLDER", ("bios", "uefi")) == (disc.formats, disc.label, disc.boots)
    assert LEAST_BYTES < disc.volume_bytes == len(content) >= disc.boot_bytes
