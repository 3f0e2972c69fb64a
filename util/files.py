"""Writing files so that a reader never meets half of one: beside the final name, then moved into place."""
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
        temporary.chmod(0o666 & ~_UMASK)
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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


# The process's umask, which can only be read by setting it: once, before there are threads.
_UMASK = os.umask(0)
os.umask(_UMASK)
