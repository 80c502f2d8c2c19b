"""Configurations that cannot work, one fault each, and what a user must be told about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.world.identity.accounts import PROJECT
from tests.e2e.project import build_settings
from tests.isos import iso

FILES = {
    "installer.iso": iso("INSTALLER", ("bios", "uefi")),
    "bios.iso": iso("BIOS", ("bios",)),
    "uefi.iso": iso("UEFI", ("uefi",)),
    "text.iso": b"this is no disc image\n" * 4096,
}
"""Objects that the configurations name."""

SSD = "SSD"
ABSENT = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Faulty:
    """
    A configuration with one fault.

    Attributes:
        fault: what it is, in words.
        says: the configuration key, and what is to be done.
        build: changes to a build that works; None leaves a setting out.
        stack: changes to the stack's own keys.
        more: further builds, as changes.
        rules: configuration of the policy pack.
        variables: changes to the environment; None takes one away.
        lab: settings of the lab, such as its quotas.
    """

    fault: str
    says: tuple[str, ...]
    build: dict[str, Any] = field(default_factory=dict)
    stack: dict[str, Any] = field(default_factory=dict)
    more: tuple[dict[str, Any], ...] = ()
    rules: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str | None] = field(default_factory=dict)
    lab: dict[str, Any] = field(default_factory=dict)

    def settings(self, lab: Mapping[str, str]) -> dict[str, Any]:
        """Return the stack's settings by key, beside a lab's variables."""
        builds = [build_settings(lab, **changes) for changes in (self.build, *self.more)]
        stack = {"region": "lab-1", "builds": builds, **self.stack}
        return {key: value for key, value in stack.items() if value is not None}

    def environment(self, lab: Mapping[str, str]) -> dict[str, str]:
        """Return a lab's variables with the changes of the configuration."""
        return {key: value for key, value in {**lab, **self.variables}.items() if value is not None}


def disk(size: Any = 10, kind: str = SSD) -> dict[str, Any]:
    """A disk's settings."""
    return {"volumetype": kind, "size": size}


OF_THE_STACK = [
    Faulty("misspelt key", ("image-from-iso:regoin", "not a known key", "'region'"), stack={"regoin": "x"}),
    Faulty("no builds", ("image-from-iso:builds", "at least one build"), stack={"builds": None}),
    Faulty("empty list of builds", ("image-from-iso:builds", "at least one build"), stack={"builds": []}),
    Faulty("builds as a mapping", ("image-from-iso:builds", "must be a list"), stack={"builds": {"name": "x"}}),
    Faulty("build as a text", ("builds[0]", "must be a mapping"), stack={"builds": ["debian"]}),
    Faulty("defaults as a list", ("image-from-iso:defaults", "every build shares"), stack={"defaults": ["x"]}),
    Faulty("defaults as a word", ("image-from-iso:defaults", "must be a mapping"), stack={"defaults": "yes"}),
    Faulty("builds as a word", ("image-from-iso:builds", "must be a list"), stack={"builds": "debian"}),
    Faulty("regions as a word", ("image-from-iso:regions", "must map names"), stack={"regions": "lab-1"}),
    Faulty("negative price", ("prices.volumes.SSD", "or equal to 0"), stack={"prices": {"volumes": {"SSD": -1}}}),
    Faulty("endpoint with a version", ("  HW_VPC_ENDPOINT", "alone"), variables={"HW_VPC_ENDPOINT": "http://x/v1"}),
    Faulty("endpoint without a host", ("  HW_IMS_ENDPOINT", "base URL"), variables={"HW_IMS_ENDPOINT": "http://a b"}),
    Faulty(
        "certificate bundle that is missing",
        ("  REQUESTS_CA_BUNDLE: names '/nonexistent.pem'", "cannot be read"),
        variables={"REQUESTS_CA_BUNDLE": "/nonexistent.pem", "HW_IMS_ENDPOINT": "https://127.0.0.1:1"},
    ),
    Faulty(
        "proxy that is not there",
        ("  http_proxy: vpc cannot be reached: the proxy 127.0.0.1:1", "correct http_proxy"),
        variables={
            "http_proxy": "http://127.0.0.1:1",
            "no_proxy": "127.0.0.1,localhost",  # of the engine's own connections
            "HW_VPC_ENDPOINT": "http://vpc.example.com",
        },
    ),
    Faulty("key with a space", ("  HW_ACCESS_KEY", "no key has"), variables={"HW_ACCESS_KEY": "a key"}),
    Faulty("unknown service", ("image-from-iso:endpoints", "iam, ims"), stack={"endpoints": {"s3": "http://x"}}),
    Faulty("unknown mode", ("image-from-iso:preflight", "'off', 'warn' or 'enforce'"), stack={"preflight": "maybe"}),
    Faulty("negative estimate", ("estimated_minutes", "greater than 0"), stack={"estimated_minutes": -1}),
    Faulty("misspelt price table", ("prices.flavours", "not a known key"), stack={"prices": {"flavours": {}}}),
    Faulty("price as a word", ("prices.flavors.s6", "number"), stack={"prices": {"flavors": {"s6": "cheap"}}}),
    Faulty(
        "unknown region",
        ("region", "mars-north-1", "cn-north-4"),
        stack={"region": "mars-north-1"},
        variables=dict.fromkeys(f"HW_{s}_ENDPOINT" for s in ("IAM", "IMS", "ECS", "EVS", "VPC", "OBS"))
        | {"HW_AUTH_URL": None, "HW_REGION_NAME": None},
    ),
    Faulty(
        "no region",
        ("region", "is missing", "HW_REGION_NAME"),
        stack={"region": None},
        variables={"HW_REGION_NAME": None},
    ),
    Faulty(
        "no credentials",
        ("credentials", "HW_ACCESS_KEY", "HW_USER_PASSWORD"),
        variables=dict.fromkeys(("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_USER_NAME", "HW_USER_PASSWORD")),
    ),
    Faulty(
        "wrong secret key",
        ("credentials", "access key"),
        variables={"HW_SECRET_KEY": "0" * 40, "HW_USER_NAME": None, "HW_USER_PASSWORD": None},
    ),
    Faulty(
        "wrong password",
        ("credentials", "password"),
        variables={"HW_USER_PASSWORD": "a-wrong-one", "HW_ACCESS_KEY": None, "HW_SECRET_KEY": None},
    ),
    Faulty(
        "unknown project",
        ("no-such-project", "project_id"),
        variables={"HW_PROJECT_NAME": "no-such-project", "HW_PROJECT_ID": None},
    ),
    Faulty("unknown cloud", ("cloud", "'otcc' that is not known", "set endpoint"), stack={"cloud": "otcc"}),
    Faulty(
        "region of another cloud",
        ("region", "not one of Open Telekom Cloud", "eu-de"),
        stack={"cloud": "otc"},
        variables={"HW_EVS_ENDPOINT": None},
    ),
    Faulty(
        "pattern for one service",
        ("endpoint", "does not contain {service}", "write https://{service}"),
        stack={"endpoint": "https://ims.example.com"},
    ),
    Faulty("no such authority", ("ca_bundle", "cannot be read"), stack={"ca_bundle": "/nonexistent/ca.pem"}),
    Faulty("authority that is none", ("ca_bundle", "holds no certificate"), stack={"ca_bundle": "/dev/null"}),
]

OF_A_BUILD = [
    Faulty("misspelt setting", ("builds[0].imagename", "not a known key", "'image_name'"), {"imagename": "x"}),
    Faulty("misspelt part", ("builds[0].root_volume.type", "not a known key"), {"root_volume": {**disk(), "type": 1}}),
    Faulty("no name", ("builds[0].name", "is missing"), {"name": None}),
    Faulty("name with a space", ("builds[0].name", "pattern"), {"name": "a b"}),
    Faulty("two of one name", ("builds", "'debian'", "more than one build"), more=({"image_name": "other"},)),
    Faulty("empty image name", ("builds[0].image_name", "1 to 128 characters"), {"image_name": ""}),
    Faulty("long image name", ("builds[0].image_name", "1 to 128 characters"), {"image_name": "x" * 129}),
    Faulty("forbidden character", ("builds[0].image_name", "may hold letters"), {"image_name": "a/b"}),
    Faulty("space at the end", ("builds[0].image_name", "must not begin or end"), {"image_name": "golden "}),
    Faulty("file without bucket", ("builds[0].image_url", "<bucket>:<object>"), {"image_url": "installer.iso"}),
    Faulty("bucket in capitals", ("builds[0].image_url", "<bucket>:<object>"), {"image_url": "Images:x.iso"}),
    Faulty(
        "URL of an ISO file",
        ("builds[0].image_url", "write images:debian.iso"),
        {"image_url": "https://images.obs.cn-north-4.myhuaweicloud.com/debian.iso"},
    ),
    Faulty("folder above", ("builds[0].image_url", "'.' or '..'"), {"image_url": "lab-images:../installer.iso"}),
    Faulty("true as a size", ("builds[0].min_disk", "whole number"), {"min_disk": True}),
    Faulty("image above its disk", ("builds[0].min_image_size", "size of the data disk"), {"min_image_size": 10241}),
    Faulty("name of a project", ("builds[0].share_with[0]", "32 hexadecimal"), {"share_with": ["lab-1_team"]}),
    Faulty("far-off key", ("builds[0].cmk_id", "the known ones are"), {"cmk_id": "x"}),
    Faulty("no ISO by its name", ("builds[0].image_url", "ends in .iso"), {"image_url": "lab-images:x.qcow2"}),
    Faulty("space in a file name", ("builds[0].image_url", "must not contain spaces"), {"image_url": "images:a b.iso"}),
    Faulty("no operating system", ("builds[0].os_version", "is missing"), {"os_version": None}),
    Faulty("unknown architecture", ("builds[0].architecture", "'x86' or 'arm'"), {"architecture": "riscv"}),
    Faulty("unknown firmware", ("builds[0].hw_firmware_type", "'bios' or 'uefi'"), {"hw_firmware_type": "efi"}),
    Faulty(
        "arm by bios",
        ("builds[0].hw_firmware_type", "uefi only"),
        {"architecture": "arm", "hw_firmware_type": "bios"},
    ),
    Faulty("min_disk of nothing", ("builds[0].min_disk", "greater than or equal to 1"), {"min_disk": 0}),
    Faulty("min_disk too large", ("builds[0].min_disk", "less than or equal to 1024"), {"min_disk": 2000}),
    Faulty("min_disk as a word", ("builds[0].min_disk", "integer"), {"min_disk": "much"}),
    Faulty("negative min_ram", ("builds[0].min_ram", "greater than or equal to 0"), {"min_ram": -1}),
    Faulty("no flavor", ("builds[0].flavor", "is missing"), {"flavor": None}),
    Faulty("no system disk", ("builds[0].root_volume", "is missing"), {"root_volume": None}),
    Faulty("system disk too small", ("builds[0].root_volume", "at least min_disk, 40 GiB"), {"min_disk": 40}),
    Faulty("system disk too large", ("builds[0].root_volume.size", "equal to 1024"), {"root_volume": disk(2000)}),
    Faulty("unknown disk type", ("builds[0].root_volume.volumetype", "'SSD'"), {"root_volume": disk(10, "NVME")}),
    Faulty("no data disk", ("builds[0].data_volumes", "exactly one data disk"), {"data_volumes": []}),
    Faulty("two data disks", ("builds[0].data_volumes", "exactly one data disk"), {"data_volumes": [disk(), disk()]}),
    Faulty("data disk below 10 GiB", ("builds[0].data_volumes[0].size", "equal to 10"), {"data_volumes": [disk(5)]}),
    Faulty("data disk too large", ("builds[0].data_volumes[0].size", "equal to 1024"), {"data_volumes": [disk(4096)]}),
    Faulty("unknown mode", ("builds[0].installation.mode", "'unattended'"), {"installation": {"mode": "manual"}}),
    Faulty("no time", ("builds[0].installation.timeout_minutes", "than 0"), {"installation": {"timeout_minutes": 0}}),
    Faulty("too much user data", ("builds[0].user_data", "at most 32768 bytes"), {"user_data": "x" * 32769}),
    Faulty("misspelt build to use", ("builds[0].use_build", "pattern"), {"use_build": "yesterday"}),
    Faulty("markup in a description", ("builds[0].description", "without '<'"), {"description": "<b>"}),
    Faulty("ten tags", ("builds[0].tags", "at most 9 tags"), {"tags": {f"key{n}": "x" for n in range(10)}}),
    Faulty("ownership tag", ("builds[0].tags", "choose another key"), {"tags": {"image-from-iso": "mine"}}),
    Faulty("tag key with a space", ("builds[0].tags", "1 to 36 letters"), {"tags": {"a b": "c"}}),
    Faulty("tag value too long", ("builds[0].tags", "at most 43"), {"tags": {"team": "x" * 44}}),
]

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

AGAINST_THE_RULES = [
    Faulty(
        "flavor that is not allowed",
        ("server-flavor-allowed", "'s6.large.2'", "choose an allowed flavor"),
        rules={"server-flavor-allowed": {"allowed": ["s7.large.2"]}},
    ),
    Faulty(
        "less memory than is asked for",
        ("server-flavor-memory", "4096 MiB", "choose another flavor"),
        rules={"server-flavor-memory": {"min_ram_mib": 8192}},
    ),
    Faulty(
        "system disk above the limit",
        ("server-system-disk-size", "root_volume.size is 30 GiB", "1 to 20", "set root_volume.size"),
        {"root_volume": disk(30)},
        rules={"server-system-disk-size": {"max_gib": 20}},
    ),
    Faulty(
        "data disk above the limit",
        ("server-data-disk-size", "data_volumes[0].size is 200 GiB", "10 to 100", "set data_volumes[0].size"),
        {"data_volumes": [disk(200)]},
        rules={"server-data-disk-size": {"max_gib": 100}},
    ),
    Faulty(
        "disk type that is not allowed",
        ("server-volume-types", "root_volume.volumetype", "choose another volumetype"),
        rules={"server-volume-types": {"allowed": ["SAS"]}},
    ),
    Faulty(
        "no security group",
        ("server-security-groups", "security_group_ids is empty", "correct security_group_ids"),
        rules={"server-security-groups": {"required": True}},
    ),
    Faulty(
        "installation that takes too long",
        ("installation-time", "timeout_minutes is 1440", "lower installation.timeout_minutes"),
        {"installation": {"timeout_minutes": 1440}},
    ),
    Faulty(
        "min_disk below the organisation's",
        ("iso-min-disk", "min_disk is 10 GiB", "set min_disk"),
        rules={"iso-min-disk": {"min_gib": 40}},
    ),
    Faulty(
        "ISO file above the limit",
        ("iso-size", "lab-images:installer.iso", "use a smaller file"),
        rules={"iso-size": {"max_gib": 0.00001}},
    ),
    Faulty(
        "min_ram above the limit",
        ("image-min-ram", "min_ram is 65536 MiB", "lower min_ram"),
        {"min_ram": 65536},
        rules={"image-min-ram": {"max_mib": 8192}},
    ),
    Faulty(
        "tag that is missing",
        ("required-tags", "tag 'owner' is missing", "add the tag"),
        rules={"required-tags": {"tags": {"owner": ""}}},
    ),
    Faulty(
        "tag of another value",
        ("required-tags", "'cost-center' is '1'", "'42'", "correct its value"),
        {"tags": {"cost-center": "1"}},
        rules={"required-tags": {"tags": {"cost-center": "42"}}},
    ),
    Faulty(
        "other enterprise project",
        ("enterprise-project", "enterprise_project_id is None", "set enterprise_project_id"),
        rules={"enterprise-project": {"allowed": ["ep-1"]}},
    ),
    Faulty(
        "more servers than are allowed",
        ("stack-server-quota", "2 temporary servers", "lower servers_at_once"),
        more=({"name": "other", "image_name": "other"},),
        rules={"stack-server-quota": {"max_servers": 1}},
    ),
    Faulty(
        "two images of one name",
        ("stack-image-names", "'debian-golden'", "an image_name of its own"),
        more=({"name": "other"},),
        rules={"stack-image-names": "mandatory"},
    ),
    Faulty(
        "cost per hour above the limit",
        ("stack-hourly-cost", "0.52 EUR per hour", "raise max_per_hour"),
        rules={
            "stack-hourly-cost": {
                "enforcementLevel": "mandatory",
                "max_per_hour": 0.5,
                "prices": {"currency": "EUR", "flavors": {"s6.large.2": 0.5}, "volumes": {"SSD": 0.001}},
            }
        },
    ),
]

ALL = [*OF_THE_STACK, *OF_A_BUILD, *SEEN_BY_THE_CLOUD, *AGAINST_THE_RULES]
