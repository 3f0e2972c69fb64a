"""Pages put together from layers."""
import cv2
import numpy as np
import pytest
from PIL import Image

from coloring.composition import FLATS, compose, with_paper
from coloring.layers import flatten
from coloring.painting import Painting
from coloring.structure import find_structure

SIZE = (560, 800)  # width, height
FRAME = (40, 50, 519, 749)


def framed_page() -> np.ndarray:
    """A page with one frame, a circle in it and a gap in the circle's line."""
    page = np.full(SIZE[::-1], 255, np.uint8)
    cv2.rectangle(page, FRAME[:2], FRAME[2:], 0, 5)
    cv2.ellipse(page, (280, 400), (140, 140), 0, 2, 358, 0, 4, cv2.LINE_AA)
    return page


def blotchy(inside: tuple[int, int, int], outside: tuple[int, int, int]) -> Painting:
    """What a network paints: the circle and its surroundings, with stains of other colors and blurred edges."""
    coloring = np.full((400, 280, 3), outside, np.uint8)
    cv2.circle(coloring, (140, 200), 72, inside, -1)
    chance = np.random.default_rng(0)
    for _ in range(30):
        x, y = (int(chance.integers(20, side - 20)) for side in (280, 400))
        cv2.circle(coloring, (x, y), 6, tuple(int(level) for level in chance.integers(60, 255, 3)), -1)
    return Painting(cv2.GaussianBlur(coloring, (0, 0), 3))


def colored(page: np.ndarray, painting: Painting, flats: str = "auto"):
    return compose(Image.fromarray(page), painting, flats)


def patch(image: Image.Image, x: int, y: int, reach: int = 40) -> np.ndarray:
    return np.asarray(image, int)[y - reach : y + reach, x - reach : x + reach].reshape(-1, 3)


INSIDE, OUTSIDE = (220, 120, 60), (90, 150, 210)


def test_stains_of_a_network_become_one_color_a_region():
    made = colored(framed_page(), blotchy(INSIDE, OUTSIDE)).image
    for place, color in (((280, 400), INSIDE), ((110, 120), OUTSIDE)):
        pixels = patch(made, *place)
        assert np.ptp(pixels, axis=0).max() <= 1
        np.testing.assert_allclose(pixels.mean(0), color, atol=25)


def test_flats_reach_under_the_lines_and_stay_apart():
    made = colored(framed_page(), blotchy(INSIDE, OUTSIDE))
    flats = next(layer.pixels for layer in made.layers if layer.name == "flats")
    assert set(np.unique(flats[..., 3])) == {0, 255}
    inside = flats[..., 3] > 0
    assert len(np.unique(flats[inside], axis=0)) == 2
    assert inside[400, 280 - 140]  # on the circle's line


@pytest.mark.parametrize("flats", FLATS)
def test_the_layers_are_the_page(flats):
    made = colored(framed_page(), blotchy(INSIDE, OUTSIDE), flats)
    assert np.array_equal(flatten(made.layers), np.asarray(made.image))
    names = [layer.name for layer in made.layers]
    assert names[0] == "paper"
    assert names[-3:] == ["shading", "ink", "lettering"]
    assert ("flats" in names) == (flats != "off")
    assert ("colors" in names) == (flats == "off")
    assert made.regions is not None
    assert made.regions.shape == SIZE[::-1]


def test_without_flats_the_network_decides_place_by_place():
    made = colored(framed_page(), blotchy(INSIDE, OUTSIDE), "off").image
    assert np.asarray(made, int)[330:470, 210:350].std(axis=(0, 1)).max() > 8


def test_beyond_the_frames_paper_keeps_its_own_pixels():
    page = framed_page()
    page[page > 200] = 244  # old paper
    page[20:24, 300:330] = 30  # a page number
    made = np.asarray(colored(page, blotchy(INSIDE, OUTSIDE)).image)
    for margin in (np.s_[:44], np.s_[756:], np.s_[:, :34], np.s_[:, 526:]):
        assert np.array_equal(made[margin], np.repeat(page[margin][..., None], 3, axis=2))


def test_ink_is_the_pages_own():
    page = framed_page()
    made = np.asarray(colored(page, blotchy(INSIDE, OUTSIDE)).image)
    assert made[page == 0].max() == 0


def test_a_grey_wash_shades_the_flats():
    page = framed_page()
    ramp = np.linspace(255, 130, 200).astype(np.uint8)
    inside = cv2.circle(np.zeros_like(page), (280, 400), 130, 255, -1) > 0
    rows = np.clip(np.arange(SIZE[1]) - 300, 0, 199)
    page[inside] = np.broadcast_to(ramp[rows][:, None], page.shape)[inside]
    made = np.asarray(colored(page, blotchy((200, 120, 60), (255, 255, 255)), "on").image.convert("L"), int)
    light, dark = made[310, 280], made[490, 280]
    assert light > dark > 0
    assert dark / light == pytest.approx(page[490, 280] / page[310, 280], abs=0.08)


def test_large_painted_regions_keep_the_networks_colors():
    page = framed_page()
    cv2.circle(page, (280, 400), 150, 255, -1)
    page[60:740, 50:510] = np.linspace(200, 120, 460).astype(np.uint8)  # a painted sky without lines
    coloring = np.full((400, 280, 3), (90, 150, 210), np.uint8)
    coloring[200:] = (220, 150, 90)
    made = np.asarray(colored(page, Painting(coloring)).image, int)
    above, below = made[150, 280], made[650, 280]
    assert above[2] > above[0] + 20
    assert below[0] > below[2] + 20
    flat = np.asarray(colored(page, Painting(coloring), "on").image, int)
    assert np.abs(flat[150, 280] - flat[650, 280]).max() < 12


def test_coloring_without_the_pages_ink_keeps_its_paper():
    page = Image.fromarray(framed_page())
    made = np.asarray(with_paper(Image.new("RGB", SIZE, INSIDE), page, find_structure(np.asarray(page))))
    assert (made[:40] == 255).all()
    assert (made[400, 280] == INSIDE).all()


def test_blank_and_tiny_pages():
    for size in ((1, 1), (3, 200), (200, 300)):
        made = colored(np.full(size, 255, np.uint8), Painting(np.full((8, 8, 3), 200, np.uint8)))
        assert made.image.size == size[::-1]
