"""Warnings about answers that install to the first disk, which does not become the image."""

import pytest

from config.answers.answer_files import AnswerKind, Answers
from config.answers.first_disk import first_disk_warnings
from tests.iso.vendor import media


def warnings(kind: AnswerKind, text: str) -> list[str]:
    return first_disk_warnings(Answers(kind, "answers", text.encode()))


@pytest.mark.parametrize("kind", ["preseed", "autoinstall", "kickstart", "autoyast"])
def test_answers_for_the_data_disk_have_no_warning(kind: AnswerKind) -> None:
    assert [] == warnings(kind, media.ANSWERS[kind])


@pytest.mark.parametrize(
    ("kind", "text", "place"),
    [
        ("preseed", "d-i partman-auto/disk string /dev/vda\n", "answers:1 selects the first disk (/dev/vda)"),
        ("preseed", "#\nd-i partman-auto/disk string /dev/sda\n", "answers:2 selects the first disk (/dev/sda)"),
        (
            "preseed",
            "d-i partman-auto/disk string /dev/vdb\nd-i grub-installer/bootdev string /dev/vda\n",
            "answers:2 selects",
        ),
        ("kickstart", "ignoredisk --only-use=vda\n", "answers:1 selects the first disk (vda)"),
        (
            "kickstart",
            "ignoredisk --only-use=vdb\nclearpart --all --drives=sda\n",
            "answers:2 selects the first disk (sda)",
        ),
        ("kickstart", "part / --ondisk=/dev/vda --size=1\n", "answers:1 selects the first disk (/dev/vda)"),
        ("kickstart", "part /boot --onpart=nvme0n1p1\n", "answers:1 selects the first disk (nvme0n1p1)"),
        (
            "autoinstall",
            "storage:\n  layout: {match: {path: /dev/vda}}\n",
            "answers:2 selects the first disk (/dev/vda)",
        ),
        (
            "autoinstall",
            "storage:\n  layout:\n    match:\n      size: largest\n",
            "answers:4 selects a disk by its size",
        ),
        ("autoyast", "<drive><device>/dev/sda</device></drive>\n", "answers:1 selects the first disk (/dev/sda)"),
    ],
)
def test_the_first_disk_is_named_with_its_line(kind: AnswerKind, text: str, place: str) -> None:
    found = warnings(kind, text)

    assert 1 == len(found)
    assert found[0].startswith(place)
    assert found[0].endswith("the image is made from the data disk: name /dev/vdb")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("preseed", "d-i debian-installer/locale string en_US.UTF-8\n"),
        ("kickstart", "autopart\n%packages\n%end\n"),
        ("autoinstall", "#cloud-config\nautoinstall:\n  version: 1\n"),
        ("autoyast", "<profile><general/></profile>\n"),
    ],
)
def test_answers_without_a_disk_leave_the_choice_to_the_installer(kind: AnswerKind, text: str) -> None:
    assert [
        "answers names no disk, so that the installer chooses one itself or asks; "
        "the image is made from the data disk: name /dev/vdb"
    ] == warnings(kind, text)


def test_a_commented_line_and_another_disk_are_no_reason() -> None:
    assert [] == warnings("kickstart", "# part / --ondisk=vda\npart / --ondisk=vdab\npart /srv --ondisk=vdb\n")


def test_a_line_with_a_secret_is_not_shown() -> None:
    text = "part / --ondisk=vda --passphrase=opensesame\n"

    assert "opensesame" not in "".join(warnings("kickstart", text))
