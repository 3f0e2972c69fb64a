"""Volumes written again with results in place of their pages: as CBZ, as PDF."""
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw
from PIL import ExifTags, Image

from data.image_folder import reason_of
from data.pages.archives import Entry, PackedVolume
from data.pages.names import Names, printable
from data.pages.pdfs import PDFIUM_LOCK, PdfVolume, load_document
from data.pages.volume import Limits, NothingToWrite, Page, PageError, Refusal, Volume, decode, open_image
from util.errors import UserError
from util.files import replacing

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can name
_UNIX = 3  # what a ZIP calls the system that an entry comes from
_PLAIN_FILE = 0o100644 << 16
_POINTS_PER_PIXEL = 72 / 150
_MOST_POINTS = 14_400  # of a side of a page of a PDF
_A4 = (595, 842)  # points
_MOST_HELD = 256e6  # bytes of pictures that wait in memory for their way into a PDF


def write_cbz(target: Path, volume: Volume, results: Mapping[str, Path]) -> list[str]:
    """Write a volume as CBZ, whole or not at all; return what had to be left out, each "NAME: reason".

    results: image files by the names of the pages that they replace. Other pages are passed on as they are; those of
    a PDF are left out. What else is in an archive is passed on too, and its order, names and timestamps stay, but
    for the suffix of a page whose result has another format. The same input gives the same bytes. Raises UserError
    if it can't be written.
    """
    problems: list[str] = []
    entries = _entries(volume, results)
    with _written(target) as temporary, ZipFile(temporary, "w") as archive:
        archive.comment = volume.comment if isinstance(volume, PackedVolume) else b""
        for entry, name in zip(entries, _names(entries, results), strict=True):
            try:
                archive.writestr(_header(entry, name), _content(entry, volume, results))
            except PageError as error:
                problems.append(f"{printable(entry.name)}: {error}; left out")
        if not archive.namelist():
            raise NothingToWrite(f"nothing to write into {target}: none of its pages can be read")
    return problems


def _entries(volume: Volume, results: Mapping[str, Path]) -> list[Entry]:
    """What an archive is written from, in order."""
    if isinstance(volume, PackedVolume):
        return volume.entries
    return [Entry(page.name, page) for page in _pages(volume, results)]


def _pages(volume: Volume, results: Mapping[str, Path]) -> list[Page]:
    """The pages that have an image to be written, in reading order."""
    return [page for page in volume.pages if page.name in results or not isinstance(volume, PdfVolume)]


def _content(entry: Entry, volume: Volume, results: Mapping[str, Path]) -> bytes:
    """What an entry holds from now on. Raises PageError if the volume can't tell."""
    if entry.page:
        return _page_content(entry.page, volume, results)
    assert isinstance(volume, PackedVolume)
    assert entry.info
    return volume.unpack(entry.info)


def _page_content(page: Page, volume: Volume, results: Mapping[str, Path]) -> bytes:
    """The image file of a page: its result, or its own. Raises PageError if its own can't be read."""
    if page.name not in results:
        return volume.read(page)
    path = results[page.name]
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"can't read the result {path} ({reason_of(error)}): color the page again") from error


def _names(entries: Sequence[Entry], results: Mapping[str, Path]) -> list[str]:
    """What the entries are called once results have taken the place of pages; unique as the entries' names are."""
    names = Names()
    wanted = [_with_suffix_of(entry.name, results.get(entry.name) if entry.page else None) for entry in entries]
    for entry, name in zip(entries, wanted, strict=True):
        if name == entry.name and not name.endswith("/"):
            names.claim(name)
    for index, entry in enumerate(entries):
        name = wanted[index]
        if name != entry.name:  # 1.jpg and 1.png may both be there
            wanted[index] = names.claim(name if names.free(name) else entry.name + PurePosixPath(name).suffix)
    return wanted


def _with_suffix_of(name: str, result: Path | None) -> str:
    """The name of a page with the suffix of its result, where that means another format."""
    formats = Image.registered_extensions()
    path = PurePosixPath(name)
    if result is None or formats.get(path.suffix.lower()) == formats.get(result.suffix.lower()):
        return name
    return str(path.with_suffix(result.suffix))


def _header(entry: Entry, name: str) -> ZipInfo:
    """What an archive says of an entry: what was said where it comes from; images are not compressed again."""
    header = ZipInfo(name, _timestamp(entry.info) if entry.info else _EPOCH)
    header.create_system, header.external_attr = _UNIX, _PLAIN_FILE
    if entry.info:
        header.create_system, header.external_attr = entry.info.create_system, entry.info.external_attr
        header.comment = entry.info.comment
    header.compress_type = entry.info.compress_type if entry.info and not entry.page else zipfile.ZIP_STORED
    return header


def _timestamp(info: ZipInfo) -> tuple[int, int, int, int, int, int]:
    """When an entry was last changed, if that is a moment at all."""
    try:
        datetime(*info.date_time)
    except ValueError:
        return _EPOCH
    return info.date_time


@contextmanager
def _written(target: Path) -> Iterator[Path]:
    """`replacing`, for the person at the keyboard: raises UserError where the file can't be written."""
    try:
        with replacing(target) as temporary:
            yield temporary
    except (OSError, pdfium.PdfiumError) as error:
        raise UserError(f"can't write {target} ({reason_of(error)})") from error


def write_pdf(
    target: Path, volume: Volume, results: Mapping[str, Path], quality: int = 90, lossless: bool = True
) -> list[str]:
    """Write a volume as PDF, whole or not at all; return what had to be left out, each "NAME: reason".

    results: image files by the names of the pages that they replace; other pages are passed on. JPEG files go in as
    they are, WebP as JPEG of `quality` (1 to 100), the rest without loss, which takes about a second and 5 MB a page;
    with lossless=False as JPEG too. Pages of a PDF keep their number and size, and the PDF its metadata; bookmarks to
    a replaced page lead nowhere. Pages of other volumes are as large as 150 dpi make them. Raises UserError if it
    can't be written.
    """
    problems = []
    source = volume.path if isinstance(volume, PdfVolume) else None
    with _written(target) as temporary, closing(_Book(temporary, source)) as book:
        for page in _pages(volume, results):
            try:
                content = _page_content(page, volume, results)
                book.put(page, *_embeddable(content, volume.limits, quality, lossless))
            except PageError as error:
                problems.append(f"{printable(page.name)}: {error}; left out")
            except pdfium.PdfiumError as error:
                told = f"it is too damaged to be changed ({reason_of(error)}): give --output_format cbz"
                raise NothingToWrite(f"can't write {target} from {volume.path}, {told}") from error
        if not len(book):
            raise NothingToWrite(f"nothing to write into {target}: none of its pages can be read")
        book.save()
    return problems


def _embeddable(
    data: bytes, limits: Limits, quality: int, lossless: bool
) -> tuple[tuple[int, int], bytes | Image.Image]:
    """The size of an image file in pixels, and what of it goes into a PDF: a JPEG file, or pixels to be kept without
    loss. Raises PageError."""
    with open_image(data, limits) as image:
        if image.format == "JPEG" and image.mode in ("L", "RGB") and _lies_upright(image):
            return image.size, data
        lossy = image.format in ("JPEG", "MPO", "WEBP", "AVIF")
    pixels = decode(data, limits)
    if lossless and not lossy:
        return pixels.size, pixels
    jpeg = BytesIO()
    pixels.save(jpeg, "JPEG", quality=quality, subsampling=0)
    return pixels.size, jpeg.getvalue()


def _lies_upright(image: Image.Image) -> bool:
    """Whether an image needs no turning, for PDFs take no notice of what its metadata say."""
    try:
        return bool(image.getexif().get(ExifTags.Base.Orientation, 1) == 1)
    except Exception:  # of crooked metadata: it is decoded then
        return False


class _Book:
    """A PDF in the making: a copy of another one, or new. Its file is written whenever much waits in memory."""

    def __init__(self, path: Path, source: Path | None) -> None:
        """Raises UserError if the source can't be read."""
        self._path = path
        self._replaces = source is not None
        self._held = 0.0
        with PDFIUM_LOCK:
            try:
                self._document = _whole(load_document(source)) if source else pdfium.PdfDocument.new()
            except Refusal as error:
                raise UserError(f"can't read {source}: {error}") from error

    def __len__(self) -> int:
        """How many pages there are."""
        with PDFIUM_LOCK:
            return len(self._document)

    def put(self, page: Page, size: tuple[int, int], content: bytes | Image.Image) -> None:
        """Let a picture of so many pixels be the page: in place of the one that the source has, or the next one."""
        with PDFIUM_LOCK:
            if self._replaces:
                # A new page, because what is left of an old one's content may still bend or hide the picture.
                self._add(page.index, self._document.get_page_size(page.index), content)
                self._document.del_page(page.index + 1)
            else:
                scale = min(_POINTS_PER_PIXEL, _MOST_POINTS / max(size))
                self._add(len(self._document), (size[0] * scale, size[1] * scale), content)
        self._held += len(content) if isinstance(content, bytes) else size[0] * size[1] * len(content.getbands())
        if self._held > _MOST_HELD:
            self.save()
            with PDFIUM_LOCK:
                self._document = pdfium.PdfDocument(self._path)

    def _add(self, index: int, points: tuple[float, float], content: bytes | Image.Image) -> None:
        """Insert a page, width and height in points, that a picture fills."""
        width, height = points
        with closing(pdfium.PdfImage.new(self._document)) as image:
            if isinstance(content, bytes):
                image.load_jpeg(BytesIO(content), inline=True)
            else:
                with closing(pdfium.PdfBitmap.from_pil(content)) as bitmap:
                    image.set_bitmap(bitmap)
            image.set_matrix(pdfium.PdfMatrix(width, 0, 0, height, 0, 0))
            with closing(self._new_page(width, height, index)) as page:
                page.set_mediabox(0, 0, width, height)
                page.set_cropbox(0, 0, width, height)  # or it would inherit that of the source
                try:
                    page.insert_obj(image)
                except pdfium.PdfiumError:
                    image._detach_finalizer()  # PDFium has let go of it already, and crashes where that is done twice
                    raise
                page.gen_content()

    def _new_page(self, width: float, height: float, index: int) -> pdfium.PdfPage:
        """An empty page, inserted. Raises PdfiumError, which pypdfium2's own method does not."""
        page = pdfium_raw.FPDFPage_New(self._document, index, width, height)
        if not page:
            raise pdfium.PdfiumError("no page can be added")
        pdfium_raw.FPDF_ClosePage(page)
        return self._document[index]

    def save(self) -> None:
        """Write the file and let go of it."""
        with PDFIUM_LOCK, replacing(self._path) as temporary:
            self._document.save(temporary)
            self._document.close()
        self._held = 0.0

    def close(self) -> None:
        with PDFIUM_LOCK:
            self._document.close()


def _whole(document: pdfium.PdfDocument) -> pdfium.PdfDocument:
    """A PDF as it is; or, if some of its pages are not there, a copy in which they are blank.

    PDFium falls over when it changes pages beside one that is not there.
    """
    missing = {index for index in range(len(document)) if not _page_is_there(document, index)}
    if not missing:
        return document
    with closing(document):
        copy = pdfium.PdfDocument.new()
        for index in range(len(document)):
            if index in missing:
                copy.new_page(*_A4).close()
            else:
                copy.import_pages(document, [index])
        pdfium_raw.FPDF_CopyViewerPreferences(copy, document)
    return copy


def _page_is_there(document: pdfium.PdfDocument, index: int) -> bool:
    try:
        document.get_page_size(index)
    except pdfium.PdfiumError:
        return False
    return True
