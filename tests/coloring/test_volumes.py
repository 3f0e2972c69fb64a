"""Volumes from the command line: what goes in comes out, colored, whatever happens on the way."""
from hashlib import sha256
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from tests.coloring.volumes import (
    SIZE,
    Color,
    draw_coloring,
    draw_scan,
    encoded,
    entries_of,
    is_colorful,
    pack,
    save_scans,
)


def test_a_folder_is_mirrored(color: Color, results: Path, tmp_path: Path) -> None:
    names = ["page10.png", "page2.png", "extra/a.jpg", "extra/b.webp", "old.bmp"]
    save_scans(tmp_path / "book", names)
    assert color("--dataroot", tmp_path / "book") == 0
    made = {path.relative_to(results / "images").as_posix(): path for path in (results / "images").rglob("*.*")}
    assert sorted(made) == ["extra/a.jpg", "extra/b.webp", "old.png", "page10.png", "page2.png"]
    for name, path in made.items():
        with Image.open(path) as page:
            assert page.size == SIZE
            assert page.format == {"jpg": "JPEG", "webp": "WEBP", "png": "PNG"}[name.rpartition(".")[2]]
            assert is_colorful(page)
    assert not list(tmp_path.rglob(".*"))  # nothing hidden is left


def test_an_archive_comes_back_as_it_was_but_colored(color: Color, results: Path, tmp_path: Path) -> None:
    comic_info = b"<ComicInfo><Title>One</Title></ComicInfo>"
    jpeg, png = (encoded(draw_scan(n), tmp_path / f"p{n}.{kind}") for n, kind in ((1, "jpg"), (2, "png")))
    source = {
        "ch1/page2.jpg": jpeg, "ComicInfo.xml": comic_info, "ch1/page10.png": png, "ch1/": b"", "ch1/page1.png": png,
    }  # fmt: skip
    pack(tmp_path / "one.cbz", source)
    before = (tmp_path / "one.cbz").read_bytes()
    assert color("--dataroot", tmp_path / "one.cbz") == 0
    made = entries_of(results / "one.cbz")
    assert list(made) == list(source)
    assert made["ComicInfo.xml"] == comic_info
    for name in ("ch1/page2.jpg", "ch1/page10.png", "ch1/page1.png"):
        (tmp_path / "entry").write_bytes(made[name])
        with Image.open(tmp_path / "entry") as page:
            assert page.size == SIZE
            assert is_colorful(page)
    assert (tmp_path / "one.cbz").read_bytes() == before


def test_a_pdf_comes_back_with_pages_of_the_same_size(color: Color, results: Path, tmp_path: Path) -> None:
    scans = [draw_scan(1), draw_scan(2, (84, 60))]
    scans[0].save(tmp_path / "two.pdf", save_all=True, append_images=scans[1:], resolution=100)
    assert color("--dataroot", tmp_path / "two.pdf") == 0
    sizes = []
    for path in (tmp_path / "two.pdf", results / "two.pdf"):
        with pypdfium2.PdfDocument(path) as pdf:
            sizes.append([page.get_size() for page in pdf])
            last = pdf[1].render(scale=100 / 72).to_pil()
    assert np.allclose(sizes[0], sizes[1], atol=0.01)
    assert is_colorful(last)


def test_volumes_of_one_name_come_back_under_the_names_of_their_files(
    color: Color, results: Path, tmp_path: Path
) -> None:
    pack(tmp_path / "one.cbz", {"1.png": encoded(draw_scan(1), tmp_path / "1.png")})
    draw_scan(2).save(tmp_path / "one.pdf", resolution=100)
    assert color("--dataroot", tmp_path / "one.cbz", tmp_path / "one.pdf") == 0
    assert {path.name for path in results.iterdir() if path.suffix in (".cbz", ".pdf")} == {"one.cbz", "one.pdf"}
    assert list(entries_of(results / "one.cbz")) == ["1.png"]


@pytest.mark.parametrize(
    ("argv", "made", "left"),
    [
        (["--output_format=cbz"], "pages.cbz", "images/a.png"),
        (["--output_format=cbz", "--no_html"], "pages.cbz", None),
        (["--output_format=pdf"], "pages.pdf", "images/a.png"),
        (["--image_format=jpg"], "images/a.jpg", f"thumbnails/{sha256(b'a.png').hexdigest()[:20]}.jpg"),
        (["--image_format=webp", "--no_html"], "images/a.webp", "images/b.webp"),
    ],
)  # fmt: skip
def test_forms_of_output(
    color: Color, results: Path, tmp_path: Path, argv: list[str], made: str, left: str | None
) -> None:
    save_scans(tmp_path / "book", ["a.png", "b.png"])
    assert color("--dataroot", tmp_path / "book", *argv) == 0
    assert (results / made).stat().st_size > 0
    assert (results / "index.html").is_file() == ("--no_html" not in argv)
    assert left is None or (results / left).is_file()
    if left is None:
        assert [path.name for path in results.iterdir()] == [made]


def test_quality(color: Color, results: Path, tmp_path: Path) -> None:
    save_scans(tmp_path / "book", ["a.jpg"])
    sizes = []
    for quality in (30, 95):
        color("--dataroot", tmp_path / "book", "--quality", quality)
        sizes.append((results / "images" / "a.jpg").stat().st_size)
    assert sizes[0] < 0.8 * sizes[1]


def test_several_inputs_and_a_folder_of_volumes(color: Color, results: Path, tmp_path: Path) -> None:
    png = encoded(draw_scan(1), tmp_path / "p.png")
    (tmp_path / "shelf").mkdir()
    for name in ("vol10", "vol2"):
        pack(tmp_path / "shelf" / f"{name}.cbz", {"1.png": png})
    save_scans(tmp_path / "loose", ["x.png"])
    assert color("--dataroot", tmp_path / "shelf", tmp_path / "loose", tmp_path / "p.png") == 0
    assert len(list(results.rglob("*.cbz"))) == 2
    assert len(list((results / "images").rglob("*.png"))) == 4
    index = (results / "index.html").read_text()
    assert index.index("vol2") < index.index("vol10")


def test_colored_pages_are_left_alone(
    color: Color, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    book = save_scans(tmp_path / "book", ["1.png"])
    draw_coloring().save(book / "2.jpg", quality=40)
    assert color("--dataroot", book) == 0
    assert (results / "images" / "2.jpg").read_bytes() == (book / "2.jpg").read_bytes()
    assert "2 pages: 1 colored, 1 left alone" in capsys.readouterr().out
    assert color("--dataroot", book, "--recolor") == 0
    assert (results / "images" / "2.jpg").read_bytes() != (book / "2.jpg").read_bytes()
    assert "2 pages: 2 colored" in capsys.readouterr().out


def test_blank_pages_are_left_alone(color: Color, results: Path, tmp_path: Path) -> None:
    book = save_scans(tmp_path / "book", ["1.png"])
    Image.new("L", SIZE, 250).save(book / "2.jpg")
    assert color("--dataroot", book) == 0
    assert (results / "images" / "2.jpg").read_bytes() == (book / "2.jpg").read_bytes()
    assert "is blank" in (results / "index.html").read_text()


def test_a_colored_page_of_an_archive_keeps_its_bytes(color: Color, results: Path, tmp_path: Path) -> None:
    colored = encoded(draw_coloring(), tmp_path / "c.jpg")
    scan = encoded(draw_scan(1), tmp_path / "s.png")
    pack(tmp_path / "v.cbz", {"cover.jpg": colored, "1.png": scan})
    assert color("--dataroot", tmp_path / "v.cbz") == 0
    made = entries_of(results / "v.cbz")
    assert made["cover.jpg"] == colored
    assert made["1.png"] != scan


@pytest.mark.parametrize("form", ["pdf", "cbz", "folder"])
def test_a_colored_page_of_a_pdf_is_in_every_form(color: Color, results: Path, tmp_path: Path, form: str) -> None:
    draw_scan(1).save(tmp_path / "v.pdf", save_all=True, append_images=[draw_coloring()], resolution=100)
    assert color("--dataroot", tmp_path / "v.pdf", "--no_html", "--output_format", form) == 0
    if form == "pdf":
        with pypdfium2.PdfDocument(results / "v.pdf") as pdf:
            assert len(pdf) == 2
            last = pdf[1].render().to_pil().convert("RGB")
    elif form == "cbz":
        (tmp_path / "last").write_bytes(entries_of(results / "v.cbz")["page_0002.jpg"])
        last = Image.open(tmp_path / "last")
    else:
        last = Image.open(results / "images" / "v" / "page_0002.jpg")
    seen = np.asarray(last.resize(SIZE), int)
    assert np.abs(seen - np.asarray(draw_coloring(), int)).mean() < 15  # JPEG blurs colors
    assert form == "folder" or [path.name for path in results.iterdir()] == [f"v.{form}"]


def test_bad_pages_are_passed_on_and_named(
    color: Color, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    png = encoded(draw_scan(1), tmp_path / "p.png")
    entries = {"1.png": png, "2.png": png[: len(png) // 2], "3.png": b"", "../4.png": png, "notes.txt": b"read me"}
    pack(tmp_path / "v.cbz", entries)
    assert color("--dataroot", tmp_path / "v.cbz") == 1
    said = capsys.readouterr()
    assert "4 pages: 2 colored, 2 could not be read" in said.out
    problems = [line for line in said.err.splitlines() if line.startswith("problem: ")]
    assert len(problems) == 3
    assert all(any(name in line for line in problems) for name in ("2.png", "3.png", "4.png"))
    made = entries_of(results / "v.cbz")
    assert list(made) == ["1.png", "2.png", "3.png", "4.png", "notes.txt"]
    assert made["2.png"] == entries["2.png"]
    assert made["notes.txt"] == b"read me"
    assert made["1.png"] != png
    assert not (tmp_path / "run" / "4.png").exists()


def test_a_bad_page_of_a_folder_comes_through_as_it_was(color: Color, results: Path, tmp_path: Path) -> None:
    book = save_scans(tmp_path / "book", ["1.png", "2.png"])
    (book / "2.png").write_bytes(b"no image")
    assert color("--dataroot", book) == 1
    assert (results / "images" / "2.png").read_bytes() == b"no image"
    assert is_colorful(Image.open(results / "images" / "1.png"))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("v.cbr", b"Rar!\x1a\x07\x01\x00" + bytes(100), "CBZ"),
        ("v.cbz", b"Rar!\x1a\x07\x01\x00" + bytes(100), "CBZ"),
        ("v.cbz", b"", "empty"),
        ("v.pdf", b"%PDF-1.4 nothing", "v.pdf"),
    ],
)
def test_what_can_not_be_a_volume_is_refused(
    color: Color, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert color("--dataroot", tmp_path / name) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert told in said
    assert not results.exists()


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--tile=7"], "7 is less than 64"),
        (["--page_size=big"], "big is no whole number"),
        (["--quality=101"], "101 is more than 100"),
        (["--model=cycle_gan", "--recolor"], "unrecognized arguments: --recolor"),
    ],
)
def test_options_that_can_not_be(
    color: Color, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture, argv: list[str], told: str
) -> None:
    assert color("--dataroot", save_scans(tmp_path / "book", ["1.png"]), *argv) == 2
    assert told in capsys.readouterr().err
    assert not results.exists()


def test_a_volume_without_any_good_page_does_not_stop_the_others(
    color: Color, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "shelf").mkdir()
    png = encoded(draw_scan(1), tmp_path / "p.png")
    for number in range(3):
        pack(tmp_path / "shelf" / f"{number}.cbz", {"1.png": png})
    damaged = bytearray((tmp_path / "shelf" / "1.cbz").read_bytes())
    damaged[60:90] = bytes(30)  # its checksum does not fit any more
    (tmp_path / "shelf" / "1.cbz").write_bytes(damaged)
    assert color("--dataroot", tmp_path / "shelf") == 1
    assert sorted(path.name for path in results.glob("*.cbz")) == ["0.cbz", "2.cbz"]
    assert "problem: nothing to write into" in capsys.readouterr().err


def test_a_page_that_is_gone_is_named(
    color: Color, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    save_scans(tmp_path, ["a.png"])
    (tmp_path / "pages.txt").write_text("a.png\nmissing.png\n")
    assert color("--dataroot", tmp_path / "pages.txt") == 1
    assert "missing.png" in capsys.readouterr().err
    assert is_colorful(Image.open(results / "images" / "a.png"))


def test_results_are_no_input(color: Color, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    save_scans(tmp_path, ["a.png"])  # the results go below
    for _ in range(2):
        assert color("--dataroot", tmp_path) == 0
        assert "1 pages: 1 colored" in capsys.readouterr().out
    assert color("--dataroot", results / "images", "--recolor") == 2
    assert "give another --results_dir" in capsys.readouterr().err


def test_volumes_do_not_overwrite_each_other(color: Color, results: Path, tmp_path: Path) -> None:
    png = encoded(draw_scan(1), tmp_path / "p.png")
    save_scans(tmp_path / "shelf", ["a.png", "pages/b.png"])
    pack(tmp_path / "shelf" / "index.cbz", {"1.png": png})
    assert color("--dataroot", tmp_path / "shelf", "--output_format=cbz") == 0
    pages = [name for path in results.glob("*.cbz") for name in entries_of(path)]
    assert sorted(pages) == ["1.png", "a.png", "b.png"]
    assert len(list(results.glob("*.html"))) == 4


@pytest.mark.parametrize("argv", [[], ["--image_format=png"], ["--image_format=jpg"]])
def test_pages_do_not_overwrite_each_other(color: Color, results: Path, tmp_path: Path, argv: list[str]) -> None:
    save_scans(tmp_path / "book", ["a.tif", "a.png", "a.tif.png", "A.JPG", "b.PNG"])
    assert color("--dataroot", tmp_path / "book", *argv) == 0
    made = {path.name.lower() for path in (results / "images").iterdir()}
    assert len(made) == 5
    assert not argv or {Path(name).suffix for name in made} == {f".{argv[0][-3:]}"}


def test_a_page_too_long_for_its_format(color: Color, results: Path, tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    draw_scan(1, (20, 17_000)).save(tmp_path / "book" / "strip.png")
    assert color("--dataroot", tmp_path / "book", "--image_format=webp", "--page_size=8") == 0
    assert [path.suffix for path in (results / "images").iterdir()] == [".png"]


def test_a_page_that_is_stretched_too_long_for_its_format(color: Color, results: Path, tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    draw_scan(1, (20, 9_000)).save(tmp_path / "book" / "strip.png")
    assert color("--dataroot", tmp_path / "book", "--image_format=webp", "--page_size=8", "--aspect_ratio=0.5") == 0
    (image,) = (results / "images").iterdir()
    assert (image.suffix, Image.open(image).size) == (".png", (20, 18_000))


def test_results_that_can_not_be_written(color: Color, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    book = save_scans(tmp_path / "book", ["1.png"])
    (tmp_path / "file").write_text("in the way")
    assert color("--dataroot", book, "--results_dir", tmp_path / "file") == 2
    said = capsys.readouterr().err
    assert said.startswith("error: can't write the results")
    assert said.count("\n") == 1
