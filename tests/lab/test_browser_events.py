"""Events of the lab's page over HTTP: the first view, changes, hostile names and slow pages."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from lab.browser.event_stream import MAX_PAGES, QUEUE_LENGTH, EventHub, TooManyPages, event
from tests.lab.browsing import HOSTILE, Browser
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure


def test_the_first_event_shows_everything_that_exists(browser: Browser, raw: Raw) -> None:
    steps = Procedure(raw)
    iso = steps.iso_image()
    server = steps.server(iso)

    full = browser.wait_for_event(lambda name, _: name == "full")

    assert full["about"]["driver"] == "simulated"
    assert full["about"]["time_scale"] == 1000
    sections = {name: {view["id"]: view for view in views} for name, views in full["sections"].items()}
    assert sections["images"][iso]["kind"] == "ISO"
    assert sections["images"][iso]["tags"] == ["k=v"]
    assert not sections["images"][iso]["is_bootable"]
    assert sections["servers"][server]["name"] == "builder"
    assert {view["server"] for view in sections["disks"].values()} >= {"builder"}
    assert {"create_server", "import_image"} <= {view["kind"] for view in sections["jobs"].values()}
    assert "installer.iso" in [entry["key"] for entry in sections["buckets"]["lab-images"]["objects"]]
    assert full["requests"][-1]["service"] in ("ecs", "ims")
    assert not {"request", "response"} & full["requests"][-1].keys(), "bodies are sent on request"
    assert "deleted_server" in sections["variants"]
    assert "boot" in full["job_steps"]["create_server"]


def test_changes_are_sent_as_they_happen(browser: Browser, raw: Raw) -> None:
    events = browser.events()
    assert next(events)[0] == "full"

    fault = browser.send("POST", "/faults", json={"kind": "delay", "service": "vpc", "delay_s": 0}).json()
    raw.send("vpc", "GET", "/v1/{project}/vpcs")
    seen: dict[str, Any] = {}
    for name, content in events:
        assert name == "change"
        for view in content["sections"].get("faults", {"changed": []})["changed"]:
            seen[view["id"]] = view
        seen |= {entry["fault"]: entry for entry in content["requests"] if entry["service"] == "vpc"}
        if fault["id"] in seen and "delay before" in seen:
            break
    number = seen["delay before"]["seq"]
    entry = browser.send("GET", f"/browser/requests/{number}").json()
    assert entry["operation"] == "list_vpcs"
    assert "vpcs" in entry["response"]
    assert browser.send("GET", f"/browser/requests/{number + 1000}").status_code == 404
    browser.send("DELETE", f"/faults/{fault['id']}")
    browser.lab.clear_journal()
    assert any(content["is_cleared"] for _, content in events)


def test_neither_events_nor_bodies_hold_secrets(browser: Browser, raw: Raw) -> None:
    raw.sign_in()
    steps = Procedure(raw)
    order = steps.server_order(steps.iso_image(), user_data="c2VjcmV0LWRhdGE=", adminPass="Secret-Pass-123")
    steps.post("ecs", "/v1/{project}/cloudservers", order)
    env = browser.lab.env
    secrets = [env["HW_USER_PASSWORD"], env["HW_SECRET_KEY"], env["HW_LAB_TOKEN"], raw.token]
    secrets += ["c2VjcmV0LWRhdGE=", "secret-data", "Secret-Pass-123"]

    shown, numbers = "", []
    for _, content in browser.events():  # the first view may be older than the order
        shown += json.dumps(content)
        numbers += [entry["seq"] for entry in content["requests"]]
        if "create_post_paid_servers" in shown:
            break
    shown += "".join(browser.send("GET", f"/browser/requests/{number}").text for number in numbers[-60:])

    assert [secret for secret in secrets if secret in shown] == []


def test_hostile_names_are_strings_of_json_on_one_line(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    body = {"path": str(tmp_path / "file"), "bucket": "lab-images", "key": HOSTILE}
    browser.lab.call("POST", "/objects", body)
    browser.lab.fault("status", message=HOSTILE, service="evs")

    keys: set[str] = set()
    messages: set[str] = set()
    with browser.session.get(f"{browser.lab.control}/browser/events", stream=True, timeout=30) as response:
        for line in response.iter_lines(chunk_size=1, delimiter=b"\n"):
            assert line.isascii()
            if line.startswith(b"data: "):
                sections = json.loads(line.removeprefix(b"data: "))["sections"]
                views = {name: part if isinstance(part, list) else part["changed"] for name, part in sections.items()}
                keys |= {entry["key"] for bucket in views.get("buckets", []) for entry in bucket["objects"]}
                messages |= {fault["message"] for fault in views.get("faults", [])}
            if HOSTILE in keys and HOSTILE in messages:
                break

    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_an_event_is_one_line_whatever_it_contains() -> None:
    text = event("change", {"name": HOSTILE})

    assert text.count("\n") == 3
    assert json.loads(text.splitlines()[1].removeprefix("data: ")) == {"name": HOSTILE}


def test_a_page_that_reads_slowly_gets_a_full_view_and_no_growing_queue() -> None:
    async def work() -> None:
        number = 0

        async def read() -> int:
            return number

        hub = EventHub(read, lambda now: {"all": now}, lambda before, now: {"from": before, "to": now})
        slow, quick = hub.subscribe(), hub.subscribe()
        assert "retry" in await anext(slow)
        assert "retry" in await anext(quick)
        seen = []
        for _ in range(3 * QUEUE_LENGTH):
            number += 1
            await hub.tick()
            seen.append(await anext(quick))
        assert sum("event: full" in text for text in seen) == 1
        waiting = next(iter(hub._queues)).qsize() + sum(queue.qsize() for queue in hub._queues)
        assert waiting <= 2 * QUEUE_LENGTH
        first = await anext(slow)
        assert first.startswith("event: full")
        assert '"all":0' not in first
        hub.close()
        assert [text async for text in slow] == []
        assert hub.pages <= 1

    asyncio.run(work())


def test_pages_are_bounded_in_number() -> None:
    async def work() -> None:
        async def read() -> int:
            return 0

        hub = EventHub(read, lambda now: now, lambda before, now: now)
        pages = [hub.subscribe() for _ in range(MAX_PAGES)]
        for page in pages:
            await anext(page)
        with pytest.raises(TooManyPages):
            hub.subscribe()
        for page in pages:
            await page.aclose()  # type: ignore[attr-defined]
        hub.subscribe()

    asyncio.run(work())
