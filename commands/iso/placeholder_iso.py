"""
Smallest ISO file that the preflight accepts as bootable, for simulated servers, which do not boot it.

Sources: ECMA-119 (volume descriptors); "El Torito" Bootable CD-ROM Format Specification 1.0 (boot catalog).
"""

import struct

SECTOR = 2048
PRIMARY, BOOT_RECORD, TERMINATOR, CATALOG, BOOT_IMAGE = range(16, 21)
SECTORS = BOOT_IMAGE + 1
X86, EFI = 0x00, 0xEF
LABEL = b"PLACEHOLDER"


def placeholder() -> bytes:
    """Return the content of the file: an empty volume with a boot entry for bios and one for uefi."""
    sectors = {
        PRIMARY: _primary(),
        BOOT_RECORD: b"\0CD001\x01EL TORITO SPECIFICATION".ljust(71, b"\0") + struct.pack("<I", CATALOG),
        TERMINATOR: b"\xffCD001\x01",
        CATALOG: _catalog(),
    }
    return b"".join(sectors.get(place, b"").ljust(SECTOR, b"\0") for place in range(SECTORS))


def _primary() -> bytes:
    content = bytearray(SECTOR)
    content[:7] = b"\x01CD001\x01"
    content[40:72] = LABEL.ljust(32)
    content[80:88] = struct.pack("<I", SECTORS) + struct.pack(">I", SECTORS)
    content[128:132] = struct.pack("<H", SECTOR) + struct.pack(">H", SECTOR)
    return bytes(content)


def _catalog() -> bytes:
    validation = bytearray(bytes([1, X86]) + bytes(28) + b"\x55\xaa")
    validation[28:30] = struct.pack("<H", -sum(struct.unpack("<16H", validation)) & 0xFFFF)
    entry = b"\x88" + bytes(5) + struct.pack("<HI", 4, BOOT_IMAGE) + bytes(20)
    section = bytes([0x91, EFI]) + struct.pack("<H", 1) + bytes(28)
    return bytes(validation) + entry + section + entry
