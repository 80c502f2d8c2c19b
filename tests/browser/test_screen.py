"""Screens of virtual machines on the lab's page: the picture of an installer, and keys that reach the guest."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.lab.drivers.guests import ECHO_KEYS, write_iso
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab, wait_for

if TYPE_CHECKING:
    from tests.browser.chromium import Page

pytestmark = [pytest.mark.console, pytest.mark.qemu]
GREETING = "INSTALLER: PRESS A KEY"
PICTURE = """
const picture = document.querySelector('.card .screen img');
if (picture === null || picture.hidden || !picture.complete || !picture.naturalWidth) return '';
const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight), context = canvas.getContext('2d');
context.drawImage(picture, 0, 0);
const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
let lit = 0;
for (let place = 0; place < data.length; place += 4) lit += data[place] > 100;
return lit ? `${canvas.width}x${canvas.height} ${lit}` : '';
"""
"""Size of the picture with the number of its bright points, empty if it is dark."""


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Yield a lab with virtual machines, and an ISO file whose installer waits for keys."""
    folder = tmp_path_factory.mktemp("lab")
    running = RunningLab.start(folder / "state", driver="qemu", time_scale=1)
    try:
        running.put(write_iso(folder / "installer.iso", GREETING, ECHO_KEYS), "lab-images/installer.iso")
        yield running
    finally:
        running.stop()


def test_a_screen_shows_the_installer_and_a_key_press_reaches_it(page: "Page", raw: Raw) -> None:
    steps = Procedure(raw)
    server = steps.server(steps.iso_image())
    wait_for(lambda: GREETING in page.lab.console(server), "the installer", 120)
    shown = wait_for(lambda: page.script(PICTURE), "the picture of the screen on the page")

    page.script("document.querySelector('.card .screen').scrollIntoView({block: 'center'})")
    page.find(".card .screen").click()
    wait_for(lambda: len(page.driver.window_handles) == 2, "the tab of the screen")
    page.driver.switch_to.window(page.driver.window_handles[1])
    wait_for(lambda: page.text("#status").startswith("Connected"), "the connection to the screen")
    assert "token" not in page.script("return location.pathname + location.search")
    page.find("#screen canvas").click()
    page.type("l", "a", "b")
    wait_for(lambda: page.lab.console(server)[-1] == "lab", "the keys in the guest")
    page.driver.close()
    page.driver.switch_to.window(page.driver.window_handles[0])

    wait_for(lambda: page.script(PICTURE) not in ("", shown), "the keys on the page's picture")
    page.press("Serial console: builder")
    wait_for(lambda: GREETING in page.text("#console-text"), "the serial console")
    page.escape()
    page.press("Switch off: builder")
    wait_for(lambda: "is off" in page.text(".card .screen"), "the end of the picture")
