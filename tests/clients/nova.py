"""Operations of python-novaclient."""

import os

from novaclient import client

from tests.clients.keystone_session import sign_in
from tests.clients.reporting import Report, require

ENV = os.environ


def main() -> None:
    report, nova = Report(), client.Client("2.1", session=sign_in(), region_name=ENV["HW_REGION_NAME"])
    server_id = ENV["CLIENT_SERVER_ID"]
    report.run("list versions", lambda: nova.versions.get_current())
    report.run("list servers", lambda: require(nova.servers.list(), "no server"))
    report.run("show a server", lambda: nova.servers.get(server_id))
    report.run("create a key pair", lambda: require(nova.keypairs.create("nova").private_key, "no key"))
    report.run("list key pairs", lambda: require(nova.keypairs.list(), "no key pair"))
    report.run("show a key pair", lambda: nova.keypairs.get("nova"))
    report.run("delete a key pair", lambda: nova.keypairs.delete("nova"))
    report.run("list zones", lambda: require(nova.availability_zones.list(detailed=False), "no zone"))
    report.run("list security groups of a server", lambda: require(nova.servers.list_security_group(server_id), "none"))
    report.run("list flavors", lambda: require(nova.flavors.list(), "no flavor"))
    report.run("list interfaces of a server", lambda: require(nova.servers.interface_list(server_id), "none"))
    report.run("list attached disks", lambda: require(nova.volumes.get_server_volumes(server_id), "none"))
    report.run("stop a server", lambda: nova.servers.stop(server_id))
    report.write()


if __name__ == "__main__":
    main()
