"""The images below a folder, in natural order, remembered from one start to the next as long as no folder changes."""
import json
import os
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from data.image_folder import EXTENSIONS, Listing, list_folder, state_of
from util.files import write_bytes

LEAST = 5000  # images; fewer are listed at once
SETTLED = 2.0  # seconds after which every file system tells a change of a folder by its time
_FORMAT = [1, *EXTENSIONS]


def indexed_images(folder: Path | str, index: Path | None, limit: float = float("inf")) -> list[str]:
    """What list_images gives, as text. index: folder for what is remembered; None remembers nothing."""
    folder = Path(folder)
    place = None if index is None else index / sha256(os.fsencode(os.path.abspath(folder))).hexdigest()
    names = None if place is None else _recall(place, folder)
    if names is None:
        now = time.time()
        found = list_folder(folder)
        names = found.names
        if place is not None and found.whole and len(names) >= LEAST:
            _remember(place, found, now)
    names = names if limit >= len(names) else names[: int(limit)]
    prefix = "" if str(folder) == "." else os.path.join(folder, "")
    return [prefix + name for name in names]


def _recall(place: Path, folder: Path) -> list[str] | None:
    """The names that are remembered, if they are what listing would give."""
    try:
        with open(place, "rb") as file:
            head: dict[str, Any] = json.loads(file.readline())
            if head["format"] != _FORMAT:
                return None
            if any(state_of(folder / name) != state for name, state in head["folders"].items()):
                return None
            if any(os.path.isfile(folder / name) != there for name, there in head["links"].items()):
                return None
            body = file.read()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or a damaged one
        return None
    if sha256(body).hexdigest() != head.get("digest"):
        return None
    return body.decode(errors="surrogateescape").split("\0")


def _remember(place: Path, found: Listing, now: float) -> None:
    """now: when listing began. A folder that had just changed then could change again without a change of its time."""
    newest = max(max(state[:2]) for state in found.folders.values())
    if newest / 1e9 > now - SETTLED:
        return
    body = "\0".join(found.names).encode(errors="surrogateescape")
    head = {"format": _FORMAT, "digest": sha256(body).hexdigest(), "folders": found.folders, "links": found.links}
    with suppress(OSError):
        write_bytes(place, json.dumps(head).encode() + b"\n" + body)
