"""
Number of starts of an installer, counted in the text of a server's serial console.

An installer that reboots instead of powering off is started by its ISO file repeatedly. The server's status stays
ACTIVE, so that only its console shows it. Repetitions of the same boot are counted. The console's text is split where
firmware, boot loader or kernel begin again. The parts are compared by what identifies a boot: the device or boot entry,
the banner of the boot loader, the kernel and its command line. A boot of the installed system has another command line
or device, so it does not count. Nor does a boot that has not reached the stage of the first one yet.

Source: ECS GET /v1/{project_id}/cloudservers/{server_id}/console-output. Not documented: how much text it keeps.
"""

import re
from dataclasses import dataclass, field

FIRMWARE, LOADER, KERNEL = range(3)
# Patterns are compiled when they are first used: most processes watch no installation.
UPTIME = r"\[\s*(\d+)\.\d{6}\]"
EARLY_S, LATE_S = 2, 5
"""Uptimes of a restarted kernel: a line of its first seconds follows one that is so many seconds later."""

_LOADER = (
    r"(?:ISOLINUX|SYSLINUX|PXELINUX|EXTLINUX) \d|GNU GRUB {1,2}version|Welcome to GRUB!|GRUB loading"
    r"|FreeBSD/\S+ (?:EFI loader|bootstrap loader)|>> (?:OpenBSD|NetBSD)/\S+ .*[Bb]oot"
)
_STAGES = (
    (FIRMWARE, r"SeaBIOS \(version|BdsDxe: (?:loading|starting) Boot|UEFI firmware \(version"),
    (LOADER, _LOADER),
    (KERNEL, r"(?:\]\s*|^)Linux version \d|^Copyright \(c\) 1992-\d+ The FreeBSD Project"),
)
_IDENTITY = {
    "device": r"^Booting from (\S.*)",
    "entry": r"BdsDxe: starting Boot\w+ (.*)",
    "loader": f"({_LOADER})",
    "kernel": r"(?:\]\s*|^)Linux version (\S+)",
    "arguments": r"(?:\]\s*|^)(?:Kernel command line|Command line): (.*)",
    "root": r"^(?:Trying to mount root from|root on) (\S+)",
}
_LAST_COUNTS = ("device", "entry")
"""Firmware tries one device after the other; the last one is what has booted."""
BLOCK_LINES = 3
BLOCK_LETTERS = 20
"""Minimum of letters in the first lines of a console without stages, for them to count as those of a start."""
TAIL = 2000
MAX_LINES = 50_000


@dataclass
class Boot:
    """
    Part of a console's text that begins where a machine starts.

    Attributes:
        stage: Furthest stage that it has reached.
        uptime_s: Greatest uptime of the kernel that it shows, in seconds.
        identity: Texts that identify it, by kind.
    """

    stage: int
    uptime_s: int = 0
    identity: dict[str, str] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """Add a line: take over the texts in it that identify the boot."""
        for kind, pattern in _IDENTITY.items():
            found = re.search(pattern, line)
            if found and (kind in _LAST_COUNTS or kind not in self.identity):
                self.identity[kind] = found[1].strip()

    def is_over(self, stage: int, line: str, uptime_s: int | None) -> bool:
        """Return True for the first line of the next boot: firmware after a kernel, or a kernel after one that ran."""
        if stage < self.stage:
            return True
        if stage == FIRMWARE:
            return "SeaBIOS (version" in line and bool(self.identity)
        has_run = self.uptime_s >= LATE_S or (uptime_s is None and "kernel" in self.identity)
        return stage == KERNEL == self.stage and has_run


class InstallerStarts:
    """Counter of an installer's starts in texts of its console that are read one after the other."""

    def __init__(self) -> None:
        self._seen = ""
        self._boots: list[Boot] = []
        self._lines: list[str] = []
        self._is_whole: bool | None = None

    def count(self, text: str, *, is_whole: bool) -> int:
        """
        Return the number of starts in all texts up to this one.

        Args:
            text: Text of the console; it may begin or end anywhere.
            is_whole: True if it begins at the first start of the machine.
        """
        if self._is_whole is None and text.strip():
            self._is_whole = is_whole
        for raw in self._unseen(text).replace("\r", "\n").split("\n"):
            if line := raw.strip():
                self._take(line)
        # What stands before the first complete start of a text that was cut off is no start to compare with.
        boots = self._boots if self._is_whole else self._boots[1:]
        if boots and boots[0].identity:
            return sum(boot.identity == boots[0].identity for boot in boots)
        return _repeats(self._lines) if self._is_whole else 0

    def _unseen(self, text: str) -> str:
        text = text[: text.rfind("\n") + 1]
        if not text:
            return ""
        seen, self._seen = self._seen, text
        if text.startswith(seen):
            return text[len(seen) :]
        tail = seen[-TAIL:]
        place = text.rfind(tail)
        return text[place + len(tail) :] if place >= 0 else text

    def _take(self, line: str) -> None:
        if len(self._lines) < MAX_LINES:
            self._lines.append(line)
        boot = self._boots[-1] if self._boots else None
        stage, uptime_s = _stage(line), _uptime_s(line)
        if stage is None and boot and uptime_s is not None and uptime_s <= EARLY_S and boot.uptime_s >= LATE_S:
            stage = KERNEL
        if stage is not None and (boot is None or boot.is_over(stage, line, uptime_s)):
            boot = Boot(stage)
            self._boots.append(boot)
        if boot is not None:
            boot.stage = max(boot.stage, stage or 0)
            boot.uptime_s = max(boot.uptime_s, uptime_s or 0)
            boot.add(line)


def _stage(line: str) -> int | None:
    return next((stage for stage, pattern in _STAGES if re.search(pattern, line)), None)


def _uptime_s(line: str) -> int | None:
    found = re.match(UPTIME, line)
    return int(found[1]) if found else None


def _repeats(lines: list[str]) -> int:
    """Return the number of occurrences of the first lines, for a guest that shows none of the known stages."""
    plain = [re.sub(r"\d+", "0", line) for line in lines]
    block: list[str] = []
    for line in plain:
        if len(block) == BLOCK_LINES or line in block:
            break
        block.append(line)
    if sum(map(str.isalpha, "".join(block))) < BLOCK_LETTERS:
        return 1 if lines else 0
    number, place = 0, 0
    while place < len(plain):
        here = plain[place : place + len(block)]
        is_there = here == block[: len(here)]  # the last start may have only begun
        number, place = number + is_there, place + (len(block) if is_there else 1)
    return number
