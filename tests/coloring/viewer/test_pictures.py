"""Pictures of regions and layers: what they show, and how large they get."""
import io

import numpy as np
import pytest
from PIL import Image

from coloring.layers import Layer
from coloring.viewer import layer_picture, region_picture
from coloring.viewer.pictures import LONGEST_SIDE
from coloring.viewer.region_colors import COLORS, HUES, region_colors

SIZE = (1200, 1720)


def grid(cell: int = 100, line: int = 6) -> np.ndarray:
    """A label map of squares that lines part, (1720, 1200)."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    labels = rows // cell * (SIZE[0] // cell) + columns // cell + 1
    return np.where((rows % cell < line) | (columns % cell < line), 0, labels).astype(np.int32)


def decoded(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("line", [0, 2, 10])
def test_neighbors_have_different_colors(line):
    labels = grid(line=line)
    colors = region_colors(labels)
    middles = colors[labels[50::100, 50::100]]
    assert middles.min() >= 1
    assert np.all(middles[1:] != middles[:-1])
    assert np.all(middles[:, 1:] != middles[:, :-1])
    assert len(np.unique(middles)) == HUES
    assert colors[0] == 0
    assert np.array_equal(colors, region_colors(labels))


def test_more_neighbors_than_colors():
    labels = np.full((200, 600), 1, np.int32)
    for number in range(40):
        labels[50:150, 10 + 14 * number : 20 + 14 * number] = number + 2
    assert region_colors(labels).min(initial=1, where=np.arange(42) > 0) >= 1


def test_colors_are_told_apart():
    differences = np.linalg.norm(COLORS[:, None] - COLORS[None], axis=-1)
    assert differences[~np.eye(len(COLORS), dtype=bool)].min() > 40


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lines_lie_over_regions(mode):
    labels = grid()
    page = Image.fromarray(np.where(labels > 0, 255, 0).astype(np.uint8)).convert(mode)
    content = region_picture(labels, page)
    picture = decoded(content)
    assert (picture.format, picture.mode, max(picture.size)) == ("PNG", "P", LONGEST_SIDE)
    assert len(content) < 20_000
    shown = np.asarray(picture.convert("RGB").resize(SIZE, Image.Resampling.NEAREST))
    assert {tuple(color) for color in shown[50::100, 50::100].reshape(-1, 3).tolist()} == {
        tuple(color) for color in COLORS[1:].astype(int).tolist()
    }  # fmt: skip
    assert np.all(shown[103, 50::100] == 0)
    assert region_picture(labels, page) == content


def test_page_without_regions_is_its_lines():
    picture = decoded(region_picture(np.zeros((30, 20), np.int32), Image.new("L", (20, 30), 200)))
    assert picture.convert("RGB").getcolors() == [(600, (255, 255, 255))]


def test_flats_stay_exact():
    labels = grid()
    colors = np.random.default_rng(0).integers(0, 256, (labels.max() + 1, 4), dtype=np.uint8)
    colors[:, 3] = 255
    colors[0] = 0
    content, suffix = layer_picture(Layer("flats", colors[labels]))
    picture = decoded(content)
    assert (suffix, picture.format, max(picture.size)) == (".webp", "WEBP", LONGEST_SIDE)
    shown = {tuple(color) for color in np.asarray(picture.convert("RGBA")).reshape(-1, 4).tolist() if color[3]}
    assert shown == {tuple(color) for color in colors[np.unique(labels)].tolist() if color[3]}
    assert len(content) < 20_000


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.full((SIZE[1], SIZE[0]), 90, np.uint8), (90, 90, 90)),
        (np.full((SIZE[1], SIZE[0], 3), (200, 60, 30), np.uint8), (200, 60, 30)),
    ],
)
def test_opaque_layer(pixels, expected):
    content, suffix = layer_picture(Layer("shading", pixels, "multiply"))
    picture = decoded(content)
    assert (suffix, picture.format, max(picture.size)) == (".jpg", "JPEG", LONGEST_SIDE)
    assert np.abs(np.asarray(picture.convert("RGB"), int) - expected).max() < 8
    assert len(content) < 20_000


def test_soft_transparent_layer_lies_over_white():
    pixels = np.zeros((40, 300, 4), np.uint8)
    pixels[..., 3] = np.linspace(0, 255, 300)
    content, suffix = layer_picture(Layer("colors", pixels))
    shown = np.asarray(decoded(content).convert("L"), int)
    assert suffix == ".jpg"
    assert np.abs(shown - (255 - pixels[..., 3].astype(int))).max() < 12


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (33, 17_000)])
def test_pages_of_any_size(size):
    width, height = size
    assert max(decoded(region_picture(np.ones((height, width), int), Image.new("L", size))).size) <= LONGEST_SIDE
    for shape in ((height, width), (height, width, 3), (height, width, 4)):
        content, _ = layer_picture(Layer("any", np.zeros(shape, np.uint8)))
        assert max(decoded(content).size) <= LONGEST_SIDE
