"""How many images each shard has: from the index beside it, from an earlier count, or counted now.

The index of shards/color-000.tar … is shards/color-index.json, in the format of webdataset's own indexes (wids). What
has none is counted once and remembered in the user's cache.
"""
import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from data.shards import Shard, count_images, is_local
from util.errors import UserError
from util.files import write_text

Entry = dict[str, Any]


def index_of(location: str) -> str:
    """Where the index of a shard is: beside it, called as it is without its number."""
    folder, slash, name = location.rpartition("/")
    return f"{folder}{slash}{re.sub(r'[0-9]*[.](tar|tar[.]gz|tgz)$', '', name)}index.json"


def index_text(entries: Mapping[str, tuple[int, int]]) -> str:
    """An index; entries: images and bytes of each shard, by its name."""
    shards = [{"url": name, "nsamples": images, "filesize": size} for name, (images, size) in entries.items()]
    return json.dumps({"__kind__": "wids-shard-index-v1", "wids_version": 1, "shardlist": shards}, indent=1) + "\n"


def counted(locations: Sequence[str], cache: Path, limit: float = float("inf")) -> list[Shard]:
    """The shards with their numbers of images, as many as have the first `limit` images, the last one in part.

    cache: folder in which numbers that had to be counted are remembered. Raises UserError for one without images, or
    that can't be read.
    """
    indexes: dict[str, dict[str, Entry]] = {}
    found: list[Shard] = []
    left, told = limit, False
    for location in locations:
        if left <= 0:
            break
        images = _known(location, indexes, cache)
        if images is None:
            if not told:
                print(f"counting the images of the shards ({len(locations)}), once: remembered in {cache}")
            told = True
            images = _count(location, cache)
        if not images:
            raise UserError(f"no images in the shard {location}: it needs files called KEY.jpg, or leave it out")
        found.append(Shard(location, int(min(images, left))))
        left -= images
    return found


def _known(location: str, indexes: dict[str, dict[str, Entry]], cache: Path) -> int | None:
    """The images of a shard by its index or by an earlier count; None where neither tells, or the file is another."""
    place = index_of(location)
    if place not in indexes:
        indexes[place] = _read_index(place)
    name = location.rpartition("/")[2]
    entries = [indexes[place].get(name), _parsed(_read(str(_remembered(location, cache))))]
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("nsamples"), int):
            continue
        if not is_local(location) or _same_file(entry, os.stat(location)):
            return entry["nsamples"]
    return None


def _same_file(entry: Entry, now: os.stat_result) -> bool:
    """Whether the entry is of this file: copies have another time, so the index gives none."""
    return entry.get("filesize") == now.st_size and entry.get("mtime", now.st_mtime_ns) == now.st_mtime_ns


def _count(location: str, cache: Path) -> int:
    """Count the images of a shard and remember it."""
    if is_local(location) and os.path.isfile(location) and not os.path.getsize(location):
        raise UserError(f"the shard {location} is empty: bring it back, or leave it out")
    entry: Entry = {"url": location, "nsamples": count_images(location)}
    if is_local(location):
        now = os.stat(location)
        entry |= {"filesize": now.st_size, "mtime": now.st_mtime_ns}
    with suppress(OSError):  # then it is counted again
        write_text(_remembered(location, cache), json.dumps(entry))
    return entry["nsamples"]


def _read_index(place: str) -> dict[str, Entry]:
    """The entries of an index by the names of the shards; none where there is no index."""
    index = {} if place.startswith("pipe:") else _parsed(_read(place))
    shards = index.get("shardlist") if isinstance(index, dict) else None
    entries = [entry for entry in shards if isinstance(entry, dict)] if isinstance(shards, list) else []
    return {str(entry.get("url")).rpartition("/")[2]: entry for entry in entries}


def _read(place: str) -> bytes:
    """What a file holds, empty if there is none."""
    if is_local(place):
        with suppress(OSError):
            return Path(place).read_bytes()
        return b""
    from webdataset.gopen import gopen

    with suppress(Exception), gopen(place) as stream:
        return stream.read()
    return b""


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return {}


def _remembered(location: str, cache: Path) -> Path:
    """Where the count of a shard is remembered."""
    name = os.path.abspath(location) if is_local(location) else location
    return cache / f"{sha256(name.encode(errors='surrogateescape')).hexdigest()[:32]}.json"
