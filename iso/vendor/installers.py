"""Installers of vendors, detected from the files of their media, and the changes that each of them needs."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from config.answers.answer_files import READERS, AnswerKind, Answers
from iso.file_tree import Tree, cpio
from iso.vendor.boot_change import MEDIUM, BootChange
from iso.vendor.medium_errors import BY_HAND, WINDOWS_BY_HAND, MediumRefused

SUPPORTED = "Supported are " + ", ".join(READERS.values()) + "."


@dataclass(frozen=True)
class Installer:
    """Installer of a medium, by the kind of answers that it reads, and the vendor's name for the medium."""

    kind: AnswerKind
    product: str


@dataclass(frozen=True)
class Additions:
    """New files of a medium by their paths, and the change of each of its boot paths."""

    files: dict[str, bytes]
    change: BootChange


def identify(files: frozenset[str], read: Callable[[str], str], label: str) -> Installer:
    """
    Identify the installer of a medium.

    Args:
        files: Paths of the medium's files.
        read: Function that returns the text of a file.
        label: Volume label, the name of a product without another one.

    Raises:
        MediumRefused: The medium has no installer that reads answers here.
    """
    lower = {path.lower() for path in files}
    if "/bootmgr" in lower or "/sources/boot.wim" in lower:
        raise MediumRefused("This is a Windows medium, and its installer reads autounattend.xml.", WINDOWS_BY_HAND)
    info = read("/.disk/info").strip() if "/.disk/info" in files else ""
    product = (info or label).split("\n")[0].replace('"', "")
    if any(path.startswith("/casper/") for path in files):
        return _ubuntu(files, product)
    if _has(files, r"/boot/[\w-]+/root$") and _has(files, r"/boot/[\w-]+/loader/linux$|/boot/[\w-]+/linux$"):
        return Installer("autoyast", product)
    if _has(files, r"/images/install\.img$") or (_has(files, r"/LiveOS/squashfs\.img$") and "/.discinfo" in files):
        return Installer("kickstart", _anaconda_product(files, read, product))
    if (
        _has(files, r"/(?:install[.\w]*|debian-installer|d-i)/(?:[\w-]+/)*(?:vmlinuz|linux)$")
        or {"/linux", "/initrd.gz"} <= files
    ):
        return Installer("preseed", product)
    raise _unknown(files, product)


def additions(answers: Answers, parameters: tuple[str, ...] = ()) -> Additions:
    """
    Return the files and the change of the boot paths that bring answers to their installer.

    The names of the files are short, because isolinux reads those of ISO 9660 without its extensions.

    Args:
        answers: Answers for the installer of the medium.
        parameters: Further words for each kernel command line.
    """
    match answers.kind:
        case "preseed":
            # The installer reads /preseed.cfg of its RAM file system before its first question. In auto mode it would
            # defer language and keyboard until it has fetched a preseed file, which it does not do then.
            # Source: Debian GNU/Linux Installation Guide, B.2.1 "initrd preseeding", B.2.3 "auto mode".
            tree = Tree()
            tree.file("preseed.cfg", answers.content)
            change = BootChange(("priority=critical", *parameters), "/answers.img", removed=("auto=true",))
            return Additions({"/answers.img": cpio(tree, 0)}, change)
        case "autoinstall":
            # Source: Ubuntu, "Providing autoinstall configuration"; cloud-init, data source NoCloud.
            files = {"/answers/user-data": answers.content, "/answers/meta-data": b""}
            return Additions(files, BootChange(("autoinstall", "ds=nocloud;s=/cdrom/answers/", *parameters)))
        case "kickstart":
            # A changed medium does not pass the check of its own digest, which is the default entry of vendors.
            # Source: Anaconda, "Boot options": inst.ks=hd:<device>:<path>, inst.ks=cdrom:<path>, rd.live.check.
            change = BootChange((f"inst.ks={MEDIUM}:/answers.ks", *parameters), removed=("rd.live.check",))
            return Additions({"/answers.ks": answers.content}, change)
        case "autoyast":
            # Source: AutoYaST Guide, "Boot options": file:// is relative to the root of the installation source.
            return Additions(
                {"/answers.xml": answers.content}, BootChange(("autoyast=file:///answers.xml", *parameters))
            )


def _has(files: frozenset[str], pattern: str) -> bool:
    return any(re.match(pattern, path) for path in files)


def _ubuntu(files: frozenset[str], product: str) -> Installer:
    if "server" in product.lower() or "/casper/install-sources.yaml" in files:
        return Installer("autoinstall", product)
    raise MediumRefused(
        f"{product} is a desktop medium, whose installer reads no autoinstall; use the live server ISO instead.",
        BY_HAND,
    )


def _anaconda_product(files: frozenset[str], read: Callable[[str], str], otherwise: str) -> str:
    text = read("/.treeinfo") if "/.treeinfo" in files else ""
    found = re.search(r"^name\s*=\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else otherwise


def _unknown(files: frozenset[str], product: str) -> MediumRefused:
    if _has(files, r"/LiveOS/"):
        reason = f"{product} is a live medium or one of the installer Agama: neither reads these answers."
    elif _has(files, r"/live/"):
        reason = f"{product} is a live medium without an installer that reads answers."
    else:
        reason = f"The medium {product!r} has no known installer."
    return MediumRefused(f"{reason} {SUPPORTED}", BY_HAND)
