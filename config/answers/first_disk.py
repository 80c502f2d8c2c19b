"""Warnings about answers that install to the first disk, although only the data disk becomes the image."""

import re
from collections.abc import Iterator

from config.answers.answer_files import AnswerKind, Answers

DATA_DISK = "/dev/vdb"
FIRST_DISK = re.compile(r"(?<![\w-])(?:/dev/)?(?:[vs]da|xvda|hda|nvme0n1)(?:p?[0-9]+)?(?![\w-])")
REMEDY = f"the image is made from the data disk: name {DATA_DISK}"

# Lines that select disks, for each kind of answers.
_SELECTS: dict[AnswerKind, re.Pattern[str]] = {
    "preseed": re.compile(r"(?:partman-auto(?:-\w+)?/|grub-installer/bootdev\b|partman/)"),
    "kickstart": re.compile(
        r"^\s*(?:ignoredisk|clearpart|zerombr|part|partition|bootloader|autopart|raid|volgroup|logvol|btrfs|reqpart)\b|^\s*%pre"
    ),
    "autoinstall": re.compile(r"\b(?:path|match|id|device|disk|grub_device)\s*:"),
    "autoyast": re.compile(r"<(?:\w+:)?(?:device|stage1_dev|boot_custom|entry|value)\b"),
}
_NAMES_DISK: dict[AnswerKind, re.Pattern[str]] = {
    "preseed": re.compile(r"^[^#]*\bpartman-auto/disk\s+string\s+\S|^[^#]*early_command", re.MULTILINE),
    "kickstart": re.compile(
        r"^[^#]*(?:--only-use|--drives|--ondisk|--ondrive|--onpart)\b|^\s*%(?:include|pre)\b", re.MULTILINE
    ),
    "autoinstall": re.compile(r"^[^#]*\b(?:path|match|serial)\s*:|^[^#]*early-commands", re.MULTILINE),
    "autoyast": re.compile(r"<device\b|<rules\b|<pre-scripts\b|<ask-list\b"),
}


def first_disk_warnings(answers: Answers) -> list[str]:
    """Return one sentence for each place where answers select the first disk, or leave the choice to the installer."""
    found = [f"{answers.name}:{line} {reason}; {REMEDY}" for line, reason in _places(answers)]
    if not _NAMES_DISK[answers.kind].search(answers.text):
        found.append(f"{answers.name} names no disk, so that the installer chooses one itself or asks; {REMEDY}")
    return found


def _places(answers: Answers) -> Iterator[tuple[int, str]]:
    """Yield line numbers with the reason; the line itself may contain secrets and is not shown."""
    for number, line in enumerate(answers.text.split("\n"), start=1):
        if line.lstrip().startswith("#"):
            continue
        if answers.kind == "autoinstall" and re.search(r"(?<![\w-])size\s*:\s*(?:largest|smallest)", line):
            yield number, "selects a disk by its size (match: size), which may be the first disk"
        elif _SELECTS[answers.kind].search(line) and (disk := FIRST_DISK.search(line)):
            yield number, f"selects the first disk ({disk[0]})"
