"""Pictures that are decoded once and kept, in memory or on the disk: what random steps start from is the same in every
epoch."""
import mmap
import os
import struct
import sys
import time
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import torch
from PIL import features

from data.picture import Picture
from util.errors import UserError, reason

Pictures = tuple[Picture, ...]
CACHES = ("none", "ram", "disk")
SETTLED = 2.0  # seconds after which a file system tells a change of a file by its time
_COUNT = struct.Struct("<I")  # how many pictures
_SUM = struct.Struct("<I")  # CRC-32
_PICTURE = struct.Struct("<3I?2I2d")  # channels, height, width, interleaved, size, extent
_FORMAT = 2
_FORKING = get_context("fork" if sys.platform == "linux" else None)
# All that, beside files and options, makes the same pixels.
_MAKERS = (
    PIL.__version__, features.version("libjpeg_turbo") or features.version("jpg"), torch.__version__,
    torch.backends.cpu.get_cpu_capability(),
)  # fmt: skip


class Cache:
    """Gives pictures; this one keeps none."""

    def get(self, paths: Sequence[Path | str], how: str, make: Callable[[], Pictures]) -> Pictures:
        """The pictures that `make` gives, or gave before, for files as they are now.

        paths: the files that they are made of. how: everything else that they depend on, in words.
        """
        return make()

    def begin(self, size: int | None) -> None:
        """Pictures for images of another size are no longer asked for."""


class _KeyedCache(Cache, ABC):
    """Keeps pictures by a digest of their files and of how they are made."""

    def get(self, paths: Sequence[Path | str], how: str, make: Callable[[], Pictures]) -> Pictures:
        try:
            states = [(os.path.abspath(path), os.stat(path)) for path in paths]
        except OSError:  # whoever reads it tells what is wrong
            return make()
        told = repr((_FORMAT, _MAKERS, how, [(path, state.st_size, state.st_mtime_ns) for path, state in states]))
        key = blake2b(told.encode(errors="surrogateescape"), digest_size=16).digest()
        content = self._load(key)
        if content is not None:
            return unpack(content)
        made = make()
        # A file that is written right now may change once more without a change of its time.
        if all(state.st_mtime < time.time() - SETTLED for _, state in states):
            self._store(key, pack(made))
        return made

    @abstractmethod
    def _load(self, key: bytes) -> bytearray | None:
        """What was stored under a key; None if that was nothing, or can't be read any more."""

    @abstractmethod
    def _store(self, key: bytes, content: bytes) -> None:
        """Keep something, if there is room."""


class DiskCache(_KeyedCache):
    """A file for each image below a folder, which may be deleted at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Shared with the processes that are forked: whether there was no room, and which of them tells it.
        self._failed, self._telling = mmap.mmap(-1, 1), _FORKING.Semaphore(1)

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def _load(self, key: bytes) -> bytearray | None:
        try:
            content = bytearray(self._path(key).read_bytes())
        except OSError:
            return None
        whole = len(content) > _SUM.size and content[-_SUM.size :] == _SUM.pack(zlib.crc32(content[: -_SUM.size]))
        return content if whole else None

    def _store(self, key: bytes, content: bytes) -> None:
        if self._failed[0]:
            return
        path = self._path(key)
        # Without a wait for the disk: what a power cut leaves of it shows by its checksum.
        temporary = path.with_name(f".{path.name}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(content + _SUM.pack(zlib.crc32(content)))
            with suppress(FileNotFoundError):  # another process made the same
                temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            self._failed[0] = 1
            if self._telling.acquire(block=False):
                print(
                    f"warning: can't keep images in {self.folder} ({reason(error)}): make room there, or give "
                    "another --cache_dir; training goes on with what is there"
                )

    def _path(self, key: bytes) -> Path:
        name = key.hex()
        return self.folder / name[:2] / name


class RamCache(_KeyedCache):
    """Memory that this process shares with those that are forked from it; filled until it is full.

    limit: of what is kept, in bytes. images: how many there are, so that all can be found.
    """

    PROBES = 64

    def __init__(self, limit: int, images: int) -> None:
        self.limit = limit
        slots = 1 << (2 * images + self.PROBES).bit_length()
        rows = 32 * (1 + slots)  # bytes
        try:
            memory = mmap.mmap(-1, rows + limit)
        except (OSError, OverflowError) as error:
            raise UserError(f"no {limit / 1e9:g} GB of memory ({reason(error)}): give a smaller --cache_gb") from error
        # Bytes used, entries, size of the images that they are for, how often all has been forgotten.
        self._numbers = np.frombuffer(memory, np.int64, 4)
        # Of each entry: where its content starts, its length, its key.
        self._table = np.frombuffer(memory, np.uint64, 4 * slots, 32).reshape(slots, 4)
        self._content = memoryview(memory)[rows:]
        self._lock = _FORKING.Lock()

    @property
    def used(self) -> int:
        """Bytes."""
        return int(self._numbers[0])

    @property
    def kept(self) -> int:
        """Images (or pairs in one image)."""
        return int(self._numbers[1])

    def begin(self, size: int | None) -> None:
        if self._numbers[2] == (size or 0):
            return
        with self._lock:
            if self._numbers[2] != (size or 0):
                self._table.fill(0)
                self._numbers[:] = 0, 0, size or 0, self._numbers[3] + 1

    def _load(self, key: bytes) -> bytearray | None:
        with self._lock:
            slot, turn = self._slot(key), int(self._numbers[3])
            start, length = (0, 0) if slot is None else map(int, self._table[slot, :2])
        content = bytearray(self._content[start : start + length])
        return content if length and turn == self._numbers[3] else None

    def _store(self, key: bytes, content: bytes) -> None:
        with self._lock:
            slot, used = self._slot(key), int(self._numbers[0])
            if slot is None or self._table[slot, 1] or used + len(content) > self.limit:
                return
            self._content[used : used + len(content)] = content
            self._table[slot] = used, len(content), *_halves(key)
            self._numbers[0] += len(content)
            self._numbers[1] += 1

    def _slot(self, key: bytes) -> int | None:
        """Where a key is, or could be."""
        halves = _halves(key)
        for probe in range(self.PROBES):
            slot = (halves[0] + probe) % len(self._table)
            _, length, *found = self._table[slot].tolist()
            if not length or tuple(found) == halves:
                return slot
        return None


def _halves(key: bytes) -> tuple[int, int]:
    """A key of 16 bytes as two numbers."""
    return int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")


def pack(pictures: Pictures) -> bytes:
    """Pictures as bytes."""
    heads, contents = [], []
    for picture in pictures:
        pixels = picture.pixels
        interleaved = not pixels.is_contiguous()
        heads.append(_PICTURE.pack(*pixels.shape, interleaved, *picture.size, *picture.extent))
        array = (pixels.permute(1, 2, 0) if interleaved else pixels).contiguous().numpy()
        contents.append(array.tobytes())
    return b"".join([_COUNT.pack(len(pictures)), *heads, *contents])


def unpack(content: bytearray) -> Pictures:
    """What `pack` was given, over the same memory."""
    (count,) = _COUNT.unpack_from(content)
    pictures, start = [], _COUNT.size + count * _PICTURE.size
    for number in range(count):
        head = _PICTURE.unpack_from(content, _COUNT.size + number * _PICTURE.size)
        channels, height, width, interleaved, *numbers = head
        size = channels * height * width
        pixels = torch.frombuffer(content, dtype=torch.uint8, count=size, offset=start)
        if interleaved:
            pixels = pixels.view(height, width, channels).permute(2, 0, 1)
        else:
            pixels = pixels.view(channels, height, width)
        pictures.append(Picture(pixels, (numbers[0], numbers[1]), (numbers[2], numbers[3])))
        start += size
    return tuple(pictures)


def cache_folder(chosen: str | None) -> Path:
    """Where to keep what can be made anew: --cache_dir, or where the system has such things."""
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / "manga-colorization"
