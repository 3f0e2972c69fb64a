"""Files of layers, read back by other programs' code: every layer as it was, and together the page."""
import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from coloring.layers import Layer, flatten
from coloring.layers.errors import LayersError
from coloring.layers.files import LAYER_FORMATS, write_layers
from tests.coloring.layers.stacks import (
    COLORS,
    HEIGHT,
    NAMES,
    WIDTH,
    assert_only_region_colors,
    composited,
    soft_stack,
    stack,
)

PAGE = "第1話 page"


def written(layers: tuple[Layer, ...], folder: Path, form: str) -> Path:
    path = folder / f"{PAGE}{LAYER_FORMATS[form]}"
    files = write_layers(layers, path, form)
    assert all(file.is_file() for file in files)
    assert form == "png" or files == [path]
    return path


class OpenRaster:
    """An OpenRaster file, its layers from the lowest to the highest."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            self.entries = archive.infolist()
            self.contents = {entry.filename: archive.read(entry) for entry in self.entries}
        self.root = ET.fromstring(self.contents["stack.xml"])
        self.layers = self.root.findall("stack/layer")[::-1]
        self.images = [self.image(layer.get("src", "")) for layer in self.layers]

    def image(self, name: str) -> Image.Image:
        image = Image.open(io.BytesIO(self.contents[name]))
        assert image.format == "PNG"
        assert image.mode in ("RGB", "RGBA")
        assert "interlace" not in image.info
        return image

    def offset(self, number: int) -> tuple[int, int]:
        layer = self.layers[number]
        return int(layer.get("x", "")), int(layer.get("y", ""))

    def composited(self) -> np.ndarray:
        return composited([
            (np.asarray(image), self.offset(number), layer.get("composite-op") == "svg:multiply")
            for number, (layer, image) in enumerate(zip(self.layers, self.images, strict=True))
        ])  # fmt: skip


@pytest.mark.parametrize("layers", [stack(), soft_stack()], ids=["flats", "soft"])
def test_openraster_composites_to_the_page(tmp_path, layers):
    ora = OpenRaster(written(layers, tmp_path, "ora"))
    page = flatten(layers)
    assert np.abs(ora.composited() - page).max() <= len(layers) * 0.5  # rounded after each layer
    assert np.array_equal(np.asarray(ora.image("mergedimage.png")), page)


def test_openraster_is_as_its_specification_says(tmp_path):
    ora = OpenRaster(written(stack(), tmp_path, "ora"))
    first = ora.entries[0]
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
    assert ora.contents["mimetype"] == b"image/openraster"
    assert (ora.root.tag, ora.root.get("w"), ora.root.get("h")) == ("image", str(WIDTH), str(HEIGHT))
    assert [layer.get("name") for layer in ora.root.findall("stack/layer")] == NAMES[::-1]  # the top one first
    assert [layer.get("composite-op") for layer in ora.layers] == ["svg:src-over"] * 2 + ["svg:multiply"] * 3
    assert {(layer.get("opacity"), layer.get("visibility")) for layer in ora.layers} == {("1.0", "visible")}
    used = {"mimetype", "stack.xml", "mergedimage.png", "Thumbnails/thumbnail.png"}
    assert set(ora.contents) == used | {layer.get("src") for layer in ora.layers}


def test_openraster_thumbnail_of_a_large_page(tmp_path):
    page = Layer("page", np.full((1000, 600), 200, np.uint8))
    assert OpenRaster(written((page,), tmp_path, "ora")).image("Thumbnails/thumbnail.png").size == (154, 256)


def test_openraster_flats_are_cropped_and_exact(tmp_path):
    ora = OpenRaster(written(stack(), tmp_path, "ora"))
    assert (ora.offset(1), ora.images[1].size) == ((4, 5), (18, 28))
    assert_only_region_colors(np.asarray(ora.images[1]))


def test_openraster_name_that_xml_cannot_hold(tmp_path):
    layers = (Layer("a\x00<b>&\"\ud800", np.zeros((3, 3), np.uint8)),)
    (layer,) = OpenRaster(written(layers, tmp_path, "ora")).layers
    assert layer.get("name") == 'a\ufffd<b>&"\ufffd'


@pytest.mark.parametrize("layers", [stack(), soft_stack()], ids=["flats", "soft"])
def test_psd_composites_to_the_page(tmp_path, layers):
    path = written(layers, tmp_path, "psd")
    page = flatten(layers)
    psd = PSDImage.open(path)
    shown = [(np.asarray(layer.topil()), layer.offset, layer.blend_mode.name == "MULTIPLY") for layer in psd]
    assert np.abs(composited(shown) - page).max() <= len(layers) * 0.5
    by_psd_tools = np.asarray(psd.composite(force=True).convert("RGB"), int)
    assert np.abs(by_psd_tools - page).max() <= 2
    with Image.open(path) as merged:
        assert (merged.mode, merged.size) == ("RGB", (WIDTH, HEIGHT))
        assert np.array_equal(np.asarray(merged), page)
    assert np.array_equal(np.asarray(psd.topil()), page)


def test_psd_layers_are_as_they_were(tmp_path):
    path = written(stack(), tmp_path, "psd")
    psd = PSDImage.open(path)
    assert (psd.version, psd.depth, psd.color_mode.name, psd.has_preview()) == (1, 8, "RGB", True)
    assert [layer.name for layer in psd] == NAMES  # from the lowest to the highest
    assert [layer.blend_mode.name for layer in psd] == ["NORMAL"] * 2 + ["MULTIPLY"] * 3
    assert not any(layer.has_mask() for layer in psd)  # transparency, which a person can paint on
    assert psd[1].bbox == (4, 5, 22, 33)
    assert_only_region_colors(np.asarray(psd[1].topil()))
    for layer, read in zip(stack()[2:], list(psd)[2:], strict=True):
        assert np.array_equal(np.asarray(read.topil().convert("RGB")), np.repeat(layer.pixels[..., None], 3, axis=2))


def test_psd_names_are_unicode_and_ascii(tmp_path):
    content = written(stack(), tmp_path, "psd").read_bytes()
    for name in NAMES:
        block = len(name).to_bytes(4, "big") + name.encode("utf-16-be")
        assert b"luni" + len(block + bytes(len(block) % 4)).to_bytes(4, "big") + block in content
        old = name.encode("ascii", "replace")
        assert bytes([len(old)]) + old in content


@pytest.mark.parametrize("form", ["ora", "psd"])
def test_layer_without_any_pixel(tmp_path, form):
    layers = (*stack()[:1], Layer("empty", np.zeros((HEIGHT, WIDTH, 4), np.uint8)))
    path = written(layers, tmp_path, form)
    page = OpenRaster(path).image("mergedimage.png") if form == "ora" else PSDImage.open(path).composite(force=True)
    assert np.array_equal(np.asarray(page.convert("RGB")), layers[0].pixels)


def test_numbered_images(tmp_path):
    folder = tmp_path / PAGE
    folder.mkdir()
    for name in ("6_from_before.png", "mine.txt", "mine.png"):
        (folder / name).write_text("from before")
    assert written(stack(), tmp_path, "png") == folder
    expected = ["1_紙 paper.png", "2_塗り flats.png", "3_影 shading.png", "4_線画 ink.png", "5_写植_lettering.png"]
    assert sorted(path.name for path in folder.iterdir()) == [*expected, "mine.png", "mine.txt"]
    images = [np.asarray(Image.open(folder / name)) for name in expected]
    for image, layer in zip(images, stack(), strict=True):
        assert np.array_equal(image, layer.pixels)
    assert_only_region_colors(images[1])


def test_names_of_many_images_are_in_order(tmp_path):
    layers = tuple(Layer("", np.zeros((2, 2), np.uint8)) for _ in range(11))
    folder = written(layers, tmp_path, "png")
    assert sorted(path.name for path in folder.iterdir())[::10] == ["01_.png", "11_.png"]


@pytest.mark.parametrize("form", LAYER_FORMATS)
def test_same_layers_give_the_same_bytes(tmp_path, form):
    contents = []
    for name in ("a", "b"):
        files = write_layers(stack(), tmp_path / f"{name}{LAYER_FORMATS[form]}", form)
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_psd_that_would_be_too_large(tmp_path):
    layers = (Layer("ink", np.zeros((30_001, 2), np.uint8)),)
    with pytest.raises(LayersError, match=r"2 × 30001 pixels are more than 30000 a side. Use --layers ora.$"):
        write_layers(layers, tmp_path / "a.psd", "psd")
    assert not list(tmp_path.iterdir())
    assert write_layers(layers, tmp_path / "a.ora", "ora") == [tmp_path / "a.ora"]


def test_psd_of_too_many_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("coloring.layers.photoshop.LARGEST_FILE", 1000)
    with pytest.raises(LayersError, match="2 GB"):
        write_layers(stack(), tmp_path / "a.psd", "psd")
    assert not list(tmp_path.iterdir())


def test_page_without_layers(tmp_path):
    with pytest.raises(LayersError, match="was not made of layers"):
        write_layers((), tmp_path / "a.ora", "ora")


def test_stack_has_the_colors_that_the_tests_look_for():
    assert_only_region_colors(stack()[1].pixels)
    assert len(COLORS) == 3
