"""Panels: frames, gutters, reading order, drawings without frames."""
import numpy as np
import pytest

from coloring.structure import find_structure
from coloring.structure.panels import Box, reading_order
from tests.coloring.structure.pages import HEIGHT, WIDTH, Corners, Page, filled, overlap, rectangle

RIGHT, LEFT = rectangle(310, 30, 570, 300), rectangle(30, 30, 295, 300)
BOTTOM = rectangle(30, 320, 570, 830)
SLANTED = [[(320, 30), (570, 30), (570, 330), (280, 300)], [(30, 30), (305, 30), (265, 298), (30, 275)],
           [(30, 295), (570, 350), (570, 830), (30, 830)]]  # fmt: skip


def found(page: np.ndarray, *panels: Corners) -> None:
    """Check that the panels of a page are these, in this order."""
    numbers = find_structure(page).panels
    assert (numbers.dtype, numbers.shape) == (np.uint16, page.shape)
    assert numbers.max() == len(panels)
    for number, corners in enumerate(panels, start=1):
        assert overlap(numbers == number, filled(corners)) > 0.93


@pytest.mark.parametrize("panels", [[RIGHT, LEFT, BOTTOM], SLANTED])
@pytest.mark.parametrize("paper", [255, 225])
def test_framed_panels_are_numbered_from_the_right(panels, paper):
    page = Page(paper)
    for corners in panels:
        page.panel(corners)
    found(page.pixels, *panels)


@pytest.mark.parametrize("gutter", [0, 170])
def test_gutters_may_be_black_or_grey_and_are_no_paper_then(gutter):
    page = Page(gutter)
    for corners in (RIGHT, LEFT, BOTTOM):
        page.panel(corners, fill=250)
    structure = find_structure(page.pixels)
    found(page.pixels, RIGHT, LEFT, BOTTOM)
    assert structure.gutter[310, 200]
    assert not structure.paper.any()


def test_panels_may_run_off_the_page():
    page = Page().panel(rectangle(310, -20, 620, 300)).panel(LEFT).panel(rectangle(-20, 320, 620, 880))
    found(page.pixels, rectangle(310, 0, 600, 300), LEFT, rectangle(0, 320, 600, 860))


def test_a_balloon_over_the_gutter_does_not_join_panels():
    page = Page().panel(RIGHT).panel(LEFT).panel(BOTTOM).balloon((220, 240, 400, 400), "WAIT\nFOR ME")
    structure = find_structure(page.pixels)
    assert structure.panels.max() == 3
    for number, corners in enumerate((RIGHT, LEFT, BOTTOM), start=1):
        assert overlap(structure.panels == number, filled(corners)) > 0.85


def test_a_drawing_without_frame_is_a_panel_of_its_own():
    page = Page().panel(rectangle(30, 30, 570, 250)).panel(rectangle(30, 620, 570, 830))
    page.pen.ellipse((200, 300, 400, 560), outline=0, width=3)
    page.pen.line((150, 540, 480, 560), fill=0, width=3)
    numbers = find_structure(page.pixels).panels
    assert numbers.max() == 3
    assert (numbers[300:560, 200:400] == 2).all()
    assert numbers[280, 30] == 0  # far from any ink


def test_page_numbers_and_dust_are_no_panels():
    page = Page().panel(RIGHT).panel(LEFT).panel(BOTTOM).write((560, 845), "26")
    page.pen.point([(5, 5), (15, 700)], fill=0)
    assert find_structure(page.pixels).panels.max() == 3


def test_an_illustration_is_one_panel_and_a_blank_page_has_none():
    page = Page()
    page.pen.ellipse((100, 100, 500, 700), outline=0, width=3)
    assert (find_structure(page.pixels).panels == 1).all()
    blank = find_structure(Page(235).pixels)
    assert not blank.panels.any()
    assert blank.gutter.all()


def test_bars_around_a_scan_are_no_panels():
    page = Page().panel(RIGHT).panel(LEFT).panel(BOTTOM).pixels.copy()
    page[:, :12] = page[-9:] = 0
    found(page, RIGHT, LEFT, BOTTOM)


@pytest.mark.parametrize(("boxes", "order"), [
    ([(0, 0, 10, 10), (12, 0, 10, 10), (0, 12, 22, 10)], [1, 0, 2]),
    ([(0, 0, 10, 30), (12, 0, 10, 14), (12, 16, 10, 14)], [1, 2, 0]),  # stacked beside a tall one
    ([(12, 0, 10, 30), (0, 0, 10, 14), (0, 16, 10, 14)], [0, 1, 2]),
])  # fmt: skip
def test_reading_order(boxes, order):
    assert reading_order([Box(*box) for box in boxes]) == order


def test_maps_have_the_size_of_the_page():
    page = Page().panel(RIGHT).panel(LEFT).panel(BOTTOM).image
    for size in ((200, 287), (1500, 2150)):
        numbers = find_structure(np.asarray(page.resize(size))).panels
        assert (numbers.shape, numbers.max()) == ((size[1], size[0]), 3)
    assert find_structure(np.full((1, 1), 255, np.uint8)).panels.shape == (1, 1)


@pytest.mark.parametrize("page", [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4)), np.zeros((0, 4), np.uint8)])
def test_what_is_no_page_is_refused(page):
    with pytest.raises(ValueError, match="uint8 luminance"):
        find_structure(page)


def test_the_same_page_gives_the_same_structure():
    page = Page().panel(RIGHT).panel(LEFT).balloon((60, 60, 200, 140), "HEY!").pixels
    first, again = find_structure(page), find_structure(page)
    assert (first.panels == again.panels).all()
    assert first.balloon_boxes == again.balloon_boxes
    assert first.panel_boxes[0][0] == pytest.approx(WIDTH - 290, abs=4)
    assert first.panel_boxes[0][3] < HEIGHT
