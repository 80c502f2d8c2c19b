"""Starts a server from an image: one of a stack that has built it, or the one that a channel of a family points to."""

import os

import pulumi
from server import Server

from config.sign_in import connection
from providers.channels import published_images

config = pulumi.Config()


def image_id() -> pulumi.Input[str]:
    """Return the id of the image: by `family` and `channel`, or by `imageStack` and `build`."""
    if family := config.get("family"):
        cloud = connection.connect(config.require("region"), {"region": config.require("region")}, os.environ)
        return published_images.find(cloud, family, config.require("channel")).id
    images = pulumi.StackReference(config.require("imageStack")).require_output("images")
    return images.apply(lambda by_build: by_build[config.require("build")])


server = Server(
    "web",
    {
        "region": config.require("region"),
        "name": "web",
        "image_id": image_id(),
        "flavor": config.require("flavor"),
        "availability_zone": config.require("availabilityZone"),
        "vpc_id": config.require("vpcId"),
        "subnet_id": config.require("subnetId"),
        "root_volume_size": config.require_int("rootVolumeSize"),
    },
)

pulumi.export("server_id", server.id)
pulumi.export("image_id", server.image_id)
