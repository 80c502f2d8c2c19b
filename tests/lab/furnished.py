"""A lab with one resource of each type, and an accepted request for every operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lab.world.identity.accounts import PROJECTS, USER
from tests.lab.plain import DEBIAN, Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab

Json = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """Accepted request: the values of its path, its body and its headers."""

    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Furnished:
    """Resources in a lab: an ISO image, an image, two servers of it, disks; a second one of what operations delete."""

    def __init__(self, lab: RunningLab, raw: Raw, folder: Path) -> None:
        self.lab, self.raw, self.steps = lab, raw, Procedure(raw)
        self.project = lab.env["HW_PROJECT_ID"]
        self.team = next(p.id for p in PROJECTS if p.name.endswith("_team"))
        (folder / "disk.raw").write_bytes(b"\0" * 4096)
        lab.put(folder / "disk.raw", "lab-images/disk.raw")
        self.iso = self.steps.iso_image()
        builder = self.steps.server(self.iso)
        self.steps.wait_for_power_off(builder)
        data_disk = self.steps.data_disk(builder)
        self.image, self.spare_image = self.steps.capture(data_disk), self.steps.capture(data_disk)
        self.image_job = self.steps.seen["image_job"]["job_id"]
        self.spare_server = builder
        self.server, self.server_job = self._server()
        self.disk, self.port = self._disk_of(self.server), self._port_of(self.server)
        self.address = self.new_address()
        self.volume, self.volume_job = self._volume()
        self.spare_volume, _ = self._volume()

    def _server(self) -> tuple[str, str]:
        order = self.steps.server_order(self.image, metadata={}, data_volumes=[], extendparam={})
        accepted = self.steps.post("ecs", "/v1/{project}/cloudservers", order)
        assert self.steps.ended("ecs", accepted["job_id"])["status"] == "SUCCESS"
        return str(accepted["serverIds"][0]), str(accepted["job_id"])

    def _disk_of(self, server_id: str) -> str:
        server = self.steps.get_server(server_id).json()["server"]
        return str(server["os-extended-volumes:volumes_attached"][0]["id"])

    def _port_of(self, server_id: str) -> str:
        ports: Json = self.raw.send("vpc", "GET", f"/v1/{{project}}/ports?device_id={server_id}").json()
        return str(ports["ports"][0]["id"])

    def new_address(self) -> Json:
        """Return an elastic IP that is associated with nothing."""
        created: Json = self.raw.send("vpc", "POST", "/v1/{project}/publicips", json=ADDRESS).json()
        shown: Json = self.raw.send("vpc", "GET", f"/v1/{{project}}/publicips/{created['publicip']['id']}").json()
        return dict(shown["publicip"])

    def new_metadata(self) -> str:
        """Return an image that waits for its file."""
        order = {"name": "native", "disk_format": "qcow2", "min_disk": 40}
        return str(self.raw.send("ims", "POST", "/v2/images", json=order).json()["id"])

    def new_key_pair(self) -> str:
        """Return the name of an imported key pair."""
        order = {"keypair": {"name": "imported", "public_key": "ssh-ed25519 AAAA test"}}
        self.raw.send("ecs", "POST", "/v2.1/{project}/os-keypairs", json=order)
        return "imported"

    def _volume(self) -> tuple[str, str]:
        accepted = self.steps.post("evs", "/v2/{project}/cloudvolumes", self.volume_order())
        self.steps.ended("evs", accepted["job_id"])
        job: Json = self.raw.send("evs", "GET", f"/v1/{{project}}/jobs/{accepted['job_id']}").json()
        return str(job["entities"]["volume_id"]), str(job["job_id"])

    def volume_order(self) -> Json:
        return {"volume": {"availability_zone": "lab-1a", "volume_type": "SAS", "size": 10}}

    def server_order(self) -> Json:
        return self.steps.server_order(self.iso)

    def example(self, service: str, operation: str) -> Example:
        """Return a request that an operation accepts."""
        given = EXAMPLES.get(operation, _nothing)(self)
        jobs = {"ims": self.image_job, "ecs": self.server_job, "evs": self.volume_job}
        known = {
            "project_id": self.project,
            "target_project_id": self.project,
            "image_id": self.image,
            "server_id": self.server,
            "volume_id": self.disk if service == "ecs" else self.volume,
            "job_id": jobs.get(service, ""),
            "member_id": self.team,
            "vpc_id": self.lab.env["HW_VPC_ID"],
            "resource_id": self.lab.env["HW_VPC_ID"] if "_vpc_" in operation else self.lab.env["HW_SUBNET_ID"],
            "port_id": self.port,
            "publicip_id": self.address["id"],
            "bandwidth_id": self.address["bandwidth_id"],
            "keypair_name": "KeyPair-lab",
            "user_id": USER.id,
            "flavor_id": "s6.large.2",
            "subnet_id": self.lab.env["HW_SUBNET_ID"],
            "group_id": self._security_group(),
            "key": "a",
            "tag": "bare",
        }
        return Example({**known, **given.path}, given.body, given.headers)

    def _security_group(self) -> str:
        groups: Json = self.raw.send("vpc", "GET", "/v1/{project}/security-groups").json()
        return str(groups["security_groups"][0]["id"])


def _nothing(_: Furnished) -> Example:
    return Example()


def _volume_of(furnished: Furnished) -> Example:
    return Example({"volume_id": furnished.volume}, {"volumeAttachment": {"volumeId": furnished.volume}})


def _subnet_order(furnished: Furnished) -> Json:
    order = {"vpc": {"name": "v", "cidr": "10.1.0.0/16"}}
    vpc: Json = furnished.raw.send("vpc", "POST", "/v1/{project}/vpcs", json=order).json()["vpc"]
    return {"subnet": {"name": "s", "cidr": "10.1.2.0/24", "gateway_ip": "10.1.2.1", "vpc_id": vpc["id"]}}


def _new_subnet(furnished: Furnished) -> Example:
    order = _subnet_order(furnished)
    subnet: Json = furnished.raw.send("vpc", "POST", "/v1/{project}/subnets", json=order).json()["subnet"]
    return Example({"vpc_id": subnet["vpc_id"], "subnet_id": subnet["id"]})


def _half_an_hour_and_more(_: Furnished) -> Example:
    moment = datetime.now(UTC) + timedelta(days=400)  # the lab's time runs ahead
    return Example(body={"auto_terminate_time": moment.strftime("%Y-%m-%dT%H:%M:%SZ")})


def _body(body: Any) -> Callable[[Furnished], Example]:
    return lambda _: Example(body=body)


TAG = {"key": "a", "value": "b"}
FILE = {"image_url": "lab-images:disk.raw", "min_disk": 40, "os_version": DEBIAN}
RENAME = [{"op": "replace", "path": "/name", "value": "renamed"}]
TOKEN = {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 900}}}}
CROSS_REGION = {"name": "copy", "region": "lab-2", "project_name": "lab-2", "agency_name": "lab-copier"}
ADDRESS = {
    "publicip": {"type": "5_bgp"},
    "bandwidth": {"name": "b", "size": 5, "share_type": "PER", "charge_mode": "traffic"},
}
CONSOLE = {"remote_console": {"protocol": "vnc", "type": "novnc"}}

EXAMPLES: dict[str, Callable[[Furnished], Example]] = {
    "keystone_create_token": lambda f: Example(body=f.raw.auth_body()),
    "keystone_validate_token": lambda f: Example(headers={"X-Subject-Token": f.raw.token}),
    "create_temporary_access_key": _body(TOKEN),
    "add_image_tag": _body({"tag": TAG}),
    "batch_add_or_delete_tags": _body({"action": "create", "tags": [TAG]}),
    "batch_delete_tags": _body({"tags": [TAG]}),
    "list_image_by_tags": _body({"action": "filter"}),
    "create_or_update_tags": lambda f: Example(body={"image_id": f.image, "image_tag": TAG}),
    "create_image": lambda f: Example(body=f.steps.image_order()),
    "create_image_in_safe_mode": lambda f: Example(body={"name": "n", "instance_id": f.spare_server}),
    "import_image_quick": _body({"name": "quick", "type": "ECS", **FILE}),
    "copy_image_in_region": _body({"name": "copy"}),
    "copy_image_in_region_in_safe_mode": _body({"name": "copy"}),
    "export_image": _body({"bucket_url": "lab-images:a.qcow2", "file_format": "qcow2"}),
    "export_image_in_safe_mode": _body({"bucket_url": "lab-images:b.qcow2", "file_format": "qcow2"}),
    "create_data_image": _body({"name": "data", **FILE}),
    "create_data_image_in_safe_mode": _body({"name": "data", **FILE}),
    "copy_image_cross_region": _body(CROSS_REGION),
    "batch_add_members": lambda f: Example(body={"images": [f.image], "projects": [f.team]}),
    "batch_delete_members": lambda f: Example(body={"images": [f.image], "projects": [f.team]}),
    "glance_add_image_member": lambda f: Example(body={"member": f.team}),
    "update_image": _body(RENAME),
    "glance_update_image": _body(RENAME),
    "glance_create_image_metadata": _body({"name": "native", "disk_format": "qcow2", "min_disk": 40}),
    "glance_upload_image_file": lambda f: Example({"image_id": f.new_metadata()}),
    "glance_delete_image": lambda f: Example({"image_id": f.spare_image}),
    "create_post_paid_servers": lambda f: Example(body=f.server_order()),
    "create_servers": lambda f: Example(body=f.server_order()),
    "batch_change_server_tags": _body({"action": "create", "tags": [TAG]}),
    "list_servers_by_tag": _body({"action": "filter"}),
    "update_server_metadata": _body({"metadata": {"a": "b"}}),
    "delete_servers": lambda f: Example(body={"servers": [{"id": f.spare_server}], "delete_volume": True}),
    "act_on_servers": lambda f: Example(body={"reboot": {"type": "HARD", "servers": [{"id": f.server}]}}),
    "update_server_auto_terminate_time": _half_an_hour_and_more,
    "show_server_remote_console": _body(CONSOLE),
    "update_server_block_device": _body({"block_device": {"delete_on_termination": True}}),
    "attach_server_volume": _volume_of,
    "detach_server_volume": _volume_of,
    "create_volume": lambda f: Example(body=f.volume_order()),
    "create_volume_v2": lambda f: Example(body=f.volume_order()),
    "show_volume": lambda f: Example({"volume_id": f.spare_volume}),
    "delete_volume": lambda f: Example({"volume_id": f.spare_volume}),
    "create_vpc": _body({"vpc": {"name": "v", "cidr": "10.0.0.0/8"}}),
    "update_vpc": _body({"vpc": {"name": "v2", "description": "changed"}}),
    "update_subnet": _body({"subnet": {"name": "s2"}}),
    "create_vpc_tag": _body({"tag": TAG}),
    "batch_change_vpc_tags": _body({"action": "create", "tags": [TAG]}),
    "create_subnet_tag": _body({"tag": TAG}),
    "batch_change_subnet_tags": _body({"action": "create", "tags": [TAG]}),
    "show_subnet_tags": lambda f: Example({"resource_id": f.lab.env["HW_SUBNET_ID"]}),
    "update_port": _body({"port": {"name": "renamed"}}),
    "neutron_update_port": _body({"port": {"allowed_address_pairs": []}}),
    "create_publicip": _body(ADDRESS),
    "update_publicip": lambda f: Example(body={"publicip": {"port_id": f.port}}),
    "delete_publicip": lambda f: Example({"publicip_id": f.new_address()["id"]}),
    "update_server": _body({"server": {"name": "renamed", "description": "d"}}),
    "nova_create_keypair": _body({"keypair": {"name": "generated"}}),
    "nova_delete_keypair": lambda f: Example({"keypair_name": f.new_key_pair()}),
    "update_volume": _body({"volume": {"name": "renamed"}}),
    "batch_change_volume_tags": _body({"action": "create", "tags": [TAG]}),
    "resize_volume": _body({"os-extend": {"new_size": 20}}),
    "create_subnet": lambda f: Example(body=_subnet_order(f)),
    "delete_vpc": lambda f: Example({"vpc_id": _subnet_order(f)["subnet"]["vpc_id"]}),
    "delete_subnet": _new_subnet,
}
FIRST = ("add_image_tag", "glance_add_image_member")
LAST = ("glance_delete_image_member", "batch_delete_members")
"""Operations that create or delete resources which others read; the rest runs in the order of the document."""
NOT_ACCEPTED = {
    "keystone_list_versions": "its documented status is 300",
    "glance_upload_image_file": "its body is a file, which the tests of uploads send",
    "batch_update_members": "only a project that an image is shared with answers; the caller owns them all",
    "glance_update_image_member": "only a project that an image is shared with answers; the caller owns them all",
}
