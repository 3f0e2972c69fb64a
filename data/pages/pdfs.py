"""PDFs: each page is rendered at the pixel density of its scan, so that the scan comes out as it was put in."""
import ctypes
import math
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw
from PIL import Image

from data.image_folder import reason_of
from data.pages.names import printable
from data.pages.volume import Limits, Page, PageError, Refusal, Volume

# PDFium is not safe among threads: whoever calls it holds this. What PDFium made must also be closed under it, and
# not be left to the garbage collector, which runs in any thread.
PDFIUM_LOCK = threading.RLock()
# Pixels a point: 200 dpi for pages that are drawn rather than scanned, 600 dpi at most where images are but a detail.
_DRAWN, _DENSEST_DETAIL = 200 / 72, 600 / 72
_LEGIBLE = 2.0, 1684  # pixels a point where there is text beside images, up to so many on the longer side: A4
_LEAST_SIDE = 8  # pixels; what has fewer is a color or a gradient, stretched
_SQUARE = 1.02  # densities across and down that differ by less are those of one scan, rounded
_JPEG_END = b"\xff\xd9"


class PdfVolume(Volume):
    """The pages of a PDF, as they look: cropped, turned, without what readers have pinned on them."""

    kind = "pdf"

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        """Raises Refusal: damaged, protected by a password, or beyond the limits."""
        super().__init__(path, name, limits)
        self._document: pdfium.PdfDocument | None = None
        with PDFIUM_LOCK, closing(load_document(path)) as document:
            count = len(document)
        if count > limits.entries:
            raise Refusal(f"{count} pages, more than {limits.entries}: split it")
        self.pages = [Page(index, f"page_{index + 1:04d}.png") for index in range(count)]
        if not _ends_whole(path):
            self.problems.append(f"{printable(path.name)}: cut short; pages may be blank or missing")

    def open(self, page: Page) -> Image.Image:
        with PDFIUM_LOCK, self._loaded(page) as loaded:
            pixels = _render(loaded, self.limits)
        grey = (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all()
        return Image.fromarray(np.ascontiguousarray(pixels[..., 0]) if grey else pixels)

    @contextmanager
    def _loaded(self, page: Page) -> Iterator[pdfium.PdfPage]:
        """A page of the document, under the lock. What goes wrong with it becomes a PageError."""
        try:
            if self._document is None:
                self._document = load_document(self.path)
            with closing(self._document[page.index]) as loaded:
                yield loaded
        except Refusal as error:
            raise PageError(str(error)) from error
        except (pdfium.PdfiumError, MemoryError, ArithmeticError, ValueError) as error:
            raise PageError(f"can't be rendered ({reason_of(error)})") from error

    def read(self, page: Page) -> bytes:
        raise PageError("a page of a PDF is no file of its own")

    def identity(self, page: Page) -> str:
        try:
            status = self.path.stat()
        except OSError as error:
            raise PageError(reason_of(error)) from error
        return f"{status.st_size} {status.st_mtime_ns} {page.index}"

    def close(self) -> None:
        with PDFIUM_LOCK:
            if self._document is not None:
                self._document.close()
                self._document = None


def load_document(path: Path) -> pdfium.PdfDocument:
    """Open a PDF; whoever calls holds PDFIUM_LOCK until it is closed. Raises Refusal."""
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if pdfium_raw.FPDF_GetLastError() in (pdfium_raw.FPDF_ERR_PASSWORD, pdfium_raw.FPDF_ERR_SECURITY):
            raise Refusal("protected by a password: save a copy without one") from error
        raise Refusal("a damaged PDF: fetch it again, or save it anew") from error
    except OSError as error:
        raise Refusal(f"{reason_of(error)}: check the file") from error


def _ends_whole(path: Path) -> bool:
    """Whether a PDF ends as PDFs do; PDFium opens what it can also of those that were not fetched to their end."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 1024))
        return b"%%EOF" in file.read()


@dataclass(frozen=True)
class _Picture:
    """An image on a page.

    size: in pixels, width and height. density: pixels a point, across and down the page as it is displayed. share: of
    the page that it covers.
    """

    image: pdfium.PdfImage
    size: tuple[int, int]
    density: tuple[float, float]
    share: float


def _render(page: pdfium.PdfPage, limits: Limits) -> np.ndarray:
    """A page as HWC uint8 RGB on white. Raises PageError if its scan is cut short, or if it has too many pixels."""
    pictures = list(_pictures(page))
    largest = max(pictures, key=lambda picture: math.prod(picture.size), default=None)
    if largest and _cut_short(largest.image):
        raise PageError("its scan is cut short")
    across, down = _density(largest, sum(picture.share for picture in pictures))
    if _has_text(page):
        least = min(_LEGIBLE[0], _LEGIBLE[1] / max(page.get_size()))
        across, down = max(across, least), max(down, least)
    width, height = max(1, round(page.get_width() * across)), max(1, round(page.get_height() * down))
    if not limits.fits(width, height):
        raise PageError(f"{width}×{height} pixels are more than {limits.megapixels:g} megapixels")
    for picture in pictures:
        _draw_in(picture)
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    bitmap = pdfium_raw.FPDFBitmap_CreateEx(
        width, height, pdfium_raw.FPDFBitmap_BGR, pixels.ctypes.data, pixels.strides[0]
    )
    if not bitmap:
        raise PageError(f"can't be rendered at {width}×{height} pixels")
    pdfium_raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, pdfium_raw.FPDF_REVERSE_BYTE_ORDER)
    pdfium_raw.FPDFBitmap_Destroy(bitmap)
    return pixels


def _density(largest: _Picture | None, share: float) -> tuple[float, float]:
    """Pixels a point, across and down, at which a page loses nothing of its largest image.

    share: of the page that all its images cover.
    """
    if largest is None:
        return _DRAWN, _DRAWN
    across, down = largest.density
    if max(across, down) > _SQUARE * min(across, down):
        across = down = max(across, down)
    if share < 0.5:
        across, down = (min(max(density, _DRAWN), _DENSEST_DETAIL) for density in (across, down))
    return across, down


def _draw_in(picture: _Picture) -> None:
    """Pull the edges of an image in by a hundredth of its pixels, for as long as the page is loaded.

    PDFium stretches an image to all pixels that it touches. Rounding makes one of 100 pixels touch 101, and the whole
    would be blurred.
    """
    across, down = (0.01 / side for side in picture.size)
    inner = pdfium.PdfMatrix(1 - 2 * across, 0, 0, 1 - 2 * down, across, down)
    picture.image.set_matrix(inner.multiply(picture.image.get_matrix()))


def _pictures(page: pdfium.PdfPage) -> Iterator[_Picture]:
    """The images that lie on a page, also within what is drawn as a group."""
    left, bottom, right, top = page.get_bbox()
    groups: list[pdfium.PdfMatrix] = []  # where the groups around an object are, the innermost last
    for item in page.get_objects(max_depth=15):
        del groups[item.level :]
        if item.type not in (pdfium_raw.FPDF_PAGEOBJ_FORM, pdfium_raw.FPDF_PAGEOBJ_IMAGE):
            continue
        matrix = item.get_matrix()
        if groups:
            matrix = matrix.multiply(groups[-1])
        if item.type == pdfium_raw.FPDF_PAGEOBJ_FORM:
            groups.append(matrix)
            continue
        x0, y0, x1, y1 = matrix.on_rect(0, 0, 1, 1)
        shown = (min(x1, right) - max(x0, left), min(y1, top) - max(y0, bottom))
        width, height = _pixel_size(item)
        if min(shown) > 0 and min(width, height) >= _LEAST_SIDE:
            share = shown[0] * shown[1] / ((right - left) * (top - bottom))
            yield _Picture(item, (width, height), _density_of(matrix, width, height, page.get_rotation()), share)


def _has_text(page: pdfium.PdfPage) -> bool:
    """Whether there is text to be seen; scans may have what was recognised in them, invisibly."""
    return any(
        pdfium_raw.FPDFTextObj_GetTextRenderMode(text) != pdfium_raw.FPDF_TEXTRENDERMODE_INVISIBLE
        for text in page.get_objects(filter=[pdfium_raw.FPDF_PAGEOBJ_TEXT], max_depth=15)
    )


def _density_of(matrix: pdfium.PdfMatrix, width: int, height: int, rotation: int) -> tuple[float, float]:
    """Pixels a point, across and down the displayed page, of an image of so many pixels.

    matrix: from the image as a unit square to the page. rotation: of the page, in degrees.
    """
    density = (width / math.hypot(matrix.a, matrix.b), height / math.hypot(matrix.c, matrix.d))
    lies_on_its_side = abs(matrix.b) > abs(matrix.a)
    return density[::-1] if lies_on_its_side != (rotation in (90, 270)) else density


def _pixel_size(image: pdfium.PdfImage) -> tuple[int, int]:
    """Width and height of an image, for which the method's name differs among versions of pypdfium2."""
    width, height = ctypes.c_uint(), ctypes.c_uint()
    pdfium_raw.FPDFImageObj_GetImagePixelSize(image, width, height)
    return width.value, height.value


def _cut_short(image: pdfium.PdfImage) -> bool:
    """Whether an image is a JPEG without an end; PDFium would paint grey where the rest should be."""
    return image.get_filters(skip_simple=True) == ["DCTDecode"] and _JPEG_END not in bytes(
        image.get_data(decode_simple=True)[-1024:]
    )
