"""test.py colors what readers have: CBR, CB7, CBT and EPUB become CBZ, JPEG 2000 and JPEG XL become PNG."""
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.coloring.formats import packing
from tests.coloring.formats.test_epub import epub, files, img
from tests.coloring.volumes import SIZE, Color, draw_scan, encoded, entries_of, is_colorful, save_scans


def scans(folder: Path, *names: str) -> dict[str, bytes]:
    return {name: encoded(draw_scan(n), folder / f"scan{n}{Path(name).suffix}") for n, name in enumerate(names)}


def assert_colored(data: bytes, form: str) -> None:
    with Image.open(BytesIO(data)) as page:
        assert (page.size, page.format) == (SIZE, form)
        assert is_colorful(page)


@pytest.mark.parametrize(
    ("write", "suffix"),
    [(packing.write_rar4, "cbr"), (packing.write_rar5, "cbr"), (packing.write_7z, "cb7"), (packing.write_tar, "cbt")],
)
def test_an_archive_becomes_a_cbz_with_its_pages_colored(
    color: Color, results: Path, tmp_path: Path, write, suffix: str
) -> None:
    source = scans(tmp_path, "ch1/page2.jpg", "ch1/page10.png", "ch1/page1.png")
    source = {"ComicInfo.xml": b"<ComicInfo/>", **source, "ch1/damaged.png": b"no image"}
    write(tmp_path / f"one.{suffix}", source)
    assert color("--dataroot", tmp_path / f"one.{suffix}") == 1
    made = entries_of(results / "one.cbz")
    assert list(made) == list(source)
    assert (made["ComicInfo.xml"], made["ch1/damaged.png"]) == (b"<ComicInfo/>", b"no image")
    for name, form in (("ch1/page2.jpg", "JPEG"), ("ch1/page10.png", "PNG"), ("ch1/page1.png", "PNG")):
        assert_colored(made[name], form)


def test_an_epub_becomes_a_cbz_of_its_pages_colored(
    color: Color, results: Path, tmp_path: Path
) -> None:
    images = {f"OEBPS/{name}": data for name, data in scans(tmp_path, "p1.png", "p2.png", "p10.png").items()}
    content = files({f"{n}.xhtml": img(f"p{n}.png") for n in (1, 2, 10)}, ["p1.png", "p2.png", "p10.png"]) | images
    epub(tmp_path / "v.epub", content)
    assert color("--dataroot", tmp_path / "v.epub") == 0
    made = entries_of(results / "v.cbz")
    assert list(made) == ["OEBPS/p1.png", "OEBPS/p2.png", "OEBPS/p10.png"]
    for name, data in made.items():
        assert_colored(data, "PNG")
        assert data != images[name]


def test_jpeg_2000_and_jpeg_xl_become_png(color: Color, results: Path, tmp_path: Path) -> None:
    save_scans(tmp_path / "book", ["1.jp2", "2.jxl", "3.png"])
    assert color("--dataroot", tmp_path / "book") == 0
    assert sorted(path.name for path in (results / "images").iterdir()) == ["1.png", "2.png", "3.png"]
    for name in ("1.png", "2.png"):
        assert_colored((results / "images" / name).read_bytes(), "PNG")
    assert color("--dataroot", tmp_path / "book", "--image_format=jpg") == 0
    assert_colored((results / "images" / "2.jpg").read_bytes(), "JPEG")


@pytest.mark.parametrize(("suffix", "status"), [("heic", 1), ("txt", 0)])
def test_what_is_not_read_is_named_and_the_rest_is_colored(
    color: Color, tmp_path: Path, capsys: pytest.CaptureFixture, suffix: str, status: int
) -> None:
    book = save_scans(tmp_path / "book", ["1.png"])
    (book / f"2.{suffix}").write_bytes(b"?")
    assert color("--dataroot", book) == status
    said = capsys.readouterr().err
    assert ("problem: 2.heic: HEIC images are not read: save it as PNG" in said) == (status == 1)


def test_a_missing_libarchive_is_one_line_and_exit_status_2(
    color: Color, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packing.write_tar(tmp_path / "x.cbt", scans(tmp_path, "1.png"))
    monkeypatch.setitem(sys.modules, "libarchive", None)
    assert color("--dataroot", path) == 2
    assert capsys.readouterr().err == (
        f"error: can't read {path}: tar archives need libarchive-c. Install it: pip install libarchive-c "
        "(and libarchive itself: apt install libarchive13)\n"
    )
