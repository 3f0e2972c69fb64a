"""Archives give their pages in reading order and byte for byte, and no archive does harm."""
import struct
import zipfile
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
import pytest
from PIL import Image

from data.pages import Limits, PageError, Volume, find_volumes
from util.errors import UserError


def image_bytes(level: int = 100, suffix: str = "png", mode: str = "L", size: tuple[int, int] = (4, 6)) -> bytes:
    """An image file of one color."""
    file = BytesIO()
    Image.new(mode, size, level).save(file, Image.registered_extensions()[f".{suffix}"])
    return file.getvalue()


def write_zip(path: Path, entries: Iterable[tuple[str | ZipInfo, bytes]], **options: int) -> Path:
    """An archive of (name, content), in this order."""
    with ZipFile(path, "w", **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def zip_of(path: Path, *names: str) -> Path:
    """An archive of images that differ in their level: 10, 20, … in the order given."""
    return write_zip(path, [(name, image_bytes(10 * (index + 1))) for index, name in enumerate(names)])


def opened(path: Path, limits: Limits | None = None) -> Volume:
    """The one volume that a path gives."""
    (volume,), problems = find_volumes([path], limits)
    assert problems == []
    return volume


def names(volume: Volume) -> list[str]:
    return [page.name for page in volume.pages]


def levels(volume: Volume) -> list[int]:
    """The grey level of each page."""
    with volume:
        return [int(np.asarray(volume.open(page)).mean()) for page in volume.pages]


# Reading


def test_pages_come_in_reading_order_whatever_the_order_in_the_archive(tmp_path):
    volume = opened(zip_of(tmp_path / "vol 1.cbz", "ch2/1.png", "ch10/1.png", "ch2/10.png", "ch2/2.png", "cover.png"))
    assert (volume.name, volume.kind, volume.problems) == ("vol 1", "archive", [])
    assert names(volume) == ["ch2/1.png", "ch2/2.png", "ch2/10.png", "ch10/1.png", "cover.png"]
    assert [page.index for page in volume.pages] == [0, 1, 2, 3, 4]
    assert levels(volume) == [10, 40, 30, 20, 50]


@pytest.mark.parametrize(("encoding", "names_"), [
    ("cp932", ["ソ10.png", "表紙.png", "ソ2.png"]),  # the second bytes of ソ and 表 are those of a backslash
    ("utf-8", ["ソ10.png", "表紙.png", "ソ2.png"]),
    ("cp437", ["étude.png", "ç/étage.png", "père 1.png", "château.png"]),
])  # fmt: skip
def test_names_are_read_in_the_encoding_that_was_not_told(tmp_path, encoding, names_):
    raw = [name.encode(encoding) for name in names_]
    placeholders = [bytes([65 + number]) * len(name) for number, name in enumerate(raw)]
    path = zip_of(tmp_path / "a.cbz", *(name.decode() for name in placeholders))
    content = path.read_bytes()
    for placeholder, name in zip(placeholders, raw, strict=True):
        content = content.replace(placeholder, name)
    path.write_bytes(content)
    volume = opened(path)
    assert sorted(names(volume)) == sorted(names_)
    assert volume.problems == []
    assert sorted(levels(volume)) == [10 * (number + 1) for number in range(len(names_))]


def test_what_is_no_page_is_passed_over(tmp_path):
    others = ["ComicInfo.xml", "__MACOSX/._1.png", ".hidden/1.png", "a/.2.png", "Thumbs.db", "a/"]
    volume = opened(zip_of(tmp_path / "a.zip", *others, "./a/1.png"))
    assert names(volume) == ["a/1.png"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_pages_are_handed_on_byte_for_byte(tmp_path, method):
    content = image_bytes(suffix="jpg") + bytes(5000)
    with opened(write_zip(tmp_path / "a.cbz", [("1.jpg", content)], compression=method)) as volume:
        assert volume.read(volume.pages[0]) == content
        assert volume.open(volume.pages[0]).size == (4, 6)


@pytest.mark.parametrize(("mode", "kept"), [("1", "L"), ("L", "L"), ("LA", "L"), ("I;16", "L"), ("P", "RGB"),
                                            ("RGB", "RGB"), ("RGBA", "RGB")])  # fmt: skip
def test_grey_stays_grey(tmp_path, mode, kept):
    volume = opened(write_zip(tmp_path / "a.cbz", [("1.png", image_bytes(1, mode=mode))]))
    assert volume.open(volume.pages[0]).mode == kept


def test_a_page_is_turned_as_its_metadata_say_and_stays_whole_where_they_are_crooked(tmp_path):
    turned, crooked = BytesIO(), BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (4, 6)).save(turned, "JPEG", exif=exif)
    Image.new("L", (4, 6)).save(crooked, "PNG", exif=b"Exif\0\0no metadata at all")
    volume = opened(write_zip(tmp_path / "a.cbz", [("1.jpg", turned.getvalue()), ("2.png", crooked.getvalue())]))
    assert [volume.open(page).size for page in volume.pages] == [(6, 4), (4, 6)]


def test_a_page_is_known_by_its_content(tmp_path):
    first = opened(zip_of(tmp_path / "a.cbz", "1.png", "2.png"))
    second = opened(zip_of(tmp_path / "b.cbz", "1.png", "other.png", "2.png"))
    assert first.identity(first.pages[0]) == second.identity(second.pages[0])
    assert first.identity(first.pages[1]) != second.identity(second.pages[1])


def test_many_threads_read_one_archive(tmp_path):
    count = 40
    volume = opened(zip_of(tmp_path / "a.cbz", *(f"{index}.png" for index in range(20))))
    with volume, ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda index: volume.open(volume.pages[index % 20]).getpixel((0, 0)), range(count)))
    assert read == [10 * (index % 20 + 1) for index in range(count)]


def test_an_archive_that_was_closed_opens_again(tmp_path):
    volume = opened(zip_of(tmp_path / "a.cbz", "1.png"))
    assert levels(volume) == levels(volume) == [10]


def test_an_archive_that_vanished_is_a_problem_of_its_pages(tmp_path):
    path = zip_of(tmp_path / "a.cbz", "1.png")
    volume = opened(path)
    path.unlink()
    assert page_error(volume) == "No such file or directory"


# Pages that can't be read


def page_error(volume: Volume, index: int = 0) -> str:
    """Why a page can't be read: one line that does not name it."""
    with volume, pytest.raises(PageError) as caught:
        volume.open(volume.pages[index])
    assert "\n" not in str(caught.value)
    assert volume.pages[index].name not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_half_a_page_is_no_page(tmp_path, suffix):
    file = BytesIO()
    Image.effect_noise((64, 64), 50).save(file, Image.registered_extensions()[f".{suffix}"])
    half = file.getvalue()[: len(file.getvalue()) // 2]
    volume = opened(write_zip(tmp_path / "a.cbz", [(f"1.{suffix}", half), ("2.png", image_bytes())]))
    assert "truncated" in page_error(volume)
    assert volume.open(volume.pages[1]).size == (4, 6)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    chunks = {b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0), b"IDAT": zlib.compress(b"")}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )


@pytest.mark.parametrize(("size", "megapixels"), [((50_000, 50_000), 300), ((2000, 1001), 2)])
def test_a_page_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path, size, megapixels):
    volume = opened(write_zip(tmp_path / "a.cbz", [("1.png", png_header(*size))]), Limits(megapixels=megapixels))
    assert page_error(volume) == f"more than {megapixels} megapixels: make it smaller"


def test_a_page_larger_than_pillow_likes_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # Pillow refuses twice as many
    volume = opened(write_zip(tmp_path / "a.cbz", [("1.png", image_bytes())]))
    assert volume.open(volume.pages[0]).size == (4, 6)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_is_unpacked_up_to_the_limit(tmp_path, method):
    bomb = write_zip(tmp_path / "a.cbz", [("1.png", bytes(3_000_000))], compression=method)
    assert bomb.stat().st_size < 10_000
    assert page_error(opened(bomb, Limits(entry_mb=2))) == "unpacks to more than 2 MB"


def test_no_more_is_unpacked_than_the_limit_allows(tmp_path, monkeypatch):
    unpacked = []
    read = zipfile.ZipExtFile.read

    def counted(file: zipfile.ZipExtFile, size: int) -> bytes:
        unpacked.append(read(file, size))
        return unpacked[-1]

    bomb = write_zip(tmp_path / "a.cbz", [("1.png", bytes(30_000_000))], compression=zipfile.ZIP_DEFLATED)
    volume = opened(bomb, Limits(entry_mb=2))
    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    page_error(volume)
    assert 2_000_000 < sum(map(len, unpacked)) < 4_000_000


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """A file in which some bytes are others."""
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    return path


def test_a_bomb_that_lies_about_its_size_is_no_page(tmp_path):
    bomb = write_zip(tmp_path / "a.cbz", [("1.png", bytes(3_000_000))], compression=zipfile.ZIP_DEFLATED)
    patched(bomb, struct.pack("<I", 3_000_000), struct.pack("<I", 1000))
    assert page_error(opened(bomb)) == "damaged"


def test_a_damaged_entry_is_a_problem_of_its_page_alone(tmp_path):
    volume = opened(patched(zip_of(tmp_path / "a.cbz", "1.png", "2.png"), image_bytes(10), bytes(len(image_bytes(10)))))
    assert page_error(volume) == "damaged"
    assert volume.open(volume.pages[1]).getpixel((0, 0)) == 20


def test_an_unknown_method_is_a_problem_of_its_page_alone(tmp_path):
    path = write_zip(tmp_path / "a.cbz", [("1.png", image_bytes())])
    patched(path, struct.pack("<HHH", 20, 0, 0), struct.pack("<HHH", 20, 0, 98))
    assert page_error(opened(path)) == "packed by a method that is not known here"


def test_only_images_are_decoded(tmp_path):
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n"
    assert page_error(opened(write_zip(tmp_path / "a.cbz", [("1.png", postscript)]))) == "no image, or damaged"


# Hostile names


def test_names_that_lead_out_of_the_folder_are_replaced_and_named(tmp_path):
    hostile = ["../x.png", "/etc/y.png", "C:\\z.png", "a\\b.png", f"{'w' * 300}.png", "v\n.png"]
    volume = opened(zip_of(tmp_path / "a.cbz", "1.png", *hostile))
    assert sorted(names(volume)) == sorted(
        ["1.png", "x.png", "etc/y.png", "z.png", "a/b.png", f"{'w' * 230}.png", "v_.png"]
    )
    assert "../x.png: renamed to x.png" in volume.problems
    assert len(volume.problems) == len(hostile)
    assert not any("\n" in problem for problem in volume.problems)
    assert sorted(levels(volume)) == [10, 20, 30, 40, 50, 60, 70]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_pages_of_the_same_name_are_all_read(tmp_path):
    volume = opened(zip_of(tmp_path / "a.cbz", "1.png", "1.png", "1.PNG", "../1.png"))
    assert sorted(names(volume)) == ["1.PNG", "1_2.png", "1_3.png", "1_4.png"]
    assert sorted(levels(volume)) == [10, 20, 30, 40]


def link(name: str) -> ZipInfo:
    """The header of an entry that is a symbolic link."""
    info = ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def test_links_are_not_followed(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(image_bytes(99))
    volume = opened(write_zip(tmp_path / "a.cbz", [(link("1.png"), str(secret).encode()), ("2.png", image_bytes())]))
    assert names(volume) == ["2.png"]
    assert volume.problems == ["1.png: a link, passed over"]


def test_nothing_is_unpacked_to_the_disk(tmp_path):
    volume = opened(zip_of(tmp_path / "a.cbz", "../x.png", "b/y.png"))
    levels(volume)
    assert [path.name for path in tmp_path.rglob("*")] == ["a.cbz"]


# Archives that are refused


def refusal(path: Path, limits: Limits | None = None) -> str:
    """What the user is told about an archive that was named: one line that says what to do."""
    with pytest.raises(UserError) as caught:
        find_volumes([path], limits)
    message = str(caught.value)
    assert message.startswith(f"can't read {path}: ")
    assert "\n" not in message
    return message.removeprefix(f"can't read {path}: ")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.cbr", b"Rar!\x1a\x07\x01\0" + bytes(20), "damaged: fetch it again, or pack its images as CBZ"),
        ("a.rar", b"Rar!\x1a\x07\0" + bytes(20), "damaged: fetch it again, or pack its images as CBZ"),
        ("a.cbz", b"Rar!\x1a\x07\0" + bytes(20), "damaged: fetch it again, or pack its images as CBZ"),
        ("a.cb7", b"7z\xbc\xaf\x27\x1c" + bytes(20), "damaged: fetch it again, or pack its images as CBZ"),
        ("a.cbt", bytes(257) + b"ustar\x0000" + bytes(200), "damaged: fetch it again, or pack its images as CBZ"),
        ("a.tar.gz", b"\x1f\x8b\x08" + bytes(20), "a gzip archive: unpack it"),
        ("a.cbz", b"", "an empty file: fetch it again"),
        ("a.pdf", b"", "an empty file: fetch it again"),
        ("a.zip", b"<html>404</html>", "neither an archive nor a PDF, or damaged: fetch it again"),
        ("a.zip", b"PK\x03\x04" + bytes(50), "damaged: fetch it again"),
        ("a.zip", b"PK\x05\x06" + bytes(18), "no images in it: put some there (jpg,"),
    ],
)
def test_what_is_no_zip_is_refused_by_its_content(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal(path).startswith(reason)


@pytest.mark.parametrize("name", ["a.cbz", "a.zip", "a.cbr", "a.pdf", "a.epub", "a"])
def test_a_zip_is_read_whatever_it_is_called(tmp_path, name):
    assert levels(opened(zip_of(tmp_path / name, "1.png"))) == [10]


def test_an_archive_that_unpacks_itself_is_read(tmp_path):
    path = zip_of(tmp_path / "a.zip", "1.png")
    path.write_bytes(b"#!/bin/sh\nexit\n" + path.read_bytes())
    assert levels(opened(path)) == [10]


def test_a_truncated_archive_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.cbz", *(f"{index}.png" for index in range(9)))
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(path).startswith("damaged: fetch it again")


def test_an_encrypted_archive_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.cbz", "1.png")
    local, central = struct.pack("<HH", 20, 0), struct.pack("<HHH", 0x0314, 20, 0)
    patched(path, b"PK\x03\x04" + local, b"PK\x03\x04" + struct.pack("<HH", 20, 1))
    patched(path, b"PK\x01\x02" + central, b"PK\x01\x02" + struct.pack("<HHH", 0x0314, 20, 1))
    assert refusal(path).startswith("encrypted: unpack it with its password")


def test_an_archive_without_images_is_refused(tmp_path):
    assert refusal(zip_of(tmp_path / "a.cbz", "notes.txt", ".a.png")).startswith("no images in it: put some there")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(entries=2), "3 entries, more than 2: split it"),
        (Limits(volume_gb=1e-7), "unpacks to 2.22e-07 GB, more than 1e-07: split it"),
    ],
)
def test_an_archive_beyond_the_limits_is_refused(tmp_path, limits, reason):
    assert refusal(zip_of(tmp_path / "a.cbz", "1.png", "2.png", "3.png"), limits) == reason


def test_any_damage_to_an_archive_is_a_refusal_or_a_page_error(tmp_path):
    whole = zip_of(tmp_path / "whole.cbz", "1.png", "b/2.png").read_bytes()
    path = tmp_path / "a.cbz"
    for position in range(4, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            with find_volumes([path])[0][0] as volume:
                for page in volume.pages:
                    volume.open(page)
        except (UserError, PageError):
            pass


def test_an_entry_without_a_name_is_left_out(tmp_path):
    path = zip_of(tmp_path / "a.cbz", "1.png", "_x.png")
    path.write_bytes(path.read_bytes().replace(b"_x.png", b"\0x.png"))  # read as far as NUL
    (volume,), _ = find_volumes([path])
    assert names(volume) == ["1.png"]
    assert volume.problems == [": unsafe name, left out of archives that are written"]
