"""One browser for all tests of this folder, and a lab with simulated machines for each module."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.feed import Feed
from tests.lab.browsing import sign_in_address
from tests.lab.conftest import DISC
from tests.lab.plain import Raw
from tests.labs import RunningLab, wait_for

if TYPE_CHECKING:
    from tests.browser.chromium import Page

SCALE = 60.0


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    from tests.browser.chromium import start_chromium  # Selenium is there in make test-console alone

    started = start_chromium()
    yield started
    started.quit()


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Yield a lab with simulated machines and an ISO file in its store."""
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), {"installer.iso": DISC}, time_scale=SCALE) as running:
        yield running


@pytest.fixture
def page(driver: Any, lab: RunningLab) -> Iterator["Page"]:
    """Yield the page of the lab, signed in, without complaints of the browser at the end."""
    from tests.browser.chromium import HEIGHT, WIDTH, Page

    driver.set_window_size(WIDTH, HEIGHT)
    opened = Page(driver, lab).open()
    yield opened
    complaints = opened.complaints()
    for other in driver.window_handles[1:]:
        driver.switch_to.window(other)
        driver.close()
    driver.switch_to.window(driver.window_handles[0])
    driver.get("about:blank")
    driver.get_log("browser")  # which returns each entry once, so that the next test has its own alone
    assert complaints == []


@pytest.fixture
def feed(driver: Any, lab: RunningLab) -> Iterator["Feed"]:
    """Yield a source of events for a page that is open and shows nothing yet."""
    from tests.browser.chromium import HEIGHT, WIDTH, Page

    driver.set_window_size(WIDTH, HEIGHT)
    page = Page(driver, lab)
    made = Feed(page)
    driver.get(sign_in_address(lab))
    wait_for(lambda: page.script("return window.feed !== undefined"), "the page")
    yield made
    made.stop()
    driver.get("about:blank")
    driver.get_log("browser")  # which returns each entry once, so that the next test has its own alone


@pytest.fixture
def raw(lab: RunningLab) -> Iterator[Raw]:
    """Yield plain HTTP with a token."""
    with Raw(lab) as session:
        yield session
