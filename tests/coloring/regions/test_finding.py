"""The regions of drawings whose regions are known."""
import cv2
import numpy as np
import pytest

from coloring.regions import Regions, find_regions

WHITE, BLACK = 255, 0


def paper(height: int = 700, width: int = 700) -> np.ndarray:
    return np.full((height, width), WHITE, np.uint8)


def label_at(regions: Regions, x: int, y: int) -> int:
    return int(regions.labels[y, x])


def circle(page: np.ndarray, x: int, y: int, radius: int, width: int = 4, gap_degrees: float = 0) -> None:
    cv2.ellipse(page, (x, y), (radius, radius), 0, gap_degrees / 2, 360 - gap_degrees / 2, BLACK, width, cv2.LINE_AA)


def dots(page: np.ndarray, inside: np.ndarray, pitch: float, share: float) -> None:
    """A screentone of dots at 45° where `inside`, that inks this share of the area."""
    y, x = np.mgrid[: page.shape[0], : page.shape[1]]
    wave = np.cos(2 * np.pi / pitch * (x + y) / 2**0.5) + np.cos(2 * np.pi / pitch * (x - y) / 2**0.5)
    page[(wave > np.quantile(wave, 1 - share)) & inside] = BLACK


def disc_mask(page: np.ndarray, x: int, y: int, radius: int) -> np.ndarray:
    rows, columns = np.mgrid[: page.shape[0], : page.shape[1]]
    return (columns - x) ** 2 + (rows - y) ** 2 < radius**2


def test_closed_outlines_make_regions():
    page = paper()
    circle(page, 200, 200, 120)
    circle(page, 480, 480, 150)
    regions = find_regions(page)
    assert regions.count == 3
    assert len({label_at(regions, *place) for place in ((200, 200), (480, 480), (650, 50))}) == 3
    inside = label_at(regions, 200, 200)
    assert regions.sizes[inside] == pytest.approx(np.pi * 120**2, rel=0.03)


def test_borders_lie_under_the_lines():
    page = paper()
    circle(page, 350, 350, 200, width=8)
    regions = find_regions(page)
    distance = np.hypot(*(np.mgrid[:700, :700] - 350))
    inside = regions.labels == label_at(regions, 350, 350)
    assert inside[distance < 195].all()
    assert not inside[distance > 205].any()


@pytest.mark.parametrize("width", [3, 6])
def test_gaps_in_lines_are_closed(width):
    page = paper()
    circle(page, 350, 350, 150, width, gap_degrees=3)  # 8 pixels of the outline are missing
    regions = find_regions(page)
    assert label_at(regions, 350, 350) != label_at(regions, 20, 20)


def test_wide_openings_are_no_gaps():
    page = paper()
    circle(page, 350, 350, 150, gap_degrees=40)
    regions = find_regions(page)
    assert label_at(regions, 350, 350) == label_at(regions, 20, 20)


@pytest.mark.parametrize("share", [0.15, 0.3, 0.5])
@pytest.mark.parametrize("pitch", [4.0, 5.5])
def test_screentones_are_one_region_and_end_at_their_outline(share, pitch):
    page = paper()
    dots(page, disc_mask(page, 350, 350, 200), pitch, share)
    circle(page, 350, 350, 200)
    regions = find_regions(page)
    inside = disc_mask(page, 350, 350, 185)
    main = np.bincount(regions.labels[inside]).argmax()
    assert (regions.labels[inside] == main).mean() > 0.99
    assert main != label_at(regions, 20, 20)
    assert regions.count <= 3


def test_hatching_makes_no_regions():
    page = paper()
    circle(page, 350, 350, 250)
    for offset in range(0, 200, 9):
        cv2.line(page, (250 + offset, 300), (220 + offset, 420), BLACK, 2, cv2.LINE_AA)
    regions = find_regions(page)
    inside = disc_mask(page, 350, 350, 235)
    main = np.bincount(regions.labels[inside]).argmax()
    assert (regions.labels[inside] == main).mean() > 0.95


def test_solid_black_is_no_region():
    page = paper()
    cv2.rectangle(page, (200, 200), (500, 500), BLACK, -1)
    circle(page, 350, 350, 300)
    regions = find_regions(page)
    assert regions.count == 2  # inside of the circle, and around it
    assert label_at(regions, 350, 350) == label_at(regions, 350, 120)


def test_white_lines_on_black_are_lines():
    page = paper()
    circle(page, 200, 200, 120)
    circle(page, 480, 480, 150)
    regions = find_regions(255 - page)
    assert regions.count == 3
    assert len({label_at(regions, *place) for place in ((200, 200), (480, 480), (650, 50))}) == 3


def test_grey_lines_and_grey_paper():
    page = paper()
    circle(page, 350, 350, 200)
    dull = (150 + page * (50 / 255)).astype(np.uint8)  # lines of 150 on paper of 200
    regions = find_regions(dull)
    assert label_at(regions, 350, 350) != label_at(regions, 20, 20)


def test_regions_stay_in_their_areas():
    page = paper()
    areas = np.zeros(page.shape, np.uint16)
    areas[100:600, 100:340], areas[100:600, 360:600] = 1, 2  # two panels without frames
    regions = find_regions(page, areas)
    for number, place in ((1, (200, 300)), (2, (500, 300)), (0, (20, 20))):
        label = label_at(regions, *place)
        assert regions.areas[label] == number
        # As exact as the working size allows.
        assert (areas[regions.labels == label] == number).mean() > 0.99


@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
def test_every_size_of_a_page_has_the_same_regions(scale):
    page = paper(800, 600)
    circle(page, 200, 200, 120, gap_degrees=2)
    circle(page, 400, 550, 150)
    cv2.circle(page, (360, 540), 14, BLACK, 3, cv2.LINE_AA)  # an eye
    size = round(600 * scale), round(800 * scale)
    scaled = cv2.resize(page, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    regions = find_regions(scaled)
    assert regions.labels.shape == scaled.shape
    assert regions.count == 4
    assert regions.sizes.sum() == scaled.size


def test_what_is_too_small_belongs_to_its_neighbor():
    page = paper()
    circle(page, 350, 350, 200)
    circle(page, 350, 350, 4, width=2)
    assert find_regions(page).count == 2


def test_contacts_tell_open_borders_from_lines():
    page = paper()
    cv2.rectangle(page, (100, 100), (600, 600), BLACK, 4)
    cv2.line(page, (350, 100), (350, 600), BLACK, 4)
    areas = np.zeros(page.shape, np.uint16)
    areas[400:] = 1
    regions = find_regions(page, areas)
    contacts = regions.contacts

    def contact(one: tuple[int, int], other: tuple[int, int]) -> int:
        pair = sorted((label_at(regions, *one), label_at(regions, *other)))
        return int(np.nonzero((contacts.first == pair[0]) & (contacts.second == pair[1]))[0][0])

    across_the_line = contact((200, 200), (500, 200))
    assert contacts.open[across_the_line] == 0
    assert contacts.ink[across_the_line] > 0.9
    assert contacts.length[across_the_line] == pytest.approx(300, abs=12)
    assert contacts.ink[contact((200, 200), (200, 500))] < 0.2


def test_blank_and_tiny_pages():
    assert find_regions(paper(300, 200)).count == 1
    assert find_regions(np.zeros((300, 200), np.uint8)).count == 1
    for shape in ((1, 1), (1, 500), (7, 3), (5000, 8)):
        regions = find_regions(np.full(shape, WHITE, np.uint8))
        assert regions.labels.shape == shape
        assert regions.sizes.sum() == shape[0] * shape[1]


def test_other_arrays_are_refused():
    with pytest.raises(ValueError, match="uint8"):
        find_regions(np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(ValueError, match="areas"):
        find_regions(paper(), np.zeros((3, 3), np.uint16))
