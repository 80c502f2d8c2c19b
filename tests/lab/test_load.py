"""200 servers and 200 images in flight: no request takes longer than a second."""

import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.lab.conftest import put_iso
from tests.lab.plain import DEBIAN, Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab, wait_for

Record = Callable[[str, object], None]
COUNT, CLIENTS = 200, 8
MAX_MEMORY_MIB = 400


@pytest.fixture
def own_lab(tmp_path: Path) -> Iterator[RunningLab]:
    running = RunningLab.start(tmp_path / "state", time_scale=20)
    try:
        put_iso(running, tmp_path)
        quotas = {"images": 1000, "image_tasks": 1000, "servers": 1000, "volumes": 5000, "gigabytes": 500_000}
        running.change_settings(quotas=quotas, durations={"import_image": 200}, guest={"install_s": 1000})
        yield running
    finally:
        running.stop()


def test_200_servers_and_200_images_in_flight(own_lab: RunningLab, record_property: Record) -> None:
    with Raw(own_lab) as raw, ThreadPoolExecutor(CLIENTS) as pool:
        procedure = Procedure(raw)
        iso_id = procedure.iso_image()
        own_lab.clear_journal()

        def order_image(number: int) -> str:
            order = procedure.image_order(name=f"image-{number}")
            return str(procedure.post("ims", "/v2/cloudimages/action", order)["job_id"])

        def order_server(number: int) -> str:
            order = procedure.server_order(iso_id, name=f"server-{number}")
            return str(procedure.post("ecs", "/v1/{project}/cloudservers", order)["job_id"])

        images = pool.map(order_image, range(COUNT))
        servers = pool.map(order_server, range(COUNT))
        jobs = [("ims", job) for job in images] + [("ecs", job) for job in servers]
        for _ in range(2):
            statuses = pool.map(lambda job: raw.send(job[0], "GET", f"/v1/{{project}}/jobs/{job[1]}").json(), jobs)
            assert {status["status"] for status in statuses} <= {"INIT", "RUNNING", "SUCCESS"}
            assert len(raw.send("ims", "GET", "/v2/cloudimages?__imagetype=private").json()["images"]) == COUNT + 1
            path = "/v1/{project}/cloudservers/detail?limit=1000"
            assert raw.send("ecs", "GET", path).json()["count"] == COUNT

        wait_for(lambda: own_lab.call("GET", "/health")["unfinished_jobs"] == 0, "the end of all jobs", 120)
        assert all(procedure.ended(*job)["status"] == "SUCCESS" for job in jobs)
        wait_for(lambda: all_off(raw), "all guests' power-off", 120)
        disks = [v for v in volumes(raw) if v["attachments"][0]["device"] == "/dev/vdb"]
        captures = pool.map(lambda v: capture(procedure, v["id"]), disks)
        assert all(procedure.ended("ims", job)["status"] == "SUCCESS" for job in list(captures))

    report(own_lab, record_property)


def all_off(raw: Raw) -> bool:
    path = "/v1/{project}/cloudservers/detail?limit=1000&status=SHUTOFF"
    return bool(raw.send("ecs", "GET", path).json()["count"] == COUNT)


def volumes(raw: Raw) -> list[dict[str, list[dict[str, str]]]]:
    found: list[dict[str, list[dict[str, str]]]]
    found = raw.send("evs", "GET", "/v2/{project}/cloudvolumes/detail").json()["volumes"]
    return found


def capture(procedure: Procedure, volume_id: object) -> str:
    order = {"name": "golden", "volume_id": volume_id, "type": "ECS", "os_version": DEBIAN}
    return str(procedure.post("ims", "/v2/cloudimages/action", order)["job_id"])


def report(lab: RunningLab, record_property: Record) -> None:
    memory = psutil.Process(lab.pid).memory_info().rss / 2**20
    times = sorted(entry["duration_ms"] for entry in lab.journal())
    median, slow = statistics.median(times), times[int(len(times) * 0.99)]
    figures = f"{len(times)} requests, median {median:.1f} ms, 99 % {slow:.1f} ms, longest {times[-1]:.1f} ms"
    record_property("lab", f"{figures}, memory {memory:.0f} MiB")
    print(f"{figures}, memory {memory:.0f} MiB")
    assert times[-1] < 1000
    assert memory < MAX_MEMORY_MIB
