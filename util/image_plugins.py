"""Image formats that Pillow reads only with a plugin or a library: whether it does here, and what to install if not."""
import struct
from collections.abc import Callable
from typing import IO

from PIL import Image, ImageFile, features

from util.errors import reason

_JXL_CODESTREAM, _JXL_CONTAINER = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
_JPEG2000_STARTS = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")  # a JP2 file, a bare codestream
HEAD = 32  # bytes, within which every signature here lies
# Width to height by the three bits that say so in a JPEG XL header, from 1; 0 means that the width follows.
_JXL_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_JXL_BITS = (9, 13, 18, 30)  # of a side, by the two bits before it
_MOST_BOXES = 1000  # of a JPEG XL container, before its image


def register_plugins() -> None:
    """Have Pillow read JPEG XL where pillow-jxl-plugin is installed."""
    try:
        from pillow_jxl import JpegXLImagePlugin
    except ImportError:  # the package is optional
        return
    read = JpegXLImagePlugin.JXLImageFile
    Image.register_open(read.format, lambda file, name: _open_jxl(read, file, name), is_jxl)


def is_jxl(head: bytes) -> bool:
    """Return whether a file that begins so is JPEG XL."""
    return head.startswith((_JXL_CODESTREAM, _JXL_CONTAINER))


def missing_reader(head: bytes) -> str:
    """Return what is missing to read an image that begins so, with the remedy; "" if nothing is known to be."""
    if is_jxl(head) and "JXL" not in Image.OPEN:
        return "needs pillow-jxl-plugin: pip install pillow-jxl-plugin"
    if head.startswith(_JPEG2000_STARTS) and not features.check("jpg_2000"):
        return "needs Pillow with JPEG 2000 (OpenJPEG): pip install --force-reinstall --only-binary :all: Pillow"
    return ""


def jxl_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels from the header of a JPEG XL file, which is not decoded; None if it has none.

    Source: ISO/IEC 18181-1, SizeHeader; 18181-2, boxes.
    """
    start = _codestream(data)
    header = data[start : start + 12] if start is not None else b""
    if len(header) < 3 or not header.startswith(_JXL_CODESTREAM):
        return None
    bits = _Bits(header[2:])
    in_eights = bool(bits.take(1))
    height = _side(bits, in_eights)
    ratio = bits.take(3)
    if ratio == 0:
        return _side(bits, in_eights), height
    across, down = _JXL_RATIOS[ratio - 1]
    return height * across // down, height


def _open_jxl(
    read: Callable[[IO[bytes], str | bytes], ImageFile.ImageFile], file: IO[bytes], name: str | bytes
) -> ImageFile.ImageFile:
    """Open a JPEG XL image, but not one whose header claims more pixels than Pillow allows: the plugin decodes all of
    it before Pillow asks for the size. Raises DecompressionBombError, and SyntaxError (Pillow's sign) if it is damaged.
    """
    size = jxl_size(file.read())
    if size is None:
        raise SyntaxError("no JPEG XL header")
    if Image.MAX_IMAGE_PIXELS is not None and size[0] * size[1] > 2 * Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError(f"{size[0]}×{size[1]} pixels are more than Pillow's limit")
    file.seek(0)
    try:
        image = read(file, name)
    except RuntimeError as error:
        raise SyntaxError(reason(error)) from error
    if not getattr(image, "jpeg", None):
        image.info.pop("exif", None)  # libjxl has turned the pixels already
    return image


def _codestream(data: bytes) -> int | None:
    """Return where the codestream of a JPEG XL file begins; None if its container holds none."""
    if not data.startswith(_JXL_CONTAINER):
        return 0
    place = 0
    for _ in range(_MOST_BOXES):
        if len(data) < place + 16:
            return None
        size, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        if kind == b"jxlc":
            return place + head
        if kind == b"jxlp":
            return place + head + 4  # after its number
        if size < head:  # 0: up to the end of the file
            return None
        place += size
    return None


class _Bits:
    """Bits of some bytes, the lowest first; zeros after the end."""

    def __init__(self, data: bytes) -> None:
        self._rest = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        taken = self._rest & ((1 << count) - 1)
        self._rest >>= count
        return taken


def _side(bits: _Bits, in_eights: bool) -> int:
    """Read a side of a JPEG XL image, in pixels."""
    if in_eights:
        return (bits.take(5) + 1) * 8
    return bits.take(_JXL_BITS[bits.take(2)]) + 1
