"""Long files of lines, plain or gzipped, worked through by several processes in flat memory."""
import gzip
import os
import signal
import stat
import threading
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path
from typing import BinaryIO, TypeVar

from util.errors import UserError

R = TypeVar("R")

CHUNK = 2**20  # bytes of lines that a worker is handed at once
AHEAD = 3  # chunks in hand for each worker
LONGEST = 2**24  # bytes of a line


@dataclass(frozen=True)
class Chunk:
    """Lines of a file: those that begin at the bytes [start, end), or, if given, `lines` themselves."""

    path: str
    start: int
    end: int
    lines: bytes | None = None

    def read(self) -> bytes:
        """The lines, each whole (but cut at LONGEST bytes). Raises UserError if the file can't be read."""
        if self.lines is not None:
            return self.lines
        try:
            with open(self.path, "rb") as file:
                # One byte more in front shows whether a line begins at the first.
                file.seek(max(self.start - 1, 0))
                block = file.read(self.end - file.tell())
                if self.start:
                    block = block.partition(b"\n")[2]
                return block + file.readline(LONGEST) if block and not block.endswith(b"\n") else block
        except OSError as error:
            raise cannot("read", self.path, error) from error


def chunks(files: Iterable[Path]) -> Iterator[Chunk]:
    """All lines of the files, in order: places to read them, or, where they come as a stream, themselves.

    Raises UserError if a file can't be read or unpacked.
    """
    for path in files:
        try:
            with path.open("rb") as file:
                status, head = os.fstat(file.fileno()), file.peek(6)[:6]
                if head.startswith(b"\xfd7zXZ") or head.startswith(b"\x28\xb5\x2f\xfd"):
                    raise UserError(f"{path} is packed: unpack it (tar -xf, unxz, unzstd), or pack it with gzip")
                if head.startswith(b"\x1f\x8b"):
                    with gzip.open(file) as unpacked:
                        yield from _streamed(str(path), unpacked, file)
                elif stat.S_ISREG(status.st_mode):
                    for start in range(0, status.st_size, CHUNK):
                        yield Chunk(str(path), start, min(start + CHUNK, status.st_size))
                else:
                    yield from _streamed(str(path), file, file)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UserError(f"can't unpack {path} ({error}): it is damaged or cut off, get it again") from error
        except OSError as error:
            raise cannot("read", path, error) from error


def _streamed(path: str, content: BinaryIO | gzip.GzipFile, file: BinaryIO) -> Iterator[Chunk]:
    """The content as chunks of whole lines; their places are those in the file, which may be packed."""
    start, rest = 0, b""
    while block := content.read(CHUNK):
        lines, _, rest = (rest + block).rpartition(b"\n")
        if len(rest) > LONGEST:  # no post, and it must not pile up
            lines, rest = rest, b""
        if lines:
            end = file.tell() if file.seekable() else start
            yield Chunk(path, start, end, lines)
            start = end
    if rest:
        yield Chunk(path, start, start, rest)


def mapped(function: Callable[[Chunk], R], tasks: Iterable[Chunk], workers: int) -> Generator[R, None, None]:
    """The function of each chunk, in their order, computed by so many processes, a few chunks ahead at most.

    Close it, whether or not it ended: that ends the processes. Raises what the function does, and UserError if a
    process dies.
    """
    if workers == 1:
        yield from map(function, tasks)
        return
    pool = ProcessPoolExecutor(workers, initializer=_begin_worker)
    pending: deque[Future[R]] = deque()
    try:
        for task in tasks:
            pending.append(pool.submit(function, task))
            if len(pending) >= AHEAD * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool as error:
        raise UserError("a worker process died, perhaps for want of memory: try fewer --workers") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    """A worker ends when it is told to by its parent, which hears Ctrl-C too, or when that is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def cannot(do: str, path: Path | str, error: OSError) -> UserError:
    """What to tell of a file that can't be read or written."""
    return UserError(f"can't {do} {path} ({error.strerror or error})")
