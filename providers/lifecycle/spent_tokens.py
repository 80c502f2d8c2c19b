"""
Client tokens that an earlier request has spent, recognized by the response to the repeated request.

The service answers a repeated token with the response to its first request, whose server may have failed or be gone.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from huaweicloud import polling
from huaweicloud.errors import NotFound
from huaweicloud.waits import poll_interval
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import CreatedServer
    from huaweicloud.models.jobs import ServerJob


def is_spent(cloud: Cloud, created: CreatedServer, before: datetime | None) -> bool:
    """
    Return True if a response is that of an earlier request whose server has failed or is gone.

    Times in responses are whole seconds. Within a second or two only the server distinguishes an old response from a
    new one.

    Args:
        cloud: Client of the region.
        created: The response.
        before: Time of the service before the request.
    """
    job = _known_job(cloud, created)
    if job is None:
        return not _shows(cloud, created)
    is_old = before is not None and job.begin_time is not None and (before - job.begin_time).total_seconds() > 1
    if job.status == "FAIL":
        return is_old
    if job.status != "SUCCESS" or _shows(cloud, created):
        return False
    ends = time.monotonic() + (0 if is_old else polling.JOB_MAY_BE_LATE_S)
    while time.monotonic() < ends:
        process.pause(poll_interval.MIN_INTERVAL_S, "the server")
        if _shows(cloud, created):
            return False
    return True


def _known_job(cloud: Cloud, created: CreatedServer) -> ServerJob | None:
    """
    Return the job of a response; None if it is not known, and its server shows or neither shows for long.

    Not documented: if a new job can be read at once, and how long a finished one.
    """
    ends = time.monotonic() + polling.JOB_MAY_BE_LATE_S
    while True:
        try:
            return cloud.ecs.get_job(created.job_id)
        except NotFound:
            if time.monotonic() >= ends or _shows(cloud, created):
                return None
        process.pause(poll_interval.MIN_INTERVAL_S, "the server's job")


def _shows(cloud: Cloud, created: CreatedServer) -> bool:
    return any(cloud.ecs.get_server(server_id) is not None for server_id in created.server_ids)
