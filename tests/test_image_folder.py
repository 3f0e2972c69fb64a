"""Images are found wherever they lie, in reading order, and read right whatever their format."""
import random
import struct
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path, PurePath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tifffile import imwrite

from data.image_folder import (
    EXTENSIONS,
    in_natural_order,
    list_folder,
    list_images,
    natural_key,
    read_image,
    read_list,
    result_names,
    to_paper,
)
from data.pages.volume import Limits, decode
from tests.helpers import save_grey, save_noise
from util.errors import UserError

# Finding


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def listed(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in list_images(folder)]


@pytest.mark.parametrize(
    "suffix", ["jpg", "jpeg", "png", "webp", "bmp", "ppm", "tif", "tiff", "gif", "JPG", "Png", "TIFF"]
)
def test_every_image_format_is_found_below_the_folder(tmp_path, suffix):
    touch(tmp_path, f"a/b/c.{suffix}", "notes.txt", "png", "book.pdf", "archive.png.zip")
    (tmp_path / "folder.png").mkdir()
    assert listed(tmp_path) == [f"a/b/c.{suffix}"]


def test_links_are_followed_but_not_in_circles(tmp_path):
    touch(tmp_path / "elsewhere", "1.png", "deep/2.png")
    touch(tmp_path / "data", "b.png")
    (tmp_path / "data" / "a").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "deep" / "back").symlink_to(tmp_path / "data")
    assert listed(tmp_path / "data") == ["a/1.png", "a/deep/2.png", "b.png"]


def test_a_link_that_leads_nowhere_hides_nothing_else(tmp_path):
    touch(tmp_path, *(f"{number}.png" for number in range(20)), "deep/1.png")
    (tmp_path / "10a.png").symlink_to("10a.png")  # to itself
    listing = list_folder(tmp_path)
    assert len(listing.names) == 21
    assert not listing.whole


@pytest.mark.parametrize("white_is_zero", [False, True])
def test_white_may_be_zero_in_16_bits_too(tmp_path, white_is_zero):
    levels = np.full((8, 8), 65535 if white_is_zero else 0, np.uint16)
    levels[:, :4] = 65535 - levels[0, 0]
    photometric = "miniswhite" if white_is_zero else "minisblack"
    imwrite(tmp_path / "a.tif", levels, photometric=photometric)
    for image in (read_image(tmp_path / "a.tif", 1), decode((tmp_path / "a.tif").read_bytes(), Limits())):
        assert np.asarray(image)[0].tolist() == [255] * 4 + [0] * 4


@pytest.mark.parametrize(
    "names",
    [
        ["page1.png", "page2.png", "page10.png"],
        ["vol 2/ch 9/1.png", "vol 2/ch 10/1.png", "vol 10/ch 1/1.png"],
        ["ch1/2.png", "ch1.5/1.png", "ch2/1.png"],
        ["page.png", "page1.png", "page1-2.png", "page1a.png", "page2.jpg"],
        ["a1.png", "B2.png", "c3.png"],
        ["1.png", "2.png", "10.png", "cover.png"],
        ["1/1.png", "1.jpg", "1.png"],
        ["page01.png", "page1.png"],
        ["A.png", "a.png"],
    ],
    ids=lambda names: names[0],
)
def test_images_come_in_reading_order(tmp_path, names):
    touch(tmp_path, *names)
    assert listed(tmp_path) == names
    for seed in range(5):  # in whatever order the disk gives them
        shuffled = random.Random(seed).sample(names, len(names))
        assert in_natural_order(shuffled) == sorted(shuffled, key=natural_key) == names


@given(st.sets(st.text(st.sampled_from("aB12.-/ ²٣"), min_size=1).filter(lambda name: name.strip("./"))))
@settings(max_examples=50, deadline=None)
def test_the_order_of_any_names_is_one(names):
    paths = {PurePath(name) for name in names}
    assert sorted(sorted(paths), key=natural_key) == sorted(sorted(paths, reverse=True), key=natural_key)


def test_hidden_files_and_macos_leftovers_are_no_images(tmp_path):
    touch(tmp_path / ".cache", ".a.png", ".thumbs/b.png", "__MACOSX/c.png", "d/._e.png", "f.png")
    assert listed(tmp_path / ".cache") == ["f.png"]


@pytest.mark.parametrize(("limit", "expected"), [(2, ["1.png", "2.png"]), (9, ["1.png", "2.png", "10.png"])])
def test_at_most_as_many_as_asked_for(tmp_path, limit, expected):
    touch(tmp_path, "10.png", "2.png", "1.png")
    assert [path.name for path in list_images(tmp_path, limit)] == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [("missing", "no folder"), ("file", "no folder"), ("empty", "no images in"), ("no images", "no images in")],
)
def test_a_folder_without_images_is_named_in_one_line(tmp_path, content, reason):
    folder = tmp_path / "trainA"
    if content == "file":
        folder.touch()
    elif content != "missing":
        touch(tmp_path, "trainA/notes.txt") if content == "no images" else folder.mkdir()
    with pytest.raises(UserError) as caught:
        list_images(folder)
    assert str(caught.value).startswith(f"{reason} {folder}: ")
    assert "\n" not in str(caught.value)


# Names of results


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.png", "b.jpg"], ["a", "b"]),
        (["a.png", "a.jpg", "b.png"], ["a.png", "a.jpg", "b"]),
        (["x/a.png", "y/a.png", "a.png"], ["x/a", "y/a", "a"]),
        (["x/a.png", "x/a.jpg", "y/a.png"], ["x/a.png", "x/a.jpg", "y/a"]),
        (["a.png", "a.jpg", "a.png.png"], ["a.png", "a.jpg", "a.png.png"]),
        (["a.png", "a.png.png"], ["a", "a.png.png"]),
        (["A.png", "a.jpg"], ["A.png", "a.jpg"]),
        (["ch.1 p.2.png", "page.1.jpg", "page.2.jpg"], ["ch.1 p.2", "page.1", "page.2"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_results_are_called_after_their_images(tmp_path, files, names):
    assert result_names([tmp_path / file for file in files], tmp_path) == names


NAMES = [folder + stem + more + suffix for folder in ("", "x/") for stem in "aA" for more in ("", ".png", ".1.jpg")
         for suffix in (".png", ".PNG", ".jpg")]  # fmt: skip


@given(st.sets(st.sampled_from(NAMES), max_size=12))
@settings(max_examples=50, deadline=None)
def test_no_two_results_are_called_alike(files):
    names = result_names([Path("folder", file) for file in files], Path("folder"))
    assert len(set(names)) == len(files)
    # Nor on a disk that does not tell cases apart, unless the images would not fit there either.
    if len({file.lower() for file in files}) == len(files):
        assert len({name.lower() for name in names}) == len(files)


# Reading: the left half of every picture is ink, the right half becomes white paper.

INK, GREY_INK = (200, 120, 40), 135  # of the same brightness
SIDE = 16


def picture(mode: str, ink: object, paper: object) -> Image.Image:
    image = Image.new(mode, (2 * SIDE, SIDE), paper)
    image.paste(ink, (0, 0, SIDE, SIDE))
    return image


COLOR = picture("RGB", INK, (255, 255, 255))
GREY = picture("L", GREY_INK, 255)
CLEAR = picture("RGBA", (*INK, 255), (0, 0, 0, 0))
CLEAR_GREY = picture("LA", (GREY_INK, 255), (0, 0))
DEEP = Image.fromarray(np.asarray(GREY, dtype=np.uint16) * 257)


def indexed(paper: tuple[int, int, int]) -> Image.Image:
    image = picture("P", 0, 1)
    image.putpalette([*INK, *paper])
    return image


def raw_png(depth: int, color_type: int, ink: bytes, paper: bytes, transparent: bytes = b"") -> bytes:
    """A PNG as the format's specification has it, for what Pillow can read but not write."""
    row = b"\0" + ink * SIDE + paper * SIDE
    chunks = {b"IHDR": struct.pack(">IIBBBBB", 2 * SIDE, SIDE, depth, color_type, 0, 0, 0), b"tRNS": transparent,
              b"IDAT": zlib.compress(row * SIDE), b"IEND": b""}  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items() if data or name == b"IEND"
    )  # fmt: skip


DEEP_INK, DEEP_GREY = struct.pack(">3H", *(257 * level for level in INK)), struct.pack(">H", 257 * GREY_INK)
CLEAR_PNGS = {
    "16 bit L": raw_png(16, 0, DEEP_GREY, b"\x12\x34", transparent=b"\x12\x34"),
    "16 bit RGB": raw_png(16, 2, DEEP_INK, b"\x12\x34" * 3, transparent=b"\x12\x34" * 3),
    "16 bit LA": raw_png(16, 4, DEEP_GREY + b"\xff\xff", bytes(4)),
    "16 bit RGBA": raw_png(16, 6, DEEP_INK + b"\xff\xff", bytes(8)),
}
# What is written, and how: (suffix, mode that Pillow reads) → writer, the ink it shows.
Writer = Callable[[Path], object]
FILES: dict[tuple[str, str, str], tuple[Writer, tuple[int, ...]]] = {
    ("png", "1", ""): (picture("1", 0, 1).save, (0,)),
    ("tif", "1", ""): (picture("1", 0, 1).save, (0,)),
    ("png", "L", ""): (GREY.save, (GREY_INK,)),
    ("jpg", "L", ""): (GREY.save, (GREY_INK,)),
    ("png", "LA", ""): (CLEAR_GREY.save, (GREY_INK,)),
    ("tif", "LA", ""): (CLEAR_GREY.save, (GREY_INK,)),
    ("png", "P", ""): (indexed((255, 255, 255)).save, INK),
    ("gif", "P", ""): (indexed((255, 255, 255)).save, INK),
    ("bmp", "P", ""): (indexed((255, 255, 255)).save, INK),
    ("png", "P", "transparent index"): (lambda path: indexed((0, 0, 0)).save(path, transparency=1), INK),
    ("gif", "P", "transparent index"): (lambda path: indexed((0, 0, 0)).save(path, transparency=1), INK),
    ("png", "P", "transparent bytes"): (lambda path: indexed((0, 0, 0)).save(path, transparency=b"\xff\0"), INK),
    ("png", "RGB", ""): (COLOR.save, INK),
    ("ppm", "RGB", ""): (COLOR.save, INK),
    ("tif", "RGB", ""): (COLOR.save, INK),
    ("webp", "RGB", ""): (lambda path: COLOR.save(path, lossless=True), INK),
    ("png", "RGBA", ""): (CLEAR.save, INK),
    ("tif", "RGBA", ""): (CLEAR.save, INK),
    ("webp", "RGBA", ""): (lambda path: CLEAR.save(path, lossless=True), INK),
    ("jpg", "RGB", "YCbCr"): (lambda path: COLOR.save(path, quality=95, subsampling=0), INK),
    ("tif", "RGB", "YCbCr"): (lambda path: COLOR.save(path, compression="jpeg", quality=95), INK),
    ("jpg", "CMYK", ""): (lambda path: COLOR.convert("CMYK").save(path, quality=95), INK),
    ("tif", "CMYK", ""): (COLOR.convert("CMYK").save, INK),
    ("png", "L", "tRNS"): (lambda path: picture("L", GREY_INK, 0).save(path, transparency=0), (GREY_INK,)),
    ("png", "RGB", "tRNS"): (lambda path: picture("RGB", INK, (0, 9, 9)).save(path, transparency=(0, 9, 9)), INK),
    ("png", "I;16", ""): (DEEP.save, (GREY_INK,)),
    ("tif", "I;16", ""): (DEEP.save, (GREY_INK,)),
    ("tif", "I", ""): (DEEP.convert("I").save, (GREY_INK,)),
    ("tif", "F", ""): (GREY.convert("F").save, (GREY_INK,)),
    ("png", "I;16", "tRNS"): (lambda path: path.write_bytes(CLEAR_PNGS["16 bit L"]), (GREY_INK,)),
    ("png", "RGB", "16 bit tRNS"): (lambda path: path.write_bytes(CLEAR_PNGS["16 bit RGB"]), INK),
    ("png", "RGBA", "16 bit grey"): (lambda path: path.write_bytes(CLEAR_PNGS["16 bit LA"]), (GREY_INK,)),
    ("png", "RGBA", "16 bit"): (lambda path: path.write_bytes(CLEAR_PNGS["16 bit RGBA"]), INK),
}


def assert_ink_on_paper(image: Image.Image, channels: int, ink: tuple[int, ...], tolerance: int = 0) -> None:
    wanted = picture("L", ink[0], 255) if len(ink) == 1 else picture("RGB", ink, (255, 255, 255))
    wanted = wanted.convert("RGB" if channels == 3 else "L")
    assert (image.mode, image.size) == (wanted.mode, wanted.size)
    difference = np.asarray(image, dtype=int) - np.asarray(wanted, dtype=int)
    assert np.abs(difference).max() <= tolerance


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("kind", FILES, ids=lambda kind: " ".join(filter(None, kind)))
def test_every_kind_of_file_is_read_right(tmp_path, kind, channels):
    suffix, mode, _ = kind
    write, ink = FILES[kind]
    path = tmp_path / f"a.{suffix}"
    write(path)
    with Image.open(path) as written:
        assert written.mode == mode
    lossy = suffix == "jpg" or "YCbCr" in kind
    assert_ink_on_paper(read_image(path, channels), channels, ink, tolerance=4 if lossy else 2)


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize(
    ("image", "ink"),
    [
        (CLEAR_GREY.convert("La"), (GREY_INK,)),
        (CLEAR.convert("RGBa"), INK),
        (indexed((255, 255, 255)).convert("PA"), INK),
        (COLOR.convert("HSV"), INK),
        (COLOR.convert("RGBX"), INK),
        (picture("LAB", (149, 155, 182), (255, 128, 128)), INK),
        (Image.frombytes("I;16B", DEEP.size, np.asarray(DEEP).astype(">u2").tobytes()), (GREY_INK,)),
    ],
    ids=lambda value: getattr(value, "mode", ""),
)
def test_modes_that_no_file_of_ours_has_are_read_right(image, ink, channels):
    assert_ink_on_paper(to_paper(image, channels), channels, ink, tolerance=2)


def test_the_image_itself_is_left_as_it_is():
    image = CLEAR.convert("RGB")
    image.info["transparency"] = (0x1234,) * 3
    to_paper(image)
    assert (image.mode, image.info) == ("RGB", {"transparency": (0x1234,) * 3})


def test_half_transparent_ink_shows_the_white_paper_below(tmp_path):
    Image.new("RGBA", (2, 2), (0, 0, 0, 128)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").getpixel((0, 0)) == (127, 127, 127)


NAN = float("nan")


@pytest.mark.parametrize(
    ("mode", "suffix", "levels", "expected"),
    [
        ("I;16", "png", [0, 257, 32768, 65535], [0, 1, 128, 255]),
        ("I;16", "tif", [0, 257, 32768, 65535], [0, 1, 128, 255]),
        ("I;16", "png", [0, 1, 2, 255], [0, 0, 0, 1]),  # very dark, but dark
        ("I", "tif", [-5, 0, 32768, 65535, 10**6], [0, 0, 128, 255, 255]),
        ("I", "tif", [0, 128, 255], [0, 128, 255]),
        ("F", "tif", [0, 0.25, 0.5, 1], [0, 64, 128, 255]),
        ("F", "tif", [-1, 0, 64.4, 255, 300], [0, 0, 64, 255, 255]),
        ("F", "tif", [0, NAN, 1], [0, 0, 255]),
    ],
)
def test_deep_grey_keeps_its_brightness(tmp_path, mode, suffix, levels, expected):
    dtype = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(np.array([levels], dtype=dtype)).save(path)
    assert np.asarray(read_image(path, 1)).tolist() == [expected]
    assert np.asarray(read_image(path, 3))[..., 2].tolist() == [expected]


# How a camera or a scanner stored an upright picture when it writes this orientation beside it.
STORED = {
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", STORED)
def test_orientation_is_honored(tmp_path, orientation, suffix):
    upright = Image.new("RGB", (3, 2))
    upright.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 255, 255), (0, 0, 0)])
    upright = upright.resize((48, 32), Image.Resampling.NEAREST)
    stored = upright if STORED[orientation] is None else upright.transpose(STORED[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    quality = {"jpg": {"subsampling": 0, "quality": 95}, "webp": {"lossless": True}}.get(suffix, {})
    stored.save(path, exif=exif, **quality)
    read = read_image(path)
    assert read.size == upright.size
    assert np.abs(np.asarray(read, dtype=int) - np.asarray(upright, dtype=int)).max() < 50


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_the_first_frame_of_many_is_read(tmp_path, suffix):
    first, second = Image.new("RGB", (8, 8), (51, 51, 51)), Image.new("RGB", (8, 8), (204, 204, 204))
    path = tmp_path / f"a.{suffix}"
    first.save(path, save_all=True, append_images=[second], **({"lossless": True} if suffix == "webp" else {}))
    with Image.open(path) as image:
        assert image.n_frames == 2
    assert read_image(path).getextrema() == ((51, 51),) * 3


# Damage


def refusal(path: Path) -> str:
    """What the user is told about an image that can't be read: one line that names the file once."""
    with pytest.raises(UserError) as caught:
        read_image(path)
    message = str(caught.value)
    assert message.count(str(path)) == 1
    assert "\n" not in message
    assert "Traceback" not in message
    return message


@pytest.mark.parametrize("suffix", [suffix[1:] for suffix in EXTENSIONS])
def test_a_truncated_image_is_refused(tmp_path, suffix):
    path = save_noise(tmp_path / f"a.{suffix}", (40, 40))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refusal(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "no image"), (b"<html>404</html>", "no image"), (None, "No such file"), (b"P6\n0 0\n255\n", "")],
)
def test_what_is_no_image_is_refused(tmp_path, content, reason):
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    assert reason in refusal(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
@given(damage=st.dictionaries(st.integers(0, 250), st.integers(0, 255), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_damaged_bytes_give_an_image_or_a_refusal(tmp_path_factory, suffix, damage):
    path = save_noise(tmp_path_factory.mktemp("damaged") / f"a.{suffix}", (8, 8))
    content = bytearray(path.read_bytes())
    for position, byte in damage.items():
        content[position] = byte
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            read_image(path)
        except UserError:
            refusal(path)


def test_a_decoder_that_fails_in_its_own_way_is_a_refusal(monkeypatch, tmp_path):
    def fail(path: Path) -> Image.Image:
        raise struct.error("unpack requires a buffer\nof 4 bytes")

    monkeypatch.setattr(Image, "open", fail)
    assert "unpack requires a buffer of 4 bytes" in refusal(tmp_path / "a.png")


def test_a_large_page_is_read_in_silence_and_a_bomb_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # Pillow warns above it, and refuses above twice as many
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(save_grey(tmp_path / "page.png", 0, (15, 10))).size == (15, 10)
    assert "bomb" in refusal(save_grey(tmp_path / "bomb.png", 0, (30, 10)))


def test_a_list_with_bytes_that_no_path_has_is_none(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"a.png\n" * 2000 + b"b\0.png\n")
    with pytest.raises(UserError, match="is no list of images"):
        read_list(path)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_images_of_many_levels_take_few_bytes_a_pixel(dtype):
    image = Image.fromarray(np.ones((1000, 1000), dtype))
    tracemalloc.start()
    try:
        to_paper(image)
        assert tracemalloc.get_traced_memory()[1] < 10 * 1000 * 1000
    finally:
        tracemalloc.stop()
