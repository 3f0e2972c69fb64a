"""Volumes are written again with results in place of pages; all else stays as it was."""
import zipfile
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from data.pages import NothingToWrite, Volume, write_cbz, write_pdf, writers
from tests.helpers import Interruption, save_grey, save_noise
from tests.test_pages_archives import image_bytes, link, opened, patched, write_zip, zip_of
from tests.test_pages_pdfs import noise, pdf_of, stream, written_pdf, xobject
from util.errors import UserError
from util.files import replacing


def colored(folder: Path, volume: Volume, suffix: str = ".png", *only: str) -> dict[str, Path]:
    """A result for each page, or for those of some names: noise of the page's number."""
    return {
        page.name: save_noise((folder / "results" / page.name).with_suffix(suffix), (20, 30), page.index)
        for page in volume.pages
        if page.name in only or not only
    }


def contents(path: Path) -> list[tuple[str, bytes]]:
    """Names and contents of an archive, in its order; all checksums are right."""
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def entry(name: str, second: int = 2, method: int = zipfile.ZIP_DEFLATED) -> ZipInfo:
    info = ZipInfo(name, (2001, 2, 3, 4, 5, second))
    info.compress_type, info.comment = method, b"of the entry"
    return info


# CBZ


def test_an_archive_is_written_with_its_colored_pages(tmp_path):
    info = b"<ComicInfo/>" * 100
    source = write_zip(tmp_path / "a.cbz", [
        (entry("ch1/"), b""), (entry("ch1/10.png"), image_bytes(10)), (entry("ComicInfo.xml", 4), info),
        (entry("ch1/2.PNG"), image_bytes(20)), (entry("ch1/3.jpg"), image_bytes(30, "jpg")),
        (entry("__MACOSX/._2.png"), b"of macOS"), (entry("last.txt", method=zipfile.ZIP_LZMA), b""),
    ])  # fmt: skip
    with ZipFile(source, "a") as archive:
        archive.comment = b"of the archive"
    volume = opened(source)
    results = colored(tmp_path, volume, ".png", "ch1/10.png", "ch1/2.PNG", "ch1/3.jpg")
    assert write_cbz(tmp_path / "new/folder/b.cbz", volume, results) == []
    assert contents(tmp_path / "new/folder/b.cbz") == [
        ("ch1/", b""), ("ch1/10.png", results["ch1/10.png"].read_bytes()), ("ComicInfo.xml", info),
        ("ch1/2.PNG", results["ch1/2.PNG"].read_bytes()), ("ch1/3.png", results["ch1/3.jpg"].read_bytes()),
        ("__MACOSX/._2.png", b"of macOS"), ("last.txt", b""),
    ]  # fmt: skip
    with ZipFile(tmp_path / "new/folder/b.cbz") as archive:
        infos = archive.infolist()
        assert archive.comment == b"of the archive"
    assert [info.date_time[5] for info in infos] == [2, 2, 4, 2, 2, 2, 2]
    assert {info.comment for info in infos} == {b"of the entry"}
    methods = {info.filename: info.compress_type for info in infos}
    assert {methods.pop(name) for name in ("ch1/10.png", "ch1/2.PNG", "ch1/3.png")} == {zipfile.ZIP_STORED}
    assert methods.pop("last.txt") == zipfile.ZIP_LZMA
    assert set(methods.values()) == {zipfile.ZIP_DEFLATED}


def test_pages_without_a_result_are_passed_on_byte_for_byte(tmp_path):
    volume = opened(zip_of(tmp_path / "a.cbz", "1.png", "2.png", "3.png"))
    results = colored(tmp_path, volume, ".png", "2.png")
    write_cbz(tmp_path / "b.cbz", volume, results)
    assert contents(tmp_path / "b.cbz") == [
        ("1.png", image_bytes(10)), ("2.png", results["2.png"].read_bytes()), ("3.png", image_bytes(30))
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["archive", "folder", "pdf"])
def test_the_same_pages_give_the_same_archive(tmp_path, kind):
    source = tmp_path / "source"
    if kind == "folder":
        save_grey(source / "1.png", 10)
    elif kind == "archive":
        zip_of(source, "1.png", "notes.txt")
    else:
        pdf_of(source, (30, 40))
    volume = opened(source)
    for name in ("b.cbz", "c.cbz"):
        write_cbz(tmp_path / name, volume, colored(tmp_path, volume))
    assert (tmp_path / "b.cbz").read_bytes() == (tmp_path / "c.cbz").read_bytes()


def test_hostile_entries_are_not_passed_on_as_they_are(tmp_path):
    source = write_zip(tmp_path / "a.cbz", [
        ("../1.png", image_bytes(10)), ("../run.sh", b"evil"), ("/etc/passwd", b"evil"), ("a\\b.txt", b"evil"),
        (link("notes.txt"), b"/etc/passwd"), ("2.png/x.txt", b"evil"), ("2.png", image_bytes(20)),
        ("Notes.txt", b"good"), ("NOTES.TXT", b"evil"), ("..", b"evil"),
    ])  # fmt: skip
    volume = opened(source)
    assert sorted(problem.split(":")[0] for problem in volume.problems) == [
        "..", "../1.png", "../run.sh", "/etc/passwd", "2.png/x.txt", "NOTES.TXT", "a\\b.txt", "notes.txt"
    ]  # fmt: skip
    write_cbz(tmp_path / "b.cbz", volume, {})
    assert contents(tmp_path / "b.cbz") == [
        ("1.png", image_bytes(10)), ("2.png", image_bytes(20)), ("Notes.txt", b"good")
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_entries_of_one_name_are_written_apart(tmp_path):
    source = write_zip(tmp_path / "a.cbz", [
        ("a/", b""), ("1.png", image_bytes(10)), ("1.png", image_bytes(20)), ("x.txt", b"1"), ("x.txt", b"2"),
        ("a/", b""),
    ])  # fmt: skip
    volume = opened(source)
    write_cbz(tmp_path / "b.cbz", volume, {})
    assert contents(tmp_path / "b.cbz") == [
        ("a/", b""), ("1.png", image_bytes(10)), ("1_2.png", image_bytes(20)), ("x.txt", b"1")
    ]  # fmt: skip


def test_results_of_another_format_do_not_take_the_names_of_other_pages(tmp_path):
    volume = opened(zip_of(tmp_path / "a.cbz", "1.jpg", "1.png", "2.jpg", "2.tif", "3.jpeg"))
    write_cbz(tmp_path / "b.cbz", volume, colored(tmp_path, volume, ".png", "1.jpg", "2.jpg", "2.tif"))
    assert [name for name, _ in contents(tmp_path / "b.cbz")] == ["1.jpg.png", "1.png", "2.png", "2.tif.png", "3.jpeg"]
    write_cbz(tmp_path / "c.cbz", volume, colored(tmp_path, volume, ".jpg", "3.jpeg"))
    assert [name for name, _ in contents(tmp_path / "c.cbz")] == ["1.jpg", "1.png", "2.jpg", "2.tif", "3.jpeg"]


def test_impossible_timestamps_become_the_first_of_all(tmp_path):
    source = write_zip(tmp_path / "a.cbz", [(ZipInfo("1.png", (1980, 0, 0, 0, 0, 0)), image_bytes())])
    write_cbz(tmp_path / "b.cbz", opened(source), {})
    with ZipFile(tmp_path / "b.cbz") as archive:
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_what_can_not_be_unpacked_is_left_out_and_named(tmp_path):
    source = write_zip(tmp_path / "a.cbz", [("1.png", image_bytes(10)), ("2.png", image_bytes(20)), ("x.txt", b"note")])
    patched(patched(source, image_bytes(10), bytes(len(image_bytes(10)))), b"note", b"????")
    volume = opened(source)
    assert write_cbz(tmp_path / "b.cbz", volume, {}) == ["1.png: damaged; left out", "x.txt: damaged; left out"]
    assert contents(tmp_path / "b.cbz") == [("2.png", image_bytes(20))]


def test_large_archives_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    volume = opened(zip_of(tmp_path / "a.cbz", "1.png", "2.png"))
    write_cbz(tmp_path / "b.cbz", volume, colored(tmp_path, volume))
    assert [name for name, _ in contents(tmp_path / "b.cbz")] == ["1.png", "2.png"]


def test_folders_and_pdfs_are_written_in_reading_order(tmp_path):
    save_grey(tmp_path / "a/page10.png", 10)
    save_grey(tmp_path / "a/page2.png", 2)
    folder, pdf = opened(tmp_path / "a"), opened(pdf_of(tmp_path / "a.pdf", *[(30, 40)] * 3))
    write_cbz(tmp_path / "folder.cbz", folder, colored(tmp_path, folder, ".jpg", "page2.png"))
    write_cbz(tmp_path / "pdf.cbz", pdf, colored(tmp_path, pdf, ".jpg", "page_0001.png", "page_0003.png"))
    assert [name for name, _ in contents(tmp_path / "folder.cbz")] == ["page2.jpg", "page10.png"]
    assert contents(tmp_path / "folder.cbz")[1][1] == (tmp_path / "a/page10.png").read_bytes()
    assert [name for name, _ in contents(tmp_path / "pdf.cbz")] == ["page_0001.jpg", "page_0003.jpg"]


@pytest.mark.parametrize("write", [write_cbz, write_pdf])
def test_an_interrupted_or_failed_writing_leaves_what_was_there(tmp_path, monkeypatch, write):
    volume = opened(zip_of(tmp_path / "a.cbz", "1.png"))
    target = tmp_path / "out/b"
    write(target, volume, {})
    before = target.read_bytes()
    with pytest.raises(UserError, match=r"can't read the result .*missing.png .No such file or directory."):
        write(target, volume, {"1.png": tmp_path / "missing.png"})

    def interrupt(*_: object) -> None:
        raise Interruption

    monkeypatch.setattr(writers, "_page_content", interrupt)
    with pytest.raises(Interruption):
        write(target, volume, {})
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["b"]


@pytest.mark.parametrize("write", [write_cbz, write_pdf])
def test_what_can_not_be_written_is_a_line(tmp_path, write):
    volume = opened(zip_of(tmp_path / "a.cbz", "1.png"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match=r"^can't write .*folder .Is a directory.$"):
        write(tmp_path / "folder", volume, {})
    broken = opened(write_zip(tmp_path / "b.cbz", [("1.png", image_bytes())]))
    patched(tmp_path / "b.cbz", image_bytes(), bytes(len(image_bytes())))
    with pytest.raises(UserError, match=r"^nothing to write into .*c: none of its pages can be read$"):
        write(tmp_path / "c", broken, {})


# PDF


def shown(path: Path, index: int, scale: float = 1) -> np.ndarray:
    """A page of a PDF as it looks."""
    document = pdfium.PdfDocument(path)
    try:
        return np.asarray(document[index].render(scale=scale).to_pil().convert("RGB"))
    finally:
        document.close()


def sizes(path: Path) -> list[tuple[float, float]]:
    """The pages of a PDF, width and height in points."""
    document = pdfium.PdfDocument(path)
    try:
        return [document.get_page_size(index) for index in range(len(document))]
    finally:
        document.close()


def mixed_pdf(path: Path) -> Path:
    """Four pages of two kinds, turned and cropped, all from one scan and one shared content."""
    boxes = "/Resources<</XObject<</I 11 0 R>>>>/MediaBox[0 0 120 160]/CropBox[20 40 120 160]/Rotate 90"
    pages = ["/Contents 10 0 R", "/Contents 10 0 R/Rotate 0", "/Contents 10 0 R/Rotate 180",
             "/Contents 10 0 R/MediaBox[0 0 50 70]/CropBox[0 0 50 70]/Rotate 270"]  # fmt: skip
    return written_pdf(path, pages, stream(b".5 0 0 .5 0 0 cm q 240 0 0 320 0 0 cm /I Do"), xobject(noise((60, 80), 9)),
                       b"<</Title(Vol. 1)/Author(E. O.)>>", inherited=boxes, trailer="/Info 12 0 R")  # fmt: skip


@pytest.mark.parametrize("names", [["page_0001.png"], ["page_0002.png", "page_0004.png"], []], ids=len)
def test_a_pdf_keeps_its_pages_and_sizes(tmp_path, names):
    volume = opened(mixed_pdf(tmp_path / "a.pdf"))
    assert write_pdf(tmp_path / "b.pdf", volume, colored(tmp_path, volume, ".png", *names) if names else {}) == []
    assert sizes(tmp_path / "b.pdf") == sizes(tmp_path / "a.pdf") == [(120, 100), (100, 120), (100, 120), (70, 50)]
    for index, page in enumerate(volume.pages):
        if page.name not in names:
            assert np.array_equal(shown(tmp_path / "b.pdf", index), shown(tmp_path / "a.pdf", index))
    document = pdfium.PdfDocument(tmp_path / "b.pdf")
    assert document.get_metadata_dict(skip_empty=True) == {"Title": "Vol. 1", "Author": "E. O."}
    document.close()


def test_a_colored_page_fills_its_page_whatever_the_turn_and_crop(tmp_path):
    volume = opened(mixed_pdf(tmp_path / "a.pdf"))
    results = {}
    for page, (width, height) in zip(volume.pages, sizes(volume.path), strict=True):
        results[page.name] = save_noise(tmp_path / page.name, (int(width), int(height)), page.index)
    write_pdf(tmp_path / "b.pdf", volume, results)
    for page in volume.pages:
        assert np.array_equal(shown(tmp_path / "b.pdf", page.index), np.asarray(Image.open(results[page.name])))


def test_the_scan_of_a_colored_page_is_not_kept(tmp_path):
    volume = opened(pdf_of(tmp_path / "a.pdf", (100, 100), scans=[noise((300, 300))]))
    save_grey(tmp_path / "1.png", 100)
    write_pdf(tmp_path / "b.pdf", volume, {"page_0001.png": tmp_path / "1.png"})
    assert (tmp_path / "b.pdf").stat().st_size < 5000 < (tmp_path / "a.pdf").stat().st_size


def test_other_volumes_become_pages_of_150_dpi(tmp_path):
    save_noise(tmp_path / "a/1.png", (300, 450))
    save_noise(tmp_path / "a/2.jpg", (60, 30))
    save_noise(tmp_path / "a/3.bmp", (25, 50))
    write_pdf(tmp_path / "b.pdf", opened(tmp_path / "a"), {})
    assert sizes(tmp_path / "b.pdf") == [pytest.approx(size) for size in [(144, 216), (28.8, 14.4), (12, 24)]]


def test_pages_of_an_archive_come_in_reading_order(tmp_path):
    widths = {"10.png": 100, "2.png": 20, "1.png": 10}
    source = write_zip(tmp_path / "a.cbz", [(name, image_bytes(size=(width, 50))) for name, width in widths.items()])
    write_pdf(tmp_path / "b.pdf", opened(source), {})
    assert [round(width / height * 50) for width, height in sizes(tmp_path / "b.pdf")] == [10, 20, 100]


def test_a_strip_longer_than_a_pdf_page_may_be_keeps_its_proportions(tmp_path):
    save_grey(tmp_path / "a/1.png", 0, (60, 60_000))
    write_pdf(tmp_path / "b.pdf", opened(tmp_path / "a"), {})
    assert sizes(tmp_path / "b.pdf") == [pytest.approx((14.4, 14_400))]


def embedded(path: Path) -> tuple[list[str], bytes]:
    """How the image of the first page of a PDF is packed, and its bytes as they lie there."""
    document = pdfium.PdfDocument(path)
    try:
        image = next(iter(document[0].get_objects()))
        return image.get_filters(), bytes(image.get_data())
    finally:
        document.close()


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_lossless_pages_stay_so(tmp_path, suffix, mode):
    (tmp_path / "a").mkdir()
    image = noise((40, 60), mode=mode)
    image.save(tmp_path / f"a/1.{suffix}")
    write_pdf(tmp_path / "b.pdf", opened(tmp_path / "a"), {})
    volume = opened(tmp_path / "b.pdf")
    assert np.array_equal(volume.open(volume.pages[0]), image)
    volume.close()


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lossless_pages_become_jpeg_where_that_is_wanted(tmp_path, mode):
    (tmp_path / "a").mkdir()
    noise((40, 60), mode=mode).save(tmp_path / "a/1.png")
    write_pdf(tmp_path / "b.pdf", opened(tmp_path / "a"), {}, lossless=False)
    filters, content = embedded(tmp_path / "b.pdf")
    assert filters == ["DCTDecode"]
    assert Image.open(BytesIO(content)).mode == mode


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpegs_go_in_as_they_are(tmp_path, mode):
    (tmp_path / "a").mkdir()
    noise((40, 60), mode=mode).save(tmp_path / "a/1.jpg")
    write_pdf(tmp_path / "b.pdf", opened(tmp_path / "a"), {})
    assert embedded(tmp_path / "b.pdf") == (["DCTDecode"], (tmp_path / "a/1.jpg").read_bytes())


def test_jpegs_that_a_pdf_would_show_otherwise_are_made_anew(tmp_path):
    (tmp_path / "a").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 60), (200, 120, 40)).save(tmp_path / "a/1.jpg", exif=exif)
    Image.new("CMYK", (40, 60), (0, 100, 200, 20)).save(tmp_path / "a/2.jpg")
    source = opened(tmp_path / "a")
    write_pdf(tmp_path / "b.pdf", source, {})
    assert sizes(tmp_path / "b.pdf") == [pytest.approx((28.8, 19.2)), pytest.approx((19.2, 28.8))]
    written = opened(tmp_path / "b.pdf")
    for page in source.pages:
        there = np.asarray(written.open(written.pages[page.index]), dtype=int)
        assert np.abs(there - np.asarray(source.open(page), dtype=int)).max() < 6
    written.close()


def test_webp_becomes_jpeg_of_the_quality_asked_for(tmp_path):
    (tmp_path / "a").mkdir()
    noise((40, 60)).save(tmp_path / "a/1.webp", lossless=True)
    for quality in (30, 95):
        write_pdf(tmp_path / f"{quality}.pdf", opened(tmp_path / "a"), {}, quality=quality)
        assert embedded(tmp_path / f"{quality}.pdf")[0] == ["DCTDecode"]
    assert (tmp_path / "30.pdf").stat().st_size < (tmp_path / "95.pdf").stat().st_size


@pytest.mark.parametrize("kind", ["archive", "pdf"])
def test_much_is_written_bit_by_bit_and_comes_out_the_same(tmp_path, monkeypatch, kind):
    if kind == "pdf":
        source = mixed_pdf(tmp_path / "a.pdf")
    else:
        source = zip_of(tmp_path / "a.cbz", "1.png", "2.png", "3.png", "4.png")
    volume = opened(source)
    results = colored(tmp_path, volume)
    write_pdf(tmp_path / "whole.pdf", volume, results)
    monkeypatch.setattr(writers, "_MOST_HELD", 3000)  # bytes, more than one page and less than two
    replaced = []
    monkeypatch.setattr(writers, "replacing", lambda path: replaced.append(path) or replacing(path))
    write_pdf(tmp_path / "parts.pdf", volume, results)
    assert len(replaced) == 4  # the whole, its halves, and the end
    assert sizes(tmp_path / "parts.pdf") == sizes(tmp_path / "whole.pdf")
    for index in range(4):
        assert np.array_equal(shown(tmp_path / "parts.pdf", index), shown(tmp_path / "whole.pdf", index))


def test_pages_that_can_not_be_read_are_left_out_and_named(tmp_path):
    volume = opened(write_zip(tmp_path / "a.cbz", [("1.png", b"no image"), ("2.png", image_bytes())]))
    assert write_pdf(tmp_path / "b.pdf", volume, {}) == ["1.png: no image, or damaged; left out"]
    assert len(sizes(tmp_path / "b.pdf")) == 1


def test_a_pdf_with_a_broken_page_is_written(tmp_path):
    path = written_pdf(tmp_path / "a.pdf", ["/MediaBox[0 0 72 72]"] * 3)
    path.write_bytes(path.read_bytes().replace(b"4 0 obj\n<<", b"4 0 obj\n[["))
    volume = opened(path)
    write_pdf(tmp_path / "b.pdf", volume, colored(tmp_path, volume, ".png", "page_0001.png", "page_0003.png"))
    document = pdfium.PdfDocument(tmp_path / "b.pdf")
    assert len(document) == 3
    document.close()
    assert shown(tmp_path / "b.pdf", 2).std() > 20


def test_a_pdf_in_which_no_page_can_be_replaced_is_named(tmp_path):
    source = tmp_path / "a.pdf"
    Image.new("L", (4, 6)).save(source)
    content = source.read_bytes()
    assert b"/Pages 4 0 R" in content
    source.write_bytes(content.replace(b"/Pages 4 0 R", b"/Pages 1 0 R"))  # a page, not the list of all
    with opened(source) as volume:
        results = colored(tmp_path, volume)
        for _ in range(3):  # PDFium has crashed
            with pytest.raises(NothingToWrite, match=r"b\.pdf from .*a\.pdf, it is too damaged to be changed"):
                write_pdf(tmp_path / "b.pdf", volume, results)
    assert not (tmp_path / "b.pdf").exists()
