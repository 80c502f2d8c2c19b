"""Entries of boot menus: GRUB, the Boot Loader Specification, and SYSLINUX."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.limits import MIB
from lab.inspection.system.guest import BootEntry

MENU_BYTES = MIB
MAX_ENTRIES = 64
MAX_ARGUMENTS = 256
GRUB_MENUS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/efi/EFI/*/grub.cfg", "/efi/EFI/*/grub.cfg")
SYSLINUX_MENUS = (
    *("/boot/extlinux/extlinux.conf", "/boot/syslinux/syslinux.cfg", "/extlinux.conf", "/syslinux.cfg"),
    *("/extlinux/extlinux.conf", "/boot/syslinux/extlinux.conf"),
)
SPECIFIED_ENTRIES = ("/boot/loader/entries/*.conf", "/efi/loader/entries/*.conf", "/boot/efi/loader/entries/*.conf")
GRUB_ENVIRONMENTS = ("/boot/grub2/grubenv", "/boot/grub/grubenv")
TITLE = re.compile(r"""menuentry\s+(?:'([^']*)'|"([^"]*)"|(\S+))""")
DEVICE_PREFIX = re.compile(r"\A\([^)]*\)|\A\$\{?root\}?")


def read_entries(files: GuestFiles) -> list[BootEntry]:
    """Return the entries of all boot menus of a system."""
    readers: tuple[tuple[tuple[str, ...], Callable[[str, str, dict[str, str]], Iterator[BootEntry]]], ...] = (
        (GRUB_MENUS, _grub_entries),
        (SPECIFIED_ENTRIES, _specified_entries),
        (SYSLINUX_MENUS, _syslinux_entries),
    )
    variables = _grub_variables(files)
    entries: list[BootEntry] = []
    for patterns, read in readers:
        for path in (path for pattern in patterns for path in files.glob(pattern)):
            text = files.text(path, MENU_BYTES) or ""
            entries += islice(read(path, text, variables), MAX_ENTRIES - len(entries))
    return entries


def _grub_variables(files: GuestFiles) -> dict[str, str]:
    """Return the variables that menus use for arguments of the kernel."""
    variables: dict[str, str] = {}
    for path in (*GRUB_ENVIRONMENTS, *GRUB_MENUS[:2]):
        for line in (files.text(path, MENU_BYTES) or "").split("\n"):
            name, _, value = line.strip().removeprefix("set ").partition("=")
            if name in ("kernelopts", "default_kernelopts"):
                variables[name] = value.strip("\"'")
    return variables


def _grub_entries(path: str, text: str, variables: dict[str, str]) -> Iterator[BootEntry]:
    title, kernel, arguments, initramfs = "", "", tuple[str, ...](), tuple[str, ...]()
    for line in (*text.split("\n"), "menuentry ''"):
        words = line.split()
        if not words:
            continue
        if words[0] == "menuentry":
            if kernel:
                yield BootEntry(path, title, kernel, initramfs, arguments)
            found = TITLE.search(line)
            title, kernel, arguments, initramfs = (found[1] or found[2] or found[3] or "" if found else ""), "", (), ()
        elif words[0] in ("linux", "linux16", "linuxefi") and len(words) > 1:
            kernel, arguments = _plain(words[1]), _arguments(words[2:], variables)
        elif words[0] in ("initrd", "initrd16", "initrdefi"):
            initramfs = tuple(_plain(word) for word in words[1:])


def _specified_entries(path: str, text: str, variables: dict[str, str]) -> Iterator[BootEntry]:
    fields: dict[str, list[str]] = {}
    for line in text.split("\n"):
        key, _, value = line.strip().partition(" ")
        fields.setdefault(key, []).append(value.strip())
    if "linux" in fields:
        initramfs = [word for value in fields.get("initrd", []) for word in value.split() if "$" not in word]
        arguments = _arguments(" ".join(fields.get("options", [])).split(), variables)
        title = fields.get("title", [""])[0]
        yield BootEntry(path, title, _plain(fields["linux"][0]), tuple(map(_plain, initramfs)), arguments)


def _syslinux_entries(path: str, text: str, variables: dict[str, str]) -> Iterator[BootEntry]:
    title, kernel, arguments, initramfs = "", "", tuple[str, ...](), tuple[str, ...]()
    for line in (*text.split("\n"), "label"):
        key, _, value = line.strip().partition(" ")
        match key.lower():
            case "label":
                if kernel:
                    yield BootEntry(path, title, kernel, initramfs, arguments)
                title, kernel, arguments, initramfs = value.strip(), "", (), ()
            case "kernel" | "linux":
                kernel = value.strip()
            case "initrd":
                initramfs = tuple(value.strip().split(","))
            case "append":
                arguments = _arguments(value.split(), variables)
                named = [a.partition("=")[2] for a in arguments if a.startswith("initrd=")]
                initramfs = initramfs or tuple(name for value in named for name in value.split(","))


def _arguments(words: list[str], variables: dict[str, str]) -> tuple[str, ...]:
    arguments: list[str] = []
    for word in words[:MAX_ARGUMENTS]:
        name = word.strip("${}")
        arguments += variables.get(name, "").split() if word.startswith("$") else [word.strip("\"'")]
    return tuple(arguments[:MAX_ARGUMENTS])


def _plain(path: str) -> str:
    return DEVICE_PREFIX.sub("", path.strip("\"'"))
