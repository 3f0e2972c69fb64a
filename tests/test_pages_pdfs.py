"""Pages of PDFs come as they look, at the pixels of their scans."""
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from data.pages import Limits, PageError, Volume, find_volumes, pdfs
from util.errors import UserError


def noise(size: tuple[int, int], seed: int = 0, mode: str = "RGB") -> Image.Image:
    """An image without two places alike."""
    shape = (size[1], size[0], 3)[: 3 if mode == "RGB" else 2]
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def pdf_of(path: Path, *sizes: tuple[float, float], scans: list[Image.Image] | None = None, rotation: int = 0) -> Path:
    """A PDF of pages of these sizes in points, each filled by its scan, if there are some, and then turned."""
    document = pdfium.PdfDocument.new()
    for index, (width, height) in enumerate(sizes):
        page = document.new_page(width, height)
        if scans:
            image = pdfium.PdfImage.new(document)
            image.set_bitmap(pdfium.PdfBitmap.from_pil(scans[index]))
            image.set_matrix(pdfium.PdfMatrix(width, 0, 0, height, 0, 0))
            page.insert_obj(image)
        page.set_rotation(rotation)
        page.gen_content()
        page.close()
    document.save(path)
    document.close()
    return path


def stream(content: bytes, keys: str = "") -> bytes:
    return f"<<{keys}/Length {len(content)}>>stream\n".encode() + content + b"\nendstream"


def written_pdf(path: Path, pages: list[str], *objects: bytes, trailer: str = "", inherited: str = "") -> Path:
    """A PDF as the format's specification has it: page dictionaries, and objects that are numbered from 10."""
    kids = " ".join(f"{3 + index} 0 R" for index in range(len(pages)))
    numbered = {1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}{inherited}>>".encode()}  # fmt: skip
    numbered |= {3 + index: f"<</Type/Page/Parent 2 0 R{page}>>".encode() for index, page in enumerate(pages)}
    numbered |= {10 + index: content for index, content in enumerate(objects)}
    body, table = b"%PDF-1.5\n", b"0000000000 65535 f \n"
    for number in range(1, max(numbered) + 1):
        table += f"{len(body):010d} 00000 n \n".encode()
        body += f"{number} 0 obj\n".encode() + numbered.get(number, b"null") + b"\nendobj\n"
    end = f"trailer\n<</Size {max(numbered) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{len(body)}\n%%EOF\n"
    path.write_bytes(body + f"xref\n0 {max(numbered) + 1}\n".encode() + table + end.encode())
    return path


def xobject(image: Image.Image, filters: str = "", content: bytes | None = None) -> bytes:
    """An RGB image as an object of a PDF."""
    keys = f"/Type/XObject/Subtype/Image/Width {image.width}/Height {image.height}/ColorSpace/DeviceRGB"
    return stream(image.tobytes() if content is None else content, f"{keys}/BitsPerComponent 8{filters}")


def opened(path: Path, limits: Limits | None = None) -> Volume:
    (volume,), problems = find_volumes([path], limits)
    assert problems == []
    return volume


def page_error(volume: Volume, index: int = 0) -> str:
    with volume, pytest.raises(PageError) as caught:
        volume.open(volume.pages[index])
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_pages_are_numbered(tmp_path):
    volume = opened(pdf_of(tmp_path / "vol 1.pdf", (30, 40), (30, 40)))
    assert (volume.name, volume.kind, volume.problems) == ("vol 1", "pdf", [])
    assert [(page.index, page.name) for page in volume.pages] == [(0, "page_0001.png"), (1, "page_0002.png")]


@pytest.mark.parametrize(("mode", "rotation"), [("RGB", 0), ("L", 0), ("RGB", 90), ("L", 180), ("RGB", 270)])
def test_a_scan_comes_out_pixel_by_pixel(tmp_path, mode, rotation):
    scans = [noise((20 + index, 60 - 2 * index), index, mode) for index in range(20)]
    points = [(scan.width * 0.47, scan.height * 0.478) for scan in scans]  # as scanners round
    with opened(pdf_of(tmp_path / "a.pdf", *points, scans=scans, rotation=rotation)) as volume:
        for page, scan in zip(volume.pages, scans, strict=True):
            assert volume.open(page).mode == mode
            assert np.array_equal(volume.open(page), scan.rotate(-rotation, expand=True))


def test_a_scan_in_strips_comes_out_pixel_by_pixel(tmp_path):
    scan = noise((61, 93))
    strips = [scan.crop((0, 31 * index, 61, 31 * index + 31)) for index in range(3)]
    drawing = b"".join(b"q 29.3 0 0 14.9 0 %f cm /S%d Do Q " % (14.9 * (2 - index), index) for index in range(3))
    path = written_pdf(tmp_path / "a.pdf", ["/MediaBox[0 0 29.3 44.7]/Contents 10 0 R"], stream(drawing),
                       *map(xobject, strips), inherited="/Resources<</XObject<</S0 11 0 R/S1 12 0 R/S2 13 0 R>>>>")
    with opened(path) as volume:
        assert np.array_equal(volume.open(volume.pages[0]), scan)


@pytest.mark.parametrize(("mode", "unit", "size"), [(0, 1, (200, 400)), (3, 1, (40, 80)), (0, 20, (842, 1684))])
def test_text_on_a_coarse_picture_stays_legible(tmp_path, mode, unit, size):
    """Unless it is invisible, as what was recognised in a scan. Pages that are large in points need fewer pixels."""
    drawing = f"q {100 * unit} 0 0 {200 * unit} 0 0 cm /I Do Q BT /F 12 Tf {mode} Tr 10 100 Td (Chapter) Tj ET"
    page = f"/MediaBox[0 0 {100 * unit} {200 * unit}]/Contents 10 0 R"
    fonts = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    path = written_pdf(tmp_path / "a.pdf", [page], stream(drawing.encode()), xobject(noise((40, 80))),
                       inherited=f"/Resources<</XObject<</I 11 0 R>>{fonts}>>")  # fmt: skip
    with opened(path) as volume:
        assert volume.open(volume.pages[0]).size == size


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turned_and_cropped_pages_come_as_they_look(tmp_path, rotation):
    scan = noise((100, 150))
    page = f"/MediaBox[0 0 200 300]/CropBox[20 40 180 260]/Rotate {rotation}/Contents 10 0 R"
    path = written_pdf(tmp_path / "a.pdf", [page], stream(b"200 0 0 300 0 0 cm /I Do"), xobject(scan),
                       inherited="/Resources<</XObject<</I 11 0 R>>>>")  # fmt: skip
    shown = scan.crop((10, 20, 90, 130)).rotate(-rotation, expand=True)
    with opened(path) as volume:
        assert np.array_equal(volume.open(volume.pages[0]), shown)


@pytest.mark.parametrize(
    ("drawing", "size"),
    [
        ("", (278, 556)),  # 200 dpi
        ("100 0 0 200 0 0 cm /I Do", (40, 80)),
        ("100 0 0 200 0 0 cm /I Do q .1 0 0 .1 .5 .5 cm /I Do Q", (40, 80)),  # the same twice
        ("q 100 0 0 200 0 0 cm /I Do Q 100 0 0 200 0 0 cm /J Do", (120, 240)),  # two layers: the finer one
        ("0 200 -100 0 100 0 cm /I Do", (80, 160)),  # on its side, stretched: 0.2 and 0.8 pixels a point
        ("10 0 0 20 40 40 cm /I Do", (400, 800)),  # a detail, of 288 dpi
        ("50 0 0 100 40 40 cm /I Do", (278, 556)),  # a detail, coarser than drawings
        ("1 0 0 2 40 40 cm /I Do", (833, 1667)),  # a detail, finer than any scan
        ("100 0 0 200 500 0 cm /I Do", (278, 556)),  # beside the page
        ("q 100 0 0 200 0 0 cm /I Do Q 100 0 0 200 500 0 cm /J Do", (40, 80)),  # one on it, a finer one beside it
        ("100 0 0 200 0 0 cm /P Do", (278, 556)),  # the color of the paper
        (".8 0 0 .8 0 0 cm /G Do", (50, 100)),  # in a group, whose scale counts too
    ],
)
def test_pages_come_at_the_pixels_of_their_largest_image(tmp_path, drawing, size):
    path = written_pdf(
        tmp_path / "a.pdf", ["/MediaBox[0 0 100 200]/Contents 10 0 R"], stream(drawing.encode()),
        xobject(noise((40, 80))), xobject(noise((120, 240))), xobject(noise((1, 2))),
        stream(b"q 200 0 0 400 0 0 cm /I Do Q", "/Type/XObject/Subtype/Form/BBox[0 0 200 400]/Matrix[.5 0 0 .5 0 0]"
                                               "/Resources<</XObject<</I 11 0 R>>>>"),
        inherited="/Resources<</XObject<</I 11 0 R/J 12 0 R/P 13 0 R/G 14 0 R>>>>",
    )  # fmt: skip
    with opened(path) as volume:
        assert volume.open(volume.pages[0]).size == size


def test_a_page_of_too_many_pixels_is_refused_before_it_is_rendered(tmp_path):
    volume = opened(pdf_of(tmp_path / "a.pdf", (14_400, 14_400), (72, 72)), Limits(megapixels=1))
    assert page_error(volume) == "40000×40000 pixels are more than 1 megapixels"
    assert volume.open(volume.pages[1]).size == (200, 200)


def test_a_broken_page_is_a_problem_of_its_own(tmp_path):
    path = written_pdf(tmp_path / "a.pdf", ["/MediaBox[0 0 72 72]"] * 3)
    content = path.read_bytes().replace(b"4 0 obj\n<</Type/Page/Parent", b"4 0 obj\n[/Type/Page/Parent"[:27].ljust(27))
    path.write_bytes(content)
    volume = opened(path)
    assert page_error(volume, 1).startswith("can't be rendered")
    assert [volume.open(volume.pages[index]).size for index in (0, 2)] == [(200, 200)] * 2


def test_a_scan_that_is_cut_short_is_no_page(tmp_path):
    file = BytesIO()
    noise((64, 64)).save(file, "JPEG")
    whole = file.getvalue()
    page = "/MediaBox[0 0 64 64]/Contents 10 0 R/Resources<</XObject<</I {} 0 R>>>>"
    path = written_pdf(
        tmp_path / "a.pdf", [page.format(11), page.format(12)], stream(b"64 0 0 64 0 0 cm /I Do"),
        xobject(noise((64, 64)), "/Filter/DCTDecode", whole),
        xobject(noise((64, 64)), "/Filter/DCTDecode", whole[: len(whole) // 2]),
    )  # fmt: skip
    volume = opened(path)
    assert volume.open(volume.pages[0]).size == (64, 64)
    assert page_error(volume, 1) == "its scan is cut short"


def test_a_page_of_a_pdf_is_no_file(tmp_path):
    volume = opened(pdf_of(tmp_path / "a.pdf", (30, 40)))
    with pytest.raises(PageError, match="no file of its own"):
        volume.read(volume.pages[0])


def test_a_page_is_known_by_its_file_and_number(tmp_path):
    volume = opened(pdf_of(tmp_path / "a.pdf", (30, 40), (30, 40)))
    first, second = map(volume.identity, volume.pages)
    assert first != second
    pdf_of(tmp_path / "a.pdf", (30, 40), (30, 40), (30, 40))
    assert volume.identity(volume.pages[0]) != first


def test_a_pdf_that_vanished_is_a_problem_of_its_pages(tmp_path):
    volume = opened(pdf_of(tmp_path / "a.pdf", (30, 40)))
    volume.path.unlink()
    assert "not there" in page_error(volume) or "check the file" in page_error(volume)
    with pytest.raises(PageError, match="No such file"):
        volume.identity(volume.pages[0])


def test_many_threads_read_several_pdfs(tmp_path):
    scans = [noise((40, 50), seed) for seed in range(6)]
    volumes = [opened(pdf_of(tmp_path / f"{name}.pdf", *[(80, 100)] * 6, scans=scans)) for name in "ab"]
    wanted = [(volume, page) for _ in range(3) for page in range(6) for volume in volumes]
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda task: task[0].open(task[0].pages[task[1]]), wanted))
    for volume in volumes:
        volume.close()
    assert all(np.array_equal(image, scans[page]) for image, (_, page) in zip(read, wanted, strict=True))


def test_no_two_threads_are_in_pdfium_at_once(tmp_path, monkeypatch):
    volumes = [opened(pdf_of(tmp_path / f"{name}.pdf", (72, 72))) for name in "abcd"]
    inside = threading.Lock()
    render = pdfs._render

    def alone(*arguments: Any) -> np.ndarray:
        assert inside.acquire(blocking=False)
        time.sleep(0.005)
        inside.release()
        return render(*arguments)

    monkeypatch.setattr(pdfs, "_render", alone)
    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(lambda volume: volume.open(volume.pages[0]), volumes))) == 4
    for volume in volumes:
        volume.close()


def test_a_pdf_that_was_closed_opens_again(tmp_path):
    volume = opened(pdf_of(tmp_path / "a.pdf", (72, 72)))
    for _ in range(2):
        with volume:
            assert volume.open(volume.pages[0]).size == (200, 200)


# PDFs that are refused


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(UserError) as caught:
        find_volumes([path], limits)
    assert str(caught.value).startswith(f"can't read {path}: ")
    return str(caught.value).removeprefix(f"can't read {path}: ")


@pytest.mark.parametrize("content", [b"%PDF-1.4", b"%PDF-1.4\n" + bytes(1000), b"\n%PDF-1.7 not really"])
def test_a_damaged_pdf_is_refused(tmp_path, content):
    (tmp_path / "a.pdf").write_bytes(content)
    assert refusal(tmp_path / "a.pdf") == "a damaged PDF: fetch it again, or save it anew"


def test_an_encrypted_pdf_is_refused(tmp_path):
    locked = f"<</Filter/Standard/V 1/R 2/O<{'ab' * 32}>/U<{'cd' * 32}>/P -4>>"
    path = written_pdf(tmp_path / "a.pdf", ["/MediaBox[0 0 72 72]"], trailer=f"/ID[<00><00>]/Encrypt{locked}")
    assert refusal(path) == "protected by a password: save a copy without one"


def test_a_pdf_of_too_many_pages_is_refused(tmp_path):
    assert refusal(pdf_of(tmp_path / "a.pdf", *[(9, 9)] * 3), Limits(entries=2)) == "3 pages, more than 2: split it"


def test_a_pdf_is_read_whatever_it_is_called(tmp_path):
    assert opened(pdf_of(tmp_path / "a.cbz", (72, 72))).kind == "pdf"


def test_a_pdf_without_its_end_is_read_and_named(tmp_path):
    path = pdf_of(tmp_path / "a.pdf", (72, 72))
    path.write_bytes(path.read_bytes().replace(b"%%EOF", b""))
    assert opened(path).problems == ["a.pdf: cut short; pages may be blank or missing"]
