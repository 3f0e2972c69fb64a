"""RAR, 7z and tar archives as volumes (CBR, CB7, CBT), through libarchive."""
import stat
import threading
import time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipInfo

from coloring.formats.rar import check_rar
from coloring.formats.unpacking import Listed, Unpacker, list_entries, require_libarchive
from data.image_folder import reason_of
from data.pages.archives import PackedVolume
from data.pages.names import printable
from data.pages.volume import Limits, Page, PageError

_UNIX = 3  # what a ZIP calls the system that an entry comes from
_PLAIN_FILE = stat.S_IFREG | 0o644
_FIRST_YEAR, _LAST_YEAR = 1980, 2107  # that a ZIP can name
_HEADERS_PER_ENTRY = 4  # of a RAR archive: more than any needs


class StreamedVolume(PackedVolume):
    """The images of a RAR, 7z or tar archive. What has been unpacked is kept in a temporary file until `close`."""

    def __init__(self, path: Path, name: str, limits: Limits, archive_kind: str) -> None:
        """archive_kind: "RAR", "7z" or "tar". Raises Refusal: libarchive is missing, or the archive is damaged,
        encrypted, one of several parts, beyond the limits, or without images."""
        super().__init__(path, name, limits)
        self._archive_kind = archive_kind
        self._lock = threading.Lock()
        self._unpacker: Unpacker | None = None
        require_libarchive(archive_kind)
        headers = check_rar(path, _HEADERS_PER_ENTRY * limits.entries) if archive_kind == "RAR" else None
        count_content = headers is not None and headers.unpacks_to_pass
        listed, whole = list_entries(path, archive_kind, limits, count_content)
        infos = [_info(entry) for entry in listed]
        self._places = {id(info): entry.index for info, entry in zip(infos, listed, strict=True)}
        self._infos = infos  # which so keep their ids
        self._take(infos)
        if not whole or (headers and not headers.whole):
            last = printable(listed[-1].name)
            self.problems.append(f"{printable(path.name)}: damaged; what comes after {last} is missing")

    def unpack(self, info: ZipInfo) -> bytes:
        with self._lock:
            if self._unpacker is None:
                self._unpacker = Unpacker(self.path, self._archive_kind, self.limits)
            return self._unpacker.content(self._places[id(info)])

    def identity(self, page: Page) -> str:
        try:
            status = self.path.stat()
        except OSError as error:
            raise PageError(reason_of(error)) from error
        return f"{status.st_size} {status.st_mtime_ns} {self._places[id(self._images[page.index])]}"

    def close(self) -> None:
        with self._lock:
            if self._unpacker is not None:
                self._unpacker.close()
                self._unpacker = None


def _info(entry: Listed) -> ZipInfo:
    """Return an entry as a CBZ will have it. Whatever is neither file nor folder becomes a link, which is passed over.
    """
    kind = stat.S_IFMT(entry.mode)
    folder = kind == stat.S_IFDIR
    info = ZipInfo(f"{entry.name.rstrip('/')}/" if folder else entry.name, _moment(entry.time))
    info.file_size = entry.size
    info.create_system, info.compress_type = _UNIX, ZIP_DEFLATED
    if folder:
        info.external_attr = (stat.S_IFDIR | 0o755) << 16
    else:
        info.external_attr = (_PLAIN_FILE if kind in (stat.S_IFREG, 0) else stat.S_IFLNK) << 16
    return info


def _moment(seconds: float) -> tuple[int, int, int, int, int, int]:
    """Return a time as a ZIP names it, in UTC, so that the same archive gives the same CBZ anywhere."""
    try:
        moment = time.gmtime(seconds)
    except (OverflowError, ValueError, OSError):
        moment = time.gmtime(0)
    if not _FIRST_YEAR <= moment.tm_year <= _LAST_YEAR:
        return (_FIRST_YEAR, 1, 1, 0, 0, 0)
    return (moment.tm_year, moment.tm_mon, moment.tm_mday, moment.tm_hour, moment.tm_min, min(moment.tm_sec, 59))
