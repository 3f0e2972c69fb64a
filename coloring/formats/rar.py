"""What the headers of a RAR archive say that libarchive does not: whether it is encrypted or a part of several.

Only headers are looked at; libarchive does the reading. Sources: the technotes of RAR 4 and RAR 5 by RARLAB.
"""
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from data.image_folder import reason_of
from data.pages.volume import Refusal

RAR5 = b"Rar!\x1a\x07\x01\x00"
ENCRYPTED = "encrypted: unpack it with its password and pack the images as CBZ without one"
_SEVERAL = "one part of a RAR archive of several: unpack all parts together and pack the images as CBZ"
_MAIN, _FILE, _ENCRYPTION, _END = 1, 2, 4, 5  # kinds of RAR 5 headers
_HAS_EXTRA, _HAS_DATA = 0x1, 0x2  # flags of a RAR 5 header
_RAR5_PART, _RAR5_SOLID = 0x1, 0x4  # flags of a RAR 5 archive
_ENCRYPTION_RECORD = 1  # in the extra area of an entry
_RAR4_MAIN = 0x73  # kind of a RAR 4 header
_RAR4_PART, _RAR4_ENCRYPTED = 0x0001, 0x0080  # flags of a RAR 4 archive; entries' own libarchive knows
_MOST_HEADER = 2 << 20  # bytes, the limit that RAR 5 sets
_HEAD = 16  # bytes with CRC and size of a header


class _Crooked(Exception):
    """A header that is none; libarchive decides what can be read all the same."""


@dataclass(frozen=True)
class RarHeaders:
    """What headers say of a RAR archive: whether libarchive has to unpack an entry to pass it (as in a solid RAR 5
    archive), and whether the archive is there up to its end, as far as headers tell."""

    unpacks_to_pass: bool
    whole: bool


def check_rar(path: Path, most_headers: int) -> RarHeaders:
    """Look into the headers of a RAR archive.

    most_headers: after which no more are looked at. Raises Refusal for an archive that is encrypted, or one of several
    parts.
    """
    try:
        with open(path, "rb") as file:
            if file.read(len(RAR5)) == RAR5:
                return _check_rar5(file, most_headers)
            return _check_rar4(file)
    except OSError as error:
        raise Refusal(f"{reason_of(error)}: check the file") from error


def _check_rar4(file: BinaryIO) -> RarHeaders:
    """As `check_rar`. libarchive reads no solid RAR 4 archives, and says by itself if one is not whole."""
    file.seek(7)  # after the signature
    head = file.read(7)
    if len(head) == 7:
        _, kind, flags, _ = struct.unpack("<HBHH", head)
        if kind == _RAR4_MAIN:
            _refuse(part=bool(flags & _RAR4_PART), encrypted=bool(flags & _RAR4_ENCRYPTED))
    return RarHeaders(unpacks_to_pass=False, whole=True)


def _check_rar5(file: BinaryIO, most_headers: int) -> RarHeaders:
    """As `check_rar`. An archive that does not begin with the header that says whether it is solid is taken for one."""
    solid: bool | None = None
    whole = False
    with suppress(_Crooked):  # an archive that is cut short, perhaps
        for number, header in enumerate(_rar5_headers(file), 1):
            flags = _Numbers(header.body).take() if header.kind == _MAIN else 0
            if header.kind == _MAIN:
                solid = bool(solid) or bool(flags & _RAR5_SOLID)
            of_entry = header.kind == _FILE and _ENCRYPTION_RECORD in _record_kinds(header.extra)
            _refuse(part=bool(flags & _RAR5_PART), encrypted=of_entry or header.kind == _ENCRYPTION)
            whole = header.kind == _END or number == most_headers
            if whole:
                break
    return RarHeaders(unpacks_to_pass=solid is not False, whole=whole)


def _refuse(part: bool, encrypted: bool) -> None:
    if encrypted:
        raise Refusal(ENCRYPTED)
    if part:
        raise Refusal(_SEVERAL)


@dataclass(frozen=True)
class _Header:
    """A RAR 5 header: its kind, what is particular to the kind, and the extra area."""

    kind: int
    body: bytes
    extra: bytes


def _rar5_headers(file: BinaryIO) -> Iterator[_Header]:
    """Yield the headers of a RAR 5 archive, whose content is passed over. Raises _Crooked."""
    end = os.fstat(file.fileno()).st_size
    place = len(RAR5)
    while place < end:
        file.seek(place)
        head = _Numbers(file.read(_HEAD)[4:])  # after the CRC
        size = head.take()
        if not 0 < size <= _MOST_HEADER:
            raise _Crooked
        start = place + 4 + head.place
        file.seek(start)
        data = file.read(size)
        numbers = _Numbers(data)
        kind, flags = numbers.take(), numbers.take()
        extra = numbers.take() if flags & _HAS_EXTRA else 0
        packed = numbers.take() if flags & _HAS_DATA else 0
        if extra > len(data) - numbers.place:
            raise _Crooked
        yield _Header(kind, data[numbers.place : len(data) - extra], data[len(data) - extra :])
        place = start + size + packed


def _record_kinds(extra: bytes) -> set[int]:
    """Return the kinds of the records in an extra area."""
    kinds = set()
    numbers = _Numbers(extra)
    while numbers.place < len(extra):
        size = numbers.take()
        start = numbers.place
        kinds.add(numbers.take())
        numbers.place = start + max(size, 1)
    return kinds


class _Numbers:
    """Numbers as RAR 5 writes them: seven bits a byte, the lowest first. `place` is how many bytes were taken."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    def take(self) -> int:
        """Return the next number. Raises _Crooked where there is none."""
        number = 0
        for shift in range(0, 70, 7):
            if self.place >= len(self._data):
                break
            byte = self._data[self.place]
            self.place += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise _Crooked
