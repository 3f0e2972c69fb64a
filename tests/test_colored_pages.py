"""Scans are told from colored pages, whatever happened to them."""
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from scripts.check_colored_pages import WORLD, Case, judged, labelled
from scripts.page_changes import inked
from util.colored_pages import colored_share, is_colored

LABELLED = labelled()
SIZE = (600, 860)
CRIMSON = (220, 20, 60)


def lined_page() -> Image.Image:
    """A white page with black lines, and a solid black bar, as manga have."""
    page = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(page)
    for height in range(30, SIZE[1], 40):
        pen.line((20, height, 580, height), fill="black", width=3)
    pen.rectangle((60, 780, 540, 810), fill="black")
    return page


def with_block(share: float, color: tuple[int, ...] | str) -> Image.Image:
    """The lined page with a block of one color on a share of its area, black lines running through it."""
    page = lined_page()
    block = Image.new("RGB", (500, round(share * SIZE[0] * SIZE[1] / 500)), color)
    lines = page.crop((50, 60, 550, 60 + block.height)).convert("L").point(lambda level: 255 * (level < 128))
    block.paste("black", mask=lines)
    page.paste(block, (50, 60))
    return page


def printed_in(color: str) -> Image.Image:
    """The lined page, printed in a colored ink instead of black."""
    pixels = inked(np.asarray(lined_page()) / 255, 1.0, np.random.default_rng(0), color)
    return Image.fromarray((255 * pixels).round().astype(np.uint8))


def test_the_labelled_set_is_large_and_even() -> None:
    assert len(LABELLED) >= 100
    assert 0.4 < np.mean([case.colored for case in LABELLED]) < 0.6


@pytest.mark.parametrize("colored", [False, True])
def test_pages_of_the_labelled_set(colored: bool) -> None:
    """A quarter of it, on a few of its pages; scripts/check_colored_pages.py goes through all."""
    cases = [case for case in LABELLED if case.colored == colored][::4]
    assert [verdict.name for verdict in judged(cases, WORLD, pages=5) if not verdict.right] == []


def test_cases_are_repeatable() -> None:
    cases = [Case("scan", (("yellowed", 1.0), ("logo", 1.0)))]
    assert judged(cases, WORLD, pages=1) == judged(cases, WORLD, pages=1)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_is_no_color(mode: str) -> None:
    ramp = Image.fromarray(np.tile(np.linspace(0, 255, 200, dtype=np.uint8), (300, 1))).convert(mode)
    assert colored_share(ramp) == 0


@pytest.mark.parametrize("color", ["skyblue", "crimson", "gold", "palegreen"])
def test_a_colored_panel_makes_a_page_colored_and_a_logo_does_not(color: str) -> None:
    assert not is_colored(lined_page())
    assert not is_colored(with_block(0.03, color))
    assert is_colored(with_block(0.15, color))


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_the_share_is_that_of_the_area(share: float) -> None:
    # Of what is looked at, which is less than the page by its margins; the block's edges are blurred.
    assert colored_share(with_block(share, "skyblue")) == pytest.approx(share / 0.81, rel=0.15)


@pytest.mark.parametrize("color", ["blue", "purple", "brown"])
def test_one_colored_ink_is_a_scan(color: str) -> None:
    assert colored_share(printed_in(color)) < 0.01


def test_a_second_ink_beside_black_is_color() -> None:
    assert is_colored(with_block(0.2, CRIMSON))
    assert not is_colored(printed_in("red"))


def test_paper_is_no_color_and_paint_on_it_is() -> None:
    paper = np.array([0.92, 0.83, 0.62])
    old, painted = (Image.fromarray((np.asarray(page) * paper).astype(np.uint8))
                    for page in (lined_page(), with_block(0.2, "skyblue")))  # fmt: skip
    assert (is_colored(old), is_colored(painted)) == (False, True)


def test_a_colored_frame_is_not_looked_at() -> None:
    page = lined_page()
    ImageDraw.Draw(page).rectangle((0, 0, SIZE[0] - 1, SIZE[1] - 1), outline=CRIMSON, width=24)
    assert colored_share(page) == 0


def test_an_opened_file_stays_whole(tmp_path: Path) -> None:
    with_block(0.2, CRIMSON).save(tmp_path / "page.jpg", quality=95)
    with Image.open(tmp_path / "page.jpg") as image:
        assert is_colored(image)
        assert image.size == SIZE
        np.testing.assert_array_equal(image, Image.open(tmp_path / "page.jpg"))


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 400), (800, 30), (7, 9)])
@pytest.mark.parametrize("color", ["white", "black", "wheat"])
def test_tiny_narrow_and_empty_pages(size: tuple[int, int], color: str) -> None:
    assert not is_colored(Image.new("RGB", size, color))


@pytest.mark.parametrize("mode", ["CMYK", "RGBA", "P"])
def test_other_modes_are_refused(mode: str) -> None:
    with pytest.raises(ValueError, match=mode):
        is_colored(Image.new(mode, (10, 10)))
