"""CBZ and ZIP archives. Nothing is ever unpacked to the disk, and no entry's own word on its size is trusted."""
import re
import stat
import threading
import zipfile
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

from coloring.formats.unread import unread_in_archive
from data.image_folder import PUT_SOME_THERE, is_hidden, is_image, natural_key, reason_of
from data.pages.names import Names, claim_pages, printable, safe_name
from data.pages.volume import Limits, Page, PageError, Refusal, Volume

_ENCRYPTED, _UTF8 = 0x1, 0x800  # of an entry's flags
# What tells that names are Shift-JIS: letters of it of two bytes beyond ASCII. Those of DOS for European languages
# stand beside ASCII, with which they are letters of Shift-JIS, too.
_PAIR = re.compile(rb"[\x81-\x9f\xe0-\xfc][\x80-\xfc]")
_BEYOND_ASCII, _JAPANESE = re.compile(r"[^\x00-\x7f]"), re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# How much is read at once. Other methods than these two unpack all that they are given, and 4 KB may become 100 MB.
_CHUNKS = {zipfile.ZIP_STORED: 1 << 20, zipfile.ZIP_DEFLATED: 1 << 20}
_SMALL_CHUNK = 1 << 12


@dataclass(frozen=True)
class Entry:
    """What an archive is written from: a page, or something else, under a safe and unique name.

    info: what the entry was in the archive that it comes from, if from one.
    """

    name: str
    page: Page | None
    info: ZipInfo | None = None


class PackedVolume(Volume):
    """The images of an archive, whatever its format.

    `entries` are its entries in its own order, without links and without those whose names are neither a page's nor
    safe and unique; `comment` is what the archive says of itself.
    """

    kind = "archive"

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        super().__init__(path, name, limits)
        self.entries: list[Entry] = []
        self.comment = b""
        self._images: list[ZipInfo] = []

    def _take(self, infos: Sequence[ZipInfo]) -> None:
        """Make pages and entries of what the archive lists. Raises Refusal if there are no images in it."""
        self._images = sorted(filter(_is_page, infos), key=lambda info: natural_key(safe_name(info.filename)))
        names = Names()
        claimed, self.problems = claim_pages(names, (info.filename for info in self._images))
        self.pages = [Page(index, name) for index, name in enumerate(claimed)]
        if not self.pages:
            unread = next(filter(None, map(_unread, infos)), "")
            raise Refusal(f"no images in it, but {unread}" if unread else f"no images in it: {PUT_SOME_THERE}")
        self.entries = self._entries(infos, names)

    def _entries(self, infos: Sequence[ZipInfo], names: Names) -> list[Entry]:
        """What can be handed on; what can't becomes a problem, as do images and volumes that are not read. names:
        those that the pages have taken."""
        pages = {id(info): page for info, page in zip(self._images, self.pages, strict=True)}
        entries: dict[str, Entry] = {}
        for info in infos:
            page = pages.get(id(info))
            problem = "" if page else _claim(info, names)
            name = page.name if page else info.filename
            if problem:
                self.problems.append(f"{printable(name)}: {problem}")
            else:
                entries.setdefault(name, Entry(name, page, info))  # a folder may be there twice
                self.problems += filter(None, [_unread(info)])
        return list(entries.values())

    def read(self, page: Page) -> bytes:
        return self.unpack(self._images[page.index])

    @abstractmethod
    def unpack(self, info: ZipInfo) -> bytes:
        """The content of an entry. Raises PageError if it is damaged, or larger than the limit."""


class ArchiveVolume(PackedVolume):
    """The images of a ZIP archive."""

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        """Raises Refusal: damaged, encrypted, beyond the limits, or without images."""
        super().__init__(path, name, limits)
        self._lock = threading.Lock()
        self._archive: ZipFile | None = None
        infos, self.comment = _read_directory(path, limits)
        self._take(infos)

    def unpack(self, info: ZipInfo) -> bytes:
        limit = self.limits.entry_mb * 1e6
        chunks: list[bytes] = []
        unpacked = 0
        with self._lock:
            try:
                self._archive = self._archive or ZipFile(self.path)
                # Never gives more than the size that the entry declares, and the sum of these has been checked.
                with self._archive.open(info) as source:
                    while unpacked <= limit and (chunk := source.read(_CHUNKS.get(info.compress_type, _SMALL_CHUNK))):
                        chunks.append(chunk)
                        unpacked += len(chunk)
            except Exception as error:
                raise PageError(_reason(error)) from error
        if unpacked > limit:
            raise PageError(f"unpacks to more than {self.limits.entry_mb:g} MB")
        return b"".join(chunks)

    def identity(self, page: Page) -> str:
        info = self._images[page.index]
        return f"{info.CRC:08x} {info.file_size}"

    def close(self) -> None:
        with self._lock:
            if self._archive is not None:
                self._archive.close()
                self._archive = None


def _read_directory(path: Path, limits: Limits) -> tuple[list[ZipInfo], bytes]:
    """Return the entries of a ZIP archive and its comment. Raises Refusal: damaged, encrypted, or beyond the limits."""
    try:
        with ZipFile(path) as archive:
            infos, comment = _rightly_named(archive.infolist()), archive.comment
    except Exception as error:  # damaged bytes make zipfile raise nearly anything
        raise Refusal(f"{_reason(error)}: fetch it again, or pack its images as CBZ anew") from error
    _check(infos, limits)
    return infos, comment


def _rightly_named(infos: list[ZipInfo]) -> list[ZipInfo]:
    """Entries with their names as they were meant. Many tools write Shift-JIS, or UTF-8, without saying so, and zipfile
    takes that for letters of DOS."""
    untold = [info for info in infos if not info.flag_bits & _UTF8]
    with suppress(UnicodeError):
        raw = [info.orig_filename.encode("cp437") for info in untold]
        for encoding, telling in (("utf-8", _BEYOND_ASCII), ("cp932", _JAPANESE)):
            with suppress(UnicodeError):
                names = [name.decode(encoding) for name in raw]
                if any(map(telling.search, names)) and (encoding == "utf-8" or any(map(_PAIR.search, raw))):
                    for info, name in zip(untold, names, strict=True):
                        info.filename = name.partition("\0")[0]
                    break
    return infos


def _check(infos: Sequence[ZipInfo], limits: Limits) -> None:
    """Raises Refusal for an archive that can't be read, or should not be."""
    if len(infos) > limits.entries:
        raise Refusal(f"{len(infos)} entries, more than {limits.entries}: split it")
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise Refusal("encrypted: unpack it with its password and pack the images as CBZ without one")
    declared = sum(info.file_size for info in infos)
    if declared > limits.volume_gb * 1e9:
        raise Refusal(f"unpacks to {declared / 1e9:.3g} GB, more than {limits.volume_gb:g}: split it")


def _is_page(info: ZipInfo) -> bool:
    """Whether an entry is an image that is meant to be seen."""
    path = PurePosixPath(safe_name(info.filename))
    return is_image(path) and not (is_hidden(path) or info.is_dir() or _is_link(info))


def _unread(info: ZipInfo) -> str:
    """What there is to say of an entry that is an image or a volume but is not read: "NAME: reason", or ""."""
    reason = "" if info.is_dir() else unread_in_archive(PurePosixPath(safe_name(info.filename)))
    return reason and f"{printable(info.filename)}: {reason}"


def _is_link(info: ZipInfo) -> bool:
    """Whether an entry is a symbolic link: its content is then a path, to anywhere."""
    return stat.S_ISLNK(info.external_attr >> 16)


def _claim(info: ZipInfo, names: Names) -> str:
    """Take the name of an entry that is no page; return what is wrong with it, "" if it can be handed on."""
    name = info.filename.removesuffix("/")
    if _is_link(info):
        return "a link, passed over"
    if not name or safe_name(name) != name:
        return "unsafe name, left out of archives that are written"
    if not (names.claim_folder(name) if info.is_dir() else names.free(name)):
        return "another entry has its name, left out of archives that are written"
    if not info.is_dir():
        names.claim(name)
    return ""


def _reason(error: Exception) -> str:
    """Why an archive or an entry can't be read, in one line without its name, which zipfile likes to repeat."""
    if isinstance(error, NotImplementedError):
        return "packed by a method that is not known here"
    if isinstance(error, OSError) and error.strerror:
        return reason_of(error)
    return "damaged"
