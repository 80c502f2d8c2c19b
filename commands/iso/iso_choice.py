"""
Choice of the ISO file that the stack `lab` is built from, recorded in .state/iso.json beside the lab's state.

`make up ISO=file` uploads the file to the lab's object store and records it, so that later commands use it. A preview
uploads nothing, and reads the file through an object store of its own (commands/iso/iso_overlay.py).
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands import local_lab
from commands.iso import iso_file, iso_overlay
from commands.iso.iso_file import Content, shown
from config import wording
from toolchain.paths import INSTALLER_ISO, ROOT, STATE
from toolchain.steps import SetupError, locked

CHOICE = STATE / "iso.json"
LOCK = STATE / "iso.lock"
BUCKET, KEY = "lab-images", "installer.iso"
BACK_TO_INSTALLER = f"ISO={INSTALLER_ISO.relative_to(ROOT)} is the project's own installer"
NAMES = "IMAGE_FROM_ISO_NAMES"


@dataclass(frozen=True)
class Choice:
    """
    A file that the stack is built from.

    Attributes:
        name: Path as the user wrote it; "" for the project's own installer.
        path: Absolute path.
        content: Content when the file was recorded; None if it was not.
        is_asked: True if the user of this command named the file.
    """

    name: str
    path: Path
    content: Content | None = None
    is_asked: bool = False

    @classmethod
    def remembered(cls) -> "Choice | None":
        """
        Return the file of the last `make up`.

        Raises:
            SetupError: The record is damaged.
        """
        try:
            recorded = json.loads(CHOICE.read_text())
            return cls(str(recorded["name"]), Path(recorded["path"]), Content(**recorded["content"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise SetupError(f"cannot read {CHOICE}, which records the ISO file ({error}); set ISO=file") from None

    def remember(self, content: Content) -> None:
        """Record the file for later commands."""
        recorded: dict[str, Any] = {"name": self.name, "path": str(self.path), "content": vars(content)}
        try:
            iso_file.write_json(CHOICE, recorded)
        except OSError as error:
            raise SetupError(f"cannot record the ISO file in {CHOICE}: {error.strerror}") from error


def offer(chosen: str | None) -> dict[str, str]:
    """
    Upload the ISO file to the lab's object store, unless it is there, and record it.

    Args:
        chosen: Path of the user's ISO file; None or "" for the recorded one, or the project's own installer.

    Returns:
        Variables for the environment of the Pulumi command.

    Raises:
        SetupError: There is no such file, or the installer cannot be built.
    """
    with locked(LOCK, "waiting for another command that uploads an ISO file to the lab"):
        choice, stored = _choice(chosen), local_lab.stored(BUCKET, KEY)
        content = _content(choice, stored)
        if content is None:
            return _names(choice)
        if stored is None or stored["etag"] != content.md5:
            put = ("put", "--md5", content.md5, str(choice.path), f"{BUCKET}/{KEY}")
            local_lab.module("lab", *put, stdout=subprocess.DEVNULL)
        choice.remember(content)
    _say(choice, content)
    return _names(choice)


def show(chosen: str | None, settings: Mapping[str, str]) -> dict[str, str]:
    """
    Show the ISO file to a preview as if it were in the lab's object store, which remains unchanged.

    Args:
        chosen: Path of the user's ISO file, as for `offer`.
        settings: Settings of the lab.

    Returns:
        Variables for the environment of the Pulumi command.
    """
    choice, stored = _choice(chosen), local_lab.stored(BUCKET, KEY)
    content = _content(choice, stored)
    if content is None or (stored and stored["etag"] == content.md5):
        return _names(choice)
    _say(choice, content)
    local_lab.say("it is not uploaded to the lab's object store, because a preview changes nothing")
    shown_file = iso_overlay.ShownFile(choice.path, f"/{BUCKET}/{KEY}", content.md5)
    return {**_names(choice), "HW_OBS_ENDPOINT": iso_overlay.start(settings["HW_OBS_ENDPOINT"], shown_file)}


def is_own() -> bool:
    """Return True if the stack is built from the project's own installer."""
    choice = Choice.remembered()
    return choice is None or not choice.name


def _choice(chosen: str | None) -> Choice:
    if not chosen:
        return Choice.remembered() or Choice("", INSTALLER_ISO)
    if os.path.realpath(chosen) == str(INSTALLER_ISO):
        return Choice("", INSTALLER_ISO, is_asked=True)
    return Choice(chosen, iso_file.find(chosen, Path.cwd()), is_asked=True)


def _content(choice: Choice, stored: Mapping[str, Any] | None) -> Content | None:
    """Return the content of the file; None to use the object in the store, because no file is known."""
    if not choice.name:
        if not choice.is_asked and choice.content is None and stored and not _is_installer(stored):
            local_lab.say(
                f"continuing with {BUCKET}:{KEY} as it is, {wording.size(stored['size_bytes'])}; {BACK_TO_INSTALLER}"
            )
            return None
        path = local_lab.installer_iso()
        return iso_file.content_of(path, path.name)
    if not os.path.lexists(choice.path) and choice.content and stored and stored["etag"] == choice.content.md5:
        local_lab.say(f"{shown(choice.name)} no longer exists; continuing with its copy in the lab's object store")
        return choice.content
    path = iso_file.find(str(choice.path), Path.cwd())
    return iso_file.content_of(path, choice.name)


def _is_installer(stored: Mapping[str, Any]) -> bool:
    """Return True if the object is the installer, as uploaded by an earlier version that recorded nothing."""
    candidates = [path for path in (INSTALLER_ISO, local_lab.PLACEHOLDER_ISO) if path.exists()]
    return any(iso_file.content_of(path, path.name).md5 == stored["etag"] for path in candidates)


def _names(choice: Choice) -> dict[str, str]:
    """Return the variable with the name of the user's file for messages."""
    return {NAMES: json.dumps({f"{BUCKET}:{KEY}": choice.name})} if choice.name else {}


def _say(choice: Choice, content: Content) -> None:
    if choice.name:
        size = wording.size(content.size_bytes)
        hint = "" if choice.is_asked else f" ({BACK_TO_INSTALLER})"
        local_lab.say(f"the ISO file is {shown(choice.name)}: {size}, sha256 {content.sha256}{hint}")
