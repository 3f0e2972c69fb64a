"""One process at a time in the folder of a run."""
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from util.errors import UserError, reason

try:
    import fcntl
except ImportError:  # Windows: nobody keeps a second run out
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"


@contextmanager
def sole_run(folder: Path) -> Iterator[None]:
    """Keep others out of a folder, which is made if need be; it goes again if nothing was put into it.

    The lock is the system's and ends with the process, however that ends; processes that it has started do not hold
    it. Raises UserError if another run holds it, or if the folder can't be written to.
    """
    path = folder / LOCK
    above = next(parent for parent in folder.parents if parent.is_dir())
    try:
        descriptor = _open(path)
        while not _take(descriptor, path):
            os.close(descriptor)
            descriptor = _open(path)
    except OSError as error:
        _remove_empty(folder, above)
        raise UserError(f"can't write to {folder} ({reason(error)}): give another --checkpoints_dir") from error
    try:
        with suppress(OSError):  # of a full disk; the lock is what counts, not what is in it
            os.truncate(descriptor, 0)
            os.write(descriptor, this_process().encode())
        yield
    finally:
        with suppress(OSError):  # of a disk that is gone
            path.unlink()
        os.close(descriptor)
        _remove_empty(folder, above)


def this_process() -> str:
    """What the lock of a folder says of this process, if that holds it."""
    return f"{os.getpid()} on {platform.node()}"


def is_locked_by(holder: str, folder: Path) -> bool:
    """Whether the lock of a folder says that of another process which holds it. Never asked by the holder itself, whose
    lock would end with that: the system gives it back whenever the file is closed."""
    try:
        return (folder / LOCK).read_text(errors="replace") in (holder, "")  # "": of a full disk
    except OSError:
        return False


def _remove_empty(folder: Path, above: Path) -> None:
    """Remove a folder, and those around it up to `above` (which stays), as far as they are empty."""
    with suppress(OSError):
        while folder != above:
            folder.rmdir()
            folder = folder.parent


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def _take(descriptor: int, path: Path) -> bool:
    """Lock an open file; False if its run has just ended, and the file with it. Raises UserError if it is locked."""
    if fcntl is None:
        return True
    try:
        # Not flock: that lock would live on in the processes that load images, for some seconds after a kill.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        holder = os.read(descriptor, 200).decode(errors="replace")
        os.close(descriptor)
        elsewhere = f" (if that machine is gone, remove {path})" if not holder.endswith(platform.node()) else ""
        raise UserError(
            f"{path.parent} is being trained by process {holder}: wait for it{elsewhere}, or give another --name"
        ) from error
    except OSError:  # a file system without locks
        return True
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
