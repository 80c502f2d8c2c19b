"""Events for the page from a test instead of a lab, so that single updates can be measured."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.browser.chromium import Page

REPLACEMENT = """
window.EventSource = class extends EventTarget {
  constructor() { super(); window.feed = this; }
  close() {}
};
"""
SEND = """
const [name, data, done] = arguments, { dataset } = document.documentElement, before = dataset.updates;
feed.dispatchEvent(new MessageEvent(name, { data }));
const wait = () => dataset.updates === before ? setTimeout(wait, 1) : done();
wait();
"""
TIME = "2026-01-02T03:04:05.678"


class Feed:
    """
    Source of the page's events.

    Args:
        page: Page whose events are replaced, not open yet.
    """

    def __init__(self, page: "Page") -> None:
        self.page, self.number = page, 0
        page.protocol("Performance.enable", timeDomain="threadTicks")
        self._script = page.protocol("Page.addScriptToEvaluateOnNewDocument", source=REPLACEMENT)["identifier"]

    def stop(self) -> None:
        """Let later pages have events of their labs."""
        self.page.protocol("Page.removeScriptToEvaluateOnNewDocument", identifier=self._script)
        self.page.protocol("Performance.disable")

    def send(self, name: str, content: Any) -> float:
        """Send an event, and return the milliseconds of processor time until the page shows it."""
        before = self._cpu_s()
        self.page.driver.execute_async_script(SEND, name, json.dumps(content))
        return (self._cpu_s() - before) * 1000

    def _cpu_s(self) -> float:
        metrics = self.page.protocol("Performance.getMetrics")["metrics"]
        return float(next(entry["value"] for entry in metrics if entry["name"] == "TaskDuration"))

    def requests(self, count: int) -> list[dict[str, Any]]:
        """Return the next requests."""
        first, self.number = self.number + 1, self.number + count
        return [request(number) for number in range(first, self.number + 1)]


def about() -> dict[str, Any]:
    return {"time": f"{TIME}+00:00", "time_scale": 60, "driver": "qemu", "has_novnc": True, "problems": []}


def request(number: int) -> dict[str, Any]:
    path = f"/v1/{number:032x}/cloudservers/{number:032x}"
    named = {"service": "ecs", "method": "GET", "path": path, "query": "limit=50", "operation": "show_server"}
    fault = "status before" if number % 10 == 0 else ""
    return {"seq": number, "time": TIME, "status": 200, "duration_ms": 1.5, "fault": fault, **named}


def server(number: int, status: str) -> dict[str, Any]:
    made = {"created_at": TIME, "fault": "", "was_booted_here": False, "task": None, "from_iso": True}
    kind = {"image": "installed-from-iso", "flavor": "s6.large.2", "firmware": "bios", "addresses": ["192.168.0.2"]}
    return {
        "id": f"server-{number}",
        "name": f"n{number}",
        "status": status,
        "runs": status == "ACTIVE",
        **made,
        **kind,
    }


def job(number: int, status: str) -> dict[str, Any]:
    begin, end = f"2026-01-02T03:{number % 60:02}:00+00:00", None if status == "RUNNING" else f"{TIME}+00:00"
    named = {"service": "ecs", "kind": "create_server", "step": "boot", "subject": f"n{number}"}
    return {"id": f"job-{number}", "status": status, "begin": begin, "end": end, "code": None, "reason": None, **named}


def disk(number: int) -> dict[str, Any]:
    named = {"name": f"n{number}-volume", "status": "in-use", "size_gib": 40, "type": "SAS", "is_bootable": True}
    return {"id": f"disk-{number}", "server": f"n{number}", "device": "/dev/vda", **named}
