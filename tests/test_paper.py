"""Paper and ink of scans."""
import numpy as np
import pytest
from PIL import Image

from scripts.manga_world import render_page
from util.paper import with_clean_paper


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
