"""Tests compute on one thread: their networks are tiny, and threads that wait for each other on a busy machine
cost far more than they bring. Processes that tests start inherit it."""
import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported, here or in a process of a test
# Nothing is left behind, or found, where the user's programs keep things.
_kept = tempfile.TemporaryDirectory()
os.environ["XDG_CACHE_HOME"] = _kept.name


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[WebDriver]":
    """One headless Chromium for all tests of a file."""
    from tests.browser import headless_chromium  # most tests do without a browser, and need not load its driver

    with headless_chromium(tmp_path_factory.mktemp("profile")) as chrome:
        yield chrome
