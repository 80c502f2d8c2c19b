"""The dead-man timer: a time at which the cloud deletes the temporary server by itself, put off while somebody waits.

So a run that is gone for ever does not pay for ever. The time is set after the server was made, not in the request that
makes it: that one must stay the same when it is repeated.

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
"""How often a timer is put off before it would have ended."""

Choice = Literal["auto", "on", "off"]


def lease_minutes(region: str, choice: Choice, timeout_minutes: float) -> float | None:
    """How long a server lives without anybody who waits; None where the cloud shall not delete it.

    Args:
        choice: auto: in the regions that are known to offer it.
        timeout_minutes: how long the installation may take.
    """
    wanted = choice == "on" or (choice == "auto" and region in REGIONS)
    return timeout_minutes + MARGIN_MINUTES if wanted else None


def extend(cloud: Cloud, server_id: str, minutes: float) -> datetime | None:
    """Let a server live for so long from now; None, after a warning, where the cloud does not take it."""
    until = (cloud.service_time("ecs") or datetime.now(UTC)) + timedelta(minutes=minutes + 1)
    try:
        cloud.ecs.set_auto_terminate_time(server_id, until)
    except Cancelled:
        raise
    except CloudError as error:
        process.log(f"the server has no time at which the cloud deletes it by itself: {error}", "warning")
        return None
    return until


class Lease:
    """The timer of a server that somebody waits for.

    Args:
        minutes: how long it runs; None for no timer.
    """

    def __init__(self, cloud: Cloud, server_id: str, minutes: float | None) -> None:
        self._cloud, self._server_id, self._minutes = cloud, server_id, minutes
        self._renewed = float("-inf")

    def renew(self) -> None:
        """Put the end off, if it is time to."""
        if self._minutes is None:
            return
        if time.monotonic() - self._renewed < self._minutes * 60 / RENEWALS:
            return
        self._renewed = time.monotonic()
        if extend(self._cloud, self._server_id, self._minutes) is None:
            self._minutes = None

    def extend_final(self, minutes: float) -> None:
        """Give what comes next its time, for then nobody renews the timer."""
        if self._minutes is not None:
            extend(self._cloud, self._server_id, max(minutes, self._minutes))
