"""Small disc images: just what tells a firmware, or whoever looks at the first sectors, what is on them."""

import struct

SECTOR = 2048
CATALOG_SECTOR = 20
PLATFORMS = {"bios": 0x00, "uefi": 0xEF}


def iso(label: str = "TEST", boots: tuple[str, ...] = ("bios", "uefi"), *, udf: bool = False, size: int = 0) -> bytes:
    """
    The bytes of a disc image.

    Args:
        label: its volume label.
        boots: the firmware that it has a boot entry for; none for no boot record at all.
        udf: whether it says that it is UDF as well.
        size: its size in bytes, if it is to be larger than needed.
    """
    sectors = {16: _descriptor(1, label)}
    number = 17
    if boots:
        sectors[number] = _boot_record()
        sectors[CATALOG_SECTOR + 4] = _catalog(boots)
        number += 1
    sectors[number] = _descriptor(255)
    if udf:
        for offset, identifier in enumerate((b"BEA01", b"NSR02", b"TEA01"), start=1):
            sectors[number + offset] = _padded(b"\0" + identifier + b"\x01")
    content = b"".join(sectors.get(place, b"\0" * SECTOR) for place in range(max(sectors) + 1))
    return content.ljust(size, b"\0")


def _padded(content: bytes) -> bytes:
    return content.ljust(SECTOR, b"\0")


def _descriptor(kind: int, label: str = "") -> bytes:
    content = bytearray(_padded(bytes([kind]) + b"CD001\x01"))
    content[40:72] = label.encode().ljust(32)
    return bytes(content)


def _boot_record() -> bytes:
    content = bytearray(_padded(b"\0CD001\x01EL TORITO SPECIFICATION"))
    content[71:75] = struct.pack("<I", CATALOG_SECTOR + 4)
    return bytes(content)


def _catalog(boots: tuple[str, ...]) -> bytes:
    first, *others = boots
    entry = bytes([0x88]) + b"\0" * 31
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
