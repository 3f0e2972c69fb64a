"""What regions gather from a painting, and which colors they get."""
import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from coloring.flats import cast_votes, decide_colors
from coloring.flats.votes import Votes, without_ink
from coloring.painting import Choices, Painting
from coloring.regions import Contacts

RED, TEAL, WHITE = (0.8, 0.2, 0.2), (0.1, 0.6, 0.6), (1.0, 1.0, 1.0)
PALETTE = np.array([RED, TEAL, WHITE], np.float32)
NO_CONTACTS = Contacts(*(np.zeros(0, np.int64) for _ in range(2)), *(np.zeros(0) for _ in range(4)))


def votes(*shares: tuple[float, float, float]) -> Votes:
    rows = np.array(shares)
    return Votes(rows, PALETTE, rows @ PALETTE, np.full(len(rows), 100.0), np.ones(len(rows)))


def decided(said: Votes, contacts: Contacts = NO_CONTACTS, may_be_paper: float = 1.0) -> np.ndarray:
    """The colors of regions, CIELAB."""
    count = len(said.shares)
    colors = decide_colors(said, contacts, np.full(count, 1000), np.full(count, may_be_paper)).colors
    return rgb2lab(colors[None] / 255)[0]


def chroma(lab: np.ndarray) -> np.ndarray:
    return np.hypot(lab[..., 1], lab[..., 2])


def halves(left: int, right: int, size: tuple[int, int] = (80, 120)) -> np.ndarray:
    labels = np.full(size, left, np.int32)
    labels[:, size[1] // 2 :] = right
    return labels


def painted(coloring: np.ndarray, labels: np.ndarray, ink: np.ndarray | None = None, choices: Choices | None = None):
    ink = np.full(labels.shape, 255, np.uint8) if ink is None else ink
    painting = Painting(coloring, choices)
    return cast_votes(painting, without_ink(coloring, ink), labels, int(labels.max()) + 1)


def test_a_region_gathers_all_of_its_pixels():
    coloring = np.zeros((40, 60, 3), np.uint8)
    coloring[:, :30], coloring[:, 30:] = (200, 50, 50), (50, 80, 200)
    said = painted(coloring, halves(0, 1))
    np.testing.assert_allclose(said.mean * 255, [(200, 50, 50), (50, 80, 200)], atol=1)
    np.testing.assert_allclose(said.shares.sum(axis=1), 1, rtol=1e-5)


def test_cells_of_choices_lie_where_they_were_painted():
    shares = np.zeros((10, 15, 3), np.float16)
    shares[:, :7, 0] = shares[:, 8:, 1] = 1
    shares[:, 7] = 1 / 3  # the cell that the border of the regions lies in
    said = painted(np.full((40, 60, 3), 128, np.uint8), halves(0, 1), choices=Choices(shares, PALETTE, 4))
    assert said.shares[0, 0] > 0.9
    assert said.shares[1, 1] > 0.9


def test_a_large_painting_is_asked_in_bounded_memory(monkeypatch):
    shares = np.zeros((40, 60, 3), np.float16)
    shares[:, :30, 0] = shares[:, 30:, 1] = 1
    coloring = np.zeros((160, 240, 3), np.uint8)
    coloring[:, :120], coloring[:, 120:] = (200, 50, 50), (30, 150, 150)
    monkeypatch.setattr("coloring.flats.votes.MOST_PIXELS", 2400)
    assert without_ink(coloring, np.full((320, 480), 255, np.uint8)).trust.shape == (40, 60)
    for choices in (None, Choices(shares, PALETTE, 4)):
        said = painted(coloring, halves(0, 1, (320, 480)), choices=choices)
        np.testing.assert_allclose(said.mean * 255, [(200, 50, 50), (30, 150, 150)], atol=1)
        assert said.shares.max(axis=1).min() > 0.99


def test_painted_lines_do_not_darken_a_region():
    ink = np.full((80, 120), 255, np.uint8)
    ink[::8] = 0
    clean = np.full((40, 60, 3), (220, 180, 120), np.uint8)
    small = ink.reshape(40, 2, 60, 2).mean((1, 3)) / 255
    said = painted(np.rint(clean * small[..., None]).astype(np.uint8), np.zeros((80, 120), np.int32), ink)
    np.testing.assert_allclose(said.mean[0] * 255, (220, 180, 120), atol=12)


def test_regions_between_working_pixels_count_as_white():
    labels = np.zeros((800, 1200), np.int32)
    labels[400, 600] = 1
    said = painted(np.full((40, 60, 3), 90, np.uint8), labels)
    np.testing.assert_allclose(said.mean[1], 1)
    assert said.palette[said.shares[1].argmax()].tolist() == [1, 1, 1]


def test_where_the_network_is_sure_the_color_is_the_one_it_is_sure_of():
    lab = decided(votes((1, 0, 0), (0, 1, 0)))
    true = rgb2lab(PALETTE[None, :2])[0]
    hues = np.arctan2(lab[:, 2], lab[:, 1]), np.arctan2(true[:, 2], true[:, 1])
    np.testing.assert_allclose(*hues, atol=0.2)
    assert (chroma(lab) > 0.9 * chroma(true)).all()


def test_where_the_network_is_unsure_the_color_is_quiet():
    lab = decided(votes((0.5, 0.5, 0)))
    assert chroma(lab)[0] < 0.5 * chroma(rgb2lab(PALETTE[None, :1])[0])[0]


@pytest.mark.parametrize(("white", "paper"), [(0.1, False), (0.3, True)])
def test_what_may_be_white_is_paper(white, paper):
    said = votes((1 - white, 0, white))
    assert (chroma(decided(said))[0] < 1) == paper
    assert chroma(decided(said, may_be_paper=0))[0] > 10  # where the page itself is grey, it is none


def pair(ink: float) -> Contacts:
    one = np.ones(1)
    return Contacts(np.array([0]), np.array([1]), 40 * one, 40 * one * (ink < 0.1), 5 * one, ink * one)


@pytest.mark.parametrize(("second", "ink", "nearer"), [
    ((0.8, 0.2, 0), 0.0, 0.6),  # strands of hair
    ((0.8, 0.2, 0), 1.0, 0.99),  # a line between them
    ((0.0, 1.0, 0), 0.0, 0.95),  # plainly something else
])  # fmt: skip
def test_neighbors_agree_unless_a_line_or_their_colors_part_them(second, ink, nearer):
    said = votes((0.9, 0.1, 0), second)

    def distance(contacts: Contacts) -> float:
        lab = decided(said, contacts)
        return float(np.linalg.norm(lab[0] - lab[1]))

    ratio = distance(pair(ink)) / distance(NO_CONTACTS)
    assert ratio < nearer if nearer < 0.9 else ratio > nearer


def test_colors_are_those_of_a_display():
    colors = decide_colors(votes((1, 0, 0)), NO_CONTACTS, np.array([10]), np.ones(1)).colors
    assert colors.dtype == np.uint8
    assert colors.shape == (1, 3)
    assert np.abs(lab2rgb(decided(votes((1, 0, 0)))[None])[0] * 255 - colors).max() < 1
