"""ISO files of tests, and the one that a server boots."""

import hashlib
import json
from collections.abc import Callable

from tests.isos import iso
from tests.labs import RunningLab

FIRST, OTHER = iso(), iso("OTHER", size=100_000 // 2048 * 2048)
Put = Callable[[bytes], None]


def booted(lab: RunningLab) -> str:
    """Return the SHA-256 digest of the file in the disc drive of the server that was created last."""
    orders = [e for e in lab.journal() if e["operation"] == "create_post_paid_servers"]
    image_id = json.loads(orders[-1]["request"])["server"]["imageRef"]
    (file,) = lab.state.rglob(f"{image_id}.iso")
    return sha256(file.read_bytes())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def created(done: list[str]) -> list[str]:
    return [step for step in done if not step.startswith("delete")]
