"""Small disc images with the structures that firmware and the preflight read."""

import struct
import zlib

SECTOR = 2048
MIB = 1024**2
CATALOG_SECTOR = 20
PLATFORMS = {"bios": 0x00, "uefi": 0xEF}


def iso(
    label: str = "TEST",
    boots: tuple[str, ...] = ("bios", "uefi"),
    *,
    udf: bool = False,
    size: int = 0,
    boot_sector: int = CATALOG_SECTOR + 4,
) -> bytes:
    """
    Return the bytes of a disc image.

    Args:
        label: Volume label.
        boots: Firmware types with a boot entry; empty for no boot record at all.
        udf: True for an image that is UDF as well.
        size: Size in bytes, if it is to be larger than needed; the volume has as many whole sectors.
        boot_sector: Sector at which the boot images begin.
    """
    end = CATALOG_SECTOR + 5 if boots else CATALOG_SECTOR + 1
    sectors = {16: _descriptor(1, label, max(end, size // SECTOR)), end - 1: b"\0" * SECTOR}
    number = 17
    if boots:
        sectors[number] = _boot_record()
        sectors[CATALOG_SECTOR + 4] = _catalog(boots, boot_sector)
        number += 1
    sectors[number] = _descriptor(255)
    if udf:
        for offset, identifier in enumerate((b"BEA01", b"NSR02", b"TEA01"), start=1):
            sectors[number + offset] = _padded(b"\0" + identifier + b"\x01")
    content = b"".join(sectors.get(place, b"\0" * SECTOR) for place in range(max(sectors) + 1))
    return content.ljust(size, b"\0")


def udf(sectors_in_partition: int) -> bytes:
    """Return a UDF medium without ISO 9660, whose partition begins at sector 260."""
    sectors = {16: b"\0BEA01\x01", 17: b"\0NSR03\x01", 18: b"\0TEA01\x01"}
    sectors[256] = struct.pack("<H", 2) + b"\0" * 14 + struct.pack("<II", 16 * SECTOR, 257)
    name = b"\x08" + b"WIN_UDF"
    sectors[257] = (struct.pack("<H", 1) + b"\0" * 22 + name).ljust(24 + 31, b"\0") + bytes([len(name)])
    sectors[258] = struct.pack("<H", 5).ljust(188, b"\0") + struct.pack("<II", 260, sectors_in_partition)
    return b"".join(sectors.get(place, b"").ljust(SECTOR, b"\0") for place in range(300))


def guid_table(last_block: int) -> bytes:
    """Return a boot sector and the header of a GUID partition table, of a disk with that last block of 512 bytes."""
    header = bytearray(b"EFI PART" + struct.pack("<III", 0x10000, 92, 0) + b"\0" * 492)
    header[32:40] = struct.pack("<Q", last_block)
    header[16:20] = struct.pack("<I", zlib.crc32(bytes(header[:92])))
    return b"\0" * 512 + bytes(header)


def _padded(content: bytes) -> bytes:
    return content.ljust(SECTOR, b"\0")


def _descriptor(kind: int, label: str = "", sectors: int = 0) -> bytes:
    content = bytearray(_padded(bytes([kind]) + b"CD001\x01"))
    content[40:72] = label.encode().ljust(32)
    content[80:88] = struct.pack("<I", sectors) + struct.pack(">I", sectors)
    content[128:132] = struct.pack("<H", SECTOR) + struct.pack(">H", SECTOR)
    return bytes(content)


def _boot_record() -> bytes:
    content = bytearray(_padded(b"\0CD001\x01EL TORITO SPECIFICATION"))
    content[71:75] = struct.pack("<I", CATALOG_SECTOR + 4)
    return bytes(content)


def _catalog(boots: tuple[str, ...], boot_sector: int) -> bytes:
    first, *others = boots
    entry = bytes([0x88]) + b"\0" * 5 + struct.pack("<HI", 4, boot_sector) + b"\0" * 20
    sections = b""
    for place, firmware in enumerate(others, start=1):
        header = 0x91 if place == len(others) else 0x90
        sections += bytes([header, PLATFORMS[firmware]]) + struct.pack("<H", 1) + b"\0" * 28 + entry
    return _padded(_validation(PLATFORMS[first]) + entry + sections)


def _validation(platform: int) -> bytes:
    content = bytearray(bytes([1, platform]) + b"\0" * 28 + b"\x55\xaa")
    total = sum(struct.unpack("<16H", bytes(content)))
    content[28:30] = struct.pack("<H", -total & 0xFFFF)
    return bytes(content)
