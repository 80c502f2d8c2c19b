"""The lab's page in Chromium: a build that is watched, buttons, hostile names, a restart, and use without a mouse."""

import json
from typing import TYPE_CHECKING

import pytest

from lab.record_store import Store
from lab.world.records import Image
from tests.browser.conftest import SCALE
from tests.lab.browsing import sign_in_address
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab, wait_for

if TYPE_CHECKING:
    from tests.browser.chromium import Page

pytestmark = pytest.mark.console
HOSTILE = '<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>\u202e\'&amp;'


def rows(page: "Page", section: str) -> list[str]:
    return page.texts(f"#{section} tbody tr")


def test_a_build_is_watched_from_import_to_image(page: "Page", raw: Raw) -> None:
    page.watch()
    steps = Procedure(raw)
    server = steps.server(steps.iso_image())
    steps.wait_for_power_off(server)
    wait_for(lambda: "server builder SHUTOFF" in page.seen(), "the end of the installation on the page")
    steps.capture(steps.data_disk(server))
    wait_for(lambda: any(row.startswith("goldenactive") for row in rows(page, "images")), "the image on the page")
    seen = page.seen()

    states = [text.removeprefix("server builder ") for text in seen if text.startswith("server builder ")]
    assert states[0].startswith("BUILD")
    assert states.index("SHUTOFF") > states.index("ACTIVE")
    for job in ("import image iso", "create server builder", "capture image golden"):
        assert seen.index(f"job SUCCESS {job}") > seen.index(f"job RUNNING {job}")
    (iso,) = (row for row in rows(page, "images") if row.startswith("iso"))
    (golden,) = (row for row in rows(page, "images") if row.startswith("golden"))
    assert "BIOSk=v" in iso
    assert "GiBBIOSk=v" in golden
    assert len(rows(page, "disks")) == 2
    assert "installer.iso" in page.text("#objects")
    assert any("create_post_paid_servers" in row for row in rows(page, "requests"))


def test_an_image_is_booted_and_its_server_operated(page: "Page", raw: Raw) -> None:
    steps = Procedure(raw)
    page.lab.change_settings(guest={"install_s": 5})
    server = steps.server(steps.iso_image())
    steps.wait_for_power_off(server)
    steps.capture(steps.data_disk(server))

    page.press("Inspect golden")
    wait_for(lambda: "simulated servers write no disks" in page.text("#inspection-state"), "the explanation")
    page.escape()
    page.press("Boot a server from golden")
    wait_for(lambda: "lab-boot ACTIVE" in page.texts(".card h3"), "the server on the page")
    page.press("Serial console: lab-boot")
    wait_for(lambda: "booting: installed from" in page.text("#console-text"), "the serial console")
    page.escape()
    assert not page.find("#console-dialog").is_displayed()
    page.press("Power button: lab-boot")
    wait_for(lambda: "lab-boot SHUTOFF" in page.texts(".card h3"), "the power-off on the page")
    assert "is off" in page.text(".card:last-child .screen")
    page.press("Start: lab-boot")
    wait_for(lambda: "lab-boot ACTIVE" in page.texts(".card h3"), "the start on the page")
    page.press("Delete: lab-boot")
    wait_for(lambda: len(page.texts(".card")) == 1, "the deletion on the page")


def test_a_fault_that_the_page_injects_is_in_the_journal_and_marked(page: "Page", raw: Raw) -> None:
    page.choose("#fault-form [name=service]", "vpc")
    page.fill("#fault-form [name=status]", "503")
    page.fill("#fault-form [name=code]", "VPC.0503")
    page.submit("#fault-form")
    wait_for(lambda: "503 VPC.0503" in page.text("#fault-list"), "the fault on the page")

    assert raw.send("vpc", "GET", "/v1/{project}/vpcs").status_code == 503
    assert raw.send("vpc", "GET", "/v1/{project}/vpcs").status_code == 200

    assert [entry["fault"] for entry in page.lab.journal(service="vpc")] == ["status before", ""]
    page.choose("#service", "vpc")
    wait_for(lambda: len(rows(page, "requests")) == 2, "the requests on the page")
    (marked,) = page.all("#requests tr[data-kind=bad]")
    assert "status before" in marked.text
    page.script("document.querySelector('#requests tr[data-kind=bad] button').focus()")
    page.type("\n")
    wait_for(lambda: page.find("#request-dialog").is_displayed(), "the dialog")
    assert json.loads(page.text("#response-body"))["code"] == "VPC.0503"
    page.escape()
    assert page.script("return document.activeElement.dataset.seq") is not None, "the focus returns to the request"
    page.press("Remove this fault")
    wait_for(lambda: page.lab.call("GET", "/faults") == [], "the end of the fault")


def test_hostile_names_stay_text(page: "Page", raw: Raw) -> None:
    Procedure(raw).iso_image()
    lab = page.lab
    lab.stop()
    store = Store(lab.state / "lab.sqlite")
    images = store.collection("image", Image)
    (iso,) = (image for image in images if image.is_iso)
    iso.name, iso.tags = HOSTILE, {HOSTILE: HOSTILE}
    images.save(iso)
    store.close()
    lab.restart(time_scale=SCALE)
    (lab.state / "file").write_bytes(b"content")
    lab.call("POST", "/objects", {"path": str(lab.state / "file"), "bucket": "lab-images", "key": HOSTILE})
    lab.fault("status", service="evs", message=HOSTILE)

    page.wait_until_live()
    wait_for(lambda: HOSTILE in page.text("#images tbody"), "the name on the page")
    wait_for(lambda: HOSTILE in page.text("#objects") and HOSTILE in page.text("#fault-list"), "the other names")

    assert f"{HOSTILE}={HOSTILE}" in page.text("#images tbody")
    assert page.all("main img, main script, td b") == []
    assert page.script("return window.attacked") is None


def test_the_page_survives_a_restart_of_the_lab(page: "Page") -> None:
    page.script("window.isTheSamePage = true")
    page.lab.stop()
    wait_for(lambda: "does not respond" in page.text("#connection"), "the end of the connection")
    assert "python -m lab start" in page.text("#connection")
    page.lab.restart(time_scale=SCALE)
    page.wait_until_live()
    with Raw(page.lab) as raw:
        Procedure(raw).iso_image()
    wait_for(lambda: any(row.startswith("isoactive") for row in rows(page, "images")), "an image after the restart")
    assert page.script("return window.isTheSamePage")


def test_clock_variants_and_reset_are_operated_from_the_page(page: "Page", raw: Raw) -> None:
    page.fill("#scale-form [name=scale]", "1000")
    page.submit("#scale-form")
    wait_for(lambda: page.lab.call("GET", "/health")["time_scale"] == 1000, "the other speed")
    wait_for(lambda: "1000" in page.text("#scale"), "the other speed on the page")
    page.fill("#find-variant", "deleted_server")
    page.choose("[aria-label=deleted_server]", "404")
    wait_for(lambda: page.lab.settings()["variants"]["deleted_server"] == "404", "the variant")

    Procedure(raw).iso_image()
    wait_for(lambda: rows(page, "images"), "the image on the page")
    page.press("Reset the lab …")
    page.press("Cancel")
    assert not page.find("#reset-dialog").is_displayed()
    assert page.lab.call("GET", "/health")["images"] > 0
    page.press("Reset the lab …")
    page.press("Delete everything")
    wait_for(lambda: not rows(page, "images"), "the empty lab on the page")
    page.wait_until_live()
    assert "No private image" in page.find("#images .empty").text
    assert page.lab.settings()["variants"]["deleted_server"] == "deleted_then_404"


def test_an_address_works_once_and_the_refusal_says_what_to_do(page: "Page") -> None:
    address = sign_in_address(page.lab)
    page.driver.get(address)
    page.wait_until_live()
    page.driver.delete_all_cookies()
    page.driver.get(address)
    assert "already used" in page.text("body")
    assert "python -m lab open" in page.text("body")
    page.driver.get(f"{page.lab.control}/browser/")
    assert "Not signed in" in page.text("body")


def test_the_page_is_usable_by_keyboard_on_a_phone_and_in_the_dark(page: "Page", raw: Raw) -> None:
    steps = Procedure(raw)
    steps.server(steps.iso_image())
    wait_for(lambda: page.texts(".card"), "the server on the page")

    page.script("document.body.focus()")
    page.tab()
    assert page.script("return document.activeElement.textContent") == "Skip to the servers"
    page.type("\n")
    page.tab()
    assert page.script("return document.activeElement.closest('#servers') !== null")
    # The browser computes no names of rows that are scrolled out of the view; theirs are their texts.
    controls = [node for node in page.all("button, input, select, a") if node.is_displayed()]
    unnamed = [node for node in controls if not (node.accessible_name or node.get_property("textContent"))]
    assert [node.get_attribute("outerHTML") for node in unnamed] == []
    assert page.script("return document.querySelectorAll('main, header, nav[aria-label]').length") == 3
    assert page.script("return [...document.querySelectorAll('section')].every((s) => s.querySelector('h2').id)")

    page.protocol("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    try:
        assert page.script("return document.documentElement.scrollWidth") <= 360
    finally:
        page.protocol("Emulation.clearDeviceMetricsOverride")

    colours = "const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]"
    shown = {}
    for scheme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        page.protocol("Emulation.setEmulatedMedia", features=[feature])
        shown[scheme] = page.script(colours)
    page.protocol("Emulation.setEmulatedMedia", features=[])
    assert shown["light"] != shown["dark"]


def test_the_session_cookie_is_invisible_to_scripts(page: "Page") -> None:
    port = page.lab.control.rpartition(":")[2]
    (cookie,) = (cookie for cookie in page.driver.get_cookies() if cookie["name"] == f"lab-browser-{port}")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert page.script("return document.cookie") == ""
    assert page.lab.env["HW_LAB_TOKEN"] not in page.driver.page_source + cookie["value"]


def test_without_a_lab_that_lives_nothing_is_lost_of_what_was_shown(page: "Page", lab: RunningLab, raw: Raw) -> None:
    Procedure(raw).iso_image()
    wait_for(lambda: rows(page, "images"), "the image on the page")
    lab.stop()
    wait_for(lambda: "does not respond" in page.text("#connection"), "the end of the connection")
    page.press("Empty the journal")
    wait_for(lambda: "does not respond" in page.text("#message"), "the explanation")
    assert len(rows(page, "images")) == 1
