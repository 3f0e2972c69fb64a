"""A real browser for the tests of pages."""
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--window-size=1280,900"]
PATIENCE = 10  # seconds


@contextmanager
def headless_chromium(profile: Path) -> Iterator[WebDriver]:
    """A headless Chromium that keeps what it remembers in the folder `profile`; without one here, skip the test."""
    driver = shutil.which("chromedriver")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if driver is None or chromium is None or "snap" in Path(chromium).resolve().parts:  # those see no /tmp of others
        message = "no chromium with chromedriver here: apt-get install chromium chromium-driver"
        # Where every change is tested, a missing browser must not pass for a page that works.
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for argument in [*ARGUMENTS, f"--user-data-dir={profile}"]:
        options.add_argument(argument)
    with webdriver.Chrome(options=options, service=Service(driver)) as chrome:
        yield chrome


def open_page(browser: WebDriver, path: Path, fragment: str = "") -> None:
    """Open a page from disk, at the place `fragment`, and drop what an earlier page complained of and asked for."""
    browser.get("about:blank")  # else a page that is open already would only be scrolled to another place
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(path.as_uri() + fragment)


def requested_urls(browser: WebDriver) -> list[str]:
    """The addresses asked for since the page was opened, or since this was called last."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [message["params"]["request"]["url"] for message in messages
            if message["method"] == "Network.requestWillBeSent"]


@contextmanager
def window_of(browser: WebDriver, width: int, height: int) -> Iterator[None]:
    """A window of this size, below 600 pixels of width that of a phone: desktop browsers get no narrower."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
