"""Inventory of uploaded ISO files in the object store: objects, and uploads in parts that were never completed."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from commands.sweep.inventory import Leftover
from config.constraints import TAG_KEY
from config.iso_file.iso_upload import FOLDER
from huaweicloud.cloud import Cloud
from huaweicloud.errors import CloudError, PermissionDenied, UnexpectedState
from huaweicloud.obs_listing import StoredObject, StoredUpload

IDLE = timedelta(hours=1)
"""Least time since the last part of an upload that may be aborted: no run that still sends pauses for so long."""
SENDING, UNFINISHED = "sending", "unfinished"
_KEY = re.compile(rf"{FOLDER}/([0-9a-f]{{64}})\.iso")


def upload_id(location: str) -> str:
    """Return the id by which an upload is named: the beginning of its digest; "" for the objects of others."""
    found = _KEY.fullmatch(location.rpartition(":")[2])
    return found.group(1)[:16] if found else ""


def find(cloud: Cloud, buckets: Iterable[str] = ()) -> list[Leftover]:
    """
    Return the uploads in some buckets.

    Args:
        cloud: Client of the region.
        buckets: Names of the buckets; none: all in the region, except those that may not be listed.

    Raises:
        CloudError: The buckets cannot be listed.
    """
    chosen = list(buckets)
    found: list[Leftover] = []
    for bucket in chosen or cloud.obs_listing.buckets(cloud.region):
        try:
            found += [*_uploads(cloud, bucket), *_objects(cloud, bucket)]
        except PermissionDenied:
            if chosen:
                raise
    return found


def _uploads(cloud: Cloud, bucket: str) -> Iterator[Leftover]:
    for upload in cloud.obs_listing.uploads(bucket, f"{FOLDER}/"):
        build_id = upload_id(upload.key)
        if build_id:
            yield Leftover(
                "upload",
                f"{bucket}:{upload.key}",
                upload.key,
                build_id,
                "upload",
                SENDING if _is_sending(cloud, bucket, upload) else UNFINISHED,
                upload.initiated,
                False,
                delete=partial(_abort, cloud, bucket, upload),
            )


def _objects(cloud: Cloud, bucket: str) -> Iterator[Leftover]:
    for stored in cloud.obs_listing.objects(bucket, f"{FOLDER}/"):
        build_id = upload_id(stored.key)
        found = cloud.obs.head_object(bucket, stored.key) if build_id else None
        if found is not None and TAG_KEY in found.metadata:
            yield _object(cloud, bucket, stored, build_id)


def _object(cloud: Cloud, bucket: str, stored: StoredObject, build_id: str) -> Leftover:
    return Leftover(
        "object",
        f"{bucket}:{stored.key}",
        stored.key,
        build_id,
        "object",
        "stored",
        stored.last_modified,
        True,
        size_gib=stored.size_bytes / 2**30,
        delete=partial(cloud.obs_uploads.delete_object, bucket, stored.key),
    )


def _is_sending(cloud: Cloud, bucket: str, upload: StoredUpload) -> bool:
    last = cloud.obs_listing.last_part_at(bucket, upload)
    now = cloud.service_time("obs") or datetime.now(UTC)
    return last is not None and now - last < IDLE


def _abort(cloud: Cloud, bucket: str, upload: StoredUpload) -> None:
    """
    Abort an upload, unless a run still sends it.

    Raises:
        CloudError: The upload has got a part within the last hour, or cannot be aborted.
    """
    if _is_sending(cloud, bucket, upload):
        raise UnexpectedState(
            "it has got a part within the last hour, so a run may still send it",
            hint="run `pulumi up`, which continues it, or sweep again an hour after its last part",
        )
    cloud.obs_uploads.abort(bucket, upload.key, upload.id)


def reason(error: CloudError) -> str:
    """Return a sentence for uploads that cannot be listed."""
    return f"uploads of ISO files are not listed: {error.with_hint()}"
