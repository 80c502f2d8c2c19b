"""Faults of a cell that has ended: one image and nothing else must exist, or nothing at all."""

import json
from collections.abc import Callable
from typing import Any

from tests.e2e.crash.bench import Bench
from tests.e2e.crash.cell import Command
from tests.labs import RunningLab


def faults_after_up(bench: Bench) -> list[str]:
    """Return what is wrong after an `up` that was to finish the build."""
    images = [image["virtual_env_type"] for image in bench.cloud.images()]
    faults = [] if sorted(images) == ["FusionCompute", "IsoImage"] else [f"the images are {sorted(images)}"]
    return faults + _leftovers(bench) + _of_state(bench, bench.cloud.images("FusionCompute"))


def faults_after_destroy(bench: Bench) -> list[str]:
    """Return what is wrong after a `destroy`."""
    images = [f"an image is left: {image['name']} ({image['status']})" for image in bench.cloud.images()]
    resources = [r["urn"] for r in deployment(bench).get("resources", [])]
    return images + _leftovers(bench) + [f"the state still has {urn}" for urn in resources]


def wrong_uploads(found: list[str], then: Command, recorded: bool, swept: Callable[[], int]) -> list[str]:
    """
    Return what is wrong in the object store after a cell.

    An upload that no state has recorded stays after `destroy`, where the sweep finds it.

    Args:
        found: Objects and uploads in the store.
        then: Last command.
        recorded: True if the state had the upload before that command.
        swept: Function that returns the number of uploads that the sweep finds.
    """
    if then == "up":
        return [] if found == ["object"] else [f"the object store has {found}"]
    if recorded or not found:
        return [f"the object store still has {found}"] if found else []
    return [] if swept() == len(found) else [f"the object store has {found}, of which the sweep finds {swept()}"]


def _leftovers(bench: Bench) -> list[str]:
    servers = [f"a server is left: {server['status']}" for server in bench.cloud.servers()]
    volumes = [f"a disk is left: {volume['status']}" for volume in bench.cloud.volumes()]
    jobs = bench.lab.call("GET", "/health")["unfinished_jobs"]
    pending = deployment(bench).get("pending_operations") or []
    return [
        *servers,
        *volumes,
        *([f"{jobs} jobs are not finished"] if jobs else []),
        *(f"pending in the state: {operation['type']}" for operation in pending),
    ]


def _of_state(bench: Bench, images: list[dict[str, Any]]) -> list[str]:
    recorded = [r["id"] for r in deployment(bench)["resources"] if r["type"].endswith(":CapturedImage")]
    there = [image["id"] for image in images]
    return [] if recorded == there else [f"the state has image {recorded}, the cloud {there}"]


def deployment(bench: Bench) -> dict[str, Any]:
    """Return the stack's resources and pending operations, from the file of the state."""
    return bench.project.deployment()


def servers_created(lab: RunningLab) -> set[str]:
    """Return the ids of all servers that the lab has created since the journal was cleared."""
    entries = [e for e in lab.journal(service="ecs") if e["operation"] == "create_post_paid_servers"]
    made = [json.loads(entry["response"] or "{}").get("serverIds", []) for entry in entries]
    return {server_id for ids in made for server_id in ids}
