"""
Lease of the temporary server: a time at which the cloud deletes it by itself, extended while a run waits for it.

So a run that never returns does not cost money for ever. The time is set after the creation of the server, not in its
request, which must stay the same when it is repeated.

Source: ECS POST /v1/{project_id}/cloudservers/{server_id}/actions/update-auto-terminate-time; the reference of the
creation says that only some regions have it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from huaweicloud.errors import Cancelled, CloudError
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

REGIONS = frozenset({"cn-north-4", "cn-south-1"})
MARGIN_MINUTES = 60.0
RENEWALS = 4
"""Number of extensions in the time of one lease."""

Choice = Literal["auto", "on", "off"]


def lease_minutes(region: str, choice: Choice, timeout_minutes: float) -> float | None:
    """
    Return the minutes that a server lives while no run waits for it; None if the cloud is not to delete it.

    Args:
        region: Id of the region.
        choice: Setting of the stack; `auto` means in the regions that are known to offer it.
        timeout_minutes: Minutes that the installation may take.
    """
    has_lease = choice == "on" or (choice == "auto" and region in REGIONS)
    return timeout_minutes + MARGIN_MINUTES if has_lease else None


def extend(cloud: Cloud, server_id: str, minutes: float) -> datetime | None:
    """Extend the lease of a server to some minutes from now; warn and return None if the cloud refuses it."""
    until = (cloud.service_time("ecs") or datetime.now(UTC)) + timedelta(minutes=minutes + 1)
    try:
        cloud.ecs.set_auto_terminate_time(server_id, until)
    except Cancelled:
        raise
    except CloudError as error:
        process.log(f"could not set the automatic deletion time of the server: {error}", "warning")
        return None
    return until


class Lease:
    """
    Lease of a server that a run waits for.

    Args:
        cloud: Client of the region.
        server_id: Id of the server.
        minutes: Minutes from one extension to the deletion; None for no lease.
    """

    def __init__(self, cloud: Cloud, server_id: str, minutes: float | None) -> None:
        self._cloud, self._server_id, self._minutes = cloud, server_id, minutes
        self._renewed = float("-inf")

    def renew(self) -> None:
        """Extend the lease if a part of its time has passed."""
        if self._minutes is None:
            return
        if time.monotonic() - self._renewed < self._minutes * 60 / RENEWALS:
            return
        self._renewed = time.monotonic()
        if extend(self._cloud, self._server_id, self._minutes) is None:
            self._minutes = None

    def extend_final(self, minutes: float) -> None:
        """Extend the lease for the last time, by the time of the next steps, which do not extend it."""
        if self._minutes is not None:
            extend(self._cloud, self._server_id, max(minutes, self._minutes))
