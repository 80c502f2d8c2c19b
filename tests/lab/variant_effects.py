"""Effects of each value of the lab's variants, as the procedure sees them."""

from collections.abc import Callable
from typing import Any

Seen = dict[str, Any]

SHOWS: dict[str, dict[str, Callable[[Seen], bool]]] = {
    "server_during_create": {
        "build": lambda s: s["during_create"] == 200,
        "not_found": lambda s: s["during_create"] == 404,
    },
    "volumes_attached_during_build": {
        "complete": lambda s: s["disks_during_build"] == 2,
        "partial": lambda s: s["disks_during_build"] == 1,
        "empty": lambda s: s["disks_during_build"] == 0,
    },
    "data_disk_boot_index": {
        "1": lambda s: s["boot_indexes"] == ["0", "1"],
        "-1": lambda s: s["boot_indexes"] == ["0", "-1"],
        "null": lambda s: s["boot_indexes"] == ["0", None],
    },
    "system_disk_listed": {
        "first": lambda s: s["boot_indexes"][0] == "0",
        "last": lambda s: s["boot_indexes"][1] == "0",
    },
    "guest_power_off": {
        "shutoff": lambda s: s["off"] == ("SHUTOFF", 4),
        "shutoff_late": lambda s: s["off"] == ("SHUTOFF", 4),
        "active": lambda s: s["off"] == ("ACTIVE", 4),
    },
    "deleted_server": {
        "deleted_then_404": lambda s: s["after_delete"] == "DELETED",
        "404": lambda s: s["after_delete"] == "404",
        "deleted_long": lambda s: s["after_delete"] == "DELETED",
    },
    "server_outlives_delete_job": {
        "no": lambda s: s["after_delete"] in ("DELETED", "404"),
        "yes": lambda s: s["after_delete"] == "SHUTOFF",
    },
    "unknown_job": {"400": lambda s: s["unknown_job"] == 400, "404": lambda s: s["unknown_job"] == 404},
    "job_error_fields_running": {
        "absent": lambda s: "error_code" not in s["running_ecs_job"],
        "null": lambda s: s["running_ecs_job"]["error_code"] is None,
    },
    "image_id_in_running_job": {
        "early": lambda s: "image_id" in s["running_ims_job"]["entities"],
        "end": lambda s: "image_id" not in s["running_ims_job"]["entities"],
    },
    "job_time_format": {
        "iso": lambda s: s["image_job"]["begin_time"].endswith("Z"),
        "2015": lambda s: s["image_job"]["begin_time"][2] == "-",
    },
    "image_job_types": {
        "2024": lambda s: s["image_job"]["job_type"] == "imsVolumeCreateImageJob",
        "2022": lambda s: not s["image_job"]["job_type"].startswith("ims"),
    },
    "process_percent": {
        "to_1": lambda s: s["image_job"]["entities"]["process_percent"] == 1,
        "stuck": lambda s: s["image_job"]["entities"]["process_percent"] == 0.2,
    },
    "image_tags_as": {
        "=": lambda s: s["image"]["tags"] == ["k=v"],
        ".": lambda s: s["image"]["tags"] == ["k.v"],
    },
    "page_info": {
        "absent": lambda s: "page_info" not in s["image_list"],
        "present": lambda s: "page_info" in s["image_list"],
    },
    "image_error_shape": {
        "wrapped": lambda s: s["image_error"]["error"]["code"] == "IMG.0017",
        "flat": lambda s: s["image_error"]["error_code"] == "IMG.0017",
    },
    "server_error_shape": {
        "usual": lambda s: s["server_error"]["error"]["code"] == "Ecs.0005",
        "swapped": lambda s: s["server_error"]["error"]["message"] == "Ecs.0005",
    },
    "native_errors": {
        "xml": lambda s: s["missing_image"][1] == "application/xml",
        "json": lambda s: s["missing_image"][1] == "application/json",
    },
    "delete_missing_image": {
        "404": lambda s: s["missing_image"][0] == 404,
        "400": lambda s: s["missing_image"][0] == 400,
    },
    "data_disk_bootable": {
        "false": lambda s: s["bootable"] == "false",
        "true": lambda s: s["bootable"] == "true",
    },
    "console_of_stopped_server": {
        "refused": lambda s: s["console"] == 400,
        "url": lambda s: s["console"] == 200,
    },
    "volume_during_capture": {
        "uploading": lambda s: s["captured_volume"] == "uploading",
        "in-use": lambda s: s["captured_volume"] == "in-use",
    },
    "flow_limit_under_202": {
        "no": lambda s: "flow_limit" not in s,
        "yes": lambda s: s["flow_limit"] == 202,
    },
}
