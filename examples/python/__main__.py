import pulumi
import pulumi_example as example
import pulumi_huaweicloud_image as image

config = pulumi.Config()
network = example.Network("network", cidr="10.10.0.0/16", subnet_cidr="10.10.1.0/24", gateway_ip="10.10.1.1")

# All other settings are in the configuration: huaweicloud-image:defaults.
base = image.IsoImageBuild("base", image_name="base", vpc_id=network.vpc_id, subnet_id=network.subnet_id)
web = image.IsoImageBuild(
    "web",
    image_name="web",
    vpc_id=network.vpc_id,
    subnet_id=network.subnet_id,
    user_data=config.require_secret("userData"),
)

server = example.Server(
    "server",
    image_id=web.image_id,
    flavor="s6.large.2",
    availability_zone="lab-1a",
    vpc_id=network.vpc_id,
    subnet_id=network.subnet_id,
)

pulumi.export("images", {"base": base.image_id, "web": web.image_id})
pulumi.export("server", server.id)
