"""From images to tensors: sizes, values, and chance that is chance."""
import argparse
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from data.augmentation import Augmentation, Effects, to_source
from data.picture import from_image
from data.transforms import RESIZE_OR_CROP, Draw, Transform

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
    x, y, _ = tensor[:, row, column].tolist()
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
    assert tensor.dtype == torch.uint8
    assert tensor.is_contiguous()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("resize_and_crop", {TALL: (CROP, CROP), WIDE: (CROP, CROP), SMALL: (CROP, CROP), COLUMN: (CROP, CROP)}),
        ("crop", {TALL: TALL, WIDE: WIDE, SMALL: SMALL, COLUMN: COLUMN}),
        ("none", {TALL: TALL, WIDE: WIDE, SMALL: SMALL, COLUMN: COLUMN}),
        ("scale_width", {TALL: (12, 24), WIDE: (12, 6), SMALL: (12, 7), LINE: (12, 1)}),
        ("scale_width_and_crop", {TALL: (12, 24), WIDE: (12, 6), SMALL: (12, 7), LINE: (12, 1)}),
        ("random_part", {TALL: (8, 16), WIDE: (16, 8), SMALL: (13, 8), LINE: (240, 8)}),
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
    wanted = torch.full((8, 8), 255, dtype=torch.uint8)
    wanted[window] = 0
    for mode in ("L", "RGB"):
        tensor = Transform(how, 8, 8, flip=False)(grey(size, mode=mode), Draw(0.9, 0.1))
        assert torch.equal(tensor, wanted.expand_as(tensor))


def test_extremes_stay_in_range_where_scaling_overshoots():
    stripes = Image.fromarray(np.tile(np.array([0, 255], np.uint8), (16, 8)).repeat(4, axis=1))
    tensor = Transform("resize_and_crop", 97, 64, flip=False)(stripes, Draw())
    assert (tensor.min(), tensor.max()) == (0, 255)


def test_channels_keep_their_order():
    tensor = Transform("none", 1, 1, flip=False)(Image.new("RGB", (2, 1), (255, 0, 51)), Draw())
    assert tensor[:, 0, 0].tolist() == [255, 0, 51]


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
    assert torch.equal(Transform("none", LOAD, CROP, flip=True)(image, draw), from_image(ImageOps.mirror(image)))


def test_without_flip_nothing_is_mirrored_and_the_windows_stay_the_same():
    with_flip, without = (Transform("crop", LOAD, CROP, flip) for flip in (True, False))
    rngs = [np.random.default_rng(0) for _ in range(2)]
    for _ in range(20):
        a, b = with_flip.draw(rngs[0]), without.draw(rngs[1])
        assert not b.flip
        assert (a.x, a.y) == (b.x, b.y)


# Augmentation

STRONG = Augmentation(rotation=45, perspective=0.667, blur_p=0.25, erasing_p=0.5)
BARELY = Effects(angle=1e-7)  # takes the way of a turned image, and shows it as it was


def drawing(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Soft color patches: what is shifted by part of a pixel shows it, what is rounded does not."""
    patches = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC)


def white(tensor: torch.Tensor) -> torch.Tensor:
    """Where (H, W) there is paper."""
    return (tensor == 255).all(dim=0)


@pytest.mark.parametrize("how", [how for how in RESIZE_OR_CROP if how != "random_part"])
def test_without_augmentation_three_numbers_are_drawn(how):
    rng, same = np.random.default_rng(5), np.random.default_rng(5)
    draw = Transform(how, LOAD, CROP, flip=True).draw(rng)
    x, y, coin = same.random(3)
    assert draw == Draw(x, y, bool(coin < 0.5))
    assert rng.random() == same.random()


def test_one_option_leaves_the_choices_of_the_others_as_they_are():
    options = [{"rotation": 45}, {"perspective": 0.5, "perspective_p": 1}, {"blur_p": 1}, {"erasing_p": 1}]
    everything = Augmentation(**{key: value for option in options for key, value in option.items()})
    rng = np.random.default_rng(3)
    expected, following = Transform("crop", LOAD, CROP, True, everything).draw(rng), rng.random()
    for option, name in zip(options, ("angle", "corners", "blur", "erased"), strict=True):
        rng = np.random.default_rng(3)
        draw = Transform("crop", LOAD, CROP, True, Augmentation(**option)).draw(rng)
        assert getattr(draw.effects, name) == getattr(expected.effects, name)
        assert (draw.x, draw.y, draw.flip, draw.part) == (expected.x, expected.y, expected.flip, expected.part)
        assert rng.random() == following


@pytest.mark.parametrize("size", [(1, 1), (200, 1), (1, 90), (5, 3), (40, 20)])
@pytest.mark.parametrize("how", RESIZE_OR_CROP)
def test_sizes_with_augmentation(how, size):
    plain, strong = (Transform(how, LOAD, CROP, True, augmentation) for augmentation in (Augmentation(), STRONG))
    for seed in range(8):
        tensor = strong(grey(size), strong.draw(np.random.default_rng(seed)))
        assert tensor.shape == plain(grey(size), Draw()).shape
    

@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("how", RESIZE_OR_CROP)
def test_what_comes_from_outside_is_paper_without_seams(how, mode):
    transform = Transform(how, 40, 32, True, STRONG)
    for seed in range(30):
        tensor = transform(grey((90, 50), 255, mode), transform.draw(np.random.default_rng(seed)))
        assert (tensor == 255).all()


@pytest.mark.parametrize("how", RESIZE_OR_CROP)
def test_both_sides_of_a_pair_are_changed_alike(how):
    transform = Transform(how, 40, 32, True, STRONG)
    coloring = drawing((90, 70))
    swapped = Image.merge("RGB", coloring.split()[::-1])
    scan = coloring.getchannel("G")
    drawn = set()
    for seed in range(20):
        draw = transform.draw(np.random.default_rng(seed))
        tensor = transform(coloring, draw)
        assert torch.equal(tensor.flip(0), transform(swapped, draw))
        assert torch.equal(tensor[1:2], transform(scan, draw))
        drawn.add(tensor.numpy().tobytes())
    assert len(drawn) == 20


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("size", [(33, 24), (150, 260)])  # made larger or a little smaller, and much smaller
@pytest.mark.parametrize("how", RESIZE_OR_CROP)
def test_an_image_that_is_hardly_turned_is_where_it_was(how, size, flip):
    transform = Transform(how, 30, 24, flip=True)
    image = drawing(size)
    draws = [Draw(1 / 3, 0.5, flip, 0.75, effects) for effects in (Effects(), BARELY)]
    straight, turned = (transform(image, draw).float() for draw in draws)
    inside = (slice(None), slice(2, -2), slice(2, -2))  # at the edges, paper is near
    assert torch.allclose(straight[inside], turned[inside], atol=10)
    assert (straight[inside] - turned[inside]).abs().mean() < 2.5


def test_images_turn_around_their_middle():
    image = drawing((30, 30))
    tensor = Transform("none", LOAD, CROP, flip=False)(image, Draw(effects=Effects(angle=90)))
    assert torch.allclose(tensor, from_image(image.transpose(Image.Transpose.ROTATE_90)), atol=2)


def test_images_turn_either_way_evenly():
    transform = Transform("crop", LOAD, CROP, False, Augmentation(rotation=20))
    angles = np.array([transform.draw(np.random.default_rng(seed)).effects.angle for seed in range(400)])
    assert np.abs(angles).max() <= 20
    assert np.abs(np.histogram(angles, 4, (-20, 20))[0] - 100).max() < 35


@pytest.mark.parametrize(
    ("corners", "black", "paper"),
    [
        (((0.25, 0.25),) * 4, [(11, 6), (28, 13), (20, 10)], [(8, 10), (31, 10), (20, 3), (20, 16)]),
        (((0.2, 0.2), (0, 0), (0, 0), (0, 0)), [(11, 6), (37, 2), (37, 17), (4, 17)], [(2, 2), (6, 3), (5, 5)]),
    ],
    ids=["all corners", "the top left one"],
)
def test_corners_move_inward(corners, black, paper):
    tensor = Transform("none", LOAD, CROP, flip=False)(grey((40, 20)), Draw(effects=Effects(corners=corners)))
    assert [tensor[0, y, x].item() for x, y in black] == [0] * len(black)
    assert [tensor[0, y, x].item() for x, y in paper] == [255] * len(paper)


@pytest.mark.parametrize("strength", [0.3, 0.667, 1])
def test_no_perspective_shows_what_is_behind_the_horizon(strength):
    transform = Transform("none", LOAD, CROP, False, Augmentation(perspective=strength, perspective_p=1))
    corners = np.array([(0, 1, 0, 1), (0, 0, 1, 1), (1, 1, 1, 1)])
    moves = []
    for seed in range(200):
        effects = transform.draw(np.random.default_rng(seed)).effects
        depths = (to_source((0, 0, 1, 1), (1, 1), False, effects) @ corners)[2]
        assert depths.min() > 0
        moves.append(effects.corners)
    assert np.min(moves) >= 0
    assert np.max(moves) <= strength / 2
    assert np.max(moves) > 0.8 * min(strength, 0.667) / 2


def test_thin_lines_stay_lines_when_a_large_page_is_turned():
    lines = np.full((1600, 1600), 255, np.uint8)
    lines[::20] = lines[1::20] = 0  # where a picked pixel stood for its surroundings, they would come and go
    tensor = Transform("resize_and_crop", 80, 64, flip=False)(Image.fromarray(lines), Draw(effects=Effects(angle=30)))
    middle = tensor[0, 16:-16, 16:-16].float()
    assert middle.mean() == pytest.approx(0.9 * 255, abs=2.5)
    assert middle.std() < 15


@pytest.mark.parametrize("how", ["none", "crop", "random_part"])
def test_a_rectangle_of_the_right_size_is_erased(how):
    transform = Transform(how, 100, 100, False, Augmentation(erasing_p=0.5, erasing_area=(0.02, 0.1)))
    rng = np.random.default_rng(0)
    shares, ratios = [], []
    for _ in range(400):
        paper = white(transform(grey((100, 100)), transform.draw(rng)))
        if paper.any():
            rows, columns = (int(paper.any(dim).sum()) for dim in (1, 0))
            assert paper.sum() == rows * columns
            shares.append(rows * columns / 10_000)
            ratios.append(columns / rows)
    assert 160 < len(shares) < 240
    assert 0.018 < min(shares) < 0.03
    assert 0.09 < max(shares) < 0.105
    assert 0.25 < min(ratios) < 0.5
    assert 2 < max(ratios) < 4


def test_large_erased_rectangles_fit_in():
    transform = Transform("none", LOAD, CROP, False, Augmentation(erasing_p=1, erasing_area=(0.9, 0.9)))
    for seed in range(20):
        paper = white(transform(grey((200, 50)), transform.draw(np.random.default_rng(seed))))
        assert paper.float().mean() == pytest.approx(0.9, abs=0.02)


def test_blur_is_gaussian_with_a_kernel_of_three_or_five():
    transform = Transform("none", LOAD, CROP, False, Augmentation(blur_p=0.5))
    dot = grey((11, 11), 255)
    dot.putpixel((5, 5), 0)
    kernels = Counter()
    for seed in range(400):
        draw = transform.draw(np.random.default_rng(seed))
        kernels[draw.effects.blur and draw.effects.blur[0]] += 1
        ink = 255 - transform(dot, draw)[0].int()
        assert ink.sum().item() == pytest.approx(255, abs=12)  # every pixel is rounded
        reach = draw.effects.blur[0] // 2 if draw.effects.blur else 0
        assert ink[5 - reach : 6 + reach, 5 - reach : 6 + reach].sum() == ink.sum()
    assert set(kernels) == {None, 3, 5}
    assert abs(kernels[None] - 200) < 40
    assert abs(kernels[3] - 100) < 30
    soft = 255 - transform(dot, Draw(effects=Effects(blur=(3, 1.0))))[0].float()
    assert (soft[5, 4] / soft[5, 5]).item() == pytest.approx(np.exp(-0.5), abs=0.02)
    assert (soft[4, 4] / soft[5, 5]).item() == pytest.approx(np.exp(-1), abs=0.02)


def test_a_random_part_is_cut_out_and_scaled():
    image = drawing((40, 24))
    tensor = Transform("random_part", LOAD, CROP, flip=False)(image, Draw(x=0.5, y=1, part=0.5))
    expected = from_image(image.crop((14, 12, 26, 24)).resize((8, 8), Image.Resampling.BICUBIC))
    assert torch.allclose(tensor.int(), expected.int(), atol=1)


@pytest.mark.parametrize("ends", [(0.5, 1.0), (0.3, 0.4)])
def test_the_part_is_drawn_from_its_range(ends):
    transform = Transform("random_part", LOAD, CROP, False, Augmentation(crop_part=ends))
    rng = np.random.default_rng(0)
    parts = []
    for _ in range(200):
        tensor = transform(places((150, 100)), transform.draw(rng))
        (left, top), (right, bottom) = place(tensor), place(tensor, -1, -1)
        parts.append((right - left) / (CROP - 1) * CROP / 100)
        assert bottom - top == pytest.approx(right - left, abs=3)
    assert min(parts) == pytest.approx(ends[0], abs=0.05)
    assert max(parts) == pytest.approx(ends[1], abs=0.05)


@pytest.mark.parametrize("size", [(400, 20), (20, 400)])
def test_a_banner_is_filled_up_with_paper(size):
    def paper(max_aspect: float, draw: Draw, size: tuple[int, int] = size) -> float:
        transform = Transform("random_part", LOAD, 40, False, Augmentation(max_aspect=max_aspect))
        return white(transform(grey(size), draw)).float().mean().item()

    middle = Draw(part=0.5)
    assert paper(float("inf"), middle) == 0
    assert paper(4, middle) == pytest.approx(1 - 20 / 50, abs=0.06)  # the banner, in a square of half of 400 / 4
    assert paper(2, middle) == pytest.approx(1 - 20 / 100, abs=0.06)
    assert paper(2, middle, (80, 40)) == 0
    assert paper(2, Draw(0, 0, part=0.3)) == 1  # paper alone


def test_options_become_a_transform():
    options = {"resize_or_crop": "random_part", "loadSize": 286, "fineSize": 64, "no_flip": False}
    new = {"rotation": 10.0, "blur_p": 0.1, "crop_part": [0.2, 0.4], "max_aspect": 3.0}
    trained = Transform.from_options(argparse.Namespace(isTrain=True, **options, **new))
    augmentation = Augmentation(rotation=10, blur_p=0.1, crop_part=(0.2, 0.4), max_aspect=3)
    assert trained == Transform("random_part", 286, 64, True, augmentation)
    tested = Transform.from_options(argparse.Namespace(isTrain=False, **options))
    assert tested == Transform.whole_page("random_part", 286, 64)
