"""Calls of the client beside the operations of the official SDK that they correspond to."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType

from huaweicloud.auth.authentication import KeyAuthenticator
from huaweicloud.cloud import Cloud
from huaweicloud.ecs import CreateServer, Volume
from huaweicloud.ims import CreateImageFromIso, CreateImageFromVolume
from huaweicloud.models.ims import CopyImage, CopyImageToRegion, ExportImage
from tests.huaweicloud.conftest import KEY, USER

TAGS = {"owner": "ci", "empty": ""}
ISO = CreateImageFromIso(
    name="debian-iso",
    image_url="bucket:folder/debian.iso",
    os_version="Debian GNU/Linux 10.0.0 64bit",
    min_disk=40,
    os_type="Linux",
    architecture="x86",
    hw_firmware_type="uefi",
    description="An ISO",
    image_tags=TAGS,
    enterprise_project_id="0",
)
VOLUME = CreateImageFromVolume(
    name="debian",
    volume_id="v1",
    os_version="Debian GNU/Linux 10.0.0 64bit",
    description="A system",
    min_ram=1024,
    max_ram=4096,
    image_tags=TAGS,
    enterprise_project_id="0",
)
COPY = CopyImage(name="copy", description="A copy", enterprise_project_id="0")
FAR_COPY = CopyImageToRegion(
    name="far", region="r2", project_name="r2_team", agency_name="copier", description="A copy"
)
SERVER = CreateServer(
    name="iso-1",
    image_id="i1",
    flavor_id="s6.large.2",
    vpc_id="vpc-1",
    subnet_ids=["n1", "n2"],
    root_volume=Volume(volume_type="SAS", size=40),
    data_volumes=[Volume(volume_type="SSD", size=50, delete_on_termination=True)],
    availability_zone="cn-north-4a",
    security_group_ids=["g1"],
    metadata={"virtual_env_type": "IsoImage"},
    disk_prior=True,
    user_data=b"#cloud-config\n",
    server_tags=TAGS,
    description="temporary",
    enterprise_project_id="0",
    auto_terminate_time=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
)
SMALL_SERVER = CreateServer(
    name="iso-1",
    image_id="i",
    flavor_id="f",
    vpc_id="v",
    subnet_ids=["n"],
    root_volume=Volume(volume_type="SAS", size=1),
)
SMALL_ISO = CreateImageFromIso(name="i", image_url="b:o", os_version="o", min_disk=1)


@dataclass(frozen=True)
class Operation:
    """Call of the client with its name in the SDK: the model of its body, or the name of the operation."""

    service: str
    model: str
    request_line: str
    send: Callable[[Cloud], object]

    @property
    def sdk(self) -> ModuleType:
        version = "v3" if self.service == "iam" else "v2"
        return importlib.import_module(f"huaweicloudsdk{self.service}.{version}.model")


IMAGES = "POST /v2/cloudimages/action"
POWER = "POST /v1/p1/cloudservers/action"
WITH_BODY = [
    Operation("ims", "CreateImageRequestBody", IMAGES, lambda c: c.ims.create_image_from_iso(ISO)),
    Operation("ims", "CreateImageRequestBody", IMAGES, lambda c: c.ims.create_image_from_iso(SMALL_ISO)),
    Operation("ims", "CreateImageRequestBody", IMAGES, lambda c: c.ims.create_image_from_volume(VOLUME)),
    Operation(
        "ims",
        "list[UpdateImageRequestBody]",
        "PATCH /v2/cloudimages/i1",
        lambda c: c.ims.update_image("i1", {"name": "n", "__description": None, "min_ram": 512}),
    ),
    Operation(
        "ims",
        "BatchAddOrDeleteTagsRequestBody",
        "POST /v2/p1/images/i1/tags/action",
        lambda c: c.ims.set_tags("i1", TAGS),
    ),
    Operation(
        "ims",
        "BatchAddOrDeleteTagsRequestBody",
        "POST /v2/p1/images/i1/tags/action",
        lambda c: c.ims.delete_tags("i1", TAGS),
    ),
    Operation(
        "ims",
        "GlanceAddImageMemberRequestBody",
        "POST /v2/images/i1/members",
        lambda c: c.ims.add_member("i1", "p2"),
    ),
    Operation(
        "ims",
        "GlanceUpdateImageMemberRequestBody",
        "PUT /v2/images/i1/members/p1",
        lambda c: c.ims_copies.decide("i1", "accepted"),
    ),
    Operation(
        "ims",
        "CopyImageInRegionRequestBody",
        "POST /v1/cloudimages/i1/copy",
        lambda c: c.ims_copies.copy_image("i1", COPY),
    ),
    Operation(
        "ims",
        "CopyImageCrossRegionRequestBody",
        "POST /v1/cloudimages/i1/cross_region_copy",
        lambda c: c.ims_copies.copy_image_to_region("i1", FAR_COPY),
    ),
    Operation(
        "ims",
        "ExportImageRequestBody",
        "POST /v1/cloudimages/i1/file",
        lambda c: c.ims_copies.export_image("i1", ExportImage(bucket_url="b:o", file_format="qcow2")),
    ),
    Operation(
        "ims",
        "ExportImageRequestBody",
        "POST /v1/cloudimages/i1/file",
        lambda c: c.ims_copies.export_image("i1", ExportImage(bucket_url="b:o", is_quick_export=True)),
    ),
    Operation(
        "ecs",
        "CreatePostPaidServersRequestBody",
        "POST /v1/p1/cloudservers",
        lambda c: c.ecs.create_server(SERVER, "t"),
    ),
    Operation(
        "ecs",
        "CreatePostPaidServersRequestBody",
        "POST /v1/p1/cloudservers",
        lambda c: c.ecs.create_server(SMALL_SERVER, None),
    ),
    Operation(
        "ecs",
        "DeleteServersRequestBody",
        "POST /v1/p1/cloudservers/delete",
        lambda c: c.ecs.delete_servers(["s1", "s2"]),
    ),
    Operation("ecs", "BatchStartServersRequestBody", POWER, lambda c: c.ecs.start_servers(["s1"])),
    Operation("ecs", "BatchStopServersRequestBody", POWER, lambda c: c.ecs.stop_servers(["s1"], hard=True)),
    Operation("ecs", "BatchRebootServersRequestBody", POWER, lambda c: c.ecs.reboot_servers(["s1"])),
    Operation(
        "ecs",
        "ShowServerRemoteConsoleRequestBody",
        "POST /v1/p1/cloudservers/s1/remote_console",
        lambda c: c.ecs.get_remote_console("s1"),
    ),
    Operation(
        "ecs",
        "UpdateServerAutoTerminateTimeRequestBody",
        "POST /v1/p1/cloudservers/s1/actions/update-auto-terminate-time",
        lambda c: c.ecs.set_auto_terminate_time("s1", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
    ),
    Operation(
        "ecs",
        "BatchCreateServerTagsRequestBody",
        "POST /v1/p1/cloudservers/s1/tags/action",
        lambda c: c.ecs.set_tags("s1", TAGS),
    ),
    Operation(
        "ecs",
        "BatchDeleteServerTagsRequestBody",
        "POST /v1/p1/cloudservers/s1/tags/action",
        lambda c: c.ecs.delete_tags("s1", TAGS),
    ),
    Operation(
        "iam",
        "KeystoneCreateUserTokenByPasswordRequestBody",
        "POST /v3/auth/tokens",
        lambda c: c.iam.create_token(USER, {"project": {"name": "cn-north-4"}}),
    ),
    Operation(
        "iam",
        "KeystoneCreateAgencyTokenRequestBody",
        "POST /v3/auth/tokens",
        lambda c: c.iam.create_agency_token("t", "agency", "other", {"project": {"id": "p2"}}),
    ),
    Operation(
        "iam",
        "CreateTemporaryAccessKeyByTokenRequestBody",
        "POST /v3.0/OS-CREDENTIAL/securitytokens",
        lambda c: c.iam.create_temporary_key("t"),
    ),
    Operation(
        "iam",
        "CreateTemporaryAccessKeyByAgencyRequestBody",
        "POST /v3.0/OS-CREDENTIAL/securitytokens",
        lambda c: c.iam.create_agency_key(KeyAuthenticator(lambda: KEY, renewable=False), "agency", "other"),
    ),
]
READS = [
    Operation("ims", "ListImages", "GET /v2/cloudimages", lambda c: c.ims.get_image("i1")),
    Operation(
        "ims",
        "ListImages",
        "GET /v2/cloudimages",
        lambda c: c.ims.list_images(name="n", virtual_env_type="IsoImage", tag="a=b", status="active"),
    ),
    Operation("ims", "ShowJob", "GET /v1/p1/jobs/j1", lambda c: c.ims.get_job("j1")),
    Operation("ims", "GlanceDeleteImage", "DELETE /v2/images/i1", lambda c: c.ims.delete_image("i1")),
    Operation("ims", "ListOsVersions", "GET /v1/cloudimages/os_version", lambda c: c.ims.list_os_versions("x86")),
    Operation("ims", "GlanceListImageMembers", "GET /v2/images/i1/members", lambda c: c.ims.list_members("i1")),
    Operation("ims", "GlanceListImageMembers", "GET /v2/images/i1/members", lambda c: c.ims_copies.decision("i1")),
    Operation(
        "ims",
        "GlanceDeleteImageMember",
        "DELETE /v2/images/i1/members/p2",
        lambda c: c.ims.remove_member("i1", "p2"),
    ),
    Operation("ims", "ShowImageQuota", "GET /v1/cloudimages/quota", lambda c: c.ims.get_quota()),
    Operation("ecs", "ShowJob", "GET /v1/p1/jobs/j1", lambda c: c.ecs.get_job("j1")),
    Operation("ecs", "ShowServer", "GET /v1/p1/cloudservers/s1", lambda c: c.ecs.get_server("s1")),
    Operation(
        "ecs",
        "ListServersDetails",
        "GET /v1/p1/cloudservers/detail",
        lambda c: c.ecs.list_servers(name="n", tags="a=b"),
    ),
    Operation("ecs", "ListFlavors", "GET /v1/p1/cloudservers/flavors", lambda c: c.ecs.list_flavors("z")),
    Operation(
        "ecs",
        "ListServerBlockDevices",
        "GET /v1/p1/cloudservers/s1/block_device",
        lambda c: c.ecs.list_block_devices("s1"),
    ),
    Operation("ecs", "ShowServerLimits", "GET /v1/p1/cloudservers/limits", lambda c: c.ecs.get_limits()),
    Operation(
        "ecs",
        "NovaListAvailabilityZones",
        "GET /v2.1/p1/os-availability-zone",
        lambda c: c.ecs.list_availability_zones(),
    ),
    Operation(
        "ecs",
        "ShowServerConsoleOutput",
        "GET /v1/p1/cloudservers/s1/console-output",
        lambda c: c.ecs.get_console_output("s1"),
    ),
    Operation("evs", "ShowVolume", "GET /v2/p1/cloudvolumes/v1", lambda c: c.evs.get_volume("v1")),
    Operation("evs", "ListVolumes", "GET /v2/p1/cloudvolumes/detail", lambda c: c.evs.list_volumes("n", "s1")),
    Operation("evs", "DeleteVolume", "DELETE /v2/p1/cloudvolumes/v1", lambda c: c.evs.delete_volume("v1")),
    Operation("evs", "ShowJob", "GET /v1/p1/jobs/j1", lambda c: c.evs.get_job("j1")),
    Operation("evs", "CinderListVolumeTypes", "GET /v2/p1/types", lambda c: c.evs.list_volume_types()),
    Operation("evs", "CinderListQuotas", "GET /v2/p1/os-quota-sets/p1", lambda c: c.evs.get_quota()),
    Operation("vpc", "ListVpcs", "GET /v1/p1/vpcs", lambda c: c.vpc.list_vpcs()),
    Operation("vpc", "ShowVpc", "GET /v1/p1/vpcs/x", lambda c: c.vpc.get_vpc("x")),
    Operation("vpc", "ListSubnets", "GET /v1/p1/subnets", lambda c: c.vpc.list_subnets("x")),
    Operation("vpc", "ShowSubnet", "GET /v1/p1/subnets/x", lambda c: c.vpc.get_subnet("x")),
    Operation("vpc", "ListSecurityGroups", "GET /v1/p1/security-groups", lambda c: c.vpc.list_security_groups()),
    Operation("iam", "KeystoneValidateToken", "GET /v3/auth/tokens", lambda c: c.iam.check_token("t", "t2")),
    *(
        Operation("iam", "KeystoneListProjects", "GET /v3/projects", send)
        for send in (
            lambda c: c.iam.find_project(KeyAuthenticator(lambda: KEY, renewable=False), "cn-north-4"),
            lambda c: c.iam.find_project_id(KeyAuthenticator(lambda: KEY, renewable=False), "cn-north-4"),
            lambda c: c.iam.list_projects(KeyAuthenticator(lambda: KEY, renewable=False)),
        )
    ),
]
