"""Findings of the checks in the lab: each problem with its key, its value, the reason and the remedy."""

import uuid

import pytest

from huaweicloud.auth.credentials import AccessKeyCredentials
from huaweicloud.cloud import Cloud
from huaweicloud.ecs import CreateServer, Volume
from huaweicloud.endpoints import find_endpoints
from huaweicloud.ims import CreateImageFromIso
from preflight import checking
from preflight.checked_stack import Stack
from preflight.checks import cloud_check, quotas
from preflight.region_catalog import RegionCatalog
from tests.e2e.cloud import CloudView
from tests.labs import wait_for
from tests.preflight.builds import build


def test_nothing_is_wrong_with_a_build_that_works(found, local):
    assert [] == found(local())


@pytest.mark.recovery("`… is truncated: 20 of 69 MiB`", "`… has no boot record …`")
@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"image_url": "lab-images:no.iso"}, "image_url", ["has no object 'no.iso'", "upload it"]),
        ({"image_url": "no-bucket:x.iso"}, "image_url", ["no bucket 'no-bucket'", "create the bucket"]),
        ({"image_url": "lab-images:text.iso"}, "image_url", ["neither ISO 9660 nor UDF", "complete and unpacked"]),
        ({"image_url": "lab-images:empty.iso"}, "image_url", ["is empty (0 bytes)", "complete and unpacked"]),
        ({"image_url": "lab-images:cut.iso"}, "image_url", ["is truncated: 2 of 3 MiB", "complete and unpacked"]),
        ({"image_url": "lab-images:head.iso"}, "image_url", ["is truncated: 40000 bytes of 3 MiB"]),
        ({"image_url": "lab-images:data.iso"}, "image_url", ["has no boot record", "bootable installation ISO"]),
        ({"image_url": "lab-images:udf.iso"}, "image_url", ["UDF medium without ISO 9660"]),
        ({"image_url": "lab-images:uefi.iso"}, "hw_firmware_type", ["so that bios applies", "to uefi"]),
        (
            {"image_url": "lab-images:bios.iso", "hw_firmware_type": "uefi"},
            "hw_firmware_type",
            ["'uefi'", "boots with bios only", "to bios"],
        ),
        ({"flavor": "s6.medium.2"}, "flavor", ["1 vCPU,", "s6.large.2"]),
        ({"flavor": "s6.large.1"}, "flavor", ["2048 MiB", "s6.large.2"]),
        ({"flavor": "c6.large.2"}, "flavor", ["computingv3"]),
        ({"flavor": "s1.large"}, "flavor", ["XEN"]),
        ({"flavor": "t6.large.2"}, "flavor", ["not offered in lab-1a", "suitable flavors: "]),
        ({"flavor": "s8.large.2"}, "flavor", ["not offered in lab-1a"]),
        ({"flavor": "kc1.large.2"}, "flavor", ["arm", "x86"]),
        ({"flavor": "no-such-flavor"}, "flavor", ["not offered", "s6.large.2"]),
        ({"verify": {"until": "x", "flavor": "no-such-flavor"}}, "verify.flavor", ["not offered in lab-1a"]),
        ({"verify": {"until": "x", "flavor": "kc1.large.2"}}, "verify.flavor", ["arm", "x86"]),
        ({"availability_zone": "lab-1z"}, "availability_zone", ["not an availability zone", "lab-1a, lab-1b"]),
        ({"root_volume": {"volumetype": "SATA", "size": 10}}, "root_volume.volumetype", ["sold out", "SSD"]),
        (
            {"data_volumes": [{"volumetype": "ESSD", "size": 10}]},
            "data_volumes[0].volumetype",
            ["not offered in lab-1a", "GPSSD, SAS, SSD"],
        ),
        ({"root_volume": {"volumetype": "GPSSD2", "size": 10}}, "root_volume.volumetype", ["requires iops"]),
        ({"subnet_id": "a-subnet"}, "subnet_id", ["is not a subnet", "subnet-lab"]),
        ({"security_group_ids": ["a-group"]}, "security_group_ids[0]", ["is not a security group", "default"]),
        ({"os_version": "Debian 12"}, "os_version", ["list of operating systems", "Debian GNU/Linux"]),
        ({"os_version": "Ubuntu 22.04"}, "os_version", ["'Ubuntu 22.04 server 64bit'"]),
        ({"use_build": "0123456789abcdef"}, "use_build", ["not a build with a kept image", "remove use_build"]),
    ],
)
def test_a_fault_is_named_with_its_key_and_its_remedy(found, local, changes, key, words):
    (finding,) = found(local(3, **changes))

    assert finding.severity == "error"
    assert finding.key == f"builds[3].{key}"
    for word in words:
        assert word in str(finding)


def test_a_partition_table_of_a_larger_file_is_a_warning(found, local):
    (finding,) = found(local(image_url="lab-images:hybrid.iso"))

    assert ("warning", "builds[0].image_url") == (finding.severity, finding.key)
    assert "2 of 3 MiB" in finding.reason


def test_a_vpc_that_is_not_there_is_named_with_those_that_are(found, local):
    vpc, subnet = found(local(vpc_id="a-vpc"))

    assert vpc.key == "builds[0].vpc_id"
    assert "vpc-lab" in vpc.remedy
    assert subnet.key == "builds[0].subnet_id"
    assert "not of vpc_id a-vpc" in subnet.reason


def test_all_findings_of_all_builds_are_in_the_order_of_the_configuration(found, local):
    findings = found(
        local(0, root_volume={"volumetype": "SATA", "size": 10}, os_version="BeOS"),
        local(1),
        local(2, flavor="s6.medium.2", image_url="lab-images:no.iso"),
    )

    keys = [finding.key for finding in findings]
    assert keys == [
        "builds[0].os_version",
        "builds[0].root_volume.volumetype",
        "builds[2].image_url",
        "builds[2].flavor",
    ]


@pytest.mark.parametrize(
    ("quota", "word"),
    [
        ({"servers": 1}, "require 2 servers together, but 1 of 1 is left in lab-1"),
        ({"cores": 3}, "require 4 vCPUs together"),
        ({"ram_mib": 5000}, "require 8192 MiB of memory together"),
        ({"volumes": 3}, "require 4 disks together"),
        ({"gigabytes": 39}, "require 40 GiB of disks together"),
        ({"images": 4}, "require 5 private images (ISO images among them) together"),
    ],
)
def test_a_quota_must_suffice_for_the_servers_that_are_alive_together_and_for_all_images(
    lab, found, local, quota, word
):
    lab.change_settings(quotas=quota)

    (finding,) = found(*(local(number) for number in range(4)), servers_at_once=2)

    assert ("error", "builds") == (finding.severity, finding.key)
    assert word in finding.reason
    assert "higher quota" in finding.remedy


@pytest.mark.parametrize(
    ("quota", "turns"),
    [
        ({"servers": 2}, (2, "2 of 2 servers left")),
        ({"cores": 7}, (3, "7 of 7 vCPUs left")),
        ({"volumes": 3}, (1, "3 of 3 disks left")),
        ({"gigabytes": 50}, (1, "50 of 50 GiB of disks left")),
        ({}, None),
    ],
)
def test_without_a_limit_servers_take_turns_where_the_quota_has_room_for_some(lab, connect, local, quota, turns):
    lab.change_settings(quotas=quota)
    large = local(0, data_volumes=[{"volumetype": "SSD", "size": 30}])
    stack = Stack("lab-1", [large, *(local(number) for number in range(1, 4))], RegionCatalog(connect()))

    assert [] == checking.check(stack)
    assert turns == quotas.turns(stack)


@pytest.mark.parametrize(
    "quota", [{"servers": 0}, {"cores": 1}, {"ram_mib": 4000}, {"volumes": 1}, {"gigabytes": 19}, {"images": 2}]
)
def test_a_quota_without_room_for_one_server_or_for_all_images_is_an_error(lab, found, local, quota):
    lab.change_settings(quotas=quota)

    (finding,) = found(local(0), local(1))

    assert ("error", "builds") == (finding.severity, finding.key)


OWN = {"image-from-iso": "0123456789abcdef.server.0"}


@pytest.fixture
def server(lab, local, connect):
    """Return a function that creates a server as a build does, with changes to its name and its tags."""

    def make(name: str = "debian-0-0123456789abcdef", tags: dict[str, str] = OWN) -> None:
        cloud, build = connect(), local(0)
        iso_image = CreateImageFromIso(name="iso", image_url=build.image_url, os_version=build.os_version, min_disk=10)
        job_id = cloud.ims.create_image_from_iso(iso_image)
        image_id = wait_for(lambda: cloud.ims.get_job(job_id).image_id, "the ISO image")
        wait_for(lambda: cloud.ims.get_image(image_id).status == "active", "the ISO image")
        request = CreateServer(
            name=name,
            image_id=image_id,
            flavor_id=build.flavor,
            vpc_id=build.vpc_id,
            subnet_ids=[build.subnet_id],
            root_volume=Volume(volume_type="SSD", size=10),
            data_volumes=[Volume(volume_type="SSD", size=10)],
            availability_zone=build.availability_zone,
            metadata={"virtual_env_type": "IsoImage"},
            server_tags=tags,
        )
        cloud.ecs.create_server(request, str(uuid.uuid4()))
        wait_for(lambda: [s for s in cloud.ecs.list_servers() if s.name == name and len(s.volumes) == 2], "the server")

    yield make
    lab.restore()
    CloudView(lab.env).empty()


@pytest.mark.parametrize("quota", [{"servers": 1}, {"cores": 2}, {"ram_mib": 4096}, {"volumes": 2}, {"gigabytes": 20}])
def test_the_server_of_an_interrupted_run_of_this_stack_does_not_use_up_its_quota(lab, found, local, server, quota):
    server()
    lab.change_settings(quotas=quota)

    findings = found(local(0, rebuild="again"), earlier=[local(0)])

    assert [] == [finding for finding in findings if finding.severity == "error"]
    if not {"volumes", "gigabytes"} & set(quota):
        (finding,) = findings
        assert "server debian-0-0123456789abcdef" in finding.reason
        assert "adopts it, or deletes it" in finding.remedy


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("debian-0-0123456789abcdef", {}),
        ("debian-0-0123456789abcdef", {"image-from-iso": "fedcba9876543210.server.0"}),
        ("other-0123456789abcdef", OWN),
        ("debian-0", OWN),
    ],
)
def test_a_server_without_both_signs_of_this_stack_is_somebody_elses(lab, found, local, server, name, tags):
    server(name, tags)
    lab.change_settings(quotas={"servers": 1})

    (finding,) = found(local(0))

    assert ("error", "builds") == (finding.severity, finding.key)


def test_what_is_built_already_needs_no_quota(lab, found, local):
    lab.change_settings(quotas={"servers": 1, "images": 1})

    assert [] == found(local(0), local(1), earlier=[local(0), local(1)])


def test_only_as_many_servers_as_may_be_alive_at_once_need_quota(lab, found, local):
    lab.change_settings(quotas={"servers": 1, "volumes": 2})

    assert [] == found(local(0), local(1), local(2), servers_at_once=1)


def test_two_hundred_builds_need_a_handful_of_requests(lab, connect, local):
    lab.change_settings(quotas={"servers": 1000, "cores": 10_000, "images": 1000})
    lab.clear_journal()
    cloud = connect()

    findings = checking.check(Stack("lab-1", [local(index) for index in range(200)], RegionCatalog(cloud)))

    assert [] == findings
    assert sum(cloud.request_counts.values()) <= 15


def test_the_checks_change_nothing(lab, found, local):
    lab.clear_journal()

    found(local(0), local(1, flavor="s6.medium.2"))

    assert {"GET"} == {entry["method"] for entry in lab.journal() if entry["service"] != "iam"}


@pytest.mark.parametrize(
    ("region", "severities"),
    [
        ("cn-north-4", {}),
        ("eu-de", {}),
        ("eu-ch2", {"region": "warning", "builds[0].enterprise_project_id": "warning"}),
    ],
)
def test_what_a_cloud_does_not_document_is_a_warning(region, severities):
    cloud = Cloud(region, AccessKeyCredentials("a-key", "a-secret"), find_endpoints(region, {}, {}))
    stack = Stack(region, [build(enterprise_project_id="0")], RegionCatalog(cloud))

    found = [finding for check in cloud_check.checks(stack) for finding in check.evaluate()]

    assert severities == {finding.key: finding.severity for finding in found}
    assert {} == cloud.request_counts
    if found:
        assert "'eu-ch2' is a region of Open Telekom Cloud whose documentation does not describe images" in str(
            found[0]
        )
