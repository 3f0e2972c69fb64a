"""JPEG XL and JPEG 2000 are read where they can be; where not, the image is named with what is missing."""
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from data.image_folder import BadImage, list_images, read_image
from data.pages import Limits, PageError, find_volumes
from data.pages import volume as volume_module
from tests.test_pages_archives import image_bytes, opened, page_error, write_zip
from util.image_plugins import jxl_size, register_plugins

JPEG_2000 = ("jp2", "j2k", "j2c", "jpx")
REMEDY = "needs pillow-jxl-plugin: pip install pillow-jxl-plugin"


def jxl(size: tuple[int, int] = (4, 6), level: int = 100, **options: object) -> bytes:
    file = BytesIO()
    Image.new("L", size, level).save(file, "JXL", lossless=True, **options)
    return file.getvalue()


@pytest.fixture
def without_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(Image.OPEN, "JXL")
    monkeypatch.setattr(volume_module, "_FORMATS", tuple(name for name in volume_module._FORMATS if name != "JXL"))


@pytest.mark.parametrize("suffix", ["jxl", *JPEG_2000])
def test_images_are_read_as_pages_and_for_training(tmp_path, suffix):
    data = jxl(level=77) if suffix == "jxl" else image_bytes(77, suffix)
    (tmp_path / f"1.{suffix}").write_bytes(data)
    (volume,), problems = find_volumes([tmp_path])
    assert problems == []
    assert (volume.open(volume.pages[0]).mode, volume.open(volume.pages[0]).getpixel((0, 0))) == ("L", 77)
    (found,) = list_images(tmp_path)
    assert read_image(found).getpixel((3, 5)) == (77, 77, 77)


@pytest.mark.parametrize("suffix", ["jpe", "pgm", "pbm", "pnm"])
def test_other_names_of_formats_are_pages(tmp_path, suffix):
    path = tmp_path / f"1.{suffix}"
    Image.new("1" if suffix == "pbm" else "L", (4, 6), 1).save(path)
    volume = opened(tmp_path)
    assert [page.name for page in volume.pages] == [path.name]
    assert volume.open(volume.pages[0]).size == (4, 6)


@pytest.mark.usefixtures("without_plugin")
@pytest.mark.parametrize("place", ["image", "list", "archive"])
def test_without_the_plugin_a_page_is_named_with_the_remedy(tmp_path, place):
    (tmp_path / "1.jxl").write_bytes(jxl())
    (tmp_path / "list.txt").write_text("1.jxl")
    write_zip(tmp_path / "a.cbz", [("1.jxl", jxl())])
    path = {"image": tmp_path / "1.jxl", "list": tmp_path / "list.txt", "archive": tmp_path / "a.cbz"}[place]
    assert page_error(opened(path)) == REMEDY


@pytest.mark.usefixtures("without_plugin")
def test_without_the_plugin_an_image_to_learn_from_is_named_with_the_remedy(tmp_path):
    (tmp_path / "1.jxl").write_bytes(jxl(use_container=True))
    with pytest.raises(BadImage, match=r"1\.jxl \(needs pillow-jxl-plugin: pip install pillow-jxl-plugin\)"):
        read_image(list_images(tmp_path)[0])


def test_a_pillow_without_openjpeg_is_named(tmp_path, monkeypatch):
    data = image_bytes(77, "jp2")

    def undecodable(*_: object, **__: object) -> None:
        raise OSError("decoder jpeg2k not available")

    monkeypatch.setattr(features, "check", lambda name: name != "jpg_2000")
    monkeypatch.setattr(Image.Image, "load", undecodable)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", undecodable)
    volume = opened(write_zip(tmp_path / "a.cbz", [("1.jp2", data)]))
    assert page_error(volume).startswith("needs Pillow with JPEG 2000 (OpenJPEG): pip install")


@pytest.mark.parametrize("container", [False, True])
@pytest.mark.parametrize(
    "size", [(1, 1), (4, 6), (8, 8), (64, 64), (8, 256), (256, 8), (300, 200), (160, 90), (90, 160), (1000, 3001)]
)
def test_the_size_of_a_jxl_is_read_without_decoding(size, container):
    assert jxl_size(jxl(size, use_container=container)) == size


def test_a_jxl_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    from pillow_jxl import JpegXLImagePlugin

    decoded = []
    monkeypatch.setattr(JpegXLImagePlugin, "Decoder", lambda **_: decoded.append(1))
    volume = opened(write_zip(tmp_path / "a.cbz", [("1.jxl", jxl((2000, 1001)))]), Limits(megapixels=2))
    assert page_error(volume) == "more than 2 megapixels: make it smaller"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    (tmp_path / "1.jxl").write_bytes(jxl((2000, 1001)))
    with pytest.raises(BadImage, match="2000×1001 pixels"):
        read_image(tmp_path / "1.jxl")
    assert not decoded


def test_a_damaged_jxl_is_no_image_and_says_so_in_a_line(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(noise).save(file, "JXL")
    for data in (file.getvalue()[: len(file.getvalue()) // 2], b"\xff\x0a", jxl(use_container=True)[:50]):
        volume = opened(write_zip(tmp_path / "a.cbz", [("1.jxl", data)]))
        with pytest.raises(PageError, match=r"^no image, or damaged$"):
            volume.open(volume.pages[0])


def test_a_jxl_is_not_turned_twice(tmp_path):
    """libjxl turns the pixels as the image says; what its metadata say beside that is for programs that do not."""
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "1.jxl").write_bytes(jxl((4, 6), exif=exif.tobytes()))
    assert read_image(tmp_path / "1.jxl").size == (4, 6)


def test_registering_again_changes_nothing(tmp_path: Path) -> None:
    register_plugins()
    (tmp_path / "1.jxl").write_bytes(jxl())
    assert read_image(tmp_path / "1.jxl").size == (4, 6)
