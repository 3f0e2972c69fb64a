"""Pages that nobody would draw: whatever they show and however long they are, something comes out."""
import cv2
import numpy as np
import pytest
from PIL import Image

from coloring.composition import FLATS, compose
from coloring.painting import Painting
from coloring.structure import find_structure
from coloring.structure.outlines import is_dense, quadrilateral

LEVELS = (0, 60, 120, 200, 255)
SIZES = ((1, 1), (2, 300), (39, 2121), (1500, 20), (64, 64), (150, 260), (300, 90))


def odd_page(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Boxes, lines, discs and letters of any level, width and place, some beyond the edges."""
    page = np.full((height, width), rng.choice((255, 240, 128, 0)), np.uint8)

    def point() -> tuple[int, int]:
        return int(rng.integers(-20, width + 20)), int(rng.integers(-20, height + 20))

    for _ in range(int(rng.integers(0, 14))):
        level, thick = int(rng.choice(LEVELS)), int(rng.choice((-1, 1, 2, 4, 8)))
        match int(rng.integers(0, 4)):
            case 0:
                cv2.rectangle(page, point(), point(), level, thick)
            case 1:
                cv2.line(page, point(), point(), level, max(thick, 1))
            case 2:
                cv2.circle(page, point(), int(rng.integers(1, max(height, width) + 1)), level, thick)
            case _:
                cv2.putText(page, "AH HA", point(), 0, float(rng.uniform(0.2, 2)), level, max(thick, 1))
    return page


@pytest.mark.parametrize("size", SIZES)
def test_any_page_is_taken_apart_and_put_together(size):
    rng = np.random.default_rng(size)
    for _ in range(5):
        page = odd_page(rng, *size)
        structure = find_structure(page)
        coloring = rng.integers(0, 256, (min(size[0], 60), min(size[1], 60), 3)).astype(np.uint8)
        made = compose(Image.fromarray(page), Painting(coloring), str(rng.choice(FLATS)), structure)
        assert made.image.size == size[::-1]


def test_a_piece_of_nothing_has_no_sides():
    """Cutting off the bridges between panels may leave nothing of a thin one."""
    nothing = np.zeros((39, 210), np.uint8)
    assert not is_dense(nothing)
    assert quadrilateral(nothing, (slice(0, 39), slice(0, 210)), 39) is None
