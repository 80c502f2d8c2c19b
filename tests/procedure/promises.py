"""What the procedure promises, and what of it exists in the lab."""

import json
from dataclasses import dataclass

from tests.labs import RunningLab
from tests.procedure.build import Build


@dataclass(frozen=True)
class Existing:
    """How many things of a kind exist in the lab."""

    images: int
    servers: int
    volumes: int

    def __sub__(self, other: "Existing") -> "Existing":
        return Existing(self.images - other.images, self.servers - other.servers, self.volumes - other.volumes)


NOTHING = Existing(0, 0, 0)
TWO_IMAGES = Existing(images=2, servers=0, volumes=0)


def existing(lab: RunningLab) -> Existing:
    """What exists now, public images included; a deleted server that still shows does not count."""
    health = lab.call("GET", "/health")
    return Existing(health["images"], health["servers"], health["volumes"])


def created_servers(lab: RunningLab, since: int = 0) -> set[str]:
    """Ids of all servers that were ever asked for with success."""
    answers = [json.loads(e["response"]) for e in lab.journal(since) if e["operation"] == "create_post_paid_servers"]
    return {server_id for answer in answers for server_id in answer.get("serverIds", ())}


def keep_them(lab: RunningLab, build: Build) -> None:
    """Up, refresh, destroy: one server ever, the image is there, nothing is left, nothing is to be done again."""
    before = existing(lab)

    build.up()
    file = lab.call("GET", f"/images/{build.image.id}")
    assert ("active", build.settings.get("hw_firmware_type", "bios")) == (file["status"], file["firmware"])
    assert 1 == len(created_servers(lab))
    assert TWO_IMAGES == existing(lab) - before

    assert {} == build.refresh()

    build.destroy()
    assert NOTHING == existing(lab) - before
