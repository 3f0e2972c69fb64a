"""Which volumes there are in what somebody gives: folders, archives, PDFs, EPUBs, images, lists of images."""
import os
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from coloring.formats.unread import VOLUMES, unread_in_folder
from data.image_folder import (
    PUT_SOME_THERE,
    common_folder,
    is_hidden,
    is_image,
    is_list,
    natural_key,
    read_list,
    reason_of,
)
from data.pages.archives import ArchiveVolume
from data.pages.folders import FolderVolume
from data.pages.names import Names, printable
from data.pages.pdfs import PdfVolume
from data.pages.volume import Limits, Refusal, Volume
from util.errors import UserError

# What a file is, told by its content: (where to look, the bytes there, what it is).
_SIGNATURES = (
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"PK\x05\x06", "ZIP"),  # without entries
    (0, b"Rar!\x1a\x07", "RAR"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"\x1f\x8b", "gzip"),
    (257, b"ustar", "tar"),
)
_STREAMED = ("RAR", "7z", "tar")  # what libarchive reads
_PDF_HEAD = 1024  # bytes, within which a PDF says that it is one


def find_volumes(paths: Sequence[Path], limits: Limits | None = None) -> tuple[list[Volume], list[str]]:
    """The volumes at some paths in natural order, and what below folders had to be left out, each "NAME: reason".

    A folder gives a volume for each folder of images below it, itself included, and one for each archive and PDF. An
    image, or several given together, and a list of images are one volume. No two volumes have the same name, nor two
    of their pages the same path, whatever the case of the letters. Raises UserError for a path that can't be read,
    and if there is nothing at all.
    """
    search = _Search(limits or Limits(), several=len({os.path.abspath(path) for path in paths}) > 1)
    images: list[Path] = []
    for path in {os.path.abspath(path): Path(path) for path in paths}.values():
        if path.is_dir():
            search.add_folder(path)
        elif not path.is_file():
            raise UserError(f"no file or folder {path}: check --dataroot")
        elif is_list(path):
            search.add_list(path)
        elif is_image(path) or not _may_be_volume(path):
            images.append(path)
        else:
            search.add_file(path)
    if images:
        search.add_images(images)
    if not search.found:
        first, *others = search.problems
        raise UserError(f"nothing to color: {first}{f' (and {len(others)} more)' if others else ''}")
    _name_apart(search.found)
    return sorted((volume for volume, _ in search.found), key=lambda volume: natural_key(volume.name)), search.problems


class _Search:
    """What has been found so far: volumes, each with the name that it falls back to ("" for those named by their
    folder), and problems."""

    def __init__(self, limits: Limits, several: bool) -> None:
        """several: whether more than one path is given, so that folders go by their own names too."""
        self.limits = limits
        self.several = several
        self.found: list[tuple[Volume, str]] = []
        self.problems: list[str] = []
        self._prefixes = Names()

    def add_folder(self, path: Path) -> None:
        """All volumes below a folder."""
        prefix = self._prefixes.claim(Path(os.path.abspath(path)).name or "folder") if self.several else ""
        before = len(self.found) + len(self.problems)
        for folder, files in self._folders(path):
            name = PurePosixPath(prefix, folder.relative_to(path).as_posix())
            images = [file for file in files if is_image(file)]
            if images:
                volume = FolderVolume(folder, "" if name == PurePosixPath() else str(name), self.limits, images)
                self.found.append((volume, ""))
            for file in files:
                if file.suffix.lower() in VOLUMES:
                    self._add_below(file, name / file.name)
                elif unread := unread_in_folder(file):
                    self.problems.append(f"{printable(str(name / file.name))}: {unread}")
        if len(self.found) + len(self.problems) == before:
            raise UserError(f"no images in {path}: {PUT_SOME_THERE}")

    def _folders(self, folder: Path, above: tuple[str, ...] = ()) -> Iterator[tuple[Path, list[Path]]]:
        """A folder and those below it, each with its files in natural order; links are followed, but not in circles."""
        real = os.path.realpath(folder)
        if real in above:
            return
        try:
            entries = sorted((path for path in folder.iterdir() if not is_hidden(Path(path.name))), key=natural_key)
        except OSError as error:
            self.problems.append(f"{printable(str(folder))}: {reason_of(error)}")
            return
        yield folder, [path for path in entries if path.is_file()]
        for path in entries:
            if path.is_dir():
                yield from self._folders(path, (*above, real))

    def _add_below(self, file: Path, name: PurePosixPath) -> None:
        """An archive or a PDF found in a folder, which is left out if it can't be read."""
        try:
            self.found.append((_opened(file, str(name.with_suffix("")), self.limits), str(name)))
        except Refusal as error:
            self.problems.append(f"{printable(str(name))}: {error}")

    def add_file(self, path: Path) -> None:
        """An archive or a PDF that was named."""
        try:
            self.found.append((_opened(path, path.stem, self.limits), path.name))
        except Refusal as error:
            raise UserError(f"can't read {path}: {error}") from error

    def add_list(self, path: Path) -> None:
        """The images of a list, in its order."""
        files = [Path(file) for file in dict.fromkeys(read_list(path))]
        volume = FolderVolume(path, path.stem if self.several else "", self.limits, files, common_folder(files))
        self.found.append((volume, path.name if self.several else ""))

    def add_images(self, paths: Sequence[Path]) -> None:
        """Images that were named one by one, as one volume in natural order."""
        files = sorted((Path(os.path.abspath(path)) for path in paths), key=natural_key)
        base = common_folder(files)
        self.found.append((FolderVolume(paths[0] if len(paths) == 1 else base, "", self.limits, files, base), ""))


def _may_be_volume(path: Path) -> bool:
    """Whether a file that was named is an archive or a PDF, or is meant to be one."""
    try:
        if path.suffix.lower() in VOLUMES or _format(path):
            return True
        if unread := unread_in_folder(path):
            raise Refusal(unread)
        return False
    except Refusal as error:
        raise UserError(f"can't read {path}: {error}") from error


def _opened(path: Path, name: str, limits: Limits) -> Volume:
    """The volume that a file is. Raises Refusal."""
    # These are imported where such a file is given. (They import data.pages, too.)
    from coloring.formats.epub import EpubVolume, is_epub
    from coloring.formats.streams import StreamedVolume

    kind = _format(path)
    if kind == "ZIP":
        return EpubVolume(path, name, limits) if is_epub(path) else ArchiveVolume(path, name, limits)
    if kind == "PDF":
        return PdfVolume(path, name, limits)
    if kind in _STREAMED:
        return StreamedVolume(path, name, limits, kind)
    if kind:
        raise Refusal(f"a {kind} archive: unpack it and pack the images as CBZ (ZIP)")
    raise Refusal("neither an archive nor a PDF, or damaged: fetch it again, or pack its images as CBZ (ZIP)")


def _format(path: Path) -> str:
    """What archive or document a file is by its content, whatever its suffix; "" if none. Raises Refusal."""
    try:
        with open(path, "rb") as file:
            head = file.read(_PDF_HEAD)
        if not head:
            raise Refusal("an empty file: fetch it again")
        for start, signature, kind in _SIGNATURES:
            if head.startswith(signature, start):
                return kind
        if b"%PDF-" in head:
            return "PDF"
        return "ZIP" if zipfile.is_zipfile(path) else ""  # one that begins with something else, to unpack itself
    except OSError as error:
        raise Refusal(f"{reason_of(error)}: check the file") from error


def _name_apart(found: Sequence[tuple[Volume, str]]) -> None:
    """Change the names of volumes whose results would meet: files keep their suffix then, or get a number."""
    places = Names()
    names: set[str] = set()
    for volume in (volume for volume, full_name in found if not full_name):
        volume.name = _numbered(volume.name, names)
        for page in volume.pages:
            places.claim(str(PurePosixPath(volume.name, page.name)))
    short = Counter(volume.name.casefold() for volume, full_name in found if full_name)
    # The deepest first: a volume called a/b must not lie among the pages of one called a.
    for volume, full_name in sorted(found, key=lambda item: -item[1].count("/")):
        if full_name:
            unique = short[volume.name.casefold()] == 1 and places.free(volume.name)
            volume.name = places.claim(volume.name if unique else full_name)


def _numbered(name: str, taken: set[str]) -> str:
    """The name, with a number if it is taken; it is taken from now on."""
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate.casefold())
    return candidate
