"""Change of a boot path: parameters to add to a kernel's command line, and an additional initial RAM file system."""

import re
from dataclasses import dataclass

MEDIUM = "{medium}"
"""Place in a parameter for the medium's own name, as the kernel's command line names it already."""

OTHER_PURPOSES = re.compile(
    r"rescue|upgrade=1|mediacheck|memtest|memtest86|checkisomd5only|integrity-check|rd\.live\.overlay|boot=live|/live/",
    re.IGNORECASE,
)
STAGE2 = re.compile(r"(?:^|\s)(?:inst\.)?(?:stage2|repo)=(hd:[^\s:]+|cdrom)")


@dataclass(frozen=True)
class BootChange:
    """
    Parameters for every boot path that starts the installer.

    Attributes:
        parameters: Words to add; `{medium}` in them becomes the medium's name.
        initrd: Path of an additional initial RAM file system on the medium; "" for none.
        removed: Words to remove, such as a check of the medium that a changed medium does not pass.
    """

    parameters: tuple[str, ...]
    initrd: str = ""
    removed: tuple[str, ...] = ()

    def words_for(self, command_line: str) -> list[str]:
        """Return the words to add to a command line."""
        found = STAGE2.search(command_line)
        return [word.replace(MEDIUM, found[1] if found else "cdrom") for word in self.parameters]

    def without_conflicts(self, command_line: str) -> str:
        """Return a command line without the words to remove and without other values of the words to add."""
        keys = {word.partition("=")[0] for word in self.parameters} - {"console"}
        conflicts = {re.escape(word) + r"(?![^\s])" for word in self.removed}
        conflicts |= {re.escape(key) + r"(?:=[^\s]*)?(?![^\s])" for key in keys}
        return re.sub(rf"(?<![^\s])(?:{'|'.join(sorted(conflicts))})[ \t]*", "", command_line)


def starts_installer(kernel: str, command_line: str) -> bool:
    """Return False for entries that start something else with the installer's kernel: a rescue system, a check."""
    return not OTHER_PURPOSES.search(f"{kernel} {command_line}")
