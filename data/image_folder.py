"""Finding images below a folder or in a list, and reading any of them right."""
import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from util.errors import UserError, reason
from util.image_plugins import HEAD, missing_reader, register_plugins

# JPEG XL and JPEG 2000 are among them also where they cannot be read, so that such images are named.
EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".tif", ".tiff", ".gif", ".jfif", ".avif", ".jpe", ".pgm",
    ".pbm", ".pnm", ".jxl", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx",
)  # fmt: skip
LIST_EXTENSIONS = (".txt", ".lst")
HIDDEN = (".", "__MACOSX", "@eaDir")  # how names of files begin that file managers hide or leave behind
PUT_SOME_THERE = f"put some there ({', '.join(extension[1:] for extension in EXTENSIONS)})"
# More brightness levels than a page needs: reduced to 8 bits before anything else.
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0  # of TIFF: the tag, and one of its values
Enough = Callable[[tuple[int, int]], tuple[float, float]]
register_plugins()
GREY_MODES = ("1", "L", "LA", "La", *_DEEP_MODES)


class BadImage(UserError):
    """An image that can't be used; the others may be."""

    def __init__(self, path: Path | str, fault: str) -> None:
        super().__init__(f"can't read the image {path} ({fault}): mend or remove it")
        self.path, self.fault = path, fault


def natural_key(path: PurePath | str) -> tuple[list[list[int | str]], str]:
    """Sorts page2 before page10, and page1 before page1-2, folder by folder; no two paths are equal."""
    path = PurePath(path)
    return [_numbers_apart(part) for part in (*path.parent.parts, path.stem, path.suffix)], str(path)


def _numbers_apart(text: str) -> list[int | str]:
    """Text and numbers in turn, text first, whatever the name begins with."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text.lower())]


@dataclass
class Listing:
    """names: the images below a folder, relative to it, in natural order. folders: the state of every folder that was
    looked into, by relative name. links: of links that are called like images, whether they lead to a file. whole:
    whether all could be looked at.
    """

    names: list[str]
    folders: dict[str, list[int]]
    links: dict[str, bool]
    whole: bool = True


def list_images(folder: Path | str, limit: float = float("inf")) -> list[Path]:
    """All images below `folder`, in natural order, at most `limit`. Hidden files are passed over; links are followed,
    but not in circles.

    Raises UserError if the folder does not exist or has no image.
    """
    found = [Path(folder, name) for name in list_folder(Path(folder)).names]
    return found if limit >= len(found) else found[: int(limit)]


def list_folder(folder: Path) -> Listing:
    """As list_images, with what tells later whether the same would be found again."""
    if not folder.is_dir():
        raise UserError(f"no folder {folder}: check --dataroot and --phase")
    found = Listing([], {}, {})
    waiting: list[tuple[str, tuple[str, ...]]] = [("", ())]  # folders, and the real ones that they lie in
    while waiting:
        inner, above = waiting.pop()
        real = os.path.realpath(folder / inner)
        if real in above:
            continue
        try:
            found.folders[inner] = state_of(folder / inner)  # first: what changes from now on, shows
            with os.scandir(folder / inner) as entries:
                waiting += [(below, (*above, real)) for below in _look(entries, inner, found)]
        except OSError:  # one that must not be read, or is gone
            found.whole = False
    if not found.names:
        raise UserError(f"no images in {folder}: {PUT_SOME_THERE}")
    found.names = in_natural_order(found.names)
    return found


def _look(entries: Iterable[os.DirEntry[str]], inner: str, found: Listing) -> list[str]:
    """Take the images of a folder into a listing; gives the folders in it. `inner` is its relative name."""
    folders = []
    for entry in entries:
        if entry.name.startswith(HIDDEN):
            continue
        name = os.path.join(inner, entry.name)
        try:
            is_folder, there = entry.is_dir(), entry.is_file()
        except OSError:  # a link to what must not be looked at, or to itself
            is_folder = there = found.whole = False
        if is_folder:
            folders.append(name)
        elif os.path.splitext(entry.name)[1].lower() in EXTENSIONS:
            if entry.is_symlink():
                found.links[name] = there
            if there:
                found.names.append(name)
        elif not there and entry.is_symlink():
            found.whole = False  # a folder that it leads to may come back, which no time would tell
    return folders


def state_of(folder: Path) -> list[int]:
    """What changes when files come into a folder, or go: its times in ns, and which folder it is."""
    state = folder.stat()
    return [state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev]


def in_natural_order(names: list[str]) -> list[str]:
    """Relative paths of images as natural_key sorts them."""
    folders: dict[str, list[list[int | str]]] = {}

    def key(name: str) -> tuple[list[list[int | str]], str]:
        folder, file = os.path.split(name)
        parts = folders.get(folder)
        if parts is None:
            parts = folders[folder] = [_numbers_apart(part) for part in PurePath(folder).parts]
        stem, suffix = os.path.splitext(file)
        return [*parts, _numbers_apart(stem), _numbers_apart(suffix)], name

    return sorted(names, key=key)


def is_image(path: PurePath) -> bool:
    """Whether a file is an image, by its name."""
    return path.suffix.lower() in EXTENSIONS


def is_hidden(path: PurePath) -> bool:
    """Whether a relative path is, or lies in, what file managers hide or leave behind."""
    return any(part.startswith(HIDDEN) and part != ".." for part in path.parts)


def is_list(path: Path) -> bool:
    """Whether a path is a file that lists images."""
    return path.suffix.lower() in LIST_EXTENSIONS and path.is_file()


def read_list(path: Path | str, limit: float = float("inf")) -> list[str]:
    """The images that a text file in UTF-8 names, one a line, at most `limit`: absolute paths, in the file's order.

    Relative paths start from the folder of the list; blank lines and lines that begin with # are passed over. Whether
    the images exist is not asked: that would take minutes for a long list. Raises UserError if it names none or can't
    be read.
    """
    folder = os.path.abspath(Path(path).parent)
    stop = None if limit == float("inf") else int(limit)
    try:
        with open(path, encoding="utf-8-sig") as lines:
            entries = (line for line in map(str.strip, lines) if line and not line.startswith("#"))
            found = [os.path.normpath(os.path.join(folder, entry)) for entry in islice(entries, stop)]
    except OSError as error:
        raise UserError(f"can't read the list {path} ({reason_of(error)}): check --dataroot") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no list of images: give a text file in UTF-8 with a path in each line") from error
    if any("\0" in entry for entry in found):
        raise UserError(f"{path} is no list of images: give a text file in UTF-8 with a path in each line")
    if not found:
        raise UserError(f"no images in the list {path}: write the path of an image in each line")
    return found


def common_folder(paths: Sequence[Path | str]) -> Path:
    """The deepest folder that holds all of some absolute paths."""
    return Path(os.path.commonpath([os.path.dirname(path) for path in paths]))


def result_names(paths: list[Path], folder: Path) -> list[str]:
    """What to call the results: paths below `folder` without suffix, or with it where the short name is taken,
    also by one that differs in case alone or by the full name of another."""
    full = [path.relative_to(folder) for path in paths]
    short = [path.with_suffix("") for path in full]
    taken = Counter(str(path).lower() for path in (*full, *short))
    return [str(s if taken[str(s).lower()] == 1 else f) for f, s in zip(full, short, strict=True)]


def read_image(path: Path | str, channels: int = 3) -> Image.Image:
    """One image as RGB (channels 3) or L (channels 1), 8 bits, upright; the first frame of an animation.

    Transparency is laid on white paper. Raises BadImage, naming the file, if it can't be read, or if it claims more
    than 179 megapixels (twice Pillow's limit of warning); what is read takes up to 25 bytes of memory a pixel.
    """
    return decode_image(path, path, channels)


def decode_image(source: Path | str | BinaryIO, path: Path | str, channels: int = 3) -> Image.Image:
    """As `read_image`, from a file or from what was in it; `path` is what to call it."""
    return read_reduced(path, channels, lambda size: size, source)[0]


def read_reduced(
    path: Path | str, channels: int, enough: Enough, source: Path | str | BinaryIO | None = None
) -> tuple[Image.Image, tuple[int, int], int]:
    """As `read_image`, but a JPEG of twice as many pixels, across and down, as are enough is decoded at half its
    size, which is faster: the image, its width and height when it is whole, and how many times smaller it is.

    (Smaller parts of its size, which JPEG knows too, make stripes of screentones.)

    enough: the width and height, in pixels, that are enough of an image of some width and height. source: what was in
    the file, or where it is, if that is not its path.
    """
    try:
        with warnings.catch_warnings():
            # Of large images and of crooked metadata; what matters is whether the image can be read.
            warnings.simplefilter("ignore")
            with Image.open(path if source is None else source) as image:
                size, reduced = _reduce(image, channels, enough) if isinstance(image, JpegImageFile) else (None, 1)
                paper = as_paper(image, channels)
                return paper, size or paper.size, reduced
    except Exception as error:  # damaged bytes make the decoders raise nearly anything
        raise BadImage(path, missing_reader(_head(path if source is None else source)) or reason_of(error)) from error


def _head(source: Path | str | BinaryIO) -> bytes:
    """Return how a file begins; nothing if that cannot be read."""
    try:
        if isinstance(source, Path | str):
            with open(source, "rb") as file:
                return file.read(HEAD)
        source.seek(0)
        return source.read(HEAD)
    except (OSError, ValueError):
        return b""


def as_paper(image: Image.Image, channels: int = 3) -> Image.Image:
    """An opened image, upright, as opaque RGB or L of 8 bits."""
    # Pillow minds that 0 is white in images of fewer than 16 bits alone.
    negative = image.mode.startswith("I;16") and getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    paper = to_paper(upright(image), channels)
    return ImageOps.invert(paper) if negative else paper


def _reduce(image: JpegImageFile, channels: int, enough: Enough) -> tuple[tuple[int, int], int]:
    """Have a JPEG decoded at half its size if that is enough, and of one channel only if no more are wanted; gives its
    upright width and height, and how many times smaller it will be."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # crooked metadata, which leave it as it lies
        orientation = 1
    lying = image.size
    size = lying[::-1] if orientation in (5, 6, 7, 8) else lying
    least = enough(size)
    reduced = 2 if min(size) > 1 and size[0] >= 2 * least[0] and size[1] >= 2 * least[1] else 1
    if orientation != 1 and (size[0] % 2 or size[1] % 2):  # the last pixel, which is half one, would come first
        reduced = 1
    image.draft("L" if channels == 1 else None, (lying[0] // reduced, lying[1] // reduced))
    return size, reduced


def upright(image: Image.Image) -> Image.Image:
    """An opened image with its pixels, turned as its metadata say; as it lies where these can't be read."""
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # of crooked metadata; the pixels are whole
        return image


def reason_of(error: Exception) -> str:
    """Why an image can't be read, in one line that does not name the file again."""
    if isinstance(error, UnidentifiedImageError):
        return "no image, or damaged"
    return reason(error)


def to_paper(image: Image.Image, channels: int = 3) -> Image.Image:
    """Any Pillow image as opaque RGB or L of 8 bits, transparency laid on white."""
    if image.mode in _DEEP_MODES:
        image = _to_8_bits(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = _on_white(image)
    if image.mode == "LAB":  # not converted to L directly
        image = image.convert("RGB")
    return image.convert("RGB" if channels == 3 else "L")


def _on_white(image: Image.Image) -> Image.Image:
    """An image with an alpha channel, or with a color that means transparent, as opaque RGBA."""
    if image.mode in ("La", "RGBa"):  # premultiplied: Pillow converts these to their plain form only
        image = image.convert(image.mode[:-1] + "A")
    color = image.info.get("transparency")
    if isinstance(color, tuple) and max(color) > 255:  # given with 16 bits, while the pixels are read with 8
        image = image.copy()
        image.info["transparency"] = tuple(level >> 8 for level in color)
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits, or floats, as mode L. Integers span 0..65535 (of 32 bits, also 0..255),
    floats 0..1 or 0..255."""
    # In place, and in 32 bits, which are exact enough: a small file may hold an image of a hundred megapixels.
    levels = np.nan_to_num(np.array(image, dtype=np.float32), copy=False)
    highest = levels.max(initial=0.0)
    if image.mode == "F":
        top = 1.0 if highest <= 1 else 255.0
    else:
        top = 255.0 if image.mode == "I" and highest <= 255 else 65535.0
    if "transparency" in image.info:
        levels[levels == image.info["transparency"]] = top
    np.clip(levels, 0, top, out=levels)
    levels *= 255.0 / top
    return Image.fromarray(np.rint(levels, out=levels).astype(np.uint8))
