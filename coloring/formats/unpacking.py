"""Unpack RAR, 7z and tar archives with libarchive: what is in them, and all of it, once, in the archive's own order.

libarchive only goes forward, and to get at an entry of a solid archive it must unpack all before it. Pages are wanted
in reading order, which need not be the archive's, several times, and by several threads. So `Unpacker` goes through the
archive once and keeps what it passes in a temporary file, up to the entry that is wanted; later wishes are served from
there. The file has no name, is in memory while it is small, and never holds more than the limits allow. (To keep
entries in memory instead would need as much of it as the volume has; to begin anew for each page that lies further
back would take a pass through the archive for each.)
"""
from __future__ import annotations

import ctypes
import logging
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coloring.formats.rar import ENCRYPTED, RAR5
from data.image_folder import reason_of
from data.pages.volume import Limits, PageError, Refusal

_CHUNK = 1 << 18  # bytes that are unpacked at once
_IN_MEMORY = 32 << 20  # bytes of a volume, above which they are written to the disk
_MOST_RESTARTS = 8  # after damage: each may unpack again all that lies before it
_FILE_TYPES = 0o170000  # bits of a mode
_LINK = 0o120000
_PACK_ANEW = "fetch it again, or pack its images as CBZ anew"


@dataclass(frozen=True)
class Listed:
    """An entry of an archive: its place in it from 0, its name, its mode as Unix has it (hard links count as links),
    when it was last changed (seconds since 1970, UTC), its declared size in bytes, and whether it is encrypted."""

    index: int
    name: str
    mode: int
    time: float
    size: int
    encrypted: bool


def require_libarchive(kind: str) -> Any:
    """Return the package libarchive, which is optional. Raises Refusal if it, or the library itself, is missing.

    kind: what needs it, such as "RAR".
    """
    try:
        import libarchive
    except (ImportError, OSError, AttributeError, TypeError) as error:  # all but the first: of a missing library
        raise Refusal(
            f"{kind} archives need libarchive-c. Install it: pip install libarchive-c "
            "(and libarchive itself: apt install libarchive13)"
        ) from error
    logging.getLogger("libarchive").setLevel(logging.CRITICAL)  # what it warns of is dealt with here
    return libarchive


def list_entries(path: Path, kind: str, limits: Limits, count_content: bool) -> tuple[list[Listed], bool]:
    """Return the entries of an archive, and whether these are all: False where damage ends the list.

    kind: "RAR", "7z" or "tar". count_content: unpack all entries here, within the limits, because libarchive would
    unpack them to pass them, and without a limit. Raises Refusal: damaged at its beginning, encrypted, or beyond the
    limits.
    """
    most = limits.volume_gb * 1e9
    listed: list[Listed] = []
    declared = unpacked = 0
    whole = True
    try:
        with _opened(path, kind) as archive:
            for entry in archive.entries():
                if len(listed) == limits.entries:
                    raise Refusal(f"more than {limits.entries} entries: split it")
                listed.append(_listed(archive, len(listed), entry))
                declared += listed[-1].size
                for chunk in archive.data() if count_content else ():
                    unpacked += len(chunk)
                    if unpacked > most:
                        break
                if max(declared, unpacked) > most:
                    raise Refusal(f"unpacks to more than {limits.volume_gb:g} GB: split it")
    except _Damage as error:
        if not listed:
            raise Refusal(f"{error}: {_PACK_ANEW}") from error
        whole = False
    except OSError as error:
        raise Refusal(f"{reason_of(error)}: check the file") from error
    if any(entry.encrypted for entry in listed):
        raise Refusal(ENCRYPTED)
    return listed, whole


class Unpacker:
    """The contents of an archive, by the place of an entry in it. Not safe among threads: whoever calls holds a lock.
    """

    def __init__(self, path: Path, kind: str, limits: Limits) -> None:
        """kind: "RAR", "7z" or "tar"."""
        self._path, self._kind, self._limits = path, kind, limits
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (`close` closes it)
        self._kept = 0  # bytes in the file
        self._unpacked = 0  # bytes that came out of the archive, kept or not
        self._found: list[_Place | str] = []  # where the content of each entry is, or why there is none
        self._end = "damaged"  # why no more entries come
        self._run = self._unpack()

    def content(self, index: int) -> bytes:
        """Return the content of an entry. Raises PageError: damaged, beyond the limits, or no room for it."""
        while len(self._found) <= index:
            found = next(self._run, None)
            if found is None:
                raise PageError(self._end)
            self._found.append(found)
        found = self._found[index]
        if isinstance(found, str):
            raise PageError(found)
        self._file.seek(found.start)
        return self._file.read(found.size)

    def close(self) -> None:
        """Let go of the archive and of the temporary file."""
        self._run.close()
        self._file.close()

    def _unpack(self) -> Generator[_Place | str, None, None]:
        """Yield where the content of each entry is, or why there is none. `_end` says why it ends early."""
        done = 0
        try:
            for _ in range(_MOST_RESTARTS + 1):
                with _opened(self._path, self._kind) as archive:
                    for index, _entry in enumerate(archive.entries()):
                        if index < done:
                            continue
                        done += 1
                        try:
                            yield self._keep(archive)
                        except _Damage as error:
                            yield str(error)
                            if not error.goes_on:
                                break  # begin anew, and pass this one
                    else:
                        return
        except (_Damage, _TooMuch, Refusal) as error:
            self._end = str(error)
        except OSError as error:
            self._end = f"cannot be unpacked ({reason_of(error)}): see that there is room, set TMPDIR to another disk"

    def _keep(self, archive: _Archive) -> _Place | str:
        """Unpack an entry into the file. Raises _Damage, _TooMuch, and OSError where there is no room."""
        start = self._kept
        most, most_of_all = self._limits.entry_mb * 1e6, self._limits.volume_gb * 1e9
        size = 0
        self._file.seek(start)
        for chunk in archive.data():
            size += len(chunk)
            self._unpacked += len(chunk)
            if self._unpacked > most_of_all:
                raise _TooMuch(f"the archive unpacks to more than {self._limits.volume_gb:g} GB: split it")
            if size <= most:
                self._file.write(chunk)
        if size > most:
            return f"unpacks to more than {self._limits.entry_mb:g} MB"
        self._kept = start + size
        return _Place(start, size)


class _Damage(Exception):
    """Something that libarchive cannot read; the message says what in one line. goes_on: whether it can read more."""

    def __init__(self, error: Exception | None = None, goes_on: bool = False) -> None:
        super().__init__(_reason(str(getattr(error, "msg", ""))))
        self.goes_on = goes_on


class _TooMuch(Exception):
    """More comes out of an archive than the limits allow; the message says what to do."""


@dataclass(frozen=True)
class _Place:
    """Where a content lies in a file, in bytes."""

    start: int
    size: int


class _Archive:
    """An archive that libarchive has opened, from its beginning to its end."""

    def __init__(self, libarchive: Any, pointer: int) -> None:
        self._libarchive, self._pointer = libarchive, pointer
        self._buffer = ctypes.create_string_buffer(_CHUNK)
        self._is_encrypted = libarchive.ffi.libarchive.archive_entry_is_encrypted
        self._is_encrypted.argtypes, self._is_encrypted.restype = [ctypes.c_void_p], ctypes.c_int

    def entries(self) -> Iterator[Any]:
        """Yield the entries (of libarchive), one after the other. Raises _Damage."""
        try:
            yield from self._libarchive.read.ArchiveRead(self._pointer)
        except self._libarchive.ArchiveError as error:
            raise _Damage(error) from error

    def data(self) -> Iterator[bytes]:
        """Yield the content of the entry that was yielded last, piece by piece. Raises _Damage."""
        ffi = self._libarchive.ffi
        while True:
            try:
                count = ffi.read_data(self._pointer, self._buffer, _CHUNK)
            except self._libarchive.ArchiveError as error:
                raise _Damage(error, goes_on=error.retcode > ffi.ARCHIVE_FATAL) from error
            if count < 0:  # a warning: its checksum is another
                raise _Damage(goes_on=True)
            if count == 0:
                return
            yield self._buffer.raw[:count]

    def is_encrypted(self, entry: Any) -> bool:
        """Return whether an entry's content or name is encrypted."""
        return bool(self._is_encrypted(entry._entry_p) > 0)


@contextmanager
def _opened(path: Path, kind: str) -> Iterator[_Archive]:
    """Open an archive of a kind; no other format is tried, and no other program started. Raises Refusal, _Damage and
    OSError."""
    libarchive = require_libarchive(kind)
    with open(path, "rb", buffering=0) as file:  # libarchive reads from where the file itself stands
        form = {"7z": "7zip", "tar": "tar"}.get(kind) or ("rar5" if file.read(len(RAR5)) == RAR5 else "rar")
        file.seek(0)
        try:
            with libarchive.read.new_archive_read(form, "none") as pointer:
                libarchive.ffi.read_open_fd(pointer, file.fileno(), _CHUNK)
                yield _Archive(libarchive, pointer)
        except ValueError as error:
            raise Refusal(f"this libarchive is too old for {form}: install a newer one") from error
        except libarchive.ArchiveError as error:
            raise _Damage(error) from error


def _listed(archive: _Archive, index: int, entry: Any) -> Listed:
    """Return what matters of an entry of libarchive."""
    name = entry.pathname or ""
    name = _decoded(name) if isinstance(name, bytes) else name
    mode = entry.mode
    if entry.islnk:
        mode = _LINK | mode & ~_FILE_TYPES
    return Listed(index, name, mode, float(entry.mtime or 0), max(0, entry.size or 0), archive.is_encrypted(entry))


def _decoded(name: bytes) -> str:
    """Decode a name whose encoding is not known: UTF-8, Shift-JIS, or whatever, one letter a byte."""
    for encoding in ("utf-8", "cp932"):
        with suppress(UnicodeDecodeError):
            return name.decode(encoding)
    return name.decode("latin-1")


def _reason(message: str) -> str:
    """Return in one line what libarchive means."""
    if "ncrypt" in message:
        return "encrypted"
    if "solid archive support" in message:
        return "a solid RAR 4 archive, which libarchive cannot read: unpack it and pack its images as CBZ"
    if "nsupported" in message or "No support" in message:
        return "packed by a method that libarchive does not read"
    return "damaged"
