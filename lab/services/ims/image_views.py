"""JSON views of images and image jobs."""

from datetime import datetime
from typing import Any

from lab.services.service_app import milliseconds, seconds
from lab.world.images.image_lists import image_type_for, visibility_for, visible_tags
from lab.world.procedures import Job, SubJob
from lab.world.records import Image
from lab.world.state import World

JOB_TYPES_OF_2022 = {
    # Only the first of them is in a sample of that time; the others are formed like it.
    "imsCreateImageByInstance": "createImageByInstance",
    "imsImportImageJob": "importImage",
    "imsVolumeCreateImageJob": "createImageByVolume",
}


def tag_texts(world: World, tags: dict[str, str | None]) -> list[str]:
    """Return tags as `key=value`; a bare key of the native interface stays bare."""
    between = world.variants.image_tags_as
    return [key if value is None else f"{key}{between}{value}" for key, value in tags.items()]


def show_image(world: World, image: Image, project_id: str) -> dict[str, Any]:
    """Return the image object of lists, PATCH and the native interface."""
    body: dict[str, Any] = {
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "owner": image.project_id,
        "visibility": visibility_for(image, project_id),
        "protected": image.protected,
        "tags": tag_texts(world, visible_tags(world, image)),
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "disk_format": image.disk_format,
        "container_format": "bare",
        "size": 0,
        "virtual_size": None,
        "checksum": "",
        "created_at": seconds(image.created_at),
        "updated_at": seconds(image.updated_at),
        "file": f"/v2/images/{image.id}/file",
        "self": f"/v2/images/{image.id}",
        "schema": "/v2/schemas/image",
        "virtual_env_type": image.virtual_env_type,
        "enterprise_project_id": image.enterprise_project_id,
        **_underscored(image, project_id),
        **image.attributes,
    }
    return body | _optional(image)


def _underscored(image: Image, project_id: str) -> dict[str, Any]:
    return {
        "__imagetype": image_type_for(image, project_id),
        "__isregistered": "true",
        "__image_source_type": "uds",
        "__image_size": str(image.size_bytes),
        "__os_type": image.os_type,
        "__os_bit": image.os_bit,
        "__platform": image.platform,
        "__os_version": image.os_version,
        "__data_origin": image.data_origin,
        "__originalimagename": image.original,
        "__backup_id": "",
        "__productcode": "",
        "__lazyloading": "true",
        "__support_kvm": image.attributes.get("__support_kvm", "true"),
    }


def _optional(image: Image) -> dict[str, Any]:
    """Return the attributes that are missing if they were never set."""
    found: dict[str, Any] = {}
    if image.description is not None:
        found["__description"] = image.description
    if image.max_ram is not None:
        found["max_ram"] = str(image.max_ram)
    if image.hw_firmware_type is not None:
        found["hw_firmware_type"] = image.hw_firmware_type
    if image.active_at is not None:
        found["active_at"] = seconds(image.active_at)
    if image.root_origin is not None:
        found["__root_origin"] = image.root_origin
    if image.cmk_id is not None:
        found["__system__cmkid"] = image.cmk_id
    if image.architecture == "arm":
        found["__support_arm"] = "true"
    return found


def show_job(world: World, job: Job, is_progress_path: bool) -> dict[str, Any]:
    """Return an image job for either of the two paths; the progress path spells the sub-job's id its own way."""
    return {
        "job_id": job.id,
        "job_type": _job_type(world, job),
        "status": job.status,
        "begin_time": _time(world, job.begin),
        "end_time": _time(world, job.end),
        "error_code": job.error_code,
        "fail_reason": job.fail_reason,
        "entities": _entities(world, job, is_progress_path),
    }


def _job_type(world: World, job: Job) -> str:
    old = world.variants.image_job_types == "2022"
    return JOB_TYPES_OF_2022.get(job.job_type, job.job_type) if old else job.job_type


def _time(world: World, moment: datetime | None) -> str:
    if moment is not None and world.variants.job_time_format == "2015":
        return f"{moment.strftime('%d-%b-%Y %H:%M:%S')}:{moment.microsecond // 1000:03d}"
    return milliseconds(moment)


def _entities(world: World, job: Job, is_progress_path: bool) -> dict[str, Any]:
    if job.status == "FAIL" and world.variants.failed_job_entities == "empty":
        return {}
    entities: dict[str, Any] = {"process_percent": _fraction(world, job), "current_task": _task(job)}
    entities.update(job.entities)
    early = world.variants.image_id_in_running_job == "early" or job.finished
    if job.sub_jobs:
        entities["sub_jobs_result"] = [_sub_job(world, s, early) for s in job.sub_jobs]
        entities["sub_jobs_list"] = [s.job_id for s in job.sub_jobs]
        if is_progress_path:
            entities["subJobId"] = job.sub_jobs[0].job_id
    elif "image_id" in job.params:
        entities["image_name"] = job.params.get("image_name", "")
        if early:
            entities["image_id"] = job.params["image_id"]
    return entities


def _fraction(world: World, job: Job) -> float:
    if world.variants.process_percent == "stuck":
        return 0.2
    if job.status == "SUCCESS":
        return 1.0
    steps = len(world.jobs.steps()[job.kind])
    return round(min(job.step / steps, 0.99), 2)


def _task(job: Job) -> str:
    first = {"import_image": "ImportImageTask", "capture_image": "CreateImageByInstanceTask"}
    return f"{first.get(job.kind, '')}:{job.step_name}" if job.kind in first else f"{job.step_name}:"


def _sub_job(world: World, sub_job: SubJob, early: bool) -> dict[str, Any]:
    entities = {k: v for k, v in sub_job.entities.items() if early or k != "image_id"}
    return {
        "job_id": sub_job.job_id,
        "job_type": sub_job.job_type,
        "status": sub_job.status,
        "begin_time": _time(world, sub_job.begin),
        "end_time": _time(world, sub_job.end),
        "error_code": sub_job.error_code,
        "fail_reason": sub_job.fail_reason,
        "entities": entities,
    }
