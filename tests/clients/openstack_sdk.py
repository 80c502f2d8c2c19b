"""Operations of openstacksdk."""

import io
import os

import openstack

from tests.clients.reporting import Report, require, wait_for

ENV = os.environ


def connection(**options: str) -> openstack.connection.Connection:
    """Return a connection; IAM has one address for all regions, so it is not found by the region's name."""
    return openstack.connect(
        auth_type="password",
        auth={
            "auth_url": ENV["HW_AUTH_URL"],
            "username": ENV["HW_USER_NAME"],
            "password": ENV["HW_USER_PASSWORD"],
            "user_domain_name": ENV["HW_DOMAIN_NAME"],
            "project_name": ENV["HW_PROJECT_NAME"],
            "project_domain_name": ENV["HW_DOMAIN_NAME"],
        },
        region_name=ENV["HW_REGION_NAME"],
        load_yaml_config=False,
        load_envvars=False,
        block_storage_api_version="2",
        identity_api_version="3",
        identity_endpoint_override=ENV["HW_AUTH_URL"],
        **options,
    )


def main() -> None:
    report, cloud = Report(), connection()
    report.run("sign-in by project name", cloud.authorize)
    report.run("identity: list projects", lambda: require(list(cloud.identity.projects()), "no project"))
    report.run("identity: find the user", lambda: cloud.identity.find_user(ENV["HW_USER_NAME"], ignore_missing=False))
    images(report, cloud)
    servers(report, cloud)
    networks(report, cloud)
    disks(report, cloud)
    report.write()


def images(report: Report, cloud: openstack.connection.Connection) -> None:
    report.run("image: list", lambda: require(list(cloud.image.images()), "no image"))
    report.run("image: get", lambda: cloud.image.get_image(ENV["CLIENT_IMAGE_ID"]))

    def create() -> str:
        image = cloud.image.create_image(
            "uploaded", disk_format="raw", min_disk=40, data=io.BytesIO(b"\0" * 4096), validate_checksum=False
        )
        wait_for(lambda: cloud.image.get_image(image.id).status == "active", "the image")
        return str(image.id)

    image_id = report.run("image: create and upload", create) or ENV["CLIENT_IMAGE_ID"]
    report.run("image: rename", lambda: cloud.image.update_image(image_id, name="renamed"))
    report.run("image: add a tag", lambda: cloud.image.add_tag(image_id, "tag"))
    report.run("image: add a member", lambda: cloud.image.add_member(image_id, member_id=ENV["CLIENT_OTHER_PROJECT"]))
    report.run("image: delete", lambda: cloud.image.delete_image(image_id, ignore_missing=False))


def servers(report: Report, cloud: openstack.connection.Connection) -> None:
    server_id = ENV["CLIENT_SERVER_ID"]
    report.run("compute: list servers", lambda: require(list(cloud.compute.servers()), "no server"))
    report.run("compute: get a server", lambda: cloud.compute.get_server(server_id))
    report.run("compute: list flavors", lambda: require(list(cloud.compute.flavors()), "no flavor"))
    report.run("compute: list zones", lambda: require(list(cloud.compute.availability_zones()), "no zone"))
    report.run("compute: create a key pair", lambda: cloud.compute.create_keypair(name="sdk").private_key)
    report.run("compute: list key pairs", lambda: require(list(cloud.compute.keypairs()), "no key pair"))
    report.run("compute: delete a key pair", lambda: cloud.compute.delete_keypair("sdk", ignore_missing=False))
    report.run("compute: list interfaces", lambda: require(list(cloud.compute.server_interfaces(server_id)), "none"))
    report.run(
        "compute: list attached disks", lambda: require(list(cloud.compute.volume_attachments(server_id)), "none")
    )
    report.run("compute: stop a server", lambda: cloud.compute.stop_server(server_id))


def networks(report: Report, cloud: openstack.connection.Connection) -> None:
    ports = report.run("network: list ports", lambda: list(cloud.network.ports()))
    report.run("network: get a port", lambda: cloud.network.get_port(ports[0].id))
    report.run("network: rename a port", lambda: cloud.network.update_port(ports[0].id, name="renamed"))
    report.run("network: list networks", lambda: require(list(cloud.network.networks()), "no network"))
    report.run("network: list security groups", lambda: require(list(cloud.network.security_groups()), "no group"))


def disks(report: Report, cloud: openstack.connection.Connection) -> None:
    report.run("block storage: list disk types", lambda: require(list(cloud.block_storage.types()), "no type"))
    report.run("block storage: list disks", lambda: require(list(cloud.block_storage.volumes()), "no disk"))


if __name__ == "__main__":
    main()
