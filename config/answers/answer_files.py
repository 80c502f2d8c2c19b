"""Answer files of the installers, read from a user's file and checked before anything is written."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

AnswerKind = Literal["preseed", "autoinstall", "kickstart", "autoyast"]
ProfileName = Literal["debian", "ubuntu", "anaconda", "suse"]
MAX_BYTES = 1024 * 1024

READERS: dict[AnswerKind, str] = {
    "preseed": "Debian's installer",
    "autoinstall": "Ubuntu's live server",
    "kickstart": "Anaconda (RHEL, CentOS, Rocky, Alma, Fedora, openEuler)",
    "autoyast": "YaST (SLES, openSUSE Leap 15)",
}

# In the order in which they are tried: the first pattern that is found decides.
_SIGNS: dict[AnswerKind, re.Pattern[str]] = {
    "autoyast": re.compile(r"\A\s*(?:<\?xml|<!DOCTYPE|<profile\b)"),
    "autoinstall": re.compile(r"\A#cloud-config|^autoinstall:", re.MULTILINE),
    "preseed": re.compile(r"^(?:d-i|tasksel|popularity-contest|[\w-]+)\s+[\w-]+/[\w/-]+\s+\w+(?:\s|$)", re.MULTILINE),
    "kickstart": re.compile(
        r"^(?:%packages|%post|%pre|part|clearpart|autopart|rootpw|ignoredisk|bootloader|lang|timezone|cdrom)\b",
        re.MULTILINE,
    ),
}


class AnswersRefused(Exception):
    """Refusal of answers, in one sentence with the reason; secret values are never in it."""


@dataclass(frozen=True)
class Answers:
    """
    Answers for one kind of installer.

    Attributes:
        kind: Kind of the answers.
        name: Name that messages use for them.
        content: Text of the answer file, which may contain secrets.
        parameters: Words that the kernel's command line gets with them.
    """

    kind: AnswerKind
    name: str
    content: bytes = field(repr=False)
    parameters: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Return the digest of the text."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def text(self) -> str:
        return self.content.decode()


def read_answers(file: Path, kind: AnswerKind) -> Answers:
    """
    Read an answer file.

    Raises:
        AnswersRefused: The file is empty, too large, not text, or answers for another installer.
    """
    content = file.read_bytes()
    if not content.strip():
        raise AnswersRefused(f"{file.name} is empty: an installer would ask every question.")
    if len(content) > MAX_BYTES:
        raise AnswersRefused(f"{file.name} has {len(content)} bytes; answers have at most {MAX_BYTES}.")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise AnswersRefused(f"{file.name} is not UTF-8 text.") from None
    if "\0" in text:
        raise AnswersRefused(f"{file.name} contains null bytes, so it is not text.")
    found = kind_of(text)
    if found != kind:
        seen = (
            f"looks like {_article(found)} {found} file for {READERS[found]}"
            if found
            else f"contains nothing of {_article(kind)} {kind} file"
        )
        raise AnswersRefused(f"{file.name} {seen}, but was given as {kind}.")
    if kind == "autoinstall":
        _check_autoinstall(text, file.name)
    return Answers(kind, file.name, content)


def kind_of(text: str) -> AnswerKind | None:
    """Return the kind of an answer file by its content, None if it is none."""
    return next((kind for kind, sign in _SIGNS.items() if sign.search(text)), None)


def _check_autoinstall(text: str, name: str) -> None:
    if not re.search(r"^autoinstall:", text, re.MULTILINE):
        raise AnswersRefused(
            f"{name} has no key 'autoinstall'; write the answers under it, after the line '#cloud-config'."
        )
    if not text.startswith("#cloud-config"):
        raise AnswersRefused(f"{name} must begin with the line '#cloud-config', otherwise cloud-init ignores it.")


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
