"""The lab's page with 200 servers and 10,000 requests: quick updates, and memory that does not grow."""

import statistics
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.browser.feed import Feed, about, disk, job, server
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab, wait_for

if TYPE_CHECKING:
    from tests.browser.chromium import Page

pytestmark = [pytest.mark.console, pytest.mark.timeout(900)]
SERVERS = 200
SERVERS_IN_ORDER = 50
REQUESTS = 10_000
CLIENTS = 4
BATCH = 500
"""Most requests in one update."""
JOBS = 300
MAX_UPDATE_MS = 100.0
MAX_ROWS = 200
MAX_GROWTH_BYTES = 4 << 20
MAX_GROWTH_NODES = 2000


def create_servers(lab: RunningLab, raw: Raw) -> list[str]:
    """Create the servers, and return their ids."""
    lab.change_settings(quotas={"servers": 500, "volumes": 2000, "cores": 8000, "ram_mib": 10_000_000})
    lab.call("PUT", "/time-scale", {"scale": 5000})
    steps = Procedure(raw)
    iso, ids = steps.iso_image(), []
    for _ in range(SERVERS // SERVERS_IN_ORDER):
        order = steps.server_order(iso, count=SERVERS_IN_ORDER)
        accepted = steps.post("ecs", "/v1/{project}/cloudservers", order)
        ids += accepted["serverIds"]
        steps.ended("ecs", accepted["job_id"])
    return ids


def send_requests(lab: RunningLab, count: int) -> None:
    """Send requests over several connections at the same time."""

    def client(number: int) -> None:
        with Raw(lab) as raw:
            for each in range(number):
                # Most paths do not exist, because the lab refuses those requests with the least work.
                raw.send("vpc", "GET", "/v1/{project}/vpcs" if each % 10 == 0 else "/v1/{project}/nothing")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, [count // CLIENTS] * CLIENTS))


def memory(page: "Page") -> tuple[int, int]:
    """Return bytes of the heap and number of nodes that are in use."""
    page.protocol("HeapProfiler.enable")
    page.protocol("HeapProfiler.collectGarbage")
    page.protocol("Performance.enable")
    metrics = {entry["name"]: entry["value"] for entry in page.protocol("Performance.getMetrics")["metrics"]}
    page.protocol("Performance.disable")
    return int(metrics["JSHeapUsedSize"]), int(metrics["Nodes"])


def newest_request(page: "Page") -> int:
    found = page.text("#requests .count").strip("(").partition(" ")[0]
    return int(found or 0)


def wait_for_all_requests(page: "Page") -> None:
    last = page.lab.journal()[-1]["seq"]
    wait_for(lambda: newest_request(page) >= last, "the last request on the page")


def test_memory_is_bounded(page: "Page", raw: Raw) -> None:
    lab = page.lab
    ids = create_servers(lab, raw)
    wait_for(lambda: len(page.texts(".card")) == SERVERS, "all servers on the page", 60)
    send_requests(lab, REQUESTS // 10)
    wait_for_all_requests(page)
    bytes_before, nodes_before = memory(page)

    send_requests(lab, REQUESTS)
    body = {"os-stop": {"type": "HARD", "servers": [{"id": server_id} for server_id in ids]}}
    assert raw.send("ecs", "POST", "/v1/{project}/cloudservers/action", json=body).status_code == 200
    wait_for(lambda: set(page.texts(".card .state")) == {"SHUTOFF"}, "the power-off of all servers on the page", 60)
    wait_for_all_requests(page)
    bytes_after, nodes_after = memory(page)

    print(f"heap {bytes_before} and {bytes_after} bytes; nodes {nodes_before} and {nodes_after}")
    assert newest_request(page) >= REQUESTS
    assert len(page.texts("#requests tbody tr")) <= MAX_ROWS
    assert bytes_after - bytes_before <= MAX_GROWTH_BYTES
    assert nodes_after - nodes_before <= MAX_GROWTH_NODES


def test_updates_are_quick(feed: Feed) -> None:
    """The time is that of the page's thread, because other programs take turns on the processors."""
    servers, batches = range(SERVERS), REQUESTS // BATCH
    sections = {
        "servers": [server(number, "ACTIVE") for number in servers],
        "jobs": [job(number, "SUCCESS") for number in range(JOBS)],
        "disks": [disk(number) for number in range(2 * SERVERS)],
    }
    steps: dict[str, list[str]] = {}
    full = {"about": about(), "sections": sections, "requests": feed.requests(BATCH), "job_steps": steps}
    first = feed.send("full", full)
    times = []
    for number in range(batches):
        status = "SHUTOFF" if number % 2 else "ACTIVE"
        changed = {
            "servers": {"changed": [server(each, status) for each in servers], "removed": []},
            "jobs": {"changed": [job(JOBS + number, "RUNNING")], "removed": [f"job-{number}"]},
        }
        news = {"about": about(), "sections": changed, "requests": feed.requests(BATCH), "is_cleared": False}
        times.append(feed.send("change", news))

    print(f"first view {first:.0f} ms; updates {statistics.median(times):.0f} ms, at most {max(times):.0f} ms")
    assert len(feed.page.texts(".card")) == SERVERS
    assert newest_request(feed.page) == REQUESTS + BATCH
    assert statistics.median(times) < MAX_UPDATE_MS, "the median, because a busy machine slows single updates down"
