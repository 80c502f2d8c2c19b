"""Takes an image id from the stack that built the image, and starts a server from it."""

import pulumi
from server import Server

config = pulumi.Config()
images = pulumi.StackReference(config.require("imageStack")).require_output("images")

server = Server(
    "web",
    {
        "region": config.require("region"),
        "name": "web",
        "image_id": images.apply(lambda by_build: by_build[config.require("build")]),
        "flavor": config.require("flavor"),
        "availability_zone": config.require("availabilityZone"),
        "vpc_id": config.require("vpcId"),
        "subnet_id": config.require("subnetId"),
        "root_volume_size": config.require_int("rootVolumeSize"),
    },
)

pulumi.export("server_id", server.id)
pulumi.export("image_id", server.image_id)
