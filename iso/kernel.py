"""The kernel and those of its modules that a virtual machine's disks, network and power button need."""

import re
from dataclasses import dataclass
from pathlib import Path

from iso.build_errors import IsoBuildError

# In the order of loading. Names that a kernel has built in, or does not have, are skipped.
WANTED = (
    *("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk"),
    *("virtio_scsi", "sd_mod", "xen-blkfront", "virtio_net", "xen-netfront", "virtio-rng", "button", "evdev"),
)


@dataclass(frozen=True)
class Kernel:
    """Kernel image with its release, and module files in an order in which they can be loaded."""

    release: str
    image: bytes
    modules: tuple[tuple[str, bytes], ...]


def read_kernel(root: Path) -> Kernel:
    """Find the one kernel in a folder that its package was unpacked into."""
    images = list((root / "boot").glob("vmlinuz-*"))
    if len(images) != 1:
        raise IsoBuildError(f"Exactly one kernel is expected in the kernel's package, {len(images)} are there.")
    release = images[0].name.removeprefix("vmlinuz-")
    files = {_module_name(file): file for file in (root / "lib/modules" / release).rglob("*.ko")}
    modules = tuple((files[name].name, files[name].read_bytes()) for name in _load_order(files))
    if "virtio_blk" not in {name.removesuffix(".ko") for name, _ in modules}:
        raise IsoBuildError(f"The kernel {release} has no uncompressed module virtio_blk.")
    return Kernel(release, images[0].read_bytes(), modules)


def _load_order(files: dict[str, Path]) -> list[str]:
    order: list[str] = []

    def add(name: str) -> None:
        if name in files and name not in order:
            for dependency in _dependencies(files[name].read_bytes()):
                add(dependency)
            order.append(name)

    for module in WANTED:
        add(module.replace("-", "_"))
    return order


def _dependencies(module: bytes) -> list[str]:
    """Return a module's dependencies, which the kernel's build writes as `depends=a,b` into its information section."""
    found = re.search(rb"\0depends=([^\0]*)\0", module)
    return [_canonical(name) for name in found[1].decode().split(",") if name] if found else []


def _module_name(file: Path) -> str:
    return _canonical(file.stem)


def _canonical(name: str) -> str:
    return name.replace("-", "_")
