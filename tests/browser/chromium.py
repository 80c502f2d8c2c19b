"""The system's Chromium without a window, driven by Selenium, which make test-console installs."""

import os
import shutil
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from tests.lab.browsing import sign_in_address
from tests.labs import RunningLab, wait_for

WIDTH, HEIGHT = 1280, 900
WATCH = """
window.seen = [];
const note = (text) => { if (!window.seen.includes(text)) window.seen.push(text); };
const look = () => {
  for (const card of document.querySelectorAll('.card'))
    note('server ' + card.querySelector('h3').textContent);
  for (const job of document.querySelectorAll('.job'))
    note('job ' + job.dataset.status + ' ' + job.querySelector('.text').textContent);
};
const all = {subtree: true, childList: true, characterData: true, attributes: true};
new MutationObserver(look).observe(document.body, all);
look();
"""


def start_chromium() -> Any:
    """Return the driver of a new browser."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert browser, "chromium is missing; run make test-console"
    assert driver, "chromedriver is missing; run make test-console"
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", f"--window-size={WIDTH},{HEIGHT}"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox refuses to run as root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


class Page:
    """
    The lab's page in a browser.

    Args:
        driver: Driver of the browser.
        lab: Lab whose page is shown.
    """

    def __init__(self, driver: Any, lab: RunningLab) -> None:
        self.driver, self.lab = driver, lab

    def open(self) -> "Page":
        """Sign in, and wait until the page is live."""
        self.driver.get(sign_in_address(self.lab))
        return self.wait_until_live()

    def wait_until_live(self) -> "Page":
        wait_for(lambda: self.text("#connection") == "Live", "the connection of the page")
        return self

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        found: list[WebElement] = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found

    def text(self, selector: str) -> str:
        """Return the text of the first element, empty if there is none; read in one step, because updates go on."""
        return str(self.script("return document.querySelector(arguments[0])?.textContent ?? ''", selector))

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all elements as they are at one moment."""
        query = "return [...document.querySelectorAll(arguments[0])].map((node) => node.textContent)"
        found: list[str] = self.script(query, selector)
        return found

    def script(self, text: str, *arguments: Any) -> Any:
        return self.driver.execute_script(text, *arguments)

    def protocol(self, command: str, **parameters: Any) -> Any:
        """Run a command of the browser's own protocol."""
        return self.driver.execute_cdp_cmd(command, parameters)

    def button(self, label: str) -> WebElement:
        """Return the button with an accessible name."""
        (found,) = (node for node in self.all("button") if node.accessible_name == label and node.is_displayed())
        return found

    def press(self, label: str) -> None:
        """Press a button as soon as it exists."""

        def attempt() -> bool:
            matches = [node for node in self.all("button") if node.accessible_name == label and node.is_displayed()]
            if matches:
                self.script("arguments[0].scrollIntoView({block: 'center'})", matches[0])
                matches[0].click()
            return bool(matches)

        wait_for(attempt, f"the button {label!r}")

    def choose(self, selector: str, text: str) -> None:
        Select(self.find(selector)).select_by_visible_text(text)

    def fill(self, selector: str, value: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(value)

    def submit(self, form: str) -> None:
        node = self.find(f"{form} button[type=submit]")
        self.script("arguments[0].scrollIntoView({block: 'center'})", node)
        node.click()

    def type(self, *keys: str) -> None:
        """Type into what has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def tab(self) -> None:
        self.type(Keys.TAB)

    def escape(self) -> None:
        self.type(Keys.ESCAPE)

    def watch(self) -> None:
        """Record all states of servers and jobs that the page shows from now on."""
        self.script(WATCH)

    def seen(self) -> list[str]:
        found: list[str] = self.script("return window.seen")
        return found

    def complaints(self) -> list[str]:
        """Return the errors that the browser reports: of scripts, and of the page's policy."""
        errors = (entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE")
        return [entry["message"] for entry in errors if entry["source"] != "network"]
