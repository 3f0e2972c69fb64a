"""The pages as a browser shows them, opened from disk: images load, links lead somewhere, no complaints."""
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser import PATIENCE, open_page, window_of
from tests.pages import HOSTILE
from util.html import HTML, TrainingPage
from util.visualizer import save_images


def shades(count: int, size: tuple[int, int] = (96, 64)) -> list[np.ndarray]:
    """Images of `size`, height by width, each of another gray."""
    return [np.full((*size, 3), 255 * index // count, np.uint8) for index in range(count)]


def loaded_widths(browser: WebDriver) -> list[int]:
    """Pixels each image is wide in its file, 0 for one that did not load; lazy ones are scrolled to."""
    images = browser.find_elements(By.TAG_NAME, "img")
    for image in images:
        browser.execute_script("arguments[0].scrollIntoView()", image)
        WebDriverWait(browser, PATIENCE, 0.02).until(lambda _, image=image: image.get_property("complete"))
    return [image.get_property("naturalWidth") for image in images]


def files_linked(browser: WebDriver) -> list[Path]:
    """The files that links and images lead to, as the browser resolves them."""
    urls = browser.execute_script(
        "return [...document.querySelectorAll('a, img')].map(element => element.href ?? element.src)")
    return [Path(unquote(urlsplit(url).path)) for url in urls]


def assert_flawless(browser: WebDriver, images: int) -> None:
    widths = loaded_widths(browser)
    assert len(widths) == images
    assert all(widths)
    assert [path for path in files_linked(browser) if not path.is_file()] == []
    assert browser.get_log("browser") == []


def test_training_page_of_thirty_epochs(browser, tmp_path):
    page = TrainingPage(tmp_path, "onepiece", 128)
    for epoch in range(1, 31):
        page.update(epoch, dict(zip(["real_A", "fake_B", "rec_A"], shades(3), strict=True)))
    open_page(browser, tmp_path / "index.html")
    assert_flawless(browser, images=15)
    headers = [header.text for header in browser.find_elements(By.TAG_NAME, "h2")]
    assert headers == [f"epoch {epoch}" for epoch in range(30, 25, -1)]

    browser.find_element(By.PARTIAL_LINK_TEXT, "older").click()
    assert_flawless(browser, images=75)
    browser.find_element(By.PARTIAL_LINK_TEXT, "newer").click()
    assert_flawless(browser, images=15)
    browser.find_element(By.PARTIAL_LINK_TEXT, "newest").click()
    assert browser.current_url == (tmp_path / "index.html").as_uri()


def test_training_page_shows_news_by_itself(browser, tmp_path):
    page = TrainingPage(tmp_path, "onepiece", 64, refresh=1)
    page.update(1, {"fake_B": shades(1, (32, 32))[0]})
    open_page(browser, tmp_path / "index.html")
    assert loaded_widths(browser) == [32]
    # The same epoch again: the image's name stays, so the browser must not show the one it has.
    page.update(1, {"fake_B": shades(1, (32, 48))[0]})
    deadline = time.monotonic() + PATIENCE
    script = "return [...document.images].map(image => image.naturalWidth)"
    while browser.execute_script(script) != [48]:
        assert time.monotonic() < deadline, "the page still shows the old image"
        time.sleep(0.1)


def test_results_of_pages_with_hostile_names(browser, tmp_path):
    web = HTML(tmp_path, "<script>alert(1)</script> results")
    for name in HOSTILE:
        save_images(web, dict(zip(["real", "fake"], shades(2), strict=True)), name, 1.0, 256)
    web.save()
    open_page(browser, tmp_path / "index.html")
    assert_flawless(browser, images=2 * len(HOSTILE))
    assert [header.text for header in browser.find_elements(By.TAG_NAME, "h2")] == HOSTILE
    assert browser.title == "<script>alert(1)</script> results"
    assert browser.find_elements(By.TAG_NAME, "script") == []


def test_click_on_a_figure_opens_the_whole_image(browser, tmp_path):
    web = HTML(tmp_path, "results")
    save_images(web, {"fake": shades(1, (300, 200))[0]}, "page #1?", 1.0, 64)
    web.save()
    open_page(browser, tmp_path / "index.html")
    browser.find_element(By.TAG_NAME, "img").click()
    assert Path(unquote(urlsplit(browser.current_url).path)) == tmp_path / "images/page #1?.png"
    assert loaded_widths(browser) == [200]


@pytest.mark.parametrize(("window", "columns"), [(1280, 4), (390, 2)])
def test_rows_fit_the_window(browser, tmp_path, window, columns):
    web = HTML(tmp_path, "results")
    labels = ["real", "fake", "hint", "lines"]
    save_images(web, dict(zip(labels, shades(4), strict=True)), "a" * 200, 1.0, 256)
    web.save()
    with window_of(browser, window, 800):
        open_page(browser, tmp_path / "index.html")
        figures = [figure.rect for figure in browser.find_elements(By.TAG_NAME, "figure")]
        page_width = browser.execute_script("return document.documentElement.scrollWidth")
    assert page_width <= window
    assert sum(figure["y"] == figures[0]["y"] for figure in figures) == columns
    assert all(figure["x"] + figure["width"] <= window for figure in figures)
