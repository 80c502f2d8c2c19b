"""
Cost of the policy pack and the preflight in a preview of many builds: time, and requests.

`python -m bench.preview_with_checks`; the real CLI beside a lab with the simulated driver. Previews without and with
them run in turn, so that other load of the machine affects both.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.environment import FEWER_COLLECTIONS
from tests.e2e.project import Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab

LIMIT = 2.0
BUILDS_PER_REQUEST = 10
ROOM = {"images": 10_000, "servers": 10_000, "cores": 10**6, "ram_mib": 10**8, "volumes": 10**5, "gigabytes": 10**7}
PACK = ("--policy-pack", "policy")


@dataclass(frozen=True)
class Preview:
    """Preview with its seconds and the number of its requests."""

    seconds: float
    requests: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print the figures as JSON; return 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m bench.preview_with_checks", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="builds (default 200)")
    parser.add_argument("--rounds", type=int, default=3, help="previews of each kind (default 3)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="judging-") as folder:
        lab = RunningLab.start(Path(folder) / "state")
        try:
            figures = measure(lab, Path(folder), options.count, options.rounds)
        finally:
            lab.stop()
    print(json.dumps(figures, indent=2))
    return 0 if figures["ratio"] <= LIMIT and figures["requests_more"] <= figures["requests_more_limit"] else 1


def measure(lab: RunningLab, folder: Path, count: int, rounds: int) -> dict[str, Any]:
    """Run all previews, and return the derived figures."""
    (folder / "installer.iso").write_bytes(iso("INSTALLER"))
    lab.put(folder / "installer.iso", "lab-images/installer.iso")
    lab.change_settings(quotas=ROOM)
    project = Project(folder / "project", {**lab.env, **FEWER_COLLECTIONS})
    builds = [build_settings(lab.env, name=f"b{number}", image_name=f"image-{number}") for number in range(count)]
    without, judged = [], []
    for _ in range(rounds):
        without.append(preview(lab, project, builds, preflight="off"))
        judged.append(preview(lab, project, builds, *PACK, preflight="enforce"))
    return figures(count, without, judged)


def preview(lab: RunningLab, project: Project, builds: list[dict[str, Any]], *options: str, preflight: str) -> Preview:
    project.configure(region="lab-1", builds=builds, preflight=preflight)
    lab.clear_journal()
    started = time.perf_counter()
    outcome = project.preview("--parallel", "32", *options)
    seconds = time.perf_counter() - started
    assert outcome.status == 0, outcome
    return Preview(seconds, len(lab.journal()))


def figures(count: int, without: list[Preview], judged: list[Preview]) -> dict[str, Any]:
    plain_s, judged_s = (statistics.median(p.seconds for p in previews) for previews in (without, judged))
    return {
        "question": f"preview of {count} builds with policy pack and preflight over the same preview without them",
        "ratio": round(judged_s / plain_s, 2),
        "limit": LIMIT,
        "without_s": [round(p.seconds, 1) for p in without],
        "with_s": [round(p.seconds, 1) for p in judged],
        "requests_without": without[0].requests,
        "requests_with": judged[0].requests,
        "requests_more": judged[0].requests - without[0].requests,
        "requests_more_limit": count // BUILDS_PER_REQUEST,
    }


if __name__ == "__main__":
    sys.exit(main())
