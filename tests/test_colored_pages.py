"""Scans are told from colored pages, whatever happened to them."""
import numpy as np
import pytest
from PIL import Image, ImageDraw

from scripts.check_colored_pages import WORLD, Case, held_out, judged, labelled
from util.colored_pages import is_colored

LABELLED = labelled()


def test_the_labelled_set_is_large_and_even() -> None:
    assert len(LABELLED) >= 60
    assert 0.4 < sum(case.colored for case in LABELLED) / len(LABELLED) < 0.6


@pytest.mark.parametrize("first", range(3))
def test_labelled_pages(first: int) -> None:
    """Some of the labelled set; scripts/check_colored_pages.py shows all of it."""
    assert [verdict.name for verdict in judged(LABELLED[first::9], WORLD) if not verdict.right] == []


def test_pages_drawn_by_lot() -> None:
    assert sum(not verdict.right for verdict in held_out(12)) <= 1


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_is_no_color(mode: str) -> None:
    ramp = Image.fromarray(np.tile(np.linspace(0, 255, 200, dtype=np.uint8), (300, 1))).convert(mode)
    assert not is_colored(ramp)


def test_a_page_with_a_colored_panel_is_colored_and_one_with_a_logo_is_not() -> None:
    page = Image.new("RGB", (600, 860), "white")
    pen = ImageDraw.Draw(page)
    for height in range(30, 860, 40):
        pen.line((20, height, 580, height), fill="black", width=3)
    logo = page.copy()
    ImageDraw.Draw(logo).rectangle((450, 700, 560, 820), fill="crimson")  # 2.6 % of the page
    panel = page.copy()
    ImageDraw.Draw(panel).rectangle((50, 60, 550, 400), fill="skyblue")
    assert [is_colored(image) for image in (page, logo, panel)] == [False, False, True]


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (800, 30)])
@pytest.mark.parametrize("color", ["white", "black"])
def test_tiny_and_extreme_pages(size: tuple[int, int], color: str) -> None:
    assert not is_colored(Image.new("RGB", size, color))


def test_other_modes_are_refused() -> None:
    with pytest.raises(ValueError, match="CMYK"):
        is_colored(Image.new("CMYK", (10, 10)))


def test_cases_are_repeatable() -> None:
    cases = [Case("scan", (("yellowed", 1.0), ("logo", 1.0)))]
    assert judged(cases, WORLD) == judged(cases, WORLD)
