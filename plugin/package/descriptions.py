"""Descriptions of properties that several resources have, where no model describes them."""

RESOLVED = frozenset(
    {"flavor_details", "iso_image_details", "os_version_details", "quotas", "source_details", "volume_types"}
)
"""Properties that check() looks up in the cloud."""

OF_PROPERTIES = {
    "addresses": "Addresses of the server of the test.",
    "build_id": "Id of the build: that of its BuildIdentity.",
    "built_at": "Time at which the build began (UTC, ISO 8601).",
    "copied_to": "Regions that the image was ever copied to.",
    "copy_id": "Id of the copy.",
    "content": "Content of the ISO file, as the object store identifies it.",
    "customised_sha256": "SHA-256 digest of the uploaded copy with answers.",
    "data_volume_id": "Id of the data disk, which becomes the image.",
    "detected_os_version": "Operating system that the service has found in the image.",
    "duration_s": "Seconds of work.",
    "etag": "Entity tag of the object, which identifies its content.",
    "evidence": "Files with the console and the screen of the server of the test, on the machine that ran it.",
    "exported": "Object as <bucket>:<object>.",
    "exported_to": "Objects that the image was ever exported to.",
    "flavor_details": "vCPUs, memory and boot modes of the flavor.",
    "history_id": "Id of the history of kept images.",
    "image_id": "Id of the image.",
    "iso_image_details": "Properties of the ISO image.",
    "iso_image_id": "Id of the ISO image that the server boots.",
    "lease_minutes": "Minutes without a run that waits, after which the cloud deletes the server by itself.",
    "made_of": "Digests that the location of an upload follows from, by setting.",
    "min_disk": "Smallest system disk of a server from the image, in GiB.",
    "name": "Name in the cloud.",
    "os_version_details": "Entry of the service's list of operating systems.",
    "owner": "Id of the resource that owns the object in the cloud.",
    "queued_s": "Seconds in a queue.",
    "region": "Region, by its id or its name in `regions`.",
    "requests": "Number of requests sent.",
    "server_id": "Id of the temporary server.",
    "server_name": "Name of the temporary server.",
    "server_status": "State of the temporary server: `deleted`.",
    "sha256": "SHA-256 digest of the ISO file, if one was computed.",
    "size": "Size of the image in bytes.",
    "size_bytes": "Size of the object in bytes.",
    "source_details": "Properties of the ISO file.",
    "status": "State of the object.",
    "system_volume_id": "Id of the system disk.",
    "timeout_minutes": "Time limit in minutes.",
    "volume_id": "Id of the disk that becomes the image.",
    "volume_types": "Disk types that the zone offers.",
}
