"""Paper and ink of scans."""
import numpy as np
import pytest
from PIL import Image, ImageDraw

from scripts.manga_world import render_page
from util.paper import with_clean_paper, without_margins


def drawn(paper: int, ink: int, inked: float = 0.2) -> np.ndarray:
    """Rows of ink, paper, and a tone halfway, (200, 100) uint8."""
    page = np.full((200, 100), paper, np.uint8)
    page[: round(200 * inked)] = ink
    page[-10:] = (paper + ink) // 2
    return page


@pytest.mark.parametrize(("paper", "ink"), [(230, 30), (200, 0), (255, 60), (140, 20)])
def test_paper_becomes_white_and_ink_black(paper, ink):
    cleaned = np.asarray(with_clean_paper(Image.fromarray(drawn(paper, ink))))
    np.testing.assert_allclose(cleaned, drawn(255, 0), atol=2)


@pytest.mark.parametrize("page", [drawn(255, 0), drawn(230, 20, inked=0.94), drawn(100, 0), drawn(200, 110)])
def test_what_is_clean_or_tells_no_paper_stays(page):
    np.testing.assert_array_equal(with_clean_paper(Image.fromarray(page)), page)


def test_colors_of_paper_stay_apart():
    scan = Image.fromarray(drawn(230, 30)).convert("RGB")
    assert with_clean_paper(scan).mode == "RGB"
    np.testing.assert_allclose(np.asarray(with_clean_paper(scan))[..., 1], drawn(255, 0), atol=2)


def test_a_worn_page_looks_like_a_clean_one():
    clean, _, _ = render_page(3, 5, 256, 368, "easy")
    pixels = np.asarray(clean.convert("L"), float)
    grain = np.random.default_rng(0).normal(0, 3, pixels.shape)
    worn = (30 + pixels * (232 - 30) / 255 + grain).clip(0, 255).astype(np.uint8)
    before, after = (np.abs(np.asarray(scan, float) - pixels).mean() for scan in
                     (worn, with_clean_paper(Image.fromarray(worn))))  # fmt: skip
    assert after < before / 4


def framed(*panels: tuple[int, int, int, int], aslant: float = 0, size: tuple[int, int] = (300, 430)) -> Image.Image:
    page = Image.new("L", size, 255)
    for panel in panels:
        ImageDraw.Draw(page).rectangle(panel, outline=0, width=3)
    return page.rotate(aslant, Image.Resampling.BICUBIC, fillcolor=255)


def sides(page: Image.Image) -> list[int]:
    rows, columns = without_margins(np.asarray(page))
    return [columns.start, rows.start, columns.stop, rows.stop]


def test_beyond_frames_there_is_margin():
    assert sides(framed((20, 30, 140, 390), (150, 30, 269, 390))) == [20, 30, 270, 391]
    rendered, _, _ = render_page(3, 5, 256, 368, "hard")
    left, top, right, bottom = sides(rendered.convert("L"))
    assert all(0 < width < 12 for width in (left, top, 256 - right, 368 - bottom))


def test_frames_may_be_aslant_and_margins_have_specks_and_numbers():
    page = framed((20, 30, 269, 390), aslant=0.5)
    ImageDraw.Draw(page).point([(5, 5), (200, 425), (295, 100)], fill=0)
    ImageDraw.Draw(page).rectangle((145, 412, 155, 422), fill=0)  # a page number
    np.testing.assert_allclose(sides(page), [20, 30, 270, 391], atol=4)


@pytest.mark.parametrize(("page", "expected"), [
    (framed((-9, -9, 140, 390), (150, 30, 269, 390)), [0, 0, 270, 391]),  # a panel that runs off the page
    (framed((20, 30, 269, 390), (60, 18, 64, 60)), [20, 0, 270, 391]),  # what sticks out of its panel
    (framed((20, 130, 269, 390)), [20, 0, 270, 391]),  # a sky rather than a margin
    (framed((40, 395, 260, 428), (20, 30, 269, 390)), [20, 30, 270, 429]),
    (framed((90, 400, 190, 425), (20, 30, 269, 390)), [20, 30, 270, 430]),  # something below the panels
    (Image.new("L", (300, 430), 255), [0, 0, 300, 430]),
    (Image.new("L", (300, 430), 0), [0, 0, 300, 430]),
    (Image.new("L", (1, 1), 0), [0, 0, 1, 1]),
])  # fmt: skip
def test_where_no_frame_is_the_outermost_there_is_none(page, expected):
    assert sides(page) == expected


def test_a_drawing_without_frames_has_none():
    page = Image.new("L", (300, 430), 255)
    ImageDraw.Draw(page).ellipse((30, 40, 270, 400), outline=0, width=3)
    assert sides(page) == [0, 0, 300, 430]
