"""Views of the lab's records for the page: plain values by id, without anything secret."""

from collections.abc import Iterable
from heapq import nlargest
from typing import Any

from lab.obs import ObjectStore
from lab.variants.faults import Faults
from lab.variants.variant_catalog import list_variants
from lab.world.procedures import Job
from lab.world.records import Image, Server, Volume
from lab.world.servers.booting import BOOT_NAME
from lab.world.servers.server_status import status_of
from lab.world.state import World

SHOWN_JOBS = 300
SHOWN_OBJECTS = 200
SHOWN_BUCKETS = 50

View = dict[str, Any]
Section = dict[str, View]
"""Views by id."""


def world_sections(world: World, faults: Faults) -> dict[str, Section]:
    """Return everything that the page shows of the records, by section."""
    public = {image.id for image in world.images if image.imagetype == "gold"}
    servers = [server for server in world.servers if server.vm_state != "deleted"]
    return {
        "servers": _by_id(_server(world, server) for server in servers),
        "jobs": _by_id(_job(world, job) for job in nlargest(SHOWN_JOBS, world.jobs.records, key=lambda j: j.begin)),
        "images": _by_id(_image(image) for image in world.images if image.id not in public),
        "disks": _by_id(_disk(world, volume) for volume in world.volumes),
        "faults": _by_id(fault.model_dump() for fault in faults.rules),
        "job_faults": {str(n): {"id": str(n), **f.model_dump()} for n, f in enumerate(world.jobs.faults)},
        "held": {str(n): {"id": str(n), **held} for n, held in enumerate(faults.holds.listed())},
        "variants": _variants(world),
    }


def bucket_section(objects: ObjectStore, owner_id: str) -> Section:
    """Return the first objects of each bucket; it reads files, so it is called from a thread."""
    section: Section = {}
    for bucket in objects.buckets(owner_id)[:SHOWN_BUCKETS]:
        listed = objects.list_objects(bucket.name, limit=SHOWN_OBJECTS)
        shown = [
            {"key": entry.key, "size_bytes": entry.size, "time": entry.last_modified.isoformat()}
            for entry in listed.contents
        ]
        section[bucket.name] = {"id": bucket.name, "objects": shown, "is_cut": listed.truncated}
    return section


def _by_id(views: Iterable[View]) -> Section:
    return {view["id"]: view for view in views}


def _server(world: World, server: Server) -> View:
    fault = server.fault or {}
    return {
        "id": server.id,
        "name": server.name,
        "status": status_of(world, server),
        "task": server.task_state,
        "runs": server.vm_state == "active" and not server.guest_is_off,
        "image": server.image_name,
        "flavor": server.flavor_id,
        "firmware": server.firmware,
        "from_iso": server.from_iso,
        "addresses": [nic.address for nic in server.nics],
        "created_at": server.created_at.isoformat(),
        "fault": str(fault.get("message", "")),
        "was_booted_here": server.name.startswith(BOOT_NAME),
    }


def _job(world: World, job: Job) -> View:
    return {
        "id": job.id,
        "service": job.service,
        "kind": job.kind,
        "status": job.status,
        "step": job.step_name,
        "begin": job.begin.isoformat(),
        "end": job.end.isoformat() if job.end else None,
        "code": job.error_code,
        "reason": job.fail_reason,
        "subject": _subject(world, job),
    }


def _subject(world: World, job: Job) -> str:
    """Return the name of the resource that a job works on, empty if the job does not name it."""
    named = {**job.params, **job.entities}
    for part in job.sub_jobs:
        named |= part.entities
    kinds = (("server_id", world.servers), ("image_id", world.images), ("volume_id", world.volumes))
    for key, records in kinds:
        found: Server | Image | Volume | None = records.get(str(named.get(key)))
        if found is not None:
            return found.name
    return str(named.get("image_name") or "")


def _image(image: Image) -> View:
    return {
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "kind": {"IsoImage": "ISO", "DataImage": "data disk"}.get(image.virtual_env_type, "system disk"),
        "is_bootable": image.status == "active" and image.virtual_env_type == "FusionCompute",
        "size_bytes": image.size_bytes,
        "min_disk": image.min_disk,
        "firmware": image.hw_firmware_type or "bios",
        "os": image.os_version,
        "tags": [key if value is None else f"{key}={value}" for key, value in image.tags.items()],
        "created_at": image.created_at.isoformat(),
    }


def _disk(world: World, volume: Volume) -> View:
    server = world.servers.get(volume.server_id) if volume.server_id else None
    return {
        "id": volume.id,
        "name": volume.name,
        "status": volume.status,
        "size_gib": volume.size_gib,
        "type": volume.volume_type,
        "is_bootable": volume.bootable,
        "server": server.name if server else "",
        "device": volume.device or "",
    }


def _variants(world: World) -> Section:
    chosen = world.settings.variants
    return {
        variant.name: {
            "id": variant.name,
            "values": list(variant.values),
            "value": getattr(chosen, variant.name),
            "default": variant.default,
            "changes": variant.changes,
        }
        for variant in list_variants()
    }
