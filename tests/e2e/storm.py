"""`python -m tests.e2e.storm`: many builds at once while one in five requests to the cloud goes wrong."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.cloud import CloudView
from tests.e2e.crash.bench import by_password
from tests.e2e.project import Outcome, Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab

TOKEN_LIFETIME_S = 30
LIST_LAG_S = 3
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("throttle", {"phase": "before"}),
    ("status", {"phase": "before", "status": 500, "code": "Common.0001"}),
    ("status", {"phase": "before", "status": 502}),
    ("status", {"phase": "before", "status": 503}),
    ("status", {"phase": "after", "status": 504}),
    ("reset", {"phase": "before"}),
    ("reset", {"phase": "after"}),
    ("truncate", {"phase": "after"}),
)
EVERY = (37, 38, 39, 40, 41, 42, 43, 44)
"""Each fault affects each n-th request: together one in five, and in no order that repeats soon."""
DURATIONS = {"import_image": 6, "create_server": 6, "capture_image": 12, "delete_server": 4, "delete_image": 1}
INSTALL_S = 15


@dataclass
class Run:
    """One `up` of all builds and what it took."""

    outcome: Outcome
    seconds: float
    requests: Counter[str] = field(default_factory=Counter)
    faulty: int = 0

    def __str__(self) -> str:
        services = ", ".join(f"{service} {count}" for service, count in sorted(self.requests.items()))
        return f"{self.seconds:.0f} s, {self.requests.total()} requests ({services}), {self.faulty} of them faulty"


@contextmanager
def storm_lab(folder: Path) -> Iterator[RunningLab]:
    """Run a lab on the real clock whose jobs take some seconds, where those of a region would take some minutes."""
    lab = RunningLab.start(folder / "lab", time_scale=1)
    try:
        lab.change_settings(durations=DURATIONS, guest={"install_s": INSTALL_S}, quotas={"images": 500})
        (folder / "installer.iso").write_bytes(iso())
        lab.put(folder / "installer.iso", "lab-images/installer.iso")
        yield lab
    finally:
        lab.stop()


def new_project(lab: RunningLab, folder: Path, builds: int) -> Project:
    """Create a stack of many builds, which signs in by password."""
    project = Project(folder, by_password(lab.env))
    settings = [build_settings(lab.env, name=f"b{n:02}", image_name=f"golden-{n:02}") for n in range(builds)]
    project.configure(region=lab.env["HW_REGION_NAME"], builds=settings)
    return project


def begin_storm(lab: RunningLab) -> None:
    """From now on one in five requests goes wrong, tokens live for seconds, and lists lag."""
    lab.change_settings(token_lifetime_s=TOKEN_LIFETIME_S, list_lag_s=LIST_LAG_S)
    for (kind, rule), every in zip(FAULTS, EVERY, strict=True):
        lab.fault(kind, every=every, **rule)


def end_storm(lab: RunningLab) -> None:
    lab.call("DELETE", "/faults")
    lab.change_settings(token_lifetime_s=86_400, list_lag_s=0)


def run(lab: RunningLab, project: Project, command: str = "up") -> Run:
    """Run a command, and measure its time and its requests."""
    lab.clear_journal()
    began = time.monotonic()
    options = ["--parallel", "64"]
    outcome = project.up(*options) if command == "up" else project.destroy(*options)
    seconds = time.monotonic() - began
    entries = lab.journal()
    return Run(outcome, seconds, Counter(e["service"] for e in entries), sum(bool(e["fault"]) for e in entries))


def faults_of(lab: RunningLab, project: Project, builds: int) -> list[str]:
    """Return what is wrong after all builds are finished."""
    cloud = CloudView(lab.env)
    made = sorted(image["name"] for image in cloud.images("FusionCompute"))
    wanted = [f"golden-{number:02}" for number in range(builds)]
    found = [] if made == wanted else [f"the images are {made}"]
    counts = (len(cloud.images("IsoImage")), len(cloud.servers()), len(cloud.volumes()))
    found += [] if counts == (1, 0, 0) else [f"ISO images, servers and disks: {counts}"]
    ids = {image["id"] for image in cloud.images("FusionCompute")}
    return found if set(project.outputs()["images"].values()) == ids else [*found, "the outputs name other images"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.storm")
    parser.add_argument("--builds", type=int, default=20)
    builds = parser.parse_args().builds
    with tempfile.TemporaryDirectory(prefix="storm-") as name, storm_lab(Path(name)) as lab:
        project = new_project(lab, Path(name) / "project", builds)
        undisturbed = run(lab, project)
        print(f"undisturbed: {undisturbed}", flush=True)
        project.destroy()
        begin_storm(lab)
        rough = run(lab, project)
        print(
            f"storm: {rough}, {rough.seconds / undisturbed.seconds:.1f} x the time of the undisturbed run", flush=True
        )
        gone = run(lab, project, "destroy") if rough.outcome.status else None
        end_storm(lab)
        wrong = [] if rough.outcome.status else faults_of(lab, project, builds)
        begin_storm(lab)
        gone = gone or run(lab, project, "destroy")
        print(f"destroy in the storm: {gone}, exit status {gone.outcome.status}", flush=True)
        end_storm(lab)
        left = CloudView(lab.env).everything()
    print(f"wrong: {wrong}; left after destroy: {left}")
    if rough.outcome.status or gone.outcome.status:
        print(rough.outcome, gone.outcome)
    return 1 if wrong or rough.outcome.status or gone.outcome.status or left != (0, 0, 0) else 0


if __name__ == "__main__":
    sys.exit(main())
