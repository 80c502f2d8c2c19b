"""Steps of builds on the clock: a resource is recorded when its step ends, and its outputs contain the duration."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from commands.state.exported_stack import Recorded
from commands.summary import OPTIONAL, SHARED, STEPS
from config.resource_types import (
    BUILD_IDENTITY,
    CAPTURED_IMAGE,
    IMAGE_VERIFICATION,
    ISO_IMAGE,
    ISO_OBJECT,
    OS_INSTALLATION,
    TEMP_SERVER,
    TEMP_SERVER_TEARDOWN,
)

KINDS = {
    "upload": ISO_OBJECT,
    "iso_image": ISO_IMAGE,
    "temporary_server": TEMP_SERVER,
    "installation": OS_INSTALLATION,
    "captured_image": CAPTURED_IMAGE,
    "teardown": TEMP_SERVER_TEARDOWN,
    "verification": IMAGE_VERIFICATION,
}
"""Kind of the resource of each step."""
OF_IMPORTS = "IsoImageImport$"
"""Part of the URN of the resources of an import, which several builds may share."""
SHORTEST_PAUSE_S = 60.0
PAUSE_SHARE = 0.15
"""Share of the time in steps from which a pause is a long one, if it is not shorter than the seconds above."""


class StepTime(NamedTuple):
    """
    Step of a build, in seconds since the epoch.

    Attributes:
        build: Name of the build.
        step: Key of the step, see commands.summary.STEPS.
        begin: Begin of the step, or of its time in a queue.
        end: End of the step; the time of the report if it is under way.
        queued_s: Seconds in a queue, before its work.
        requests: Number of requests; None if it is unknown.
        is_shared: True if another build's row shows the same import.
        is_open: True if the step has not ended.
        turn: Time when the build was declared, which may wait for its turn; None for later steps.
    """

    build: str
    step: str
    begin: float
    end: float
    queued_s: float = 0.0
    requests: int | None = None
    is_shared: bool = False
    is_open: bool = False
    turn: float | None = None

    @property
    def work_begin(self) -> float:
        """Return the begin of the step's work, after the queue."""
        return min(self.begin + self.queued_s, self.end)

    @property
    def seconds(self) -> float:
        """Return the seconds of the step's work."""
        return self.end - self.work_begin


@dataclass(frozen=True)
class BuildSteps:
    """
    Recorded steps of a build.

    Attributes:
        name: Name of the build.
        build_id: Id of the build.
        steps: Steps with known times, in the order of the procedure.
        next_step: Key of the first step without a resource; "" for a finished build. A test is unknown before its end.
        next_since: Time since when that step can work; None if it is unknown.
        server: Outputs of its temporary server; empty before the server exists.
        image: Outputs of its image; empty before the image exists.
        test: Outputs of the test of its image; empty without one.
    """

    name: str
    build_id: str
    steps: tuple[StepTime, ...]
    next_step: str
    next_since: float | None
    server: Mapping[str, Any]
    image: Mapping[str, Any]
    test: Mapping[str, Any]


def time_of(text: str) -> float | None:
    """Return a time of Pulumi in seconds since the epoch; None if it is not one."""
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def number(value: Any) -> float:
    """Return a number in outputs; 0 for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
    return float(value) if is_number else 0.0


def builds_in(resources: Iterable[Recorded]) -> list[BuildSteps]:
    """Return the builds in a state that have begun, by name."""
    present = [resource for resource in resources if not resource.is_replaced]
    imports = {image.outputs.get("build_id"): image for image in present if image.kind == ISO_IMAGE}
    identities = [
        resource
        for resource in present
        if resource.kind == BUILD_IDENTITY and resource.id not in imports and OF_IMPORTS not in resource.urn
    ]
    shown: set[str] = set()
    return [_build(identity, present, shown) for identity in sorted(identities, key=lambda each: each.name)]


def _build(identity: Recorded, present: Sequence[Recorded], shown: set[str]) -> BuildSteps:
    """
    Return a build with its steps.

    Args:
        identity: Identity of the build.
        present: Resources of the stack.
        shown: Ids of the imports that builds before this one have shown; that of this build is added.
    """
    found = _resources(identity, present)
    steps = [_step(identity, step, resource, shown) for step, resource in found.items()]
    next_step = next((step for step in STEPS if step not in found and step not in OPTIONAL), "")
    if "temporary_server" not in found and all(each.kind != ISO_IMAGE for each in present):
        next_step = "iso_image"
    elif "temporary_server" not in found:
        next_step = "temporary_server"
    times = [time_of(resource.created) for resource in (identity, *found.values())]
    known = [time for time in times if time is not None]
    return BuildSteps(
        name=identity.name,
        build_id=identity.id,
        steps=tuple(step for step in steps if step is not None),
        next_step=next_step,
        next_since=max(known) if known else None,
        server=found["temporary_server"].outputs if "temporary_server" in found else {},
        image=found["captured_image"].outputs if "captured_image" in found else {},
        test=found["verification"].outputs if "verification" in found else {},
    )


def _resources(identity: Recorded, present: Sequence[Recorded]) -> dict[str, Recorded]:
    """Return the resources of a build's steps that exist, in the order of the procedure."""
    found: dict[str, Recorded] = {}
    for step in ("temporary_server", "captured_image", "verification"):
        for resource in present:
            if resource.kind == KINDS[step] and resource.outputs.get("build_id") == identity.id:
                found[step] = resource
    server = found.get("temporary_server")
    if server is not None:
        for resource in present:
            if resource.kind == ISO_IMAGE and resource.outputs.get("image_id") == server.outputs.get("iso_image_id"):
                found["iso_image"] = resource
                uploads = [each for each in present if each.kind == ISO_OBJECT and each.id == _url_of(resource)]
                found |= {"upload": uploads[0]} if uploads else {}
            for step in ("installation", "teardown"):
                if resource.kind == KINDS[step] and resource.outputs.get("server_id") == server.id:
                    found[step] = resource
    return {step: found[step] for step in STEPS if step in found}


def _url_of(iso_image: Recorded) -> str:
    return str(iso_image.outputs.get("image_url") or "")


def _step(identity: Recorded, step: str, resource: Recorded, shown: set[str]) -> StepTime | None:
    end = time_of(resource.created)
    if end is None:
        return None
    queued_s, requests = max(number(resource.outputs.get("queued_s")), 0.0), resource.outputs.get("requests")
    begin = end - max(number(resource.outputs.get("duration_s")), 0.0) - queued_s
    is_shared = step in SHARED and resource.id in shown
    if step in SHARED:
        shown.add(resource.id)
    return StepTime(
        identity.name,
        step,
        begin,
        end,
        queued_s,
        None if requests is None else int(number(requests)),
        is_shared,
        turn=time_of(identity.created) if step == "temporary_server" else None,
    )


def spans_of(steps: Sequence[StepTime]) -> list[tuple[float, float]]:
    """Return begin and end of the spans between long pauses without a step."""
    spans = sorted((step.begin, step.end) for step in steps)
    busy_s = sum(end - begin for begin, end in spans)
    longest_s = max(SHORTEST_PAUSE_S, PAUSE_SHARE * busy_s)
    found = spans[:1]
    for begin, end in spans[1:]:
        if begin - found[-1][1] > longest_s:
            found.append((begin, end))
        else:
            found[-1] = found[-1][0], max(found[-1][1], end)
    return found


def open_steps(builds: Iterable[BuildSteps], now: float) -> list[StepTime]:
    """Return the steps that builds of a run under way work on or wait for, until now."""
    return [
        StepTime(build.name, build.next_step, min(build.next_since, now), now, is_open=True)
        for build in builds
        if build.next_step and build.next_since is not None
    ]
