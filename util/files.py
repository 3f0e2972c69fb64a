"""Writing files so that a reader never meets half of one: beside the final name, then moved into place.

What is in place is whole even after a power cut: its content is on the disk before it is moved there.
"""
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a temporary path in the folder of `path`; on success it replaces `path`, on an error it is removed.

    Parent folders are made. The temporary name keeps the suffix, so writers that look at it (Pillow) work.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        with suppress(PermissionError):  # some shared disks know no other owner than the one who mounted them
            temporary.chmod(0o666 & ~_UMASK)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_together(folder: Path) -> Iterator[Path]:
    """Give an empty folder; on success the files that were written there replace those of their names in `folder`,
    all of them or none, even if the process is killed midway: `settle` then puts the folder in order. On an error
    nothing has changed.

    `folder` must exist: should it have vanished, what was on it is elsewhere, and a new one would only hide that.
    """
    settle(folder)
    unfinished = folder / _UNFINISHED
    unfinished.mkdir()
    try:
        yield unfinished
        for path in unfinished.iterdir():
            _sync(path)
        _sync(unfinished)
        unfinished.rename(folder / _FINISHED)  # from here on, the new files count
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    with suppress(OSError):  # what could not be moved yet, is next time
        settle(folder)


def settle(folder: Path) -> None:
    """Finish what a process that was killed in `replacing_together` had decided to do, and forget what it had not.
    Whoever calls is the only one who writes there."""
    if (folder / _UNFINISHED).is_dir():
        shutil.rmtree(folder / _UNFINISHED)
    finished = folder / _FINISHED
    if not finished.is_dir():
        return
    _sync(folder)  # the decision itself, before anything is moved
    for path in finished.iterdir():
        path.replace(folder / path.name)
    _sync(folder)
    finished.rmdir()


def settled(folder: Path, pattern: str) -> bool:
    """Whether there are files of a pattern in `folder`, also of those that `settle` would put there."""
    return any(folder.glob(pattern)) or any((folder / _FINISHED).glob(pattern))


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write `content`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def remove_empty_folders(folder: Path, above: Path) -> None:
    """Remove the folders below `folder`, itself and those around it up to `above` (which stays), if they are empty."""
    around = [parent for parent in (folder, *folder.parents) if parent.is_relative_to(above) and parent != above]
    for place in (*sorted(folder.rglob("*"), reverse=True), *around):
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()


def _sync(path: Path) -> None:
    """Wait until a file, or the list of a folder's files, is on the disk; some file systems can't do the latter."""
    folder = path.is_dir()
    try:
        descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if not (folder and error.errno in _NO_FOLDER_SYNC):
            raise


_NO_FOLDER_SYNC = (errno.EACCES, errno.EBADF, errno.EINVAL, errno.ENOTSUP, errno.EPERM)
_UNFINISHED, _FINISHED = ".saving", ".saved"

# The process's umask, which can only be read by setting it: once, before there are threads.
_UMASK = os.umask(0)
os.umask(_UMASK)
