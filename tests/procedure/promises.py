"""Promises of the procedure, checked against the lab."""

import json
from dataclasses import dataclass

from providers.runtime import clients
from tests.labs import RunningLab, wait_for
from tests.procedure.build import Build


@dataclass(frozen=True)
class Existing:
    """Numbers of resources in the lab, by kind."""

    images: int
    servers: int
    volumes: int

    def __sub__(self, other: "Existing") -> "Existing":
        return Existing(self.images - other.images, self.servers - other.servers, self.volumes - other.volumes)


NOTHING = Existing(0, 0, 0)
TWO_IMAGES = Existing(images=2, servers=0, volumes=0)


def existing(lab: RunningLab) -> Existing:
    """Count all existing resources, public images included; a deleted server that is still shown does not count."""
    health = lab.call("GET", "/health")
    return Existing(health["images"], health["servers"], health["volumes"])


def created_servers(lab: RunningLab, since: int = 0) -> set[str]:
    """Return the ids of all servers that were ever requested with success."""
    responses = [json.loads(e["response"]) for e in lab.journal(since) if e["operation"] == "create_post_paid_servers"]
    return {server_id for response in responses for server_id in response.get("serverIds", ())}


def keep_them(lab: RunningLab, build: Build) -> None:
    """Run up, refresh and destroy; require one server ever, the image, no difference, and nothing left."""
    before = existing(lab)

    build.up()
    file = lab.call("GET", f"/images/{build.image.id}")
    assert ("active", build.settings.get("hw_firmware_type", "bios")) == (file["status"], file["firmware"])
    assert 1 == len(created_servers(lab))
    assert TWO_IMAGES == existing(lab) - before

    wait_for(lambda: _tags(build), "the tags, which may show late")
    assert {} == build.refresh()

    build.destroy()
    wait_for(lambda: NOTHING == existing(lab) - before, "the end of everything, also of what still shows as deleted")


def _tags(build: Build) -> dict[str, str]:
    """Return the tags of the image that the service shows."""
    image = clients.cloud(build.env["HW_REGION_NAME"]).ims.get_image(build.image.id)
    return dict(image.tags) if image else {}
