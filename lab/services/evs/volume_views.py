"""JSON views of disks, disk types and jobs."""

from typing import Any

from fastapi import FastAPI

from lab.services.service_app import microseconds, milliseconds
from lab.world.procedures import Job
from lab.world.records import Volume
from lab.world.state import World
from lab.world.volumes.volume_orders import VolumeType


def show_volume(app: FastAPI, volume: Volume) -> dict[str, Any]:
    """Return the disk object of details and lists."""
    base, project = app.state.endpoints["evs"], volume.project_id
    return {
        "id": volume.id,
        "name": volume.name,
        "description": volume.description,
        "status": volume.status,
        "size": volume.size_gib,
        "volume_type": volume.volume_type,
        "availability_zone": volume.availability_zone,
        "user_id": volume.user_id,
        "wwn": "688860300" + volume.id.replace("-", "")[:23],
        "service_type": "EVS",
        "enterprise_project_id": volume.enterprise_project_id,
        "serial_number": volume.id[:20],
        "bootable": _bootable(app.state.world, volume),
        "encrypted": volume.metadata.get("__system__encrypted") == "1",
        "multiattach": volume.multiattach,
        "shareable": "false",
        "attachments": [_attachment(volume)] if volume.attachment_id else [],
        "volume_image_metadata": volume.image_metadata,
        "metadata": volume.metadata,
        "tags": volume.tags,
        "created_at": microseconds(volume.created_at),
        "updated_at": microseconds(volume.updated_at),
        "links": [
            {"rel": "self", "href": f"{base}/v2/{project}/volumes/{volume.id}"},
            {"rel": "bookmark", "href": f"{base}/{project}/volumes/{volume.id}"},
        ],
        "os-vol-host-attr:host": f"{volume.availability_zone}#{volume.volume_type}",
        "os-vol-tenant-attr:tenant_id": project,
        "replication_status": "disabled",
        **dict.fromkeys(_RESERVED),
        **_performance(volume),
    }


def show_changed_volume(app: FastAPI, volume: Volume) -> dict[str, Any]:
    """Return the disk object of a change's response, which has no envelope and fewer fields."""
    shown = show_volume(app, volume)
    return {name: shown[name] for name in CHANGED_FIELDS}


CHANGED_FIELDS = (
    "id", "name", "description", "status", "size", "volume_type", "availability_zone", "bootable", "multiattach",
    "shareable", "attachments", "metadata", "volume_image_metadata", "created_at", "links", "snapshot_id",
    "source_volid", "os-vol-host-attr:host", "os-vol-tenant-attr:tenant_id", "os-volume-replication:extended_status",
)  # fmt: skip


def _attachment(volume: Volume) -> dict[str, Any]:
    return {
        "server_id": volume.server_id,
        "attachment_id": volume.attachment_id,
        "volume_id": volume.id,
        "id": volume.id,
        "device": volume.device,
        "host_name": None,
        "attached_at": microseconds(volume.attached_at),
    }


def _performance(volume: Volume) -> dict[str, Any]:
    values = {"iops": volume.iops, "throughput": volume.throughput}
    return {
        name: {"frozened": False, "id": f"{name}-{volume.id}", "total_val": value}
        for name, value in values.items()
        if value is not None
    }


def _bootable(world: World, volume: Volume) -> str:
    installed = volume.server_id is not None and world.variants.data_disk_bootable == "true"
    return str(volume.bootable or installed).lower()


_RESERVED = (
    "source_volid",
    "snapshot_id",
    "consistencygroup_id",
    "os-vol-mig-status-attr:migstat",
    "os-vol-mig-status-attr:name_id",
    "os-volume-replication:extended_status",
    "dedicated_storage_id",
    "dedicated_storage_name",
)


def show_job(job: Job) -> dict[str, Any]:
    """Return a disk job."""
    entities: dict[str, Any] = dict(job.entities)
    if job.sub_jobs:
        entities["sub_jobs"] = [
            {
                "status": s.status,
                "job_id": s.job_id,
                "job_type": s.job_type,
                "begin_time": milliseconds(s.begin),
                "end_time": milliseconds(s.end),
                "error_code": s.error_code,
                "fail_reason": s.fail_reason,
                "entities": s.entities,
            }
            for s in job.sub_jobs
        ]
    return {
        "status": job.status,
        "job_id": job.id,
        "job_type": job.job_type,
        "begin_time": milliseconds(job.begin),
        "end_time": milliseconds(job.end),
        "error_code": job.error_code,
        "fail_reason": job.fail_reason,
        "entities": entities,
    }


def show_type(kind: VolumeType) -> dict[str, Any]:
    zones = ",".join(kind.zones)
    specs = {
        "RESKEY:availability_zones": zones,
        "volume_backend_name": kind.name,
        "availability-zone": kind.zones[0],
        "HW:availability_zone": kind.zones[0],
    }
    if kind.sold_out:
        specs["os-vendor-extended:sold_out_availability_zones"] = ",".join(kind.sold_out)
    return {
        "id": kind.id,
        "name": kind.name,
        "is_public": True,
        "qos_specs_id": None,
        "description": None,
        "extra_specs": specs,
    }
