"""
Files with the console text and the screen of a server, written before the server is deleted.

The console of a server is deleted with it. Its text explains the failure, so it is kept on this machine.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from huaweicloud.errors import Cancelled, CloudError
from huaweicloud.printable import last_written, printable
from providers.installation import lab_control
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server

SETTING = "IMAGE_FROM_ISO_DIAGNOSTICS"
"""Environment variable that names another folder."""
LINES = 2000
MAX_TEXT = 512 * 1024
MAX_PICTURE = 8 * 1024 * 1024
MAX_FILES = 50
PICTURE_TIMEOUT_S = 10.0
_PNG = b"\x89PNG\r\n\x1a\n"


class Saved(NamedTuple):
    """
    Result of saving.

    Attributes:
        files: Paths of the files that were written.
        problem: Reason for a file that could not be written, or "".
    """

    files: tuple[Path, ...]
    problem: str = ""

    def __str__(self) -> str:
        """Return a phrase for a message."""
        if self.problem:
            return f"its console and screen could not be saved ({self.problem})"
        if not self.files:
            return "its console is empty, and no picture of its screen is available"
        return f"its last output is saved in {' and '.join(map(str, self.files))}"


def folder() -> Path:
    """Return the folder of the files: `.state/diagnostics` of the project, or the folder that the environment names."""
    named = os.environ.get(SETTING)
    return Path(named).expanduser() if named else Path(__file__).parents[2] / ".state" / "diagnostics"


def save(cloud: Cloud, server: Server, reason: str) -> Saved:
    """
    Write the console text and, if the cloud offers one, a picture of the screen of a server into files of mode 0600.

    Args:
        cloud: Client of the region.
        server: Server that is about to be deleted.
        reason: Sentence with the reason of the deletion, which the file contains.

    Returns:
        The files that were written. A failure to save does not raise, because the deletion has to continue.
    """
    text, picture = _console(cloud, server.id), _picture(server.id)
    if not text and not picture:
        return Saved(())
    head = f"server {server.name} ({server.id}), {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: {reason}"
    try:
        stem = _stem(server.name)
        parts = ((".log", f"{printable(head)}\n\n{text}\n".encode()), (".png", picture))
        written = tuple(_write(stem.with_name(stem.name + ending), content) for ending, content in parts if content)
        _delete_oldest()
    except OSError as error:
        return Saved((), f"{error.strerror or error}: {error.filename or folder()}")
    saved = Saved(written)
    process.log(f"server {server.name}: {saved}")
    return saved


def write_lasting(name: str, content: bytes) -> str:
    """
    Write a file into the folder that stays until somebody deletes it, and return its name.

    An earlier file of the same name is replaced at once, so that no other process sees a part of it.

    Raises:
        OSError: It cannot be written.
    """
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = _write(place / f".{name}.{secrets.token_hex(4)}", content)
    unfinished.replace(place / name)
    return name


def _console(cloud: Cloud, server_id: str) -> str:
    """
    Return the text of the console.

    Source: ECS GET /v1/{project_id}/cloudservers/{server_id}/console-output, `length` in lines.
    """
    try:
        text = cloud.ecs.get_console_output(server_id, LINES)
    except Cancelled:
        raise
    except CloudError:
        return ""
    lines = "\n".join(last_written(line) for line in text[-MAX_TEXT:].replace("\r\n", "\n").split("\n"))
    return printable(lines, MAX_TEXT).strip("\n")


def _picture(server_id: str) -> bytes:
    """Return a PNG of the screen. Not documented: an operation of the cloud for it; the embedded cloud has one."""
    if not lab_control.is_lab():
        return b""
    try:
        status, content = lab_control.get(f"/screenshot/{server_id}", PICTURE_TIMEOUT_S, MAX_PICTURE + 1)
    except (OSError, ValueError):  # it has ended
        return b""
    if status != HTTPStatus.OK:  # it has no picture of simulated servers
        return b""
    return content if content.startswith(_PNG) and len(content) <= MAX_PICTURE else b""


def _stem(name: str) -> Path:
    """Return the path of the files without their endings, in a folder that only its owner can read."""
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:64].lstrip(".") or "server"
    return place / f"{plain}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def _write(path: Path, content: bytes) -> Path:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600)) as file:
        file.write(content)
    return path


def _delete_oldest() -> None:
    files = [path for path in folder().iterdir() if path.suffix in (".log", ".png") and path.is_file()]
    for path in sorted(files, key=lambda path: path.stat().st_mtime)[:-MAX_FILES]:
        path.unlink(missing_ok=True)
