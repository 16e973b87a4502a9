"""The load tests in Locust's web UI, driven in a real browser."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from locust_process import LOCUST_GUARD_S, Locust, listening_port, locust
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

#: What a browser needs on a machine without a screen; and what it does not need to ask the network.
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--window-size=1300,1800",
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[WebDriver]:
    """A Chromium without a window; the test is skipped where there is none, or none that runs."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs chromium and chromedriver (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    if os.getuid() == 0:
        options.add_argument("--no-sandbox")  # root has none; the only page is our own
    service = Service(driver)
    try:
        found = webdriver.Chrome(options=options, service=service)
    except WebDriverException as error:
        service.stop()
        pytest.skip(f"this user cannot start {chromium}: {error.msg}")
    try:
        yield found
    finally:
        found.quit()


class Page:
    """The web UI of one Locust, as somebody sees it."""

    def __init__(self, browser: WebDriver, program: Locust) -> None:
        self._browser = browser
        self._program = program
        browser.get(f"http://127.0.0.1:{listening_port(program)}/")

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until this says yes, whatever is redrawn meanwhile."""
        # A table that is drawn anew, a dialog that still fades out in front of a button.
        ignored = [StaleElementReferenceException, ElementClickInterceptedException]
        WebDriverWait(self._browser, LOCUST_GUARD_S, 0.1, ignored_exceptions=ignored).until(
            lambda _: condition(), f"{what}; {self._program.output}"
        )

    def _shown(self, selector: str, text: str = "") -> list[WebElement]:
        """What is displayed of a kind, with this text whatever its case."""
        found = self._browser.find_elements(By.CSS_SELECTOR, selector)
        return [
            each
            for each in found
            if each.is_displayed() and (not text or each.text.strip().lower() == text.lower())
        ]

    def press(self, text: str) -> None:
        """Press what has this text, once it is there."""

        def press() -> bool:
            shown = self._shown("button", text)
            if shown:
                shown[0].click()
            return bool(shown)

        self.wait(press, f"nothing to press with {text!r}")

    def fill(self, name: str, text: str) -> None:
        """Write into the field of this name, or choose from it."""
        self.wait(lambda: bool(self._shown(f"[name={name}]")), f"no field {name!r}")
        (field,) = self._shown(f"[name={name}]")
        if field.tag_name == "select":
            Select(field).select_by_value(text)
            return
        # The page's own framework hears what is typed, and not what clear() does.
        field.send_keys("\ue009a\ue000" + text)  # Control and a, and no key any longer

    def rows(self, tab: str, key: int = 0) -> dict[str, list[str]]:
        """The table on a tab: the cells of each row, by the one in column ``key``."""
        self.press(tab)
        found: dict[str, list[str]] = {}

        def read() -> bool:
            rows = [
                [cell.text for cell in row.find_elements(By.CSS_SELECTOR, "td")]
                for row in self._shown("tbody tr")
            ]
            found.update({cells[key]: cells for cells in rows if len(cells) > key})
            return bool(found)

        self.wait(read, f"nothing on the tab {tab!r}")
        return found

    def start(self, **parameters: str) -> None:
        """Fill in the custom parameters, and start."""
        self.press("Custom parameters")
        for name, text in parameters.items():
            self.fill(name, text)
        self.press("Start")

    def has(self, text: str) -> bool:
        """Whether there is a button with this text."""
        return bool(self._shown("button", text))


@contextlib.contextmanager
def opened(browser: WebDriver, tmp_path: Path) -> Iterator[Page]:
    """The page of a Locust with the accept test."""
    where = ("--web-host", "127.0.0.1", "--web-port", "0")
    with locust(tmp_path, "accept", *where) as program:
        yield Page(browser, program)


def holds(verdict: dict[str, list[str]]) -> set[str]:
    """What is said of whether the expectations of this run hold."""
    return {cells[-1] for cells in verdict.values()}


def test_runs_are_started_and_watched_from_the_web_ui(browser: WebDriver, tmp_path: Path) -> None:
    """From the form's fields to the verdict, on Locust's tabs and ours; and a second run after it.

    The second one has another server, and its verdict is not the first one's.
    """
    with opened(browser, tmp_path) as page:
        page.start(server="gnet", firstUsers="2", usersPerStep="2", steps="2", stepSeconds="4")
        page.wait(lambda: rate(page) > 0, "no requests per second")
        page.wait(lambda: "Connections accepted per second" in page.rows("Server"), "no server")
        page.wait(lambda: accepted(page)[0] > 0, "no connections per second")
        latencies = page.rows("Latencies (ms)")
        assert set(latencies) == {"TCP close", "TCP connect", "TCP first byte"}
        for cells in latencies.values():
            count, *milliseconds = map(float, cells[1:])
            assert count > 0
            assert milliseconds == sorted(milliseconds)
        assert milliseconds[0] > 0
        page.wait(lambda: page.has("New"), "no end")
        first = page.rows("Verdict")
        assert holds(first) == {"yes"}

        page.press("New")
        page.start(server="streamserver", steps="1", stepSeconds="1")
        page.wait(lambda: page.has("Stop"), "no second run")
        page.wait(lambda: page.has("New"), "no second end")
        page.wait(lambda: page.rows("Verdict") != first, "the same verdict")
        second = page.rows("Verdict")
        assert set(second) == set(first)
        assert holds(second) == {"yes"}
        assert accepted(page)[1] == int(second["connections were made"][2])


def test_a_run_that_cannot_begin_is_told_and_can_be_mended(
    browser: WebDriver, tmp_path: Path
) -> None:
    """On the tab with the verdict; Locust goes on, for another try with other parameters."""
    with opened(browser, tmp_path) as page:
        page.start(server="external", firstUsers="2", steps="1", stepSeconds="1")
        page.wait(lambda: page.has("New"), "no end")
        assert page.rows("Verdict") == {
            "the test can begin": [
                "the test can begin",
                "yes",
                "--server external needs --host and --statistics",
                "NO",
            ]
        }
        page.press("New")
        page.start(server="gnet")
        page.wait(lambda: "connections were made" in page.rows("Verdict"), "no second run")
        assert holds(page.rows("Verdict")) == {"yes"}


def rate(page: Page) -> float:
    """Locust's own statistics: connections per second, in the last column but one."""
    return float(page.rows("Statistics", key=1).get("connect", ["0", ""])[-2])


def accepted(page: Page) -> tuple[int, int]:
    """What the server tells: connections accepted per second, and since its start."""
    rows = page.rows("Server")
    return (
        int(rows["Connections accepted per second"][1]),
        int(rows["Connections accepted"][1]),
    )
