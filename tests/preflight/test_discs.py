"""What the first sectors of a file say."""

import struct

import pytest

from preflight.discs import HEAD_BYTES, SECTOR, Disc, boot_entries, descriptors, inspect
from tests.isos import iso


def look(content: bytes) -> Disc | None:
    return inspect(content[:HEAD_BYTES], lambda start, length: content[start : start + length])


@pytest.mark.parametrize("boots", [(), ("bios",), ("uefi",), ("bios", "uefi"), ("uefi", "bios")])
def test_label_and_firmware_are_read(boots):
    disc = look(iso("Debian 12.5", boots))

    assert disc == Disc(("ISO 9660",), "Debian 12.5", tuple(sorted(boots)))


def test_a_file_may_be_both_iso_9660_and_udf():
    disc = look(iso("CCCOMA_X64FRE", ("bios",), udf=True))

    assert disc is not None
    assert disc.formats == ("ISO 9660", "UDF")


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"\0" * 100_000, b"QFI\xfb" + b"\0" * 65536, iso()[:32000], iso()[: 17 * SECTOR - 1]],
    ids=["empty", "a byte", "zeros", "qcow2", "cut off before the descriptors", "cut off within the first"],
)
def test_what_is_no_disc_image_is_none(content):
    assert look(content) is None


def test_the_boot_catalog_may_lie_behind_what_is_read_at_first():
    content = bytearray(iso("FAR", ("bios",)))
    catalog = HEAD_BYTES // SECTOR + 5
    struct.pack_into("<I", content, 17 * SECTOR + 71, catalog)
    near = bytes(content[24 * SECTOR : 25 * SECTOR])
    content.extend(b"\0" * ((catalog + 1) * SECTOR - len(content)))
    content[catalog * SECTOR : (catalog + 1) * SECTOR] = near

    disc = look(bytes(content))

    assert disc is not None
    assert disc.boots == ("bios",)


@pytest.mark.parametrize("change", [(0, 2), (28, 1), (30, 0), (31, 0)])
def test_a_boot_catalog_that_is_not_valid_boots_nothing(change):
    place, value = change
    catalog = bytearray(iso()[24 * SECTOR : 25 * SECTOR])
    catalog[place] ^= value or 0xFF

    assert boot_entries(bytes(catalog)) == ()


def test_an_entry_that_is_not_bootable_counts_for_nothing():
    catalog = bytearray(iso("X", ("bios", "uefi"))[24 * SECTOR : 25 * SECTOR])
    catalog[32] = 0

    assert boot_entries(bytes(catalog)) == ("uefi",)


def test_a_boot_record_that_points_outside_the_file_boots_nothing():
    content = bytearray(iso())
    struct.pack_into("<I", content, 17 * SECTOR + 71, 0xFFFFFFFF)

    disc = look(bytes(content))

    assert disc is not None
    assert disc.boots == ()


def test_a_label_of_unprintable_bytes_cannot_garble_a_terminal():
    content = bytearray(iso())
    content[16 * SECTOR + 40 : 16 * SECTOR + 72] = b"\x1b[2Jevil\x07" + b" " * 23

    assert descriptors(bytes(content)).label == "?[2Jevil?"


def test_the_label_of_a_udf_file_is_read_from_its_own_descriptors():
    sectors = {16: b"\0BEA01\x01", 17: b"\0NSR03\x01", 18: b"\0TEA01\x01"}
    sectors[256] = struct.pack("<H", 2) + b"\0" * 14 + struct.pack("<II", 16 * SECTOR, 257)
    name = b"\x08" + b"WIN_UDF"
    sectors[257] = (struct.pack("<H", 1) + b"\0" * 22 + name).ljust(24 + 31, b"\0") + bytes([len(name)])
    content = b"".join(sectors.get(place, b"").ljust(SECTOR, b"\0") for place in range(300))

    assert look(content) == Disc(("UDF",), "WIN_UDF", ())


def test_a_disc_is_described_in_one_phrase():
    assert Disc(("ISO 9660",), "DEB", ("bios", "uefi")).describe() == "ISO 9660, label 'DEB', boots by bios and uefi"
    assert Disc(("UDF",), "", ()).describe() == "UDF, no label, not bootable"
