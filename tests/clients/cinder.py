"""Operations of python-cinderclient."""

import os

from cinderclient import client

from tests.clients.keystone_session import sign_in
from tests.clients.reporting import Report, require

ENV = os.environ


def main() -> None:
    report = Report()
    endpoint = f"{ENV['HW_EVS_ENDPOINT']}/v2/{ENV['HW_PROJECT_ID']}"
    cinder = client.Client("3", session=sign_in(), endpoint_override=endpoint)
    report.run("list disk types", lambda: require(cinder.volume_types.list(), "no type"))
    report.run("list zones", lambda: require(cinder.availability_zones.list(), "no zone"))
    report.run("show quotas", lambda: require(cinder.quotas.get(ENV["HW_PROJECT_ID"], usage=True).volumes, "none"))
    report.run("list disks", lambda: require(cinder.volumes.list(), "no disk"))
    report.run("create a disk", lambda: cinder.volumes.create(10, volume_type="SAS", availability_zone="lab-1a"))
    report.run("list snapshots", lambda: cinder.volume_snapshots.list())
    report.write()


if __name__ == "__main__":
    main()
