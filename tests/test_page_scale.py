"""Pages are shown to a network as large as it knows them."""
from math import inf

import pytest

from data.transforms import PageScale

TRAINING = {"resize_or_crop": "resize_and_crop", "loadSize": 286, "fineSize": 256}


@pytest.mark.parametrize(
    ("options", "page", "size"),
    [
        # Squeezed into 286 × 286 by training: as many pixels, in the page's own proportions.
        (TRAINING, (1000, 1000), (286, 286)),
        (TRAINING, (1200, 1720), (239, 342)),
        (TRAINING, (100, 100), (286, 286)),
        # A strip is as wide as a page of twice its width in height would be.
        (TRAINING, (800, 1600), (202, 404)),
        (TRAINING, (800, 30_000), (202, 7584)),
        (TRAINING | {"resize_or_crop": "scale_width"}, (1200, 1720), (286, 410)),
        (TRAINING | {"resize_or_crop": "scale_width_and_crop"}, (1200, 1720), (286, 410)),
        (TRAINING | {"resize_or_crop": "crop"}, (1200, 1720), (1200, 1720)),
        (TRAINING | {"resize_or_crop": "none"}, (1200, 1720), (1200, 1720)),
        # Squares of 0.5 to 1 of the shorter side became 256 pixels: 0.75 on average.
        (TRAINING | {"resize_or_crop": "random_part"}, (1200, 1720), (341, 489)),
        (TRAINING | {"resize_or_crop": "random_part", "crop_part": [1, 1]}, (1200, 1720), (256, 367)),
        (TRAINING | {"page_size": 600}, (1200, 1720), (600, 860)),
        (TRAINING | {"page_size": 600}, (1720, 1200), (860, 600)),
        (TRAINING | {"page_size": inf}, (1200, 1720), (1200, 1720)),
        (TRAINING | {"page_size": 1}, (10, 20_000), (1, 2000)),
        ({}, (1000, 1000), (286, 286)),  # the default of test.py
        (TRAINING | {"page_size": "native"}, (70, 50), (70, 50)),
        (TRAINING, (1, 40), (16, 640)),
    ],
)
def test_size(options: dict, page: tuple[int, int], size: tuple[int, int]) -> None:
    assert PageScale.from_options(options).size(page) == size


def test_no_page_vanishes() -> None:
    assert PageScale.from_options(TRAINING | {"page_size": 4}).size((1, 4000)) == (4, 16_000)
    assert PageScale.from_options(TRAINING | {"resize_or_crop": "scale_width"}).size((100_000, 3)) == (286, 1)


@pytest.mark.parametrize(("panel", "size"), [
    (1200, (300, 430)),  # a single drawing
    (1400, (300, 430)),
    (900, (400, 573)),
    (600, (600, 860)),
    (200, (600, 860)),  # many small panels: no larger than twice the size of one
    (0, (300, 430)),  # not known
])  # fmt: skip
def test_panels_choose_the_scale_of_their_page(panel: float, size: tuple[int, int]) -> None:
    scale = PageScale.from_options(TRAINING | {"panel_size": 300})
    assert scale.size((1200, 1720), panel) == size
    assert PageScale.from_options(TRAINING | {"panel_size": 300, "page_size": 500}).size((1200, 1720), panel)[0] == 500
