"""Metrics that know the parts of a drawing, on drawings of a few rectangles: their figures are worked out by hand."""
import math

import numpy as np
import pytest

from util.metrics import (
    METRICS,
    bleeding,
    character_consistency,
    ciede2000,
    measure,
    occurrences,
    part_color_error,
    patchiness,
    stained_paper,
)
from util.metrics.color import rgb_to_lab

RED, BLUE, GREEN, WHITE, GREY = (220, 40, 40), (40, 60, 220), (40, 160, 60), (255, 255, 255), (128, 128, 128)
HEIGHT, WIDTH = 20, 40


def drawing(left: tuple[int, ...], right: tuple[int, ...]) -> np.ndarray:
    """Two rectangles with a line of ink, 2 pixels wide, between them."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[:, :19], image[:, 21:] = left, right
    return image


@pytest.fixture
def labels() -> np.ndarray:
    labels = np.zeros((HEIGHT, WIDTH), np.int32)
    labels[:, :19], labels[:, 21:] = 3, 7
    return labels


def apart(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    return float(ciede2000(np.array(one, np.uint8), np.array(other, np.uint8)))


def test_the_truth_has_no_error_and_does_not_bleed(labels):
    truth = drawing(RED, BLUE)
    assert part_color_error(truth, truth, labels) == bleeding(truth, truth, labels) == 0


def test_part_color_error_is_a_mean_over_parts_not_over_pixels(labels):
    truth, result = drawing(RED, BLUE), drawing(RED, GREEN)
    assert part_color_error(result, truth, labels) == pytest.approx(apart(BLUE, GREEN) / 2, rel=1e-4)
    small = np.where(labels == 7, 0, labels)
    small[:4, 21:25] = 7  # a part of 16 pixels counts as much, one of 15 not at all
    assert part_color_error(result, truth, small) == pytest.approx(apart(BLUE, GREEN) / 2, rel=1e-4)
    small[0, 21] = 0
    assert part_color_error(result, truth, small) == 0


def test_part_color_error_is_of_mean_colors(labels):
    """A pattern around the true color is no error, nor is what ink and paper look like."""
    truth = drawing(GREY, GREY)
    result = truth.copy()
    result[::2] += 6
    result[1::2] -= 6
    result[:, 19:21] = RED
    assert part_color_error(result, truth, labels) == pytest.approx(0, abs=0.1)


def test_bleeding_is_the_share_of_border_pixels_in_the_color_of_the_neighbor(labels):
    truth = drawing(RED, BLUE)
    result = truth.copy()
    result[:, 16:19] = BLUE
    # Beside the ink, pixels up to 8 away from the other part: 6 columns on each side, of which 3 have bled.
    assert bleeding(result, truth, labels) == pytest.approx(3 / 12)
    result[:, :10] = BLUE  # farther away
    assert bleeding(result, truth, labels) == pytest.approx(3 / 12)
    result[:, :19] = BLUE
    assert bleeding(result, truth, labels) == pytest.approx(6 / 12)


@pytest.mark.parametrize("color", [GREY, WHITE, GREEN])
def test_grey_and_third_colors_are_no_bleeding(labels, color):
    assert bleeding(drawing(color, color), drawing(RED, BLUE), labels) == 0


def test_a_mixture_has_bled_when_the_neighbor_is_nearer(labels):
    truth = drawing(RED, BLUE)
    for share, bled in ((0.1, 6 / 12), (0.9, 0)):
        mixed = tuple(int(share * red + (1 - share) * blue) for red, blue in zip(RED, BLUE, strict=True))
        assert bleeding(drawing(mixed, BLUE), truth, labels) == pytest.approx(bled)


def test_grey_neighbors_and_shadows_do_not_bleed(labels):
    """White that reaches into red is a lack of color; beside it, red that reaches into white is bleeding."""
    truth = drawing(RED, WHITE)
    assert bleeding(drawing(WHITE, WHITE), truth, labels) == 0
    assert bleeding(drawing(RED, RED), truth, labels) == 1
    assert math.isnan(bleeding(drawing(RED, RED), drawing(WHITE, GREY), labels))
    skin = (240, 190, 160)  # much nearer to grey than to blue
    assert bleeding(drawing(GREY, GREY), drawing(BLUE, skin), labels) == 0
    assert bleeding(drawing(skin, skin), drawing(BLUE, skin), labels) == 0.5
    dark = tuple(level * 4 // 5 for level in RED)
    assert math.isnan(bleeding(drawing(RED, RED), drawing(RED, dark), labels))


def test_what_looks_so_in_the_truth_does_not_count(labels):
    truth = drawing(RED, BLUE)
    truth[:5, 16:19] = BLUE  # a reflection
    result = truth.copy()
    result[5:10, 16:19] = BLUE
    assert bleeding(truth, truth, labels) == 0
    assert bleeding(result, truth, labels) == pytest.approx(5 * 3 / (12 * HEIGHT - 5 * 3))


def test_without_borders_or_parts_there_is_no_figure(labels):
    result, truth = drawing(RED, BLUE), drawing(RED, (210, 45, 40))
    assert math.isnan(bleeding(result, truth, labels))  # of colors too much alike
    assert math.isnan(bleeding(result, drawing(RED, BLUE), np.where(labels == 7, 0, labels)))
    nothing = np.zeros_like(labels)
    figures = measure(result, truth, labels=nothing)
    assert math.isnan(figures["part_color_error"])
    assert math.isnan(figures["bleeding"])


def test_a_part_in_one_color_is_consistent_whatever_the_color(labels):
    pages = [occurrences(drawing(GREEN, WHITE), labels)] * 3
    assert character_consistency(pages) == pytest.approx(0, abs=1e-4)


def test_consistency_is_the_distance_from_the_overall_color(labels):
    """A part that is black on one page and white on the next is as far from its mean, a middle grey, on either; of
    the two parts, one does not change."""
    pages = [occurrences(drawing(color, RED), labels) for color in ((0, 0, 0), (255, 255, 255))]
    grey = (119, 119, 119)  # L* = 50
    expected = (apart(grey, (0, 0, 0)) + apart(grey, (255, 255, 255))) / 2
    assert character_consistency(pages) == pytest.approx(expected / 2, rel=0.01)
    assert character_consistency(pages[:1]) != character_consistency(pages)


def test_regions_of_one_page_are_occurrences_too(labels):
    """Twice on a page, in two panels, is as good as on two pages; pixels count, so a large panel weighs more."""
    one_page = np.where(labels == 7, 3, labels)
    of_regions = occurrences(drawing(RED, BLUE), one_page)
    assert sorted(of_regions.areas) == [19 * HEIGHT, 19 * HEIGHT]
    two = [occurrences(drawing(color, GREY), np.where(labels == 7, 0, labels)) for color in (RED, BLUE)]
    assert character_consistency([of_regions]) == pytest.approx(character_consistency(two))
    small = one_page.copy()
    small[4:, 21:] = 0
    assert character_consistency([occurrences(drawing(RED, BLUE), small)]) < character_consistency([of_regions])


def test_consistency_is_of_the_parts_that_are_asked_for(labels):
    pages = [occurrences(drawing(color, GREY), labels, parts=[7]) for color in (RED, BLUE)]
    assert character_consistency(pages) == pytest.approx(0, abs=1e-4)


def test_consistency_needs_a_part_that_occurs_twice(labels):
    assert math.isnan(character_consistency([occurrences(drawing(RED, BLUE), labels)]))
    nothing = occurrences(drawing(RED, BLUE), np.zeros_like(labels))
    assert math.isnan(character_consistency([nothing, nothing]))


def apart_in_ab(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    (_, a1, b1), (_, a2, b2) = (rgb_to_lab(np.array(color, np.uint8)) for color in (one, other))
    return math.hypot(a1 - a2, b1 - b2)


def test_even_parts_are_not_patchy_whatever_their_color(labels):
    truth = drawing(RED, BLUE)
    for result in (truth, drawing(GREEN, WHITE), drawing(GREY, GREY)):
        assert patchiness(result, truth, labels) == pytest.approx(0, abs=1e-3)


def test_patchiness_is_the_deviation_within_parts_by_area(labels):
    """A part that is half in one color and half in another is as far from its mean as half their distance."""
    truth, result = drawing(RED, BLUE), drawing(RED, BLUE)
    result[:10, :19] = GREEN
    half = apart_in_ab(RED, GREEN) / 2
    assert patchiness(result, truth, labels) == pytest.approx(half / 2, rel=1e-3)
    smaller = labels.copy()
    smaller[:, 30:] = 0  # the even part counts for its 9 columns, the patchy one for its 19
    assert patchiness(result, truth, smaller) == pytest.approx(half * 19 / 28, rel=1e-3)


def test_true_variation_is_not_patchy(labels):
    truth = drawing(RED, BLUE)
    truth[:10, :19] = GREEN
    assert patchiness(truth, truth, labels) == 0
    assert patchiness(drawing(RED, BLUE), truth, labels) == pytest.approx(0, abs=1e-3)
    result = drawing(GREY, BLUE)
    result[:10, :19] = RED  # varies as well, by less
    assert apart_in_ab(GREY, RED) < apart_in_ab(RED, GREEN)
    assert patchiness(result, truth, labels) == pytest.approx(0, abs=1e-3)


def test_stained_paper_is_the_share_with_color():
    paper = np.zeros((HEIGHT, WIDTH), np.int32)
    paper[:, 20:] = 1
    result = drawing(RED, WHITE)
    result[:, 19:21] = WHITE
    assert stained_paper(result, paper) == 0  # color elsewhere does not count
    result[:5, 20:] = RED
    assert stained_paper(result, paper) == pytest.approx(5 / HEIGHT)
    result[5:10, 20:] = (230, 230, 230)  # grey is no stain
    result[10:15, 20:] = (255, 254, 252)  # nor is what no eye sees
    assert stained_paper(result, paper) == pytest.approx(5 / HEIGHT)
    assert math.isnan(stained_paper(result, np.zeros_like(paper)))
    with pytest.raises(ValueError, match="labels"):
        stained_paper(result, paper[1:])


@pytest.mark.parametrize("name", ["part_color_error", "bleeding", "patchiness"])
def test_labels_that_do_not_fit_are_refused(labels, name):
    image = drawing(RED, BLUE)
    with pytest.raises(ValueError, match="labels"):
        METRICS[name].function(image, image, labels[1:])
    with pytest.raises(ValueError, match="labels"):
        METRICS[name].function(image, image, labels / 2)
