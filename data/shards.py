"""Shards in webdataset's format: tar files of images, on disk or wherever webdataset can read from.

`--dataroot 'shards/{000000..000339}.tar'` names them with braces, :: joins several patterns, and " + " stands between
the patterns of domain A and those of domain B. Each file KEY.EXT with the suffix of an image is a sample, whatever
else has the same key.
"""
import os
import re
import tarfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from data.image_folder import EXTENSIONS, is_hidden
from util.errors import UserError, reason

BETWEEN_DOMAINS = " + "
LARGEST_FILE = 2**36  # bytes


@dataclass(frozen=True)
class Shard:
    """location: a path, or what webdataset opens. images: how many of them are used, from the first."""

    location: str
    images: int


@dataclass(frozen=True)
class PackedImage:
    """An image as its file in a shard; path: SHARD/KEY.EXT."""

    path: str
    content: bytes


def names_shards(dataroot: str) -> bool:
    """Whether `--dataroot` means shards, by its text alone, unless there is a folder of that name."""
    return bool(re.search(r"\.(tar|tgz)\b|://|^pipe:", dataroot, re.IGNORECASE)) and not os.path.isdir(dataroot)


def find_shards(dataroot: str, sides: Sequence[str]) -> dict[str, list[str]]:
    """Where the shards of each side are, each once, in the order of the patterns.

    Raises UserError for another number of domains than `sides`, for braces that do not fit and for files that are not
    there.
    """
    domains = dataroot.split(BETWEEN_DOMAINS)
    if len(domains) != len(sides):
        raise UserError(
            f"--dataroot names shards of {len(domains)} domain{'s' * (len(domains) > 1)}, and {len(sides)} needed: "
            + ("give 'A-{000..012}.tar + B-{000..130}.tar', scans first" if len(sides) > 1 else "leave out the +")
        )
    found = {side: _expanded(domain.strip()) for side, domain in zip(sides, domains, strict=True)}
    missing = [location for side in sides for location in found[side] if is_local(location) and not _is_file(location)]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UserError(f"no shard {missing[0]}{more}: check --dataroot")
    return found


def is_local(location: str) -> bool:
    """Whether a shard is a file that can be sought in; others are read from the front."""
    return "://" not in location and not location.startswith("pipe:")


def count_images(location: str) -> int:
    """The images in a shard; reads only the headers of a file. Raises UserError if it can't be read."""
    with _told(location):
        return sum(1 for _ in _images(location))


def read_images(location: str, positions: Iterable[int]) -> Iterator[tuple[int, PackedImage]]:
    """Some images of a shard, by their rising positions among its images. Raises UserError if it can't be read, or has
    fewer."""
    waiting = iter(positions)
    wanted, images = next(waiting), 0
    with _told(location), closing(_images(location)) as members:
        for position, (shard, member) in enumerate(members):
            images = position + 1
            if position == wanted:
                file = shard.extractfile(member)
                name = "".join(letter if letter.isprintable() else "?" for letter in member.name)
                yield position, PackedImage(f"{location}/{name}", file.read() if file else b"")
                if (wanted := next(waiting, -1)) < 0:
                    return
    raise UserError(
        f"the shard {location} has {images} images, fewer than were counted: remove its index, or pack it anew"
    )


def _expanded(patterns: str) -> list[str]:
    from webdataset.shardlists import expand_urls  # takes a second, and most runs have no shards

    try:
        locations = [location for location in expand_urls(patterns) if location]
    except (ValueError, AssertionError) as error:
        raise UserError(f"--dataroot {patterns} can't be expanded ({reason(error)}): write {{000..339}}") from error
    if not locations:
        raise UserError("--dataroot names no shards: give 'shards/{000000..000339}.tar'")
    return list(dict.fromkeys(locations))


def _is_file(path: str) -> bool:
    return os.path.exists(path) and not os.path.isdir(path)


class _Header(tarfile.TarInfo):
    """A negative size would lead older versions of tarfile back, again and again, and a huge one would have them pass
    over what is not there, block by block."""

    def _block(self, count: int) -> int:
        if not 0 <= count <= LARGEST_FILE:
            raise tarfile.ReadError("the size of a file in it can't be true")
        return -(-count // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE


def _images(location: str) -> Generator[tuple[tarfile.TarFile, tarfile.TarInfo], None, None]:
    """The samples of a shard, from the front, and what to extract them from. A stream must end as one that is whole."""
    if is_local(location):
        with tarfile.open(location, "r:*", tarinfo=_Header) as shard:
            yield from ((shard, member) for member in shard if _is_sample(member))
        return
    from webdataset.gopen import gopen

    stream = gopen(location)
    try:
        with tarfile.open(fileobj=stream, mode="r|*", tarinfo=_Header) as shard:
            yield from ((shard, member) for member in shard if _is_sample(member))
        while stream.read(2**20):
            pass
        stream.close()  # raises an error if the command that gave it has failed
    finally:
        with suppress(Exception):
            stream.close()


def _is_sample(member: tarfile.TarInfo) -> bool:
    """Whether it is an image by its name; as in webdataset, the suffix is all that follows the first dot."""
    path = PurePosixPath(member.name)
    suffix = f".{path.name.partition('.')[2]}".lower()
    return suffix in EXTENSIONS and member.isreg() and not member.issparse() and not is_hidden(path)


@contextmanager
def _told(location: str) -> Iterator[None]:
    """Errors of reading name the shard."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # damaged bytes make tarfile and the decompressors raise nearly anything
        raise UserError(f"can't read the shard {location} ({reason(error)}): mend it or bring it back") from error
