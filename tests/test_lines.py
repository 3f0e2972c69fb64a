"""Lines of the page over colors of a network: what must stay, what must go, and that strips do not show."""
import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from util import lines
from util.lines import lay_lines
from util.metrics import edge_recall

SCALE = 5  # page pixels to a working pixel
WIDTH, HEIGHT = 300, 240
ORANGE, BLUE, SKIN = (240, 150, 60), (60, 110, 220), (255, 220, 190)


def plain(color: tuple[int, int, int], height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.full((height, width, 3), color, dtype=np.uint8)


def paper(level: int = 255, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.full((height, width), level, dtype=np.uint8)


def inked(image: np.ndarray, strokes: list[tuple[list[tuple[float, float]], float]], ink: int = 0) -> np.ndarray:
    """An image with smooth strokes (points, width) of grey ink: as uint8, (H, W) or (H, W, 3)."""
    fine = 4
    mask = Image.new("L", (image.shape[1] * fine, image.shape[0] * fine))
    for points, width in strokes:
        ImageDraw.Draw(mask).line([(x * fine, y * fine) for x, y in points], 255, round(width * fine), "curve")
    cover = np.asarray(mask.resize(image.shape[1::-1], Image.Resampling.BOX)) / 255
    if image.ndim == 3:
        cover = cover[..., None]
    return np.rint(image * (1 - cover) + ink * cover).astype(np.uint8)


def small(image: np.ndarray, scale: int = SCALE) -> np.ndarray:
    """The image as a network would see it, averaged over working pixels."""
    size = -(-image.shape[1] // scale), -(-image.shape[0] // scale)
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))


def enlarged(coloring: np.ndarray, like: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(coloring).resize(like.shape[1::-1], Image.Resampling.BICUBIC))


def rgb(page: np.ndarray) -> np.ndarray:
    return np.dstack([page] * 3)


def difference(one: np.ndarray, other: np.ndarray | tuple[int, int, int]) -> np.ndarray:
    """The largest over the channels, of 255, a pixel: (..., 3) → (...)."""
    return np.abs(one.astype(int) - np.asarray(other)).max(axis=-1)


def shading() -> np.ndarray:
    """Soft clouds of all colors, some working pixels wide."""
    noise = np.random.default_rng(0).normal(0, 1, (HEIGHT, WIDTH, 3))
    return np.clip(128 + 2500 * gaussian_filter(noise, (8, 8, 0)), 0, 255).astype(np.uint8)


DIVIDE = [([(150, -9), (156, 249)], 3.0)]  # a line down the middle
DRAWING = [
    *DIVIDE,
    ([(20, 20), (130, 24), (126, 100), (24, 96), (20, 20)], 2.0),
    *(([(180 + 9 * i, 30), (200 + 9 * i, 110)], 1.2) for i in range(9)),
    *(([(30 + 7 * i, 130), (33 + 7 * i, 140), (28 + 7 * i, 146)], 1.0) for i in range(12)),
    ([(180, 150), (220, 190), (280, 150)], 6.0),
    ([(30, 170), (120, 220)], 1.0),
]


def two_colors() -> np.ndarray:
    """Orange and blue that meet under the line of DIVIDE."""
    colors = Image.fromarray(plain(ORANGE))
    ImageDraw.Draw(colors).polygon([*DIVIDE[0][0], (WIDTH, HEIGHT), (WIDTH, 0)], BLUE)
    return np.asarray(colors)


@pytest.fixture
def page() -> np.ndarray:
    return inked(paper(), DRAWING, ink=10)


@pytest.fixture
def truth() -> np.ndarray:
    """The page's true coloring."""
    return inked(two_colors(), DRAWING, ink=10)


def test_ink_is_no_lighter_than_in_the_scan(page, truth):
    ink = page < 64
    result = lay_lines(page, small(truth))
    assert result.shape == (HEIGHT, WIDTH, 3)
    assert result.dtype == np.uint8
    assert (result.max(axis=2) <= page + 2.0)[ink].all()
    assert (enlarged(small(truth), page).max(axis=2) > page + 20.0)[ink].mean() > 0.9


def test_edges_of_the_scan_are_edges_of_the_result(page, truth):
    assert edge_recall(lay_lines(page, small(truth)), rgb(page)) >= 0.98
    assert edge_recall(enlarged(small(truth), page), rgb(page)) < 0.8


def test_colors_do_not_cross_a_line():
    page, colors = inked(paper(), DIVIDE), two_colors()
    coloring = small(inked(colors, DIVIDE))
    clean = page == 255
    assert difference(lay_lines(page, coloring), colors)[clean].max() <= 8
    assert difference(enlarged(coloring, page), colors)[clean].max() > 100


def test_blurred_ghosts_of_lines_vanish():
    page = inked(paper(), DIVIDE)
    ghost = np.clip(gaussian_filter(small(page).astype(float), 0.7) * 0.8 + 51, 0, 255) / 255
    coloring = np.rint(np.array(SKIN) * ghost[..., None]).astype(np.uint8)
    clean = page == 255
    assert difference(lay_lines(page, coloring), SKIN)[clean].max() <= 12
    assert difference(enlarged(coloring, page), SKIN)[clean].max() > 60


def test_shading_of_the_coloring_stays():
    page = inked(paper(), [([(0, 120), (300, 120)], 2.0)])
    coloring = small(shading())
    far = np.r_[0:90, 150:HEIGHT]
    assert difference(lay_lines(page, coloring), enlarged(coloring, page))[far].max() <= 1


@pytest.mark.parametrize("axis", [0, 1])
def test_shading_beside_lines_stays_where_it_is(page, axis):
    ramp = np.indices((HEIGHT, WIDTH))[axis]
    beside = (page == 255) & (gaussian_filter(page.astype(float), SCALE) < 250)
    errors = []
    for levels in (ramp, ramp.max() - ramp):
        colors = np.dstack([np.clip(levels, 0, 255)] * 3).astype(np.uint8)
        errors.append((lay_lines(page, small(inked(colors, DRAWING))).astype(float) - colors)[beside])
        assert np.abs(errors[-1]).mean() < 6
    assert abs(errors[0].mean() - errors[1].mean()) / 2 < 0.5  # pixels of shift: each makes a level


def test_white_strokes_in_black_stay_white():
    page = 255 - inked(paper(), DRAWING)
    result = lay_lines(page, small(rgb(page)))
    assert difference(result, rgb(page)).mean() < 2
    assert result[page == 255].mean() > 235
    assert edge_recall(result, rgb(page)) >= 0.98


def test_black_stays_black_whatever_its_width():
    page = paper()
    page[40:200, 60:240] = 5
    result = lay_lines(page, small(plain(BLUE)))
    assert result[40:200, 60:240].max() <= 5
    assert difference(result[:30], BLUE).max() <= 1


def test_faint_marks_in_black_do_not_lighten_it():
    page = paper(15)
    page[:, ::4] = 80
    white = lay_lines(page, small(plain((255, 255, 255))))
    assert white[page == 15].max() <= 25


@pytest.mark.parametrize("level", [110, 160, 210])
def test_flat_grey_does_not_darken_its_color(level):
    page = inked(paper(), DIVIDE)
    page[60:180, 30:130] = level
    page = inked(page, [([(40, 100), (120, 140)], 2.0)])
    result = lay_lines(page, small(plain(SKIN)))
    around_the_line = np.s_[62:178, 32:128]
    lit = page[around_the_line] == level
    assert difference(result[around_the_line], SKIN)[lit].max() <= 3
    assert result[around_the_line][~lit].min() < 30


@pytest.mark.parametrize("level", [40, 70, 110])
def test_grain_of_a_grey_fill_grows_no_coarser(level):
    noise = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH))
    result = lay_lines((paper(level) + noise).astype(np.uint8), small(plain(SKIN)))[..., 0]
    assert result.std() / result.mean() < 1.5 * 3 / level


def test_a_tinted_noisy_paper_leaves_no_trace():
    noise = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH))
    page = np.clip(inked(paper(215), DRAWING, ink=25) + noise, 0, 255).astype(np.uint8)
    clean = inked(paper(), DRAWING)
    result = lay_lines(page, small(inked(plain((255, 255, 255)), DRAWING)))
    away = gaussian_filter(clean.astype(float), 1) > 254
    assert result[away].min() > 245
    assert (result[away] > 251).mean() > 0.98
    assert edge_recall(result, rgb(clean)) >= 0.98


def test_on_white_the_page_comes_out_as_it_is():
    page = inked(paper(), DRAWING, ink=10)
    page = np.minimum(page, inked(paper(), [([(225, 200), (225, 232)], 50.0)]))  # with its grey rim
    result = lay_lines(page, small(rgb(page)))
    # Only what is nearly paper turns into paper.
    assert difference(result, rgb(page))[page < 255 * lines.GRAIN_FROM].max() <= 15
    assert difference(result, rgb(page)).max() <= 50


def test_screentone_is_as_bright_as_its_color_from_afar():
    page = paper()
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    page[(rows % 4 < 2) & (columns % 4 < 2)] = 0
    color = (120, 90, 60)
    result = lay_lines(page, small(plain(color), 4))
    assert difference(small(result, 40), color).max() <= 4
    assert (result[page == 0] == 0).all()


def test_screentone_that_the_coloring_leaves_out_darkens_no_color():
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    dots = (rows % 16 - 8) ** 2 + (columns % 16 - 8) ** 2 < 40
    color = (120, 90, 60)
    result = lay_lines(np.where(dots, 0, 255).astype(np.uint8), small(plain(color)))
    assert difference(result, color)[~dots].mean() < 20


@pytest.mark.parametrize("strip_pixels", [1, 20_000, 60_000])
def test_strips_leave_no_seam(page, truth, strip_pixels, monkeypatch):
    page, truth = np.tile(page, (6, 1)), np.tile(truth, (6, 1, 1))
    coloring = small(truth[:-3])  # where working pixels are no whole number of the page's
    whole = lay_lines(page, coloring)
    monkeypatch.setattr(lines, "STRIP_PIXELS", strip_pixels)
    seams = difference(lay_lines(page, coloring), whole)
    assert (seams > 1).mean() < 1e-3
    assert seams.max() <= 2


def test_memory_does_not_grow_with_the_height(page, truth, monkeypatch):
    monkeypatch.setattr(lines, "STRIP_PIXELS", 1)

    def taken(times: int) -> int:
        tall, coloring = np.tile(page[:, :60], (times, 1)), np.tile(small(truth[:, :60]), (times, 1, 1))
        tracemalloc.start()
        result = lay_lines(tall, coloring)
        peak = tracemalloc.get_traced_memory()[1] - result.nbytes
        tracemalloc.stop()
        return peak

    assert taken(10) < 1.05 * taken(5)


def test_a_coloring_of_full_size_keeps_its_colors(page, truth):
    result = lay_lines(page, truth)
    assert difference(result, truth).mean() < 4
    assert difference(result, truth)[page == 255].max() <= 8


def test_a_coloring_larger_than_the_page_is_taken_down_to_it(page, truth):
    large = np.asarray(Image.fromarray(truth).resize((2 * WIDTH, 2 * HEIGHT), Image.Resampling.NEAREST))
    assert (lay_lines(page, large) == lay_lines(page, truth)).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3), (17, 5)])
@pytest.mark.parametrize("size", [(1, 1), (1, 8), (8, 1), (3, 3)])
def test_tiny_pictures(shape, size):
    result = lay_lines(paper(255, *shape), plain(SKIN, *size))
    assert result.shape == (*shape, 3)
    assert difference(result, SKIN).max() <= 1
    with np.errstate(all="raise"):
        assert lay_lines(paper(0, *shape), plain((0, 0, 0), *size)).max() == 0


def test_a_blank_page_is_the_coloring_enlarged(truth):
    coloring = small(truth)
    assert difference(lay_lines(paper(), coloring), enlarged(coloring, paper())).max() <= 1


@pytest.mark.parametrize(
    ("page", "coloring"),
    [
        (plain(SKIN), plain(SKIN)),
        (paper(), paper()),
        (paper().astype(float), plain(SKIN)),
        (paper(), plain(SKIN).astype(np.float32)),
        (paper(255, 0, 4), plain(SKIN)),
        (paper(), plain(SKIN, 4, 0)),
    ],
)
def test_other_arrays_are_refused(page, coloring):
    with pytest.raises(ValueError, match="should"):
        lay_lines(page, coloring)
