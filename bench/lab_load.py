"""
Load test of the lab: throughput, memory and the slowest request with 200 servers and 200 images in flight.

`python -m bench.lab_load`; the lab runs in a process of its own, with the simulated driver.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.lab.conftest import put_iso
from tests.lab.plain import DEBIAN, Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab, wait_for

LIMIT_MS = 1000.0
TIME_SCALE = 20.0
IN_FLIGHT_S = 3.0
"""Lab seconds of a job for each job of its kind, so that all of them run together."""
DETAILS = "/v1/{project}/cloudservers/detail?limit=1000"


@dataclass
class Measured:
    """Requests as seen by their client, by phase: milliseconds of each, and seconds of the whole phase."""

    latencies_ms: dict[str, list[float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        yield f"{'phase':<34}{'requests':>9}{'per second':>12}{'median ms':>11}{'99 % ms':>9}{'longest ms':>12}"
        for phase, times in self.latencies_ms.items():
            ordered = sorted(times)
            late = ordered[int(len(ordered) * 0.99)]
            rate = len(ordered) / self.seconds[phase]
            middle = statistics.median(ordered)
            yield f"{phase:<34}{len(ordered):>9}{rate:>12.0f}{middle:>11.1f}{late:>9.1f}{ordered[-1]:>12.1f}"

    @property
    def longest_ms(self) -> float:
        return max(max(times) for times in self.latencies_ms.values())


class Client(Raw):
    """Plain HTTP client of many threads, which measures each request."""

    def __init__(self, lab: RunningLab, measured: Measured, clients: int) -> None:
        super().__init__(lab)
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=clients)
        self._session.mount("http://", adapter)
        self.measured, self.phase = measured, ""

    @contextmanager
    def measure(self, phase: str) -> Iterator[None]:
        """Count the requests from here on to a phase."""
        self.phase, started = phase, time.perf_counter()
        self.measured.latencies_ms[phase] = []
        yield
        self.measured.seconds[phase] = time.perf_counter() - started
        self.phase = ""

    def send(self, service: str, method: str, path: str, **more: Any) -> requests.Response:
        started = time.perf_counter()
        response = super().send(service, method, path, **more)
        times = self.measured.latencies_ms.get(self.phase)
        if times is not None:
            times.append((time.perf_counter() - started) * 1000)
        return response


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print the figures; return 1 if a request took too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.lab_load", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="servers, and images (default 200)")
    parser.add_argument("--clients", type=int, default=16, help="requests at once (default 16)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lab-load-") as folder:
        lab = RunningLab.start(Path(folder) / "state", time_scale=TIME_SCALE)
        try:
            prepare(lab, Path(folder), options.count)
            measured, peak_mib = run(lab, options.count, options.clients)
            report(lab, measured, peak_mib)
        finally:
            lab.stop()
    return 0 if measured.longest_ms < LIMIT_MS else 1


def prepare(lab: RunningLab, folder: Path, count: int) -> None:
    """Set quotas for all, and jobs that last until everything has been requested."""
    put_iso(lab, folder)
    quotas = {"images": 3 * count, "image_tasks": 2 * count, "servers": count, "volumes": 2 * count}
    quotas |= {"cores": 2 * count, "ram_mib": 4096 * count, "gigabytes": 80 * count}
    lab.change_settings(quotas=quotas, guest={"install_s": 300})


def run(lab: RunningLab, count: int, clients: int) -> tuple[Measured, float]:
    """Run all phases, and return the highest memory of the lab (MiB)."""
    measured = Measured()
    memory = [lab_memory_mib(lab)]
    with Client(lab, measured, clients) as client, ThreadPoolExecutor(clients) as pool:
        procedure = Procedure(client)
        iso_id = procedure.iso_image()
        long_s = IN_FLIGHT_S * count
        lab.change_settings(durations={"import_image": long_s, "create_server": long_s, "capture_image": long_s})
        with client.measure("order images and servers"):
            jobs = list(pool.map(lambda n: order(procedure, iso_id, n), range(2 * count)))
        with client.measure("poll jobs in flight"):
            for _ in range(3):
                list(pool.map(lambda job: client.send(job[0], "GET", f"/v1/{{project}}/jobs/{job[1]}"), jobs))
        memory.append(lab_memory_mib(lab))
        with client.measure("list all images and servers"):
            list(pool.map(lambda n: list_all(client, n), range(40)))
        lab.wait_for_jobs(300)
        memory.append(lab_memory_mib(lab))
        wait_for(
            lambda: client.send("ecs", "GET", f"{DETAILS}&status=SHUTOFF").json()["count"] == count, "the end", 300
        )
        servers = [server["id"] for server in client.send("ecs", "GET", DETAILS).json()["servers"]]
        with client.measure("read servers, capture disks"):
            list(pool.map(lambda server: capture(procedure, server), servers))
        lab.wait_for_jobs(300)
        memory.append(lab_memory_mib(lab))
        with client.measure("delete servers"):
            list(pool.map(lambda server: delete(client, server), servers))
        lab.wait_for_jobs(300)
        memory.append(lab_memory_mib(lab))
    return measured, max(memory)


def order(procedure: Procedure, iso_id: str, number: int) -> tuple[str, str]:
    """Request an image or a server, in turn; return the service and the id of its job."""
    if number % 2:
        body = procedure.server_order(iso_id, name=f"server-{number}")
        return "ecs", str(procedure.post("ecs", "/v1/{project}/cloudservers", body)["job_id"])
    body = procedure.image_order(name=f"image-{number}")
    return "ims", str(procedure.post("ims", "/v2/cloudimages/action", body)["job_id"])


def list_all(client: Client, number: int) -> None:
    if number % 2:
        client.send("ecs", "GET", DETAILS).raise_for_status()
    else:
        client.send("ims", "GET", "/v2/cloudimages?__imagetype=private&limit=500").raise_for_status()


def count_of(client: Client, status: str) -> int:
    return int(
        client.send("ecs", "GET", f"/v1/{{project}}/cloudservers/detail?limit=1&status={status}").json()["count"]
    )


def capture(procedure: Procedure, server_id: str) -> None:
    body = {"name": "golden", "volume_id": procedure.data_disk(server_id), "type": "ECS", "os_version": DEBIAN}
    procedure.post("ims", "/v2/cloudimages/action", body)


def delete(client: Client, server_id: str) -> None:
    body = {"servers": [{"id": server_id}], "delete_volume": True}
    client.send("ecs", "POST", "/v1/{project}/cloudservers/delete", json=body).raise_for_status()


def lab_memory_mib(lab: RunningLab) -> float:
    return float(psutil.Process(lab.pid).memory_info().rss) / 2**20


def report(lab: RunningLab, measured: Measured, peak_mib: float) -> None:
    """Print the figures."""
    print("\n".join(measured.lines()))
    in_lab = max(lab.journal(), key=lambda entry: float(entry["duration_ms"]))
    print(f"slowest in the lab itself: {in_lab['operation']}, {in_lab['duration_ms']:.1f} ms")
    times = psutil.Process(lab.pid).cpu_times()
    print(f"lab: {peak_mib:.0f} MiB at most, {times.user + times.system:.1f} s of processor time")
    health: dict[str, Any] = lab.call("GET", "/health")
    print(f"left: {health['servers']} servers, {health['volumes']} disks, {health['images']} images")


if __name__ == "__main__":
    sys.exit(main())
