"""Choose images of Danbooru2020 by its metadata: one pass over all posts gives a list of images to train on.

    python scripts/select_danbooru.py danbooru2020/metadata --out danbooru2020/colored.txt \\
        --all_of solo --none_of monochrome greyscale comic speech_bubble text_focus

The metadata are JSON lines, a post a line, plain or gzipped. The list has an image path a line, in the order of
the metadata; lines that begin with # are comments. Memory stays flat, however many posts there are.
"""
import argparse
import mmap
import os
import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property, partial
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import orjson
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from util.cores import usable_cores
from util.errors import UserError, reported
from util.files import replacing
from util.line_chunks import Chunk, cannot, chunks, mapped
from util.option_types import Parser, aspect, natural, positive

R = TypeVar("R")

IDS = 2**28  # a post's id is below this; Danbooru has reached 10 million

RATINGS = {"g": "general", "s": "safe, later sensitive", "q": "questionable", "e": "explicit"}
# What data.image_folder reads. Not imported: that takes torch along, into each worker.
READABLE = (
    "jpg", "jpeg", "png", "webp", "bmp", "ppm", "tif", "tiff", "gif", "jfif", "avif", "jpe", "pgm", "pbm", "pnm", "jxl",
    "jp2", "j2k", "j2c", "jpc", "jpf", "jpx",
)  # fmt: skip
METADATA_SUFFIXES = ("", ".json", ".jsonl", ".ndjson", ".gz")
CATEGORIES = {"0": "general", "1": "artist", "3": "copyright", "4": "character", "5": "meta"}
TRUE = (True, "true", "True", "t", "1")
UNREADABLE, MISSING, AGAIN, BEYOND = "unreadable line", "no such file", "listed before", "beyond --limit"
_NAME = itemgetter("name")


@dataclass(frozen=True)
class Criteria:
    """Which posts are wanted, and what the list calls their images.

    all_of, any_of, none_of: tags, each a name or "category:name". folder: what stands in the list before the
    bucket of an image. on_disk: the same folder where images must exist, None if they need not.
    """

    ratings: frozenset[str]
    extensions: frozenset[str]
    min_size: int
    max_aspect: float
    all_of: frozenset[str]
    any_of: frozenset[str]
    none_of: frozenset[str]
    keep_deleted: bool
    keep_extension: bool
    folder: str
    on_disk: str | None

    @cached_property
    def tags(self) -> frozenset[str]:
        """All that are asked for."""
        return self.all_of | self.any_of | self.none_of

    @cached_property
    def qualified(self) -> frozenset[str]:
        """The names of those asked for with a category. Other tags have a colon too, like :d."""
        parts = [name.partition(":") for name in self.tags]
        return frozenset(name for category, _, name in parts if category in CATEGORIES.values())

    @cached_property
    def names(self) -> frozenset[str]:
        """What to look for among the names of tags."""
        return self.tags | self.qualified

    def why_not(self, post: dict[str, Any]) -> str | None:
        """The first reason, tags aside, why a post is not wanted; None if there is none.

        Raises KeyError, TypeError, ValueError or AttributeError for what is no post.
        """
        width, height = int(post["image_width"] or 0), int(post["image_height"] or 0)
        rating, extension = post["rating"] or "", post["file_ext"] or ""
        if post.get("is_deleted") in TRUE and not self.keep_deleted:
            return "deleted"
        if rating[:1] not in self.ratings:  # some exports say it in full
            return "rating"
        if extension.lower() not in self.extensions:
            return "file type"
        if min(width, height) < self.min_size:
            return "too small"
        if max(width, height) > self.max_aspect * min(width, height):
            return "too long or too wide"
        return None

    def why_not_tags(self, tags: AbstractSet[str]) -> str | None:
        """The first reason why a post with these, of the tags that are asked for, is not wanted."""
        if not self.all_of <= tags:
            return "lacks a tag of --all_of"
        if self.any_of and self.any_of.isdisjoint(tags):
            return "has no tag of --any_of"
        return None if self.none_of.isdisjoint(tags) else "has a tag of --none_of"

    def tags_of(self, post: dict[str, Any]) -> AbstractSet[str]:
        """Which of the tags that are asked for a post has (and the names of those with a category).

        Raises KeyError, TypeError or AttributeError for what are no tags. Without `tags`, they are read from the
        texts tag_string and tag_string_CATEGORY, which later exports have instead.
        """
        tags = post.get("tags")
        if tags is None:
            return self._tags_in_texts(post)
        found = self.names.intersection(map(_NAME, tags))
        if self.qualified.isdisjoint(found):
            return found
        return found.union(f"{CATEGORIES.get(str(t['category']))}:{t['name']}" for t in tags if t["name"] in found)

    def _tags_in_texts(self, post: dict[str, Any]) -> set[str]:
        found = set(self.names.intersection((post.get("tag_string") or "").split()))
        for category in CATEGORIES.values():
            group = self.names.intersection((post.get(f"tag_string_{category}") or "").split())
            found |= group | {f"{category}:{name}" for name in group}
        return found


@dataclass
class Found:
    """What came of a chunk: its posts in all, the wanted ones' ids and images in step, why the others fell out, which
    tags that were asked for it met, and how many bytes of its file it stands for."""

    posts: int = 0
    ids: list[int] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    met: set[str] = field(default_factory=set)
    size: int = 0


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("metadata", type=Path, nargs="+", help="files of JSON lines, also gzipped, or folders of them")
    add("--out", type=Path, required=True, metavar="LIST.txt", help="the list to write")
    add("--root", type=Path, help="the folder that holds 512px/ or original/; default: the folder of --out")
    add("--layout", choices=("512px", "original"), default="512px", help="which images: 512px has .jpg alone")
    tags: dict[str, Any] = {"type": tag, "nargs": "+", "action": "extend", "default": [], "metavar": "TAG"}
    add("--all_of", **tags, help="tags that an image must have, like solo or character:saitama")
    add("--any_of", **tags, help="tags of which it must have at least one")
    add("--none_of", **tags, help="tags that it must not have; write --none_of=-_- for one that begins with -")
    add("--ratings", nargs="+", choices=RATINGS, default=["g", "s"],
        help=", ".join(f"{letter} {meaning}" for letter, meaning in RATINGS.items()) + "; default: g s")  # fmt: skip
    add("--extensions", nargs="+", type=str.lower, choices=READABLE,
        default=["jpg", "jpeg", "png", "webp", "bmp", "gif"],
        help="file types of the posts, as they were uploaded; default: all images")  # fmt: skip
    add("--min_size", type=natural, default=256, metavar="PIXELS",
        help="of the shorter side as uploaded; default: 256, a crop of training that need not be enlarged")
    add("--max_aspect", type=aspect, default=2.0, metavar="RATIO",
        help="of the longer side to the shorter; inf is no limit; default: 2, which leaves at least half of an image "
        "of 512px to the drawing")
    add("--keep_deleted", action="store_true", help="also posts that Danbooru deleted")
    add("--existing", action="store_true", help="only images that exist below --root: looks for each file")
    add("--limit", type=positive, metavar="N", help="stop at so many images")
    add("--workers", type=positive, default=usable_cores(), help="processes that read; default: as many as cores")
    return parser.parse_args()


def tag(text: str) -> str:
    """Type of an option: a tag as Danbooru writes it, also if given with spaces or capitals."""
    return text.strip().lower().replace(" ", "_")


def main() -> None:
    args = parse_arguments()
    files = metadata_files(args.metadata)
    try:
        if args.out.exists() and (args.out.is_dir() or any(args.out.samefile(file) for file in files)):
            raise UserError(f"--out {args.out} is a folder or metadata: name a file to write")
        criteria = _criteria(args)
        with replacing(args.out) as temporary, temporary.open("wb") as file:
            command = " ".join(shlex.join(["python", *sys.argv]).split())
            file.write(f"# {command}\n".encode(errors="backslashreplace"))
            listing = Listing(file, args.limit)
            _select(files, criteria, args.workers, listing)
            _check(listing, criteria)
    except OSError as error:
        raise cannot("write", args.out, error) from error
    print(f"{listing.posts} posts read, {listing.length} in {args.out}")
    for reason, count in listing.dropped.most_common():
        print(f"{count:>12}  {reason}")


def _criteria(args: argparse.Namespace) -> Criteria:
    """What the options ask for; says so if the folder of the images is not there (yet)."""
    root, home = (os.path.abspath(folder) for folder in (args.root or args.out.parent, args.out.parent))
    images = Path(root, args.layout)
    folder = (images.relative_to(home) if Path(root).is_relative_to(home) else images).as_posix()
    if folder[0] in "# ":  # else a comment, or stripped
        folder = f"./{folder}"
    if not folder.isprintable():
        raise UserError(f"--root {root!r} has a name that a list of paths can't hold: rename the folder")
    if not images.is_dir():
        print(f"warning: no folder {images} so far: check --root and --layout", file=sys.stderr)
    return Criteria(
        frozenset(args.ratings), frozenset(args.extensions), args.min_size, args.max_aspect, frozenset(args.all_of),
        frozenset(args.any_of), frozenset(args.none_of), args.keep_deleted, args.layout == "original", folder,
        str(images) if args.existing else None,
    )  # fmt: skip


class Listing:
    """The list as it grows, and the count of what is not in it.

    limit: how many images at most, None for all. full: it has come to that. posts, dropped, met: as in Found, of
    all chunks so far.
    """

    def __init__(self, file: BinaryIO, limit: int | None) -> None:
        self.posts, self.length, self.full = 0, 0, False
        self.dropped: Counter[str] = Counter()
        self.met: set[str] = set()
        self._file, self._limit = file, limit
        # A bit for each id; takes memory only where one is set.
        self._listed = mmap.mmap(-1, IDS // 8)

    def add(self, found: Found) -> None:
        """Write the images of a chunk, each post once."""
        self.posts += found.posts
        self.dropped += found.dropped
        self.met |= found.met
        images = [image for number, image in zip(found.ids, found.images, strict=True) if self._is_new(number)]
        again, beyond = len(found.images) - len(images), 0
        if self._limit is not None and len(images) >= self._limit - self.length:
            self.full, beyond = True, self.length + len(images) - self._limit
            del images[self._limit - self.length :]
        self.dropped += Counter({AGAIN: again, BEYOND: beyond})  # leaves out what is 0
        self.length += len(images)
        self._file.write("".join(f"{image}\n" for image in images).encode())

    def _is_new(self, number: int) -> bool:
        place, bit = number >> 3, 1 << (number & 7)
        before = self._listed[place]
        self._listed[place] = before | bit
        return not before & bit


def _select(files: list[Path], criteria: Criteria, workers: int, listing: Listing) -> None:
    """Fill the list from all files, until it is full."""
    tqdm.monitor_interval = 0  # its thread has no business in a process that starts others
    total = sum(file.stat().st_size for file in files)
    with (
        closing(mapped(partial(sift, criteria), chunks(files), workers)) as found_in_order,
        tqdm(total=total or None, unit="B", unit_scale=True, disable=None) as bar,
    ):
        for found in found_in_order:
            listing.add(found)
            bar.update(found.size)
            if listing.full:
                break


def _check(listing: Listing, criteria: Criteria) -> None:
    """Warn of tags that no post has. Raises UserError if there were no posts, or none is left."""
    unread = listing.dropped[UNREADABLE]
    if unread == listing.posts:
        raise UserError(f"no post in {unread} lines: the metadata must be JSON, a post with id, rating, file_ext, "
                        "image_width, image_height a line")  # fmt: skip
    if not listing.full:  # else later posts might have it
        for name in sorted(criteria.tags - listing.met):
            print(f"warning: no post has the tag {name}: check how Danbooru spells it", file=sys.stderr)
    if not listing.length:
        reasons = ", ".join(f"{count} {reason}" for reason, count in listing.dropped.most_common())
        raise UserError(f"none of {listing.posts} posts is left, so nothing is written ({reasons}): ask for less")


def metadata_files(places: Iterable[Path]) -> list[Path]:
    """The files, and what looks like metadata in the folders, in natural order. Raises UserError if there is none."""
    files = []
    for place in places:
        if not os.path.exists(place):
            raise UserError(f"no file or folder {place}: name metadata, files of JSON lines or folders of them")
        found = sorted(filter(_looks_like_metadata, place.rglob("*")), key=_natural) if place.is_dir() else [place]
        if not found:
            raise UserError(f"no metadata in {place}: it needs files called {' or '.join(METADATA_SUFFIXES[1:])}")
        files += found
    return files


def _looks_like_metadata(path: Path) -> bool:
    return path.suffix.lower() in METADATA_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _natural(path: Path) -> list[tuple[int, str]]:
    """posts2 before posts10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path))]


def sift(criteria: Criteria, chunk: Chunk) -> Found:
    """The wanted posts of a chunk, in their order. Raises UserError if its file can't be read."""
    found = Found(size=chunk.end - chunk.start)
    unmet = set(criteria.tags)
    for line in chunk.read().split(b"\n"):
        if not line or line.isspace():
            continue
        found.posts += 1
        try:
            reason = _sift_post(orjson.loads(line), criteria, unmet, found)
        except (ValueError, TypeError, KeyError, AttributeError):
            reason = UNREADABLE
        if reason:
            found.dropped[reason] += 1
    found.met = set(criteria.tags - unmet)
    return found


def _sift_post(post: dict[str, Any], criteria: Criteria, unmet: set[str], found: Found) -> str | None:
    """Note a wanted post; for any other give the reason. Tags that it has are no longer unmet.

    Raises KeyError, TypeError, ValueError or AttributeError for what is no post.
    """
    number = int(post["id"])
    if not 0 < number < IDS:
        raise ValueError(f"no id: {number}")
    reason = criteria.why_not(post)
    if criteria.tags and (unmet or not reason):
        tags = criteria.tags_of(post)
        unmet -= tags
        reason = reason or criteria.why_not_tags(tags)
    if reason:
        return reason
    place = f"{number % 1000:04d}/{number}.{post['file_ext'] if criteria.keep_extension else 'jpg'}"
    if criteria.on_disk and not os.path.isfile(f"{criteria.on_disk}/{place}"):
        return MISSING
    found.ids.append(number)
    found.images.append(f"{criteria.folder}/{place}")
    return None


if __name__ == "__main__":
    with reported():
        main()
