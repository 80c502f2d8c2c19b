"""Removes whatever in the cloud still carries a build's id: what a crash or a cancelled run has left behind."""

from huaweicloud.cloud import Cloud
from providers import engine, removal
from providers.marks import Mark


def reap(cloud: Cloud, build_id: str, *, keep_images: bool = False) -> None:
    """Remove every server, disk and image of a build, whoever owns it.

    Args:
        keep_images: leave finished images of the build, for a user who wants to keep them.
    """
    for server in cloud.ecs.list_servers(name_contains=build_id):
        if is_of_build(server.name, server.tags, build_id):
            engine.log(f"removes server {server.name}, left behind by an interrupted run")
            removal.remove_server(cloud, server.id, ())
    for volume in (volume for volume in cloud.evs.list_volumes() if build_id in volume.name):
        engine.log(f"removes disk {volume.name}, left behind by an interrupted run")
        removal.remove_volume(cloud, volume.id)
    for image in cloud.ims.list_images():
        mark = Mark.of(image.tags)
        if mark is None or mark.build_id != build_id:
            continue
        if not (keep_images and mark.step == "image" and image.status == "active"):
            engine.log(f"removes image {image.name}, left behind by an interrupted run")
            removal.delete_image(cloud, image.id, image.name)


def is_of_build(name: str, tags: dict[str, str], build_id: str) -> bool:
    """Whether a server belongs to a build: by its mark, or by its name while tags do not show yet."""
    mark = Mark.of(tags)
    return mark.build_id == build_id if mark else name.endswith(f"-{build_id}")
