"""The report of a stack in Chromium: no script, no request, any width, dark and light, by keyboard, and live."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.report import report_file
from commands.report.drawing import report_page
from commands.report.stack_record import StackRecord
from commands.report.stack_report import report_of
from commands.state import exported_stack, recorded_builds
from commands.summary import builds_of
from tests.commands.report.states import START, State
from tests.labs import wait_for
from toolchain.paths import ROOT

pytestmark = pytest.mark.console
HOSTILE = '<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>'
FAILED = "0123456789abcdef"


@pytest.fixture
def browser(driver: Any) -> Iterator[Any]:
    """Yield the browser, which has no complaint about a policy, a script or a picture at the end."""
    yield driver
    complaints = [entry["message"] for entry in driver.get_log("browser")]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    driver.get("about:blank")
    assert complaints == []


def write(folder: Path, holder: str = "", refresh_s: float | None = None) -> Path:
    """Write the report of a finished build and of one whose installation has failed, with a picture of its screen."""
    state = State()
    state.imported("iso")
    state.build(f"a-{HOSTILE}", "fedcba9876543210", "iso", 61)
    state.build("failed", FAILED, "iso", 61, steps=1)
    resources = exported_stack.resources(str(state))
    stem = folder / f"failed-{FAILED}-20260301T101500Z-0a1b"
    stem.with_suffix(".log").write_text(f"server failed: {HOSTILE}\n\n{HOSTILE}\n" + 400 * f"{'x' * 300}\n")
    stem.with_suffix(".png").write_bytes((ROOT / "docs" / "report.png").read_bytes())
    builds = builds_of(recorded_builds.outputs_of(resources))
    record = StackRecord(HOSTILE, resources, builds, holder=holder)
    file = folder / "report.html"
    report_file.write(file, report_page.of_stack(report_of(record, folder, START.timestamp() + 900), (), refresh_s))
    return file


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(("scheme", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(13, 17, 23)")])
def test_the_page_fits_and_only_shows(browser: Any, tmp_path: Path, width: int, scheme: str, background: str) -> None:
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    browser.get(write(tmp_path).as_uri())

    widths = "return [document.documentElement.scrollWidth - document.documentElement.clientWidth, innerWidth]"
    assert [0, width] == browser.execute_script(widths)
    assert background == browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert 1000 == browser.execute_script("return document.querySelector('img').naturalWidth")
    assert HOSTILE in browser.execute_script("return document.querySelector('h1').textContent")
    assert None is browser.execute_script("return window.attacked")
    assert [] == browser.execute_script(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)"
        ".filter((name) => !name.startsWith('data:'))"
    )


def test_the_page_needs_no_script(browser: Any, tmp_path: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})

    browser.get(write(tmp_path).as_uri())

    heading = browser.find_element("css selector", "h1")
    assert (True, True) == (heading.is_displayed(), browser.find_element("css selector", "img").is_displayed())


def test_tables_and_failures_are_reached_by_keyboard(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(write(tmp_path).as_uri())
    reached = []
    for _ in range(20):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        name = "return document.activeElement.getAttribute('aria-label') ?? document.activeElement.localName"
        reached.append(browser.execute_script(name))
        if reached[-1] == "summary":
            browser.switch_to.active_element.send_keys(Keys.ENTER)

    assert {"summary", "Builds", "Timeline", "Critical path", "Costs", "Outputs"} <= {*reached}
    assert None is browser.find_element("css selector", "details").get_attribute("open")


def test_a_live_page_loads_itself_again_until_the_run_has_ended(browser: Any, tmp_path: Path) -> None:
    from selenium.common.exceptions import WebDriverException

    browser.get(write(tmp_path, holder="the first command", refresh_s=1).as_uri())

    def status() -> str:
        try:
            return str(browser.execute_script("return document.querySelector('.status')?.textContent ?? ''"))
        except WebDriverException:  # the page was just loading itself
            return ""

    wait_for(lambda: "the first command" in status(), "the page")
    write(tmp_path, holder="the second command", refresh_s=1)
    wait_for(lambda: "the second command" in status(), "the next version")
    write(tmp_path)
    wait_for(lambda: "Not finished" in status(), "the last version")

    assert [] == browser.find_elements("css selector", "meta[http-equiv=refresh]")
