"""Media and answers that cannot be used: one sentence with the reason, and the manual procedure."""

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from config.answers.answer_files import AnswerKind, AnswersRefused, read_answers
from iso.build_errors import IsoBuildError, ToolMissing
from iso.vendor.customisation import customise
from iso.vendor.efi_images import changed_image, read_efi_image
from iso.vendor.medium_errors import MediumRefused
from iso.vendor.volume_descriptors import read_volume
from tests import isos
from tests.iso.vendor import media
from tests.iso.vendor.anaconda_media import rocky
from tests.iso.vendor.conftest import Medium, answers
from tests.iso.vendor.medium_layout import EPOCH, Layout, write_medium

ROOT = Path(__file__).parents[3]


def without(layout: Layout, *paths: str) -> Layout:
    files = {path: content for path, content in layout.files.items() if not path.startswith(paths)}
    return dataclasses.replace(layout, files=files)


def desktop() -> Layout:
    layout = media.ubuntu()
    files = layout.files | {"/.disk/info": b'Ubuntu 22.04.4 LTS "Jammy Jellyfish" - Release amd64'}
    return dataclasses.replace(layout, files={p: c for p, c in files.items() if p != "/casper/install-sources.yaml"})


def agama() -> Layout:
    layout = without(media.opensuse(), "/boot/x86_64/root")
    return dataclasses.replace(layout, label="Leap-16.0", files=layout.files | {"/LiveOS/squashfs.img": b"live"})


def unknown() -> Layout:
    layout = without(media.debian(), "/install.amd", "/.disk")
    return dataclasses.replace(layout, label="HAIKU")


def no_entry() -> Layout:
    layout = without(
        media.debian(), "/isolinux/gtk", "/isolinux/txt", "/isolinux/adtxt", "/isolinux/spkgtk", "/isolinux/rqtxt"
    )
    return dataclasses.replace(layout, files=layout.files | {"/boot/grub/grub.cfg": b"menuentry 'Disk' {\n exit\n}\n"})


def no_uefi_entry() -> Layout:
    return without(media.debian(), "/boot/grub/grub.cfg")


def no_bios_entry() -> Layout:
    return without(rocky(), "/isolinux/isolinux.cfg")


MEDIA: list[tuple[Callable[[], Layout], AnswerKind, str]] = [
    (desktop, "autoinstall", r"Ubuntu 22\.04\.4 LTS .* is a desktop medium.* live server ISO.*By hand: "),
    (
        agama,
        "autoyast",
        r"Leap-16\.0 is a live medium or one of the installer Agama.*Supported are Debian's.*By hand: ",
    ),
    (unknown, "preseed", r"The medium 'HAIKU' has no known installer\. Supported are .*By hand: "),
    (no_entry, "preseed", r"No boot configuration that starts the installer was found.*By hand: "),
    (no_uefi_entry, "preseed", r"No boot configuration for UEFI was found.*By hand: "),
    (no_bios_entry, "kickstart", r"No boot configuration for BIOS was found.*By hand: "),
    (
        rocky,
        "preseed",
        r"preseed\.txt is for Debian's installer, but Rocky Linux 9\.3 has Anaconda .*kickstart answers\.",
    ),
    (
        media.debian,
        "autoyast",
        r"autoyast\.txt is for YaST .*, but Debian GNU/Linux 12.* which reads preseed answers\.",
    ),
]


@pytest.mark.parametrize(("layout", "kind", "message"), MEDIA)
def test_a_medium_is_refused(layout: Callable[[], Layout], kind: AnswerKind, message: str, tmp_path: Path) -> None:
    vendor = write_medium(layout(), tmp_path / "vendor.iso")

    with pytest.raises(MediumRefused, match=message):
        customise(vendor, answers(kind), tmp_path / "out.iso")
    assert {"vendor.iso"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (isos.udf(100), r"is a UDF medium, as Windows has.*By hand: .*autounattend\.xml.*oscdimg"),
        (isos.iso(udf=True), r"is a UDF medium"),
        (b"not an ISO" * 1000, r"is no ISO 9660 medium \(10000 bytes\)"),
        (b"", r"is no ISO 9660 medium \(0 bytes\)"),
        (
            isos.iso(size=10 * isos.MIB)[: 4 * isos.MIB],
            r"is truncated: it has 4194304 of 10485760 bytes\. Download it again\.",
        ),
        (isos.iso(boots=()), r"has no boot record"),
    ],
    ids=["UDF", "UDF and ISO 9660", "text", "empty", "truncated", "no boot record"],
)
def test_a_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    vendor = tmp_path / "vendor.iso"
    vendor.write_bytes(content)

    with pytest.raises(MediumRefused, match=message):
        customise(vendor, answers("preseed"), tmp_path / "out.iso")


def test_a_windows_medium_without_udf_is_refused(tmp_path: Path) -> None:
    layout = media.debian()
    vendor = write_medium(
        dataclasses.replace(layout, files=layout.files | {"/sources/boot.wim": b"wim"}), tmp_path / "v.iso"
    )

    with pytest.raises(MediumRefused, match=r"Windows medium.*autounattend\.xml.*oscdimg"):
        customise(vendor, answers("preseed"), tmp_path / "out.iso")


def test_an_efi_image_without_room_is_refused(medium: Medium) -> None:
    volume = read_volume(medium("rocky"))
    image = read_efi_image(medium("rocky"), next(e.offset for e in volume.boot_images if e.firmware == "uefi"))
    assert image

    with pytest.raises(
        MediumRefused, match=r"EFI image of the medium has no room for a longer /EFI/BOOT/grub\.cfg.*By hand: "
    ):
        changed_image(image, {"/EFI/BOOT/grub.cfg": "#" * len(image.content)}, EPOCH)


def test_a_full_disk_is_noticed_before_anything_is_written(
    medium: Medium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("iso.vendor.growing.shutil.disk_usage", lambda _folder: usage._replace(free=2**20))

    with pytest.raises(MediumRefused, match=r"has 1 MiB of free space, 66 MiB are required"):
        customise(medium("debian"), answers("preseed"), tmp_path / "out.iso")
    assert [] == list(tmp_path.iterdir())


def test_missing_programs_are_named_with_their_packages(
    medium: Medium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = medium("debian")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(
        ToolMissing, match=r"needs xorriso, mcopy, mdir.*apt-get install mtools xorriso.*dnf install mtools"
    ):
        customise(vendor, answers("preseed"), tmp_path / "out.iso")


def test_the_vendors_file_is_never_overwritten(medium: Medium, tmp_path: Path) -> None:
    vendor = tmp_path / "vendor.iso"
    vendor.write_bytes(medium("debian").read_bytes())

    with pytest.raises(MediumRefused, match=r"vendor\.iso is the vendor's file itself"):
        customise(vendor, answers("preseed"), vendor)


def test_a_medium_with_answers_is_refused(medium: Medium, tmp_path: Path) -> None:
    once = customise(medium("rocky"), answers("kickstart"), tmp_path / "once.iso").output

    with pytest.raises(MediumRefused, match=r"already contains answers \(/answers\.ks\)"):
        customise(once, answers("kickstart"), tmp_path / "twice.iso")


@pytest.mark.parametrize("word", ["a b", "quiet'", "x\ny", "$(reboot)", "", 'a"b', "a\\b"])
def test_parameters_that_a_loader_would_interpret_are_refused(medium: Medium, word: str, tmp_path: Path) -> None:
    with pytest.raises(MediumRefused, match="contains a character that boot loaders interpret"):
        customise(medium("debian"), answers("preseed"), tmp_path / "out.iso", (word,))


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", "preseed", r"answers is empty"),
        (b" \n", "kickstart", r"answers is empty"),
        (b"d-i a/b string \xff", "preseed", r"is not UTF-8 text"),
        (b"d-i a/b string \0", "preseed", r"contains null bytes"),
        (b"#" * (1024 * 1024 + 1), "preseed", r"has 1048577 bytes; answers have at most 1048576"),
        (
            media.ANSWERS["kickstart"].encode(),
            "preseed",
            r"looks like a kickstart file for Anaconda .*given as preseed",
        ),
        (
            media.ANSWERS["preseed"].encode(),
            "kickstart",
            r"looks like a preseed file for Debian's installer, but was given as kickstart",
        ),
        (media.ANSWERS["autoyast"].encode(), "autoinstall", r"looks like an autoyast file for YaST"),
        (b"hello\n", "autoyast", r"contains nothing of an autoyast file"),
        (b"#cloud-config\nusers: []\n", "autoinstall", r"has no key 'autoinstall'"),
        (b"autoinstall:\n  version: 1\n", "autoinstall", r"must begin with the line '#cloud-config'"),
    ],
    ids=range(11),
)
def test_answers_are_refused(content: bytes, kind: AnswerKind, message: str, tmp_path: Path) -> None:
    file = tmp_path / "answers"
    file.write_bytes(content)

    with pytest.raises(AnswersRefused, match=message):
        read_answers(file, kind)


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "iso", "answer", *map(str, arguments)],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )


def test_the_command_writes_the_iso_with_warnings(medium: Medium, tmp_path: Path) -> None:
    file, output = tmp_path / "debian.cfg", tmp_path / "out.iso"
    file.write_text("d-i partman-auto/disk string /dev/vda\nd-i passwd/root-password-crypted password $6$secret\n")

    done = command(medium("debian"), "--preseed", file, "--output", output)

    assert done.returncode == 0, done.stderr
    assert (
        "iso: warning: debian.cfg:1 selects the first disk (/dev/vda); the image is made from the data disk"
        in done.stderr
    )
    assert f"iso: {output} was written" in done.stderr
    assert '"answers": "preseed"' in done.stdout
    assert "secret" not in done.stdout + done.stderr
    assert "is up to date" in command(medium("debian"), "--preseed", file, "--output", output).stderr


def test_the_command_reports_a_refusal_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "ks.cfg"
    file.write_text(media.ANSWERS["kickstart"])

    done = command(tmp_path / "nothing.iso", "--kickstart", file, "--output", tmp_path / "out.iso")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "No such file or directory" in done.stderr
    assert issubclass(MediumRefused, IsoBuildError)
