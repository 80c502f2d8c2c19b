"""State that the page shows: the lab's records, its clock, and the newest requests of the journal."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from lab.browser.event_stream import Sections, difference
from lab.browser.world_views import Section, bucket_section, world_sections
from lab.commands.command_name import COMMAND
from lab.journal.request_journal import Journal
from lab.obs import ObjectStore
from lab.variants.faults import Faults
from lab.world.state import World

SHOWN_REQUESTS = 500
"""Newest requests on a page. Of a burst between two updates the page gets as many."""
BUCKETS_INTERVAL_S = 2.0


@dataclass(frozen=True)
class State:
    """
    State at one moment.

    Attributes:
        about: Health, clock and driver of the lab.
        sections: Views of the records.
        requests: Requests since the state before, oldest first.
        skipped: Number of requests since then that are not among them.
        is_cleared: True if the journal was emptied since the state before.
    """

    about: dict[str, Any]
    sections: Sections
    requests: list[dict[str, Any]]
    skipped: int
    is_cleared: bool


class LiveView:
    """
    Reader of the lab's state.

    Args:
        world: State of the cloud.
        journal: Requests.
        faults: Faults of requests.
        objects: Object store.
        owner_id: Account whose buckets are shown.
        has_novnc: True if the browser's side of screens is installed.
    """

    def __init__(
        self, world: World, journal: Journal, faults: Faults, objects: ObjectStore, owner_id: str, has_novnc: bool
    ) -> None:
        self._world, self._journal, self._faults = world, journal, faults
        self._objects, self._owner_id, self._has_novnc = objects, owner_id, has_novnc
        self._recent: deque[dict[str, Any]] = deque(maxlen=SHOWN_REQUESTS)
        self._seen, self._clearings = 0, journal.clearings
        self._buckets: Section = {}
        self._buckets_due = 0.0

    async def read(self) -> State:
        """Read the present state."""
        if time.monotonic() >= self._buckets_due:
            self._buckets = await self._world.drive(bucket_section, self._objects, self._owner_id)
            self._buckets_due = time.monotonic() + BUCKETS_INTERVAL_S
        sections = {**world_sections(self._world, self._faults), "buckets": self._buckets}
        is_cleared = self._clearings != self._journal.clearings
        if is_cleared:
            self._clearings = self._journal.clearings
            self._recent.clear()
        requests = self._journal.headlines(self._seen, SHOWN_REQUESTS)
        skipped = 0
        if requests:
            skipped = requests[0]["seq"] - self._seen - 1 if self._seen else 0
            self._seen = requests[-1]["seq"]
        self._recent.extend(requests)
        return State(self._about(), sections, requests, skipped, is_cleared)

    def full(self, state: State) -> dict[str, Any]:
        """Return everything for a new page."""
        sections = {name: list(views.values()) for name, views in state.sections.items()}
        steps = self._world.jobs.steps()
        return {"about": state.about, "sections": sections, "requests": list(self._recent), "job_steps": steps}

    def news(self, before: State, now: State) -> dict[str, Any]:
        """Return the changes between two states."""
        return {
            "about": now.about,
            "sections": difference(before.sections, now.sections),
            "requests": now.requests,
            "skipped": now.skipped,
            "is_cleared": now.is_cleared,
        }

    def _about(self) -> dict[str, Any]:
        world = self._world
        return {
            "time": world.now().isoformat(timespec="milliseconds"),
            "time_scale": world.clock.scale,
            "driver": world.driver.name,
            "has_novnc": self._has_novnc,
            "command": COMMAND,
            "problems": list(world.supervisor.problems.values()),
        }
