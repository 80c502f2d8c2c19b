"""
Pictures of the lab's page in the documentation, from a real run: `python -m tests.browser.picture`.

It installs the project's own ISO file on a virtual machine, and captures and boots the image. Selenium is in the folder
that make test-console fills: `PYTHONPATH=.state/console`.
"""

import tempfile
from pathlib import Path
from typing import Any

from iso.__main__ import default_cache
from iso.build import build
from tests.browser.chromium import Page, start_chromium
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import ROOT, RunningLab, wait_for

TARGET = ROOT / "docs" / "lab-page.png"
WIDTH, HEIGHT = 1100, 1560
INSTALLATION_TIMEOUT_S = 600


def main() -> None:
    """Take the picture when the image of an installation boots and a second installation begins."""
    cache = default_cache()
    iso = build(cache.parent / "tests" / "installer.iso", cache).output
    with tempfile.TemporaryDirectory() as folder:
        lab = RunningLab.start(Path(folder) / "state", driver="qemu", time_scale=1)
        try:
            lab.put(iso, "lab-images/installer.iso")
            with Raw(lab) as raw:
                driver = start_chromium()
                try:
                    _take(Page(driver, lab), raw)
                finally:
                    driver.quit()
        finally:
            lab.stop()


def _take(page: Page, raw: Raw) -> None:
    page.driver.set_window_size(WIDTH, HEIGHT)
    page.open()
    steps = Procedure(raw)
    iso = steps.iso_image()
    server = steps.server(iso)
    wait_for(lambda: _is_off(page, server), "the end of the installation", INSTALLATION_TIMEOUT_S)
    steps.wait_for_power_off(server)
    steps.capture(steps.data_disk(server))
    steps.delete_server(server)
    page.press("Boot a server from golden")
    wait_for(lambda: "lab-boot ACTIVE" in page.texts(".card h3"), "the server of the image", 120)
    page.lab.fault("delay", service="ecs", operation="list_servers_details", delay_s=0.2)
    steps.server(iso)
    raw.send("ecs", "GET", "/v1/{project}/cloudservers/detail")
    page.script("scrollTo(0, 0)")
    wait_for(lambda: _shown(page) >= 2, "the pictures of the screens", 120)
    wait_for(lambda: not page.find("#message").is_displayed(), "the end of the message")
    TARGET.write_bytes(page.driver.get_screenshot_as_png())
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size} bytes")


def _is_off(page: Page, server: str) -> bool:
    machine: dict[str, Any] = page.lab.call("GET", f"/servers/{server}")
    return not machine["powered_on"]


def _shown(page: Page) -> int:
    """Return the number of pictures of screens on the page."""
    query = (
        "return [...document.querySelectorAll('.screen img')].filter((node) => !node.hidden && node.complete).length"
    )
    return int(page.script(query))


if __name__ == "__main__":
    main()
