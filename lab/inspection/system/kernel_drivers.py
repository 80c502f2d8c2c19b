"""
Kernels and their initial RAM file systems, with the drivers for the disk and the network of a server.

Source: the cloud's user guide of IMS requires virtio, virtio_blk, virtio_scsi, virtio_net, virtio_pci and virtio_ring.
"""

import re
import struct
from dataclasses import dataclass, field
from typing import Any, Literal

from lab.inspection.disk.archive_names import archive_names
from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.limits import MIB, NotRead
from lab.inspection.findings import BOOT_IT, Inspection
from lab.inspection.system.boot_entries import boot_path
from lab.inspection.system.guest import Guest

Presence = Literal["built in", "in the initramfs", "installed", "missing", "unknown"]
DRIVERS = ("virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net")
NEEDED_FOR_ROOT = ("virtio_pci", "virtio_blk")
MAX_KERNELS = 4
MODULE = re.compile(r"([^/]+)\.ko(?:\.(?:gz|xz|zst|bz2))?\Z")
RELEASE = re.compile(r"[\w.+~-]{1,128}\Z")
SETUP_HEADER, SETUP_BYTES = 0x202, 32 << 10
LIST_BYTES = 8 * MIB
REBUILD = (
    "Add the virtio drivers to the initial RAM file system and build it again (initramfs-tools: MODULES=most;"
    ' dracut: add_drivers+=" virtio_pci virtio_blk virtio_scsi virtio_net ").'
)


@dataclass
class Kernel:
    """
    Kernel of a boot entry, or of the folder /boot.

    Attributes:
        path: Path of the kernel.
        release: Release, empty if it is not known.
        initramfs: Paths of its initial RAM file systems.
        compressions: Compressions of the archives in them.
        modules: Names of the drivers in them, of those that a server needs.
        unread: Reason why an archive could not be read, empty if nothing failed.
    """

    path: str
    release: str
    initramfs: tuple[str, ...]
    compressions: list[str] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    unread: str = ""


def check_kernels(guest: Guest, inspection: Inspection) -> None:
    """Report the kernels, and the drivers that a server needs."""
    kernels = _kernels(guest)
    inspection.state("kernels", [_check_kernel(kernel, guest, inspection) for kernel in kernels])
    if not kernels and not guest.entries:
        inspection.report(
            "error",
            "no-kernel",
            "The system has no kernel: neither a boot entry nor /boot names one.",
            "Install a kernel with its boot entry.",
        )


def _kernels(guest: Guest) -> list[Kernel]:
    named = {(boot_path(guest, e.kernel), tuple(boot_path(guest, path) for path in e.initramfs)) for e in guest.entries}
    found = [(path, tuple(filter(None, initramfs))) for path, initramfs in sorted(named, key=str) if path]
    if not found:
        found = [(path, _initramfs_of(guest.files, path)) for path in guest.files.glob("/boot/vmlinu*")]
    kernels = [Kernel(path, _release(guest.files, path), initramfs) for path, initramfs in found[:MAX_KERNELS]]
    for kernel in kernels:
        _read_modules(kernel, guest)
    return kernels


def _initramfs_of(files: GuestFiles, kernel: str) -> tuple[str, ...]:
    release = kernel.rpartition("/")[2].partition("-")[2]
    names = (f"initrd.img-{release}", f"initramfs-{release}.img", f"initrd-{release}") if release else ("initrd.img",)
    return tuple(path for path in (f"/boot/{name}" for name in names) if files.is_file(path))[:1]


def _release(files: GuestFiles, path: str) -> str:
    """Return the release that a kernel has in its header, else the one in its name."""
    header = files.content(path, SETUP_BYTES) or b""
    release = path.rpartition("/")[2].partition("-")[2]
    if header[SETUP_HEADER : SETUP_HEADER + 4] == b"HdrS":
        at = struct.unpack_from("<H", header, SETUP_HEADER + 12)[0] + 512
        words = header[at : at + 256].partition(b"\0")[0].decode("ascii", "replace").split()
        release = words[0] if words else release
    return release if RELEASE.match(release) and release not in (".", "..") else ""


def _read_modules(kernel: Kernel, guest: Guest) -> None:
    for path in kernel.initramfs:
        pieces = guest.files.chunks(path)
        try:
            for name in archive_names(iter(pieces or ()), guest.budget, kernel.compressions):
                found = MODULE.search(name)
                if found is not None and _canonical(found[1]) in DRIVERS:
                    kernel.modules.add(_canonical(found[1]))
        except NotRead as error:
            kernel.unread = f"{path}: {error}"


def _check_kernel(kernel: Kernel, guest: Guest, inspection: Inspection) -> dict[str, Any]:
    built_in = _built_in(guest.files, kernel.release)
    installed = _installed(guest.files, kernel.release)
    drivers = {driver: _presence(driver, kernel, built_in, installed) for driver in DRIVERS}
    if kernel.unread:
        inspection.report(
            "warning",
            "initramfs-not-read",
            f"The initial RAM file system was not read: {kernel.unread}.",
            f"Install the program, if the finding names one. {BOOT_IT}",
        )
    _report_missing(kernel, drivers, inspection, is_certain=built_in is not None)
    return {
        "path": kernel.path,
        "release": kernel.release,
        "initramfs": list(kernel.initramfs),
        "compression": kernel.compressions or ["none"],
        "drivers": drivers,
    }


def _presence(driver: str, kernel: Kernel, built_in: set[str] | None, installed: set[str]) -> Presence:
    if built_in is not None and driver in built_in:
        return "built in"
    if driver in kernel.modules:
        return "in the initramfs"
    if driver in installed and driver not in NEEDED_FOR_ROOT:
        return "installed"
    return "unknown" if kernel.unread else "missing"


def _report_missing(kernel: Kernel, drivers: dict[str, Presence], inspection: Inspection, is_certain: bool) -> None:
    name = f"The kernel {kernel.release or kernel.path}"
    hint = "" if is_certain else " The system has no list of the drivers that are built in, so they may be there."
    missing = [driver for driver, presence in drivers.items() if presence == "missing"]
    if for_root := [driver for driver in missing if driver in NEEDED_FOR_ROOT]:
        inspection.report(
            "error" if is_certain else "warning",
            "no-virtio",
            f"{name} finds no disk on a server: {_listed(for_root)} not in its initial RAM file system, and not built"
            f" in.{hint}",
            REBUILD,
        )
    if "virtio_net" in missing:
        inspection.report(
            "error" if is_certain else "warning",
            "no-virtio-net",
            f"{name} finds no network card on a server: virtio_net is not installed, and not built in.{hint}",
            REBUILD,
        )
    if "virtio_scsi" in missing:
        inspection.report(
            "note", "no-virtio-scsi", f"{name} has no virtio_scsi, which servers with SCSI disks need.", REBUILD
        )


def _listed(names: list[str]) -> str:
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _built_in(files: GuestFiles, release: str) -> set[str] | None:
    """Return the drivers that a kernel has built in, None if the system has no list of them."""
    listed = _module_list(files, release, "modules.builtin")
    if listed is not None:
        return {_canonical(found[1]) for line in listed if (found := MODULE.search(line.strip()))}
    settings = files.text(f"/boot/config-{release}", LIST_BYTES) if release else None
    if settings is None:
        return None
    chosen = set(settings.splitlines())
    return {driver for driver in DRIVERS if _setting(driver) in chosen}


def _setting(driver: str) -> str:
    name = "SCSI_VIRTIO" if driver == "virtio_scsi" else driver.upper()
    return f"CONFIG_{name}=y"


def _installed(files: GuestFiles, release: str) -> set[str]:
    """Return the modules that are installed in the root file system."""
    paths = (line.partition(":")[0] for line in _module_list(files, release, "modules.dep") or ())
    return {_canonical(found[1]) for path in paths if (found := MODULE.search(path))}


def _module_list(files: GuestFiles, release: str, name: str) -> list[str] | None:
    """Return the lines of a list of modules that a kernel has, None if the system has none."""
    for folder in ("/lib/modules", "/usr/lib/modules"):
        listed = files.text(f"{folder}/{release}/{name}", LIST_BYTES) if release else None
        if listed is not None:
            return listed.splitlines()
    return None


def _canonical(name: str) -> str:
    return name.replace("-", "_")
