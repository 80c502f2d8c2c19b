"""Structures in the first sectors of a file."""

import struct

import pytest

from config.wording import share
from huaweicloud.obs import ObjectInfo
from preflight.media.disc_images import HEAD_BYTES, SECTOR, Disc, boot_entries, descriptors, inspect
from preflight.media.iso_files import IsoFile
from preflight.media.partitions import gpt_bytes
from tests.isos import MIB, guid_table, iso, udf


def read_disc(content: bytes) -> Disc | None:
    return inspect(content[:HEAD_BYTES], lambda start, length: content[start : start + length])


def described(value: bytes | str) -> str:
    """Return a test's name for a parameter; pytest would write out all bytes of a file."""
    return value if isinstance(value, str) else f"{len(value)} bytes"


@pytest.mark.parametrize("boots", [(), ("bios",), ("uefi",), ("bios", "uefi"), ("uefi", "bios")])
def test_label_and_firmware_are_read(boots):
    disc = read_disc(iso("Debian 12.5", boots))

    assert disc is not None
    assert (disc.formats, disc.label, disc.boots) == (("ISO 9660",), "Debian 12.5", tuple(sorted(boots)))


def test_a_file_may_be_both_iso_9660_and_udf():
    disc = read_disc(iso("CCCOMA_X64FRE", ("bios",), udf=True))

    assert disc is not None
    assert disc.formats == ("ISO 9660", "UDF")


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"\0" * 100_000, b"QFI\xfb" + b"\0" * 65536, iso()[:32000]],
    ids=["empty", "a byte", "zeros", "qcow2", "cut off before the descriptors"],
)
def test_what_is_no_disc_image_is_none(content):
    assert read_disc(content) is None


def test_the_boot_catalog_may_lie_behind_what_is_read_at_first():
    content = bytearray(iso("FAR", ("bios",)))
    catalog = HEAD_BYTES // SECTOR + 5
    struct.pack_into("<I", content, 17 * SECTOR + 71, catalog)
    near = bytes(content[24 * SECTOR : 25 * SECTOR])
    content.extend(b"\0" * ((catalog + 1) * SECTOR - len(content)))
    content[catalog * SECTOR : (catalog + 1) * SECTOR] = near

    disc = read_disc(bytes(content))

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

    assert [entry.platform for entry in boot_entries(bytes(catalog))] == [0xEF]


def test_a_boot_record_that_points_outside_the_file_boots_nothing():
    content = bytearray(iso())
    struct.pack_into("<I", content, 17 * SECTOR + 71, 0xFFFFFFFF)

    disc = read_disc(bytes(content))

    assert disc is not None
    assert disc.boots == ()
    assert "points beyond its end" in damage(bytes(content))


def test_a_label_of_unprintable_bytes_cannot_garble_a_terminal():
    content = bytearray(iso())
    content[16 * SECTOR + 40 : 16 * SECTOR + 72] = b"\x1b[2Jevil\x07" + b" " * 23

    assert descriptors(bytes(content)).label == "?[2Jevil?"


def test_the_label_of_a_udf_file_is_read_from_its_own_descriptors():
    content = udf(40)

    disc = read_disc(content)

    assert disc is not None
    assert (disc.formats, disc.label, disc.boots) == (("UDF",), "WIN_UDF", ())


def test_a_disc_is_described_in_one_phrase():
    assert Disc(("ISO 9660",), "DEB", ("bios", "uefi")).describe() == "ISO 9660, label 'DEB', boots with bios and uefi"
    assert Disc(("UDF",), "", ()).describe() == "UDF, no label, not bootable"


def damage(content: bytes) -> str:
    return IsoFile(ObjectInfo(len(content), "", "STANDARD", None), read_disc(content)).damage


LARGE = iso("LARGE", size=69 * MIB)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (LARGE[: 20 * MIB], "truncated: 20 of 69 MiB"),
        (LARGE[:40000], "truncated: 40000 bytes of 69 MiB"),
        (LARGE[:33000], "truncated: 33000 bytes of 69 MiB"),
        (LARGE[: 16 * SECTOR + 6], "truncated: it ends within its first descriptors"),
        (LARGE[:-1], f"truncated: {69 * MIB - 1} of {69 * MIB} bytes"),
        (iso("DATA", (), size=3 * MIB)[: 2 * MIB], "truncated: 2 of 3 MiB"),
        (iso("WIN", ("bios",), udf=True, size=3 * MIB)[: 2 * MIB], "truncated: 2 of 3 MiB"),
        (udf(41), f"truncated: {300 * SECTOR} of {301 * SECTOR} bytes"),
        (iso("X", boot_sector=4000), "boot record points beyond its end"),
        (b"", "is empty (0 bytes)"),
        (b"\0" * 4096, "not a disc image"),
    ],
    ids=described,
)
def test_a_file_that_cannot_be_complete_is_recognized_by_its_own_descriptors(content, words):
    assert words in damage(content)


@pytest.mark.parametrize("content", [LARGE, LARGE + b"\0" * SECTOR, iso(), iso("DATA", ()), udf(40)], ids=described)
def test_a_complete_file_is_not_damaged_whatever_follows_its_volume(content):
    assert damage(content) == ""


def test_a_volume_whose_size_is_not_the_same_in_both_byte_orders_reports_nothing():
    content = bytearray(LARGE[: 2 * MIB])
    content[16 * SECTOR + 84] ^= 0x01

    assert descriptors(bytes(content)).volume_bytes == 0


def test_a_partition_table_shows_the_size_of_the_whole_file_if_its_checksum_is_right():
    table = guid_table(last_block=9999)

    assert gpt_bytes(table) == 10_000 * 512
    assert gpt_bytes(table[:552] + b"\x01" + table[553:]) == 0
    assert gpt_bytes(table[:600]) == 0
    assert gpt_bytes(b"") == 0


@pytest.mark.parametrize(
    ("there", "needed", "text"),
    [
        (20 * MIB, 69 * MIB, "20 of 69 MiB"),
        (900 * MIB, 4 * 1024 * MIB, "900 MiB of 4.0 GiB"),
        (1500 * MIB, 4 * 1024 * MIB, "1.5 of 4.0 GiB"),
        (100, 200, "100 of 200 bytes"),
        (20 * MIB, 20 * MIB + 1, f"{20 * MIB} of {20 * MIB + 1} bytes"),
    ],
)
def test_a_part_of_a_size_never_seems_complete(there, needed, text):
    assert share(there, needed) == text
