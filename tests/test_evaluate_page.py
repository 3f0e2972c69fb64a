"""The page of a comparison: what it says, and how it behaves in a browser, from disk."""
import csv
import math
import os
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from scripts.evaluation.charts import histograms
from tests.browser import open_page, requested_urls, window_of
from tests.evaluating import SIZE, call, save_data
from tests.helpers import save_noise
from tests.pages import HOSTILE, Page
from util.metrics import METRICS, Mean

NAMES = [f"page{index}" for index in range(1, 10)]


@pytest.fixture
def compared(tmp_path, capsys) -> Path:
    """Results that get worse from page to page, and others that do not, which are called as a column is anyway."""
    save_data(tmp_path / "data", NAMES)
    for index, name in enumerate(NAMES):
        truth = np.asarray(Image.open(tmp_path / f"data/valB/{name}.png")).astype(float)
        for title, share in (("falling", index / 20), ("scan", index * 4 % 9 / 10)):
            path = save_noise(tmp_path / f"{title}/{name}.png", SIZE, index)
            noise = np.asarray(Image.open(path)).astype(float)
            Image.fromarray(((1 - share) * truth + share * noise).astype(np.uint8)).save(path)
    status, _, errors = call(
        capsys, f"falling={tmp_path / 'falling'}", f"scan={tmp_path / 'scan'}", f"--dataroot={tmp_path / 'data'}",
        f"--html={tmp_path / 'page/index.html'}", "--baseline=scan", f"--csv={tmp_path / 'figures.csv'}",
    )  # fmt: skip
    assert status is None, errors
    return tmp_path / "page/index.html"


def order(browser) -> list[str]:
    return [drawing.get_attribute("data-name") for drawing in browser.find_elements(By.TAG_NAME, "article")]


def test_the_page_shows_all_pictures_in_their_columns(compared):
    page = Page(compared)
    sources = [unquote(source) for source in page.values("img", "src")]
    assert len(sources) == len(set(sources)) == 4 * len(NAMES)  # scan, two results, truth
    for source in sources:
        assert Image.open(compared.parent / source).size == SIZE
    assert {"falling", "scan", "truth", "CIEDE2000 ↓"} <= set(page.texts)
    assert any(text.startswith("falling against scan:") for text in page.texts)


def test_the_worst_drawing_comes_first_without_scripts_too(compared):
    names = [attributes["data-name"] for tag, attributes in Page(compared).tags if tag == "article"]
    assert names == NAMES[::-1]


def test_drawings_are_sorted_in_the_browser(browser, compared):
    open_page(browser, compared)
    selects = {select.get_attribute("name"): Select(select) for select in browser.find_elements(By.TAG_NAME, "select")}
    assert order(browser) == NAMES[::-1]
    selects["order"].select_by_value("best")
    assert order(browser) == NAMES
    lines = csv.DictReader((compared.parents[1] / "figures.csv").read_text(encoding="utf-8").splitlines())
    figures = {(line["title"], line["image"]): line for line in lines}
    selects["title"].select_by_visible_text("scan")
    assert order(browser) == sorted(NAMES, key=lambda name: float(figures["scan", name]["ciede2000"]))
    selects["title"].select_by_visible_text("falling, beside scan")
    selects["order"].select_by_value("worst")
    selects["metric"].select_by_value("psnr")
    falling, scan = ({name: float(figures[title, name]["psnr"]) for name in NAMES} for title in ("falling", "scan"))
    assert order(browser) == sorted(NAMES, key=lambda name: falling[name] - scan[name])
    shown = [span.text for span in browser.find_elements(By.CSS_SELECTOR, "[data-name=page2] .figure")]
    assert shown == [f"{figures['page2']:.2f}" for figures in (falling, scan)]
    assert browser.get_log("browser") == []
    assert all(url.startswith(("file:", "data:")) for url in requested_urls(browser))


def test_nothing_is_wider_than_a_phone(browser, compared):
    with window_of(browser, 390, 800):
        open_page(browser, compared)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        tops = browser.execute_script(
            "return [...document.querySelector('article').querySelectorAll('figure')]"
            ".map(figure => figure.getBoundingClientRect().top)"
        )
        assert tops[0] == tops[1] < tops[2] == tops[3]  # two beside each other


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not know")
def test_names_can_not_break_the_page(browser, tmp_path, capsys):
    names = [name.replace("/", "_") for name in HOSTILE] + ["</script><b>"]
    names = [name.replace("/", "_") for name in names]
    save_data(tmp_path / "data", names)
    title = "</script><b>bold"
    call(capsys, f"{title}={tmp_path / 'data/valB'}", f"x={tmp_path / 'data/valA'}", f"--dataroot={tmp_path / 'data'}",
         f"--html={tmp_path / 'index.html'}", "--baseline=x")  # fmt: skip
    open_page(browser, tmp_path / "index.html")
    assert sorted(order(browser)) == sorted(names)
    assert browser.find_elements(By.TAG_NAME, "b") == []
    Select(browser.find_element(By.NAME, "title")).select_by_visible_text(f"{title}, beside x")
    assert sorted(order(browser)) == sorted(names)
    assert browser.get_log("browser") == []


def test_histograms_count_what_there_is():
    values = {"one": np.array([0.0, 0, 1, math.nan]), "none": np.array([math.nan])}
    rows = {"one": {"ssim": Mean(1 / 3, 0, 1, 3)}, "none": {"ssim": Mean(math.nan, math.nan, math.nan, 0)}}
    drawing = histograms("ssim", METRICS["ssim"], values, rows)
    told = drawing.render()
    assert ("<title>2 from 0.000 to" in told, "<title>1 from" in told) == (True, True)
    assert told.count("<rect") == 2
    assert "nan" not in told
    assert histograms("ssim", METRICS["ssim"], {"none": values["none"]}, rows) is None


def test_one_value_for_all_has_a_place(tmp_path):
    rows = {"one": {"psnr": Mean(5, 5, 5, 2)}}
    told = histograms("psnr", METRICS["psnr"], {"one": np.array([5.0, 5.0])}, rows).render()
    assert told.count("<rect") == 1
    assert "nan" not in told
    assert "inf" not in told
