"""Archives that the tests of formats read: RAR written by hand, 7z by libarchive, tar by Python."""
import io
import struct
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import libarchive

RAR4, RAR5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
RAR4_VOLUME, RAR4_SOLID, RAR4_ENCRYPTED_HEADERS = 0x0001, 0x0008, 0x0080  # flags of a RAR 4 archive
RAR5_VOLUME, RAR5_SOLID = 0x0001, 0x0004  # flags of a RAR 5 archive
_DOS_TIME = 0x58A1_6A40  # 2024-05-01 13:18


def write_rar4(path: Path, entries: Mapping[str, bytes], flags: int = 0, file_flags: int = 0) -> Path:
    """Write a RAR 4 archive of stored entries. flags: of the archive; file_flags: of each entry."""
    data = RAR4 + _rar4_block(0x73, flags, bytes(6))
    for name, content in entries.items():
        encoded = name.encode()
        body = struct.pack("<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), _DOS_TIME, 20, 0x30,
                           len(encoded), 0o100644)  # fmt: skip
        data += _rar4_block(0x74, 0x8000 | file_flags, body + encoded) + content
    path.write_bytes(data + _rar4_block(0x7B, 0x4000, b""))
    return path


def _rar4_block(kind: int, flags: int, body: bytes) -> bytes:
    header = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(header) & 0xFFFF) + header


def write_rar5(path: Path, entries: Mapping[str, bytes], flags: int = 0, extra: bytes = b"") -> Path:
    """Write a RAR 5 archive of stored entries. flags: of the archive; extra: area of each entry, such as encryption."""
    data = RAR5 + _rar5_block(1, 0, _vint(flags))
    for name, content in entries.items():
        encoded = name.encode()
        body = _vint(4) + _vint(len(content)) + _vint(0o100644) + struct.pack("<I", zlib.crc32(content))
        body += _vint(0) + _vint(1) + _vint(len(encoded)) + encoded
        data += _rar5_block(2, 2 | bool(extra), body, len(content), extra) + content
    path.write_bytes(data + _rar5_block(5, 0, _vint(0)))
    return path


def rar5_encrypted(path: Path) -> Path:
    """Write the start of a RAR 5 archive whose headers are encrypted."""
    path.write_bytes(RAR5 + _rar5_block(4, 0, _vint(0) + _vint(0) + b"\x0f" + bytes(16)) + bytes(range(64)))
    return path


def _rar5_block(kind: int, flags: int, body: bytes, packed: int | None = None, extra: bytes = b"") -> bytes:
    sizes = (_vint(len(extra)) if extra else b"") + (b"" if packed is None else _vint(packed))
    header = _vint(kind) + _vint(flags) + sizes + body + extra
    header = _vint(len(header)) + header
    return struct.pack("<I", zlib.crc32(header)) + header


def _vint(number: int) -> bytes:
    """Encode a number as RAR 5 does: seven bits a byte, the lowest first."""
    data = bytearray()
    while number >= 0x80:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def write_7z(path: Path, entries: Mapping[str, bytes], options: str = "") -> Path:
    """Write a solid 7z archive. options: of libarchive, such as "7zip:compression=store"."""
    with libarchive.file_writer(str(path), "7zip", options=options) as archive:
        for name, content in entries.items():
            archive.add_file_from_memory(name, len(content), content, mtime=1_714_569_480)
    return path


def write_tar(path: Path, entries: Mapping[str, bytes], links: Iterable[tuple[str, str, bytes]] = ()) -> Path:
    """Write a tar archive. links: (name, target, type of tarfile)."""
    with tarfile.open(path, "w") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_714_569_480
            archive.addfile(info, io.BytesIO(content))
        for name, target, kind in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return path
