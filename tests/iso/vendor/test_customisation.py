"""Media of all vendors with answers: every boot path carries them, and nothing else changes."""

import dataclasses
import hashlib
import re
from pathlib import Path

import pytest

from config.answers.answer_files import AnswerKind
from iso.vendor.customisation import Customised, customise
from iso.vendor.volume_descriptors import read_volume
from tests.iso.vendor import media, unpacking
from tests.iso.vendor.conftest import Medium, Unattended, answers
from tests.iso.vendor.medium_layout import write_medium

WORDS: dict[str, tuple[str, ...]] = {
    "debian": ("priority=critical",),
    "ubuntu": ("autoinstall", "ds=nocloud;s=/cdrom/answers/"),
    "rocky": ("inst.ks=hd:LABEL=Rocky-9-3-x86_64-dvd:/answers.ks",),
    "openeuler": ("inst.ks=hd:LABEL=openEuler-24.03-LTS-x86_64:/answers.ks",),
    "fedora": ("inst.ks=hd:LABEL=Fedora-S-dvd-x86_64-39:/answers.ks",),
    "opensuse": ("autoyast=file:///answers.xml",),
}
NEW = {
    "preseed": {"/answers.img"},
    "autoinstall": {"/answers/user-data", "/answers/meta-data"},
    "kickstart": {"/answers.ks"},
    "autoyast": {"/answers.xml"},
}
CONFIGURATIONS = {
    "debian": {
        "/boot/grub/grub.cfg",
        "/md5sum.txt",
        *(f"/isolinux/{name}.cfg" for name in ("isolinux", "gtk", "txt", "adtxt", "spkgtk")),
    },
    "ubuntu": {"/boot/grub/grub.cfg", "/boot/grub/loopback.cfg", "/md5sum.txt"},
    "rocky": {"/isolinux/isolinux.cfg", "/EFI/BOOT/grub.cfg", "/images/efiboot.img"},
    "openeuler": {"/isolinux/isolinux.cfg", "/EFI/BOOT/grub.cfg", "/images/efiboot.img"},
    "fedora": {"/boot/grub2/grub.cfg", "/EFI/BOOT/grub.cfg"},
    "opensuse": {"/boot/x86_64/loader/isolinux.cfg", "/EFI/BOOT/grub.cfg", "/boot/x86_64/efi"},
}
OTHER_PURPOSES = re.compile(r"rescue|mediacheck|upgrade=1|memtest")
LAYOUTS = pytest.mark.parametrize("name", media.LAYOUTS)


def customised(medium: Medium, name: str, folder: Path) -> Customised:
    return customise(medium(name), answers(media.KINDS[name]), folder / "out.iso")


def kernel_lines(text: str) -> list[str]:
    """Return the command lines that start an installer, of GRUB and of isolinux."""
    grub = re.findall(r"^\s*linux(?:efi)?\s+/.*(?=\n\s*(?:echo.*\n\s*)?initrd)", text, re.MULTILINE)
    isolinux = re.findall(r"^\s*append .*initrd=.*", text, re.MULTILINE)
    return [line for line in [*grub, *isolinux] if not OTHER_PURPOSES.search(line)]


@LAYOUTS
def test_every_boot_path_carries_the_parameters(unattended: Unattended, name: str, tmp_path: Path) -> None:
    result = unattended(name)

    found = unpacking.files(result.output, tmp_path / "files")
    efi = unpacking.efi_files(result.output, tmp_path / "efi")
    texts = [content.decode() for path, content in [*found.items(), *efi.items()] if path.endswith(".cfg")]
    lines = [line for text in texts for line in kernel_lines(text)]
    assert len(lines) == sum(len(kernel_lines(text)) for text in texts) >= 4 - 2 * (name == "opensuse")
    assert [] == [(line, word) for line in lines for word in WORDS[name] if word not in line]
    assert [] == [line for line in lines if "rd.live.check" in line or "auto=true" in line]


@LAYOUTS
def test_everything_else_stays_byte_for_byte(medium: Medium, unattended: Unattended, name: str, tmp_path: Path) -> None:
    vendor = medium(name)
    digest = hashlib.sha256(vendor.read_bytes()).hexdigest()

    result = unattended(name)

    before, after = unpacking.files(vendor, tmp_path / "a"), unpacking.files(result.output, tmp_path / "b")
    assert NEW[media.KINDS[name]] == {*after} - {*before}
    assert CONFIGURATIONS[name] == {path for path in before if before[path] != after[path]}
    efi_before, efi_after = (
        unpacking.efi_files(vendor, tmp_path / "c"),
        unpacking.efi_files(result.output, tmp_path / "d"),
    )
    assert efi_before.keys() == efi_after.keys()
    assert {path for path in efi_before if efi_before[path] != efi_after[path]} <= {"/EFI/BOOT/grub.cfg"}
    assert digest == hashlib.sha256(vendor.read_bytes()).hexdigest()


@LAYOUTS
def test_firmware_finds_what_it_found_before(medium: Medium, unattended: Unattended, name: str, tmp_path: Path) -> None:
    vendor = medium(name)

    output = unattended(name).output

    before, after = read_volume(vendor), read_volume(output)
    assert {"bios", "uefi"} == {image.firmware for image in after.boot_images}
    assert before.boot_images == after.boot_images
    assert (before.label, before.dates, before.joliet) == (after.label, after.dates, after.joliet)
    old, new = vendor.read_bytes(), output.read_bytes()
    assert old[: 16 * 2048] == new[: 16 * 2048]
    bios = next(image.offset for image in after.boot_images if image.firmware == "bios")
    assert old[bios : bios + 2048] == new[bios : bios + 2048]


@pytest.mark.parametrize("joliet", [True, False], ids=["Joliet", "ISO 9660"])
def test_names_without_extensions_stay(joliet: bool, tmp_path: Path) -> None:
    """Names for Windows, and those that isolinux before version 6 reads."""
    long = f"/pool/{'long-name-' * 7}_1.0.deb"
    layout = media.debian()
    files = {path: content for path, content in layout.files.items() if len(Path(path).name) < 20 or joliet}
    files |= {long: b"package"} if joliet else {}
    vendor = write_medium(dataclasses.replace(layout, files=files, joliet=joliet), tmp_path / "vendor.iso")

    output = customise(vendor, answers("preseed"), tmp_path / "out.iso").output

    def names(iso: Path) -> set[str]:
        listing = unpacking.output_of(["xorriso", "-read_fs", "norock", "-indev", str(iso), "-find", "/", "-type", "f"])
        return {line.strip("'") for line in listing.splitlines()}

    assert names(output) - names(vendor) == {"/answers.img" if joliet else "/ANSWERS.IMG"}
    assert ("/.disk/info" if joliet else "/_DISK/INFO") in names(vendor) < names(output)


@LAYOUTS
def test_the_same_inputs_give_the_same_bytes(medium: Medium, unattended: Unattended, name: str, tmp_path: Path) -> None:
    first = unattended(name)
    folder = tmp_path / "another place"
    second = customise(medium(name), answers(media.KINDS[name]), folder / "two.iso")

    assert first.output.read_bytes() == second.output.read_bytes()
    assert first.manifest == second.manifest


def test_a_result_is_written_again_only_if_its_inputs_change(medium: Medium, tmp_path: Path) -> None:
    first = customised(medium, "debian", tmp_path)
    inode = first.output.stat().st_ino

    assert customised(medium, "debian", tmp_path).reused
    assert inode == first.output.stat().st_ino
    again = customise(medium("debian"), answers("preseed"), first.output, ("console=ttyS0",))
    assert not again.reused
    assert first.manifest["sha256"] != again.manifest["sha256"]


def test_a_damaged_result_is_written_again(medium: Medium, tmp_path: Path) -> None:
    first = customised(medium, "ubuntu", tmp_path)
    whole = first.output.read_bytes()
    first.output.write_bytes(whole[:-2048])

    assert not customised(medium, "ubuntu", tmp_path).reused
    assert whole == first.output.read_bytes()


def test_further_parameters_are_in_every_boot_path(medium: Medium, tmp_path: Path) -> None:
    output = tmp_path / "out.iso"
    customise(medium("rocky"), answers("kickstart"), output, ("console=ttyS0,115200n8", "inst.text"))

    found = unpacking.files(output, tmp_path / "files") | unpacking.efi_files(output, tmp_path / "efi")
    lines = [
        line for path, content in found.items() if path.endswith(".cfg") for line in kernel_lines(content.decode())
    ]
    assert lines
    assert all("console=ttyS0,115200n8 inst.text" in line for line in lines)


def test_the_mediums_own_digests_cover_the_changed_files(unattended: Unattended, tmp_path: Path) -> None:
    output = unattended("ubuntu").output

    found = unpacking.files(output, tmp_path / "files")
    digest = hashlib.md5(found["/boot/grub/grub.cfg"], usedforsecurity=False).hexdigest()
    assert f"{digest}  ./boot/grub/grub.cfg\n{'3' * 32}  ./casper/vmlinuz\n" == found["/md5sum.txt"].decode()


def test_a_partition_that_the_descriptor_does_not_cover_is_kept(medium: Medium, tmp_path: Path) -> None:
    """The new session begins behind everything in the file, not behind what the volume descriptor states."""
    vendor = tmp_path / "vendor.iso"
    trailer = b"appended partition" * 5000
    vendor.write_bytes(medium("fedora").read_bytes() + trailer)

    output = customise(vendor, answers("kickstart"), tmp_path / "out.iso").output

    start = medium("fedora").stat().st_size
    assert trailer == output.read_bytes()[start : start + len(trailer)]
    assert b"autopart" in unpacking.files(output, tmp_path / "files")["/answers.ks"]


@pytest.mark.parametrize(("kind", "path"), [("preseed", "/answers.img"), ("kickstart", "/answers.ks")])
def test_new_files_belong_to_root_and_can_be_read(unattended: Unattended, kind: AnswerKind, path: str) -> None:
    name = next(name for name, known in media.KINDS.items() if known == kind)
    output = unattended(name).output

    command = ["xorriso", "-indev", str(output), "-lsdl", path]
    listing = unpacking.output_of(command)
    assert re.search(r"^-r--r--r-- +\d+ +0 +0 +\d+ Nov 14 +2023", listing, re.MULTILINE), listing
