"""From images to tensors: sizes, values, and chance that is chance."""
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from data.transforms import RESIZE_OR_CROP, Draw, Transform, to_tensor

LOAD, CROP = 12, 8
TALL, WIDE, SMALL, LINE, COLUMN = (20, 40), (40, 20), (5, 3), (30, 1), (1, 30)


def grey(size: tuple[int, int], level: int = 0, mode: str = "L") -> Image.Image:
    return Image.new(mode, size, level if mode == "L" else (level,) * 3)


def places(size: tuple[int, int]) -> Image.Image:
    """An image in which every pixel tells where it is: red = x, green = y."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    return Image.fromarray(np.stack([x, y, 0 * x], axis=-1).astype(np.uint8))


def place(tensor: torch.Tensor, row: int = 0, column: int = 0) -> tuple[int, int]:
    """Where in `places` a pixel comes from."""
    x, y, _ = ((tensor[:, row, column] + 1) * 127.5).round().int().tolist()
    return x, y


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("size", [TALL, WIDE, SMALL, LINE, COLUMN])
@pytest.mark.parametrize("how", RESIZE_OR_CROP)
def test_sizes_in_training(how, size, mode):
    transform = Transform(how, LOAD, CROP, flip=True)
    tensor = transform(grey(size, mode=mode), transform.draw(np.random.default_rng(0)))
    height = {"none": size[1], "scale_width": max(1, round(size[1] * LOAD / size[0]))}.get(how, CROP)
    width = {"none": size[0], "scale_width": LOAD}.get(how, CROP)
    assert tensor.shape == ({"RGB": 3, "L": 1}[mode], height, width)
    assert tensor.dtype == torch.float32
    assert tensor.is_contiguous()
    assert -1 <= tensor.min() <= tensor.max() <= 1


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("resize_and_crop", {TALL: (CROP, CROP), WIDE: (CROP, CROP), SMALL: (CROP, CROP), COLUMN: (CROP, CROP)}),
        ("crop", {TALL: TALL, WIDE: WIDE, SMALL: SMALL, COLUMN: COLUMN}),
        ("none", {TALL: TALL, WIDE: WIDE, SMALL: SMALL, COLUMN: COLUMN}),
        ("scale_width", {TALL: (12, 24), WIDE: (12, 6), SMALL: (12, 7), LINE: (12, 1)}),
        ("scale_width_and_crop", {TALL: (12, 24), WIDE: (12, 6), SMALL: (12, 7), LINE: (12, 1)}),
    ],
)
def test_pages_come_out_whole_in_testing(how, expected):
    transform = Transform.whole_page(how, LOAD, CROP)
    for size, (width, height) in expected.items():
        draws = [transform.draw(np.random.default_rng(seed)) for seed in range(4)]
        tensors = [transform(places(size), draw) for draw in draws]
        assert tensors[0].shape == (3, height, width)
        assert all(torch.equal(tensors[0], tensor) for tensor in tensors)
        x, y = place(tensors[0], height - 1, width - 1)  # the last pixel is there still, and unmirrored
        assert abs(x - (size[0] - 1)) <= size[0] / width
        assert abs(y - (size[1] - 1)) <= size[1] / height


@pytest.mark.parametrize("how", ["crop", "scale_width_and_crop"])
def test_what_an_image_lacks_is_white_paper_around_it(how):
    size, window = {
        "crop": ((4, 6), (slice(1, 7), slice(2, 6))),
        "scale_width_and_crop": ((24, 6), (slice(3, 5), slice(0, 8))),  # 8 × 2 once it is scaled
    }[how]
    wanted = torch.ones(8, 8)
    wanted[window] = -1
    for mode in ("L", "RGB"):
        tensor = Transform(how, 8, 8, flip=False)(grey(size, mode=mode), Draw(0.9, 0.1))
        assert torch.equal(tensor, wanted.expand_as(tensor))


@pytest.mark.parametrize("level", [0, 1, 127, 128, 255])
def test_levels_become_numbers_from_minus_one_to_one(level):
    assert to_tensor(grey((1, 1), level)).item() == pytest.approx(level / 255 * 2 - 1, abs=1e-6)


def test_extremes_stay_in_range_where_scaling_overshoots():
    stripes = Image.fromarray(np.tile(np.array([0, 255], np.uint8), (16, 8)).repeat(4, axis=1))
    tensor = Transform("resize_and_crop", 97, 64, flip=False)(stripes, Draw())
    assert (tensor.min(), tensor.max()) == (-1, 1)


def test_channels_keep_their_order():
    assert to_tensor(Image.new("RGB", (2, 1), (255, 0, 51)))[:, 0, 0].tolist() == pytest.approx([1, -1, -0.6])


@pytest.mark.parametrize("how", ["crop", "resize_and_crop", "scale_width_and_crop"])
def test_the_window_falls_everywhere_alike(how):
    transform = Transform(how, 12, CROP, flip=False)
    rng = np.random.default_rng(0)
    windows = Counter(place(transform(places((12, 12)), transform.draw(rng))) for _ in range(2500))
    assert windows.keys() == {(x, y) for x in range(5) for y in range(5)}
    assert min(windows.values()) > 60  # 100 each on average
    assert max(windows.values()) < 140


@pytest.mark.parametrize(("fraction", "corner"), [(0, (0, 0)), (np.nextafter(1, 0), (12, 2)), (1, (12, 2))])
def test_the_window_reaches_the_edges_and_not_beyond(fraction, corner):
    tensor = Transform("crop", LOAD, CROP, flip=False)(places((20, 10)), Draw(fraction, fraction))
    assert place(tensor) == corner
    assert place(tensor, -1, -1) == (corner[0] + CROP - 1, corner[1] + CROP - 1)


@pytest.mark.parametrize("how", RESIZE_OR_CROP)
def test_every_other_image_is_mirrored(how):
    transform = Transform(how, LOAD, CROP, flip=True)
    rng = np.random.default_rng(1)
    tensors = [transform(places((12, 12)), transform.draw(rng)) for _ in range(400)]
    mirrored = sum(place(tensor)[0] > place(tensor, 0, -1)[0] for tensor in tensors)
    assert 160 < mirrored < 240


def test_window_and_mirroring_do_not_depend_on_each_other():
    rng = np.random.default_rng(0)
    draws = [Transform("crop", LOAD, CROP, flip=True).draw(rng) for _ in range(400)]
    choices = Counter((draw.x < 0.5, draw.y < 0.5, draw.flip) for draw in draws)
    assert len(choices) == 8
    assert min(choices.values()) > 25  # 50 each on average


def test_mirroring_is_from_left_to_right():
    draw = Draw(0.3, 0.8, flip=True)
    transform = Transform("crop", LOAD, CROP, flip=True)
    image = places((20, 30))
    assert torch.equal(transform(image, draw), transform(image, Draw(0.3, 0.8)).flip(-1))
    assert torch.equal(Transform("none", LOAD, CROP, flip=True)(image, draw), to_tensor(ImageOps.mirror(image)))


def test_without_flip_nothing_is_mirrored_and_the_windows_stay_the_same():
    with_flip, without = (Transform("crop", LOAD, CROP, flip) for flip in (True, False))
    rngs = [np.random.default_rng(0) for _ in range(2)]
    for _ in range(20):
        a, b = with_flip.draw(rngs[0]), without.draw(rngs[1])
        assert not b.flip
        assert (a.x, a.y) == (b.x, b.y)
