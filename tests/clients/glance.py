"""Operations of python-glanceclient."""

import io
import os

from glanceclient import Client

from tests.clients.keystone_session import sign_in
from tests.clients.reporting import Report, require, wait_for

ENV = os.environ


def main() -> None:
    report, glance = Report(), Client("2", session=sign_in())
    report.run("list images", lambda: require(list(glance.images.list()), "no image"))
    report.run(
        "list private images", lambda: require(list(glance.images.list(filters={"__imagetype": "private"})), "none")
    )
    report.run("show an image", lambda: glance.images.get(ENV["CLIENT_IMAGE_ID"]))
    report.run("schema of images", lambda: glance.schemas.get("image"))

    def create() -> str:
        image = glance.images.create(name="uploaded", disk_format="raw", container_format="bare", min_disk=40)
        require(image.status == "queued", image.status)
        return str(image.id)

    image_id = report.run("create an image", create)

    def upload() -> None:
        glance.images.upload(image_id, io.BytesIO(b"\0" * 4096))
        wait_for(lambda: glance.images.get(image_id).status == "active", "the image")

    report.run("upload its file", upload)
    report.run("rename it", lambda: require(glance.images.update(image_id, name="new").name == "new", "name"))
    report.run("add a property", lambda: glance.images.update(image_id, __support_largememory="true"))
    report.run("add a tag", lambda: glance.image_tags.update(image_id, "tag"))
    report.run("delete a tag", lambda: glance.image_tags.delete(image_id, "tag"))
    report.run("add a member", lambda: glance.image_members.create(image_id, ENV["CLIENT_OTHER_PROJECT"]))
    report.run("list members", lambda: require(list(glance.image_members.list(image_id)), "no member"))
    report.run("download its file", lambda: glance.images.data(image_id))
    report.run("delete it", lambda: glance.images.delete(image_id))
    report.write()


if __name__ == "__main__":
    main()
