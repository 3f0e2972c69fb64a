"""JPEGs decoded smaller look as whole ones that are made smaller, and pictures are what random steps can start from."""
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from data.aligned_dataset import AlignedDataset
from data.augmentation import Augmentation
from data.image_folder import read_image, read_reduced
from data.picture import cut, from_image, scaled
from data.transforms import Draw, Transform
from scripts.manga_world import render_page
from tests.helpers import data_options

FLIPS = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # how Pillow turns what EXIF says into what is meant


@pytest.fixture(scope="module")
def page() -> Image.Image:
    """A colored page of 500 × 704."""
    return render_page(0, 1, 500, 704)[1].convert("RGB")


def save(page: Image.Image, path: Path, **settings: object) -> Path:
    page.save(path, quality=92, **settings)
    return path


def decibels(one: torch.Tensor, other: torch.Tensor) -> float:
    """Peak signal-to-noise ratio."""
    return 10 * np.log10(255**2 / (one.float() - other.float()).square().mean().item())


def whole(path: Path, size: tuple[int, int], channels: int = 3) -> torch.Tensor:
    """All of an image as Pillow makes it smaller."""
    return from_image(read_image(path, channels).resize(size, Image.Resampling.BICUBIC))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("cropped", [(0, 0), (1, 3)])  # even sizes and odd ones
@pytest.mark.parametrize("side", [40, 70, 140, 400])
def test_a_smaller_jpeg_looks_the_same(tmp_path, page, side, cropped, channels):
    path = save(page.crop((0, 0, 500 - cropped[0], 704 - cropped[1])), tmp_path / "1.jpg")
    transform = Transform("resize_and_crop", side, side, flip=False)
    reduced = read_reduced(path, channels, transform.enough)[2]
    assert reduced == (1 if side == 400 else 2)
    picture = transform.read(path, channels)
    assert picture.pixels.shape == (channels, side, side)
    expected = whole(path, (side, side), channels)
    assert decibels(picture.pixels, expected) > (34 if reduced > 1 else 50)
    assert abs(picture.pixels.float().mean() - expected.float().mean()) < 0.7


@pytest.mark.parametrize("orientation", FLIPS)
@pytest.mark.parametrize("width", [500, 501])
def test_a_smaller_jpeg_is_upright(tmp_path, page, orientation, width):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = save(page.resize((width, 704)), tmp_path / "1.jpg", exif=exif)
    transform = Transform("scale_width", 100, 100, flip=False)
    picture = transform.read(path, 3)
    assert picture.size == read_image(path).size
    size = (100, round(100 * picture.size[1] / picture.size[0]))
    assert decibels(picture.pixels, whole(path, size)) > 33


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpegs_of_every_kind(tmp_path, page, mode, channels):
    path = save(page.convert(mode), tmp_path / "1.jpg", **({"keep_rgb": True} if mode == "RGB" else {}))
    picture = Transform("resize_and_crop", 100, 100, flip=False).read(path, channels)
    assert decibels(picture.pixels, whole(path, (100, 100), channels)) > 34


def test_of_a_tiny_or_extreme_jpeg_all_is_read(tmp_path):
    for size in ((1, 1), (3, 2), (1, 3000), (3000, 1)):
        path = save(Image.new("RGB", size, "red"), tmp_path / "1.jpg")
        for how in ("resize_and_crop", "scale_width", "random_part"):
            assert Transform(how, 8, 8, flip=False).read(path, 3).size == size


def test_screentones_do_not_become_stripes(tmp_path):
    x, y = np.meshgrid(np.arange(800), np.arange(800))
    for step in (2, 3, 4, 5):
        dots = np.where((x % step == 0) & (y % step == 0), 0, 255).astype(np.uint8)
        path = save(Image.fromarray(dots), tmp_path / "1.jpg")
        pixels = Transform("resize_and_crop", 90, 90, flip=False).read(path, 1).pixels.float()[:, 4:-4, 4:-4]
        assert pixels.mean() == pytest.approx(255 - 255 / step**2, abs=4)
        assert pixels.std() < 3


@pytest.mark.parametrize("augmentation", [Augmentation(), Augmentation(rotation=30), Augmentation(perspective=0.6)])
@pytest.mark.parametrize("how", ["resize_and_crop", "random_part", "crop"])
def test_what_is_turned_or_cut_has_pixels_enough(tmp_path, page, how, augmentation):
    path = save(page.resize((1000, 1408)), tmp_path / "1.jpg")
    transform = Transform(how, 72, 64, False, augmentation)
    picture = transform.read(path, 3)
    if how == "crop":
        assert picture.pixels.shape == (3, 1408, 1000)
    elif how == "random_part":
        assert 1.5 * 64 / 0.5 <= picture.pixels.shape[2] < 1000
    else:
        assert picture.pixels.shape[2] == 72 if not augmentation.turns else 108 <= picture.pixels.shape[2] < 300
    assert transform.finish(picture, transform.draw(np.random.default_rng(0))).shape == (3, 64, 64)


def test_parts_of_a_smaller_picture_are_those_of_the_whole_image(tmp_path, page):
    path = save(page.resize((1001, 1409)), tmp_path / "1.jpg")
    transform = Transform("random_part", 72, 64, flip=False)
    assert transform.read(path, 3).pixels.shape[2] < 700
    for draw in (Draw(0, 0, part=0.5), Draw(1, 1, part=0.5), Draw(0.5, 0.5, part=1)):
        left, top = draw.x * (1001 - draw.part * 1001), draw.y * (1409 - draw.part * 1001)
        box = (left, top, left + draw.part * 1001, top + draw.part * 1001)
        expected = from_image(read_image(path).resize((64, 64), Image.Resampling.BICUBIC, box))
        assert decibels(transform.finish(transform.read(path, 3), draw), expected) > 27  # a pixel of the picture aside


@pytest.mark.parametrize("width", [1006, 1008, 1009])
def test_halves_of_a_smaller_jpeg_do_not_run_into_each_other(tmp_path, width):
    both = Image.new("RGB", (width, 600), "black")
    both.paste("white", (width // 2, 0, width, 600))
    (tmp_path / "train").mkdir()
    save(both, tmp_path / "train" / "1.jpg")
    options = data_options(tmp_path, resize_or_crop="resize_and_crop", loadSize=64, fineSize=64)
    item = AlignedDataset(options)[0]
    assert item["A"].max() <= 3
    assert item["B"].min() >= 252


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(286, 286), (100, 37), (600, 800)])
def test_scaling_is_pillows_but_for_rounding(page, channels, size):
    image = page.convert("L") if channels == 1 else page
    ours = scaled(from_image(image), size).int()
    assert (ours - from_image(image.resize(size, Image.Resampling.BICUBIC)).int()).abs().max() <= 2
    ours = scaled(from_image(image), (100, 120), (499.5, 703.25)).int()
    box = (0, 0, 499.5, 703.25)
    assert (ours - from_image(image.resize((100, 120), Image.Resampling.BICUBIC, box)).int()).abs().max() <= 2


def test_cutting_beyond_the_edges_gives_paper():
    pixels = torch.arange(12, dtype=torch.uint8).reshape(1, 3, 4)
    assert cut(pixels, (1, 1, 3, 2)).tolist() == [[[5, 6]]]
    assert cut(pixels, (-1, -1, 2, 1)).tolist() == [[[255, 255, 255], [255, 0, 1]]]
    assert cut(pixels, (3, 2, 5, 4)).tolist() == [[[11, 255], [255, 255]]]
    assert cut(pixels, (-1, 1, 5, 2)).tolist() == [[[255, 4, 5, 6, 7, 255]]]
    for beyond in ((-9, 0, -7, 2), (7, 0, 9, 2), (0, -5, 2, -3), (0, 8, 2, 10)):
        assert cut(pixels, beyond).tolist() == [[[255, 255], [255, 255]]]
