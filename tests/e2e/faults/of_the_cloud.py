"""Settings that do not fit the cloud."""

from lab.world.identity.accounts import PROJECT
from tests.e2e.faults.faulty import ABSENT, Faulty, disk

SEEN_BY_THE_CLOUD = [
    Faulty("no such object", ("builds[0].image_url", "'no.iso'", "upload it"), {"image_url": "lab-images:no.iso"}),
    Faulty("no such bucket", ("builds[0].image_url", "'no-bucket'", "create"), {"image_url": "no-bucket:x.iso"}),
    Faulty("text as ISO", ("builds[0].image_url", "ISO 9660", "unpacked"), {"image_url": "lab-images:text.iso"}),
    Faulty("uefi only", ("builds[0].hw_firmware_type", "set hw_firmware_type"), {"image_url": "lab-images:uefi.iso"}),
    Faulty(
        "bios only",
        ("builds[0].hw_firmware_type", "set hw_firmware_type to bios"),
        {"image_url": "lab-images:bios.iso", "hw_firmware_type": "uefi"},
    ),
    Faulty("1 vCPU", ("builds[0].flavor", "1 vCPU,", "s6.large.2"), {"flavor": "s6.medium.4"}),
    Faulty("4 vCPUs", ("builds[0].flavor", "4 vCPUs", "s6.large.2"), {"flavor": "s6.xlarge.2"}),
    Faulty("2 GiB of memory", ("builds[0].flavor", "2048 MiB", "s6.large.2"), {"flavor": "s6.large.1"}),
    Faulty("XEN", ("builds[0].flavor", "XEN", "s6.large.2"), {"flavor": "s1.large"}),
    Faulty("other performance type", ("builds[0].flavor", "computingv3", "s6.large.2"), {"flavor": "c6.large.2"}),
    Faulty("sold out everywhere", ("builds[0].flavor", "not offered", "s6.large.2"), {"flavor": "t6.large.2"}),
    Faulty("sold in another zone", ("builds[0].flavor", "not offered", "s6.large.2"), {"flavor": "s8.large.2"}),
    Faulty("arm flavor for x86", ("builds[0].flavor", "arm", "s6.large.2"), {"flavor": "kc1.large.2"}),
    Faulty("x86 flavor for arm", ("builds[0].flavor", "x86", "kc1.large.2"), {"architecture": "arm"}),
    Faulty("no such flavor", ("builds[0].flavor", "not offered", "s6.large.2"), {"flavor": "s66.large.2"}),
    Faulty("no such zone", ("builds[0].availability_zone", "lab-1a, lab-1b"), {"availability_zone": "lab-2a"}),
    Faulty(
        "disk type sold out", ("builds[0].root_volume.volumetype", "GPSSD, SAS, SSD"), {"root_volume": disk(10, "SATA")}
    ),
    Faulty(
        "disk type of another zone",
        ("builds[0].data_volumes[0].volumetype", "GPSSD, SAS, SSD"),
        {"data_volumes": [disk(10, "ESSD")]},
    ),
    Faulty(
        "disk type that wants iops",
        ("builds[0].root_volume.volumetype", "iops", "SSD"),
        {"root_volume": disk(10, "GPSSD2")},
    ),
    Faulty("own project", ("builds[0].share_with[0]", "remove it"), {"share_with": [PROJECT.id]}),
    Faulty("no such VPC", ("builds[0].vpc_id", "choose one of", "vpc-lab"), {"vpc_id": ABSENT}),
    Faulty("no such subnet", ("builds[0].subnet_id", "choose one of", "subnet-lab"), {"subnet_id": ABSENT}),
    Faulty("no such security group", ("security_group_ids[0]", "choose one of"), {"security_group_ids": [ABSENT]}),
    Faulty("unknown operating system", ("builds[0].os_version", "Debian GNU/Linux"), {"os_version": "Debian 12"}),
    Faulty("no such earlier build", ("builds[0].use_build", "remove use_build"), {"use_build": "0123456789abcdef"}),
    Faulty("server quota", ("builds", "server together", "higher quota"), lab={"quotas": {"servers": 0}}),
    Faulty("vCPU quota", ("builds", "vCPUs together", "higher quota"), lab={"quotas": {"cores": 1}}),
    Faulty("disk quota", ("builds", "disks together", "higher quota"), lab={"quotas": {"volumes": 1}}),
    Faulty("disk space quota", ("builds", "GiB of disks", "higher quota"), lab={"quotas": {"gigabytes": 19}}),
    Faulty(
        "image quota for two builds",
        ("builds", "require 3 private images", "higher quota"),
        more=({"name": "other", "image_name": "other"},),
        lab={"quotas": {"images": 2}},
    ),
]
