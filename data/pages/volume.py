"""What every volume can do, whatever it is kept in: name its pages, decode them, hand on their bytes."""
from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from PIL import Image

from data.image_folder import EXTENSIONS, GREY_MODES, as_paper, reason_of
from util.errors import UserError
from util.image_plugins import HEAD, is_jxl, jxl_size, missing_reader

# Pillow would also open what no page is, such as PostScript, which it hands to another program.
_KNOWN = Image.registered_extensions()  # not all Pillows know AVIF
_FORMATS = tuple(sorted({_KNOWN[extension] for extension in EXTENSIONS if extension in _KNOWN}))

# Pillow warns of crooked metadata, which say nothing of the pixels. Pages are decoded by several threads at once,
# among which warnings.catch_warnings is not safe.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True)
class Limits:
    """What is read at most, so that no file, by accident or by malice, fills memory."""

    megapixels: float = 300  # of one page, decoded
    entry_mb: float = 512  # of one entry of an archive, unpacked; in 10⁶ bytes
    volume_gb: float = 16  # of all entries of an archive, unpacked; in 10⁹ bytes
    entries: int = 20_000  # of an archive; pages of a PDF

    def fits(self, width: float, height: float) -> bool:
        """Whether a page of so many pixels may be decoded."""
        return width * height <= self.megapixels * 1e6


class PageError(Exception):
    """A page can't be read; the message says why in one line, without the name of the file."""


class NothingToWrite(UserError):
    """A volume of which no page has an image, neither a new one nor its own."""


class Refusal(Exception):
    """A file can't be a volume; the message says why, and what to do, in one line without the name of the file."""


@dataclass(frozen=True)
class Page:
    """A page of a volume: its place in reading order from 0, and a relative posix path with suffix that is safe to
    write to and unique in the volume, whatever the case of its letters."""

    index: int
    name: str


class Volume(ABC):
    """Pages in reading order.

    `name` is what results are called after: a relative posix path without suffix, "" for the folder of results
    itself. `problems` are what was noticed on opening, each "NAME: reason" in one line. Pages may be read by several
    threads at once. Files are held open from the first page read until `close`, so thousands of volumes can be found
    before the first one is read.
    """

    kind: ClassVar[str]

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        self.path = path
        self.name = name
        self.limits = limits
        self.pages: list[Page] = []
        self.problems: list[str] = []

    def open(self, page: Page) -> Image.Image:
        """A page upright, opaque, 8 bits: "L" if it is kept in grey, else "RGB". Raises PageError."""
        return decode(self.read(page), self.limits)

    @abstractmethod
    def read(self, page: Page) -> bytes:
        """The file of a page, byte for byte. Raises PageError if it can't be read or has none (PDF)."""

    @abstractmethod
    def identity(self, page: Page) -> str:
        """A string that changes when the content of a page does, found without reading it. Raises PageError."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the file; the next page that is read opens it again."""

    def __enter__(self) -> Volume:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.close()


def open_image(data: bytes, limits: Limits) -> Image.Image:
    """An image file as far as its header: its pixels are not decoded yet. Raises PageError, also if it has too many."""
    too_many = PageError(f"more than {limits.megapixels:g} megapixels: make it smaller")
    # Pillow's own limit holds for the whole process. It is only ever raised, so threads can't trip over each other.
    if Image.MAX_IMAGE_PIXELS is not None:
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, int(limits.megapixels * 1e6))
    if is_jxl(data) and not limits.fits(*(jxl_size(data) or (0, 0))):
        raise too_many  # the plugin decodes an image when it is opened
    try:
        image = Image.open(BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise too_many from error
    except Exception as error:  # damaged bytes make the decoders raise nearly anything
        raise PageError(missing_reader(data[:HEAD]) or _reason(error)) from error
    if not limits.fits(*image.size):
        raise too_many
    return image


def decode(data: bytes, limits: Limits) -> Image.Image:
    """An image file as a page: upright, opaque, "L" if it is kept in grey, else "RGB". Raises PageError."""
    with open_image(data, limits) as image:
        try:
            return as_paper(image, 1 if image.mode in GREY_MODES else 3)
        except Exception as error:
            raise PageError(missing_reader(data[:HEAD]) or _reason(error)) from error


def _reason(error: Exception) -> str:
    """What keeps an image from being decoded, in one line."""
    return "more memory than there is" if isinstance(error, MemoryError) else reason_of(error)
