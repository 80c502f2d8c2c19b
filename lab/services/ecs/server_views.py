"""JSON views of servers, flavors and jobs of the server service."""

from typing import Any

from lab.services.service_app import microseconds, milliseconds, seconds
from lab.world.ids import fixed_hex
from lab.world.procedures import Job, SubJob
from lab.world.records import Server, Volume
from lab.world.servers.flavors import FLAVORS, Flavor
from lab.world.servers.server_status import power_state, status_of, visible_tags, vm_state
from lab.world.state import World
from lab.world.volumes.volume_operations import listed_disks


def show_server(world: World, server: Server) -> dict[str, Any]:
    """Return the server object of details and lists."""
    state, task = vm_state(world, server)
    has_fault = server.fault is not None or world.variants.healthy_fault == "null"
    return {
        "id": server.id,
        "name": server.name,
        "status": status_of(world, server),
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "hostId": fixed_hex(f"host {server.availability_zone}"),
        "created": seconds(server.created_at),
        "updated": seconds(server.updated_at),
        "key_name": server.key_name,
        "description": server.description,
        "config_drive": "",
        "accessIPv4": "",
        "accessIPv6": "",
        "auto_terminate_time": server.auto_terminate_time,
        "enterprise_project_id": server.enterprise_project_id,
        "progress": 0,
        "locked": server.locked,
        **({"fault": server.fault} if has_fault else {}),
        "flavor": flavor_of(server),
        "image": {"id": server.image_id},
        "addresses": addresses(world, server),
        "security_groups": security_groups(world, server),
        "metadata": metadata(server),
        "tags": tag_texts(world, server),
        "sys_tags": [{"key": "_sys_enterprise_project_id", "value": server.enterprise_project_id}],
        "os-extended-volumes:volumes_attached": volumes_attached(world, server),
        "OS-EXT-STS:vm_state": state,
        "OS-EXT-STS:task_state": task,
        "OS-EXT-STS:power_state": power_state(world, server),
        "host_status": "UP",
        "cpu_options": {},
        "hypervisor": {"hypervisor_type": "QEMU", "csd_hypervisor": ""},
        "os:scheduler_hints": server.scheduler_hints,
        **_extended(server),
    }


def _extended(server: Server) -> dict[str, Any]:
    zone = server.availability_zone
    return {
        "OS-EXT-SRV-ATTR:root_device_name": server.root_device,
        "OS-EXT-SRV-ATTR:host": f"{zone}.lab",
        "OS-EXT-SRV-ATTR:instance_name": f"instance-{server.id[:8]}",
        "OS-EXT-SRV-ATTR:hypervisor_hostname": f"hypervisor@{zone}",
        "OS-EXT-SRV-ATTR:hostname": hostname(server),
        "OS-EXT-SRV-ATTR:reservation_id": f"r-{server.id[:8]}",
        "OS-EXT-SRV-ATTR:launch_index": server.number,
        "OS-EXT-SRV-ATTR:kernel_id": "",
        "OS-EXT-SRV-ATTR:ramdisk_id": "",
        "OS-EXT-SRV-ATTR:user_data": server.user_data,
        "OS-EXT-AZ:availability_zone": zone,
        "OS-DCF:diskConfig": "MANUAL",
        "OS-SRV-USG:launched_at": microseconds(server.launched_at),
        "OS-SRV-USG:terminated_at": microseconds(server.deleted_at),
    }


def hostname(server: Server) -> str:
    return server.hostname or server.name.replace("_", "-").lower()


def flavor_of(server: Server) -> dict[str, str]:
    flavor = FLAVORS[server.flavor_id]
    return {
        "id": flavor.id,
        "name": flavor.id,
        "disk": "0",
        "vcpus": str(flavor.vcpus),
        "ram": str(flavor.ram_mib),
    }


def addresses(world: World, server: Server) -> dict[str, list[dict[str, Any]]]:
    """Return the addresses under the VPC's id, which the documents call the network's name; elastic IPs are last."""
    shown = [
        {
            "version": "4",
            "addr": nic.address,
            "primary": number == 0,
            "OS-EXT-IPS:type": "fixed",
            "OS-EXT-IPS-MAC:mac_addr": nic.mac_address,
            "OS-EXT-IPS:port_id": nic.port_id,
        }
        for number, nic in enumerate(server.nics)
    ]
    floating = [
        {
            "version": "4",
            "addr": address.address,
            "primary": number == 0,
            "OS-EXT-IPS:type": "floating",
            "OS-EXT-IPS-MAC:mac_addr": nic.mac_address,
            "OS-EXT-IPS:port_id": nic.port_id,
        }
        for number, nic in enumerate(server.nics)
        for address in world.public_addresses.where("port_id", nic.port_id)
    ]
    return {server.vpc_id: shown + floating}


def security_groups(world: World, server: Server) -> list[dict[str, str]]:
    known = world.network.security_groups
    return [{"id": g, "name": known[g].name} for g in server.security_group_ids if g in known]


def metadata(server: Server) -> dict[str, str]:
    """Return the system keys and the user's own."""
    image = server.image_metadata
    body = {
        "charging_mode": "0",
        "vpc_id": server.vpc_id,
        "metering.image_id": server.image_id,
        "metering.imagetype": image.get("__imagetype", "private"),
        "metering.resourcespeccode": f"{server.flavor_id}.linux",
        "metering.resourcetype": "1",
        "image_name": server.image_name,
        "os_bit": image.get("__os_bit", "64"),
        "os_type": image.get("__os_type", "Linux"),
        "EcmResStatus": "",
        **server.metadata,
    }
    return body | ({"virtual_env_type": "IsoImage"} if server.from_iso else {})


def tag_texts(world: World, server: Server) -> list[str]:
    return [f"{key}={value}" for key, value in visible_tags(world, server).items()]


def boot_index(world: World, volume: Volume) -> str | None:
    """Return bootIndex as text: "0" for the system disk, for others the value of the variant."""
    if volume.is_system_disk:
        return "0"
    spelled = world.variants.data_disk_boot_index
    return None if spelled == "null" else spelled


def volumes_attached(world: World, server: Server) -> list[dict[str, Any]]:
    disks = listed_disks(world, server.id)
    if server.vm_state == "building":
        during = world.variants.volumes_attached_during_build
        disks = [] if during == "empty" else disks[:1] if during == "partial" else disks
    return [
        {
            "id": volume.id,
            "device": volume.device or "",
            "bootIndex": boot_index(world, volume),
            "delete_on_termination": str(volume.is_system_disk or volume.delete_on_termination).lower(),
        }
        for volume in disks
    ]


def show_block_device(world: World, volume: Volume) -> dict[str, Any]:
    index = boot_index(world, volume)
    slot = ord((volume.device or "/dev/vda")[7]) - ord("a") + 1
    return {
        "serverId": volume.server_id,
        "volumeId": volume.id,
        "id": volume.id,
        "size": volume.size_gib,
        "device": volume.device,
        "pciAddress": f"0000:02:{slot:02x}.0",
        "bootIndex": None if index is None else int(index),
        "bus": "scsi" if "/sd" in (volume.device or "") else "virtio",
    }


def show_flavor(flavor: Flavor, base: str, project_id: str) -> dict[str, Any]:
    links = [
        {"rel": "self", "href": f"{base}/v1.0/{project_id}/flavors/{flavor.id}", "type": None},
        {"rel": "bookmark", "href": f"{base}/{project_id}/flavors/{flavor.id}", "type": None},
    ]
    return {
        "id": flavor.id,
        "name": flavor.id,
        "vcpus": str(flavor.vcpus),
        "ram": flavor.ram_mib,
        "disk": "0",
        "swap": "",
        "links": links,
        "attachableQuantity": {"free_scsi": 60, "free_blk": 24, "free_disk": 60, "free_nic": 12},
        "os-flavor-access:is_public": True,
        "OS-FLV-DISABLED:disabled": False,
        "OS-FLV-EXT-DATA:ephemeral": 0,
        "rxtx_factor": 1.0,
        "rxtx_quota": None,
        "rxtx_cap": None,
        "os_extra_specs": flavor.extra_specs(),
    }


def show_job(world: World, job: Job) -> dict[str, Any]:
    """Return a job with its sub-jobs; the place of a failure's code is a variant."""
    entities: dict[str, Any] = dict(job.entities)
    if job.sub_jobs:
        entities["sub_jobs_total"] = len(job.sub_jobs)
        entities["sub_jobs"] = [_show_sub_job(world, job, s) for s in job.sub_jobs]
    body = {
        "status": job.status,
        "job_id": job.id,
        "job_type": job.job_type,
        "begin_time": milliseconds(job.begin),
        "end_time": milliseconds(job.end),
        "entities": entities,
    }
    code, reason = job.error_code, job.fail_reason
    if job.sub_jobs and code and world.variants.failed_job_codes == "sub":
        code, reason = "Common.0021", "Sub job fail!"
    return body | _error_fields(world, job.finished, code, reason)


def _error_fields(world: World, finished: bool, code: str | None, reason: str | None) -> dict[str, Any]:
    if not finished and world.variants.job_error_fields_running == "absent":
        return {}
    return {"error_code": code, "fail_reason": reason}


def _show_sub_job(world: World, job: Job, sub_job: SubJob) -> dict[str, Any]:
    early = world.variants.server_id_in_running_job == "early" or job.finished
    entities = dict(sub_job.entities) if early and sub_job.status != "INIT" else {}
    code, reason = sub_job.error_code, sub_job.fail_reason
    if code and world.variants.failed_job_codes == "parent":
        code = reason = None
    if code:
        entities["errorcode_message"] = reason
    return {
        "status": sub_job.status,
        "job_id": sub_job.job_id,
        "job_type": sub_job.job_type,
        "begin_time": milliseconds(sub_job.begin),
        "end_time": milliseconds(sub_job.end),
        "entities": entities,
    } | _error_fields(world, job.finished, code, reason)
