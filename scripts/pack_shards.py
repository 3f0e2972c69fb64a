"""Pack images into shards, tar files in webdataset's format, for data that outgrows a disk or has too many files.

    python scripts/pack_shards.py danbooru2020/colored.txt 'shards/%06d.tar'           # a list, or a folder
    python scripts/pack_shards.py datasets/onepiece 'shards/onepiece-%04d.tar'         # trainA and trainB, each
    python train.py --model colorizer --dataroot 'shards/{000000..000339}.tar' ...

Images are shuffled first, for training shuffles them only within a buffer. What can't be read is left out and named;
the exit status is 1 then. Beside the shards lies an index that tells how many images each has.
"""
import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import groupby, islice
from pathlib import Path, PurePath

import numpy as np
from PIL import Image
from webdataset.writer import ShardWriter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.image_folder import BadImage, decode_image, is_image, is_list, list_images, read_list
from data.shard_index import index_of, index_text
from data.shards import BETWEEN_DOMAINS
from util.cores import usable_cores
from util.errors import UserError, reason, reported
from util.files import write_text
from util.images import LONGEST_SIDE
from util.option_types import Parser, natural, percent, positive
from util.progress import Meter

LARGEST_GB = 2  # of a shard where only its images are counted


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("images", type=Path, help="folder or list of images, or data set with PHASEA, PHASEB or both")
    add("out", type=Path, metavar="OUT-%06d.tar",
        help="the shards to write, %%06d their number; PHASEA- and PHASEB- come before the number for a data set")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--shard_images", type=positive, default=1000, metavar="N",
        help=f"images a shard, {LARGEST_GB} GB at most; default: 1000")  # fmt: skip
    size.add_argument("--shard_mb", type=positive, metavar="MB", help="or size of a shard, in megabytes")
    add("--seed", type=natural, default=0, help="of the order; default: 0")
    add("--in_order", action="store_true", help="do not shuffle")
    add("--max_size", type=positive, metavar="PIXELS",
        help="scale images down whose shorter side is larger; others, and strips that would still be too long for the "
        "format, are copied as they are")
    add("--format", choices=("jpg", "webp"), default="jpg", help="of what is scaled down; default: jpg")
    add("--quality", type=percent, default=92, help="of what is scaled down, 1 to 100; default: 92")
    add("--phase", default="train", help="which folders of a data set; default: train")
    add("--workers", type=positive, default=usable_cores(), help="threads that read; default: as many as cores")
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    if not re.fullmatch(r"[^%]*%\d*d\.tar", args.out.name):
        raise UserError(f"{args.out} does not number the shards: give a name such as 'shards/%06d.tar'")
    packs = {_pattern(args.out, side): paths for side, paths in _sources(args.images, args.phase).items()}
    for pattern in packs:
        _refuse_to_overwrite(pattern)
    broken, dataroot = 0, []
    for pattern, paths in packs.items():
        pack = Pack(args, pattern)
        try:
            pack.write(paths)
        except OSError as error:
            raise UserError(f"can't write the shards {pattern} ({reason(error)}): make room there") from error
        broken += len(pack.broken)
        dataroot.append(pack.braces())
    print(f"to train on them: --dataroot '{BETWEEN_DOMAINS.join(dataroot)}'")
    return 1 if broken else 0


def _sources(root: Path, phase: str) -> dict[str, Sequence[Path | str]]:
    """The images of each side of a data set, by the name of its folder; of anything else under an empty name."""
    if is_list(root):
        return {"": read_list(root)}
    if root.is_file():
        raise UserError(f"{root} is no list of images: give one (.txt or .lst), or a folder")
    sides = [name for name in (f"{phase}A", f"{phase}B") if (root / name).is_dir()]
    return {side: list_images(root / side) for side in sides} if sides else {"": list_images(root)}


def _pattern(out: Path, side: str) -> Path:
    """The name of the shards of one side."""
    return out.with_name(out.name.replace("%", f"{side}-%")) if side else out


def _refuse_to_overwrite(pattern: Path) -> None:
    before = pattern.name.partition("%")[0]
    index = Path(index_of(str(pattern.with_name(f"{before}0.tar"))))
    taken = re.compile(rf"{re.escape(before)}\d+\.tar")
    there = sorted(path for path in pattern.parent.glob("*.tar") if taken.fullmatch(path.name))
    if there or index.exists():
        raise UserError(f"{(*there, index)[0]} exists: remove those shards and {index}, or give another name")


class Pack:
    """The shards of one domain. broken: images that could not be read."""

    def __init__(self, args: argparse.Namespace, pattern: Path) -> None:
        self.args, self.pattern = args, pattern
        self.broken: list[BadImage] = []
        self.shards: list[str] = []

    def write(self, paths: Sequence[Path | str]) -> None:
        """Write them, all or none. Raises UserError if no image can be read."""
        rng = np.random.default_rng(self.args.seed)
        order = np.arange(len(paths)) if self.args.in_order else rng.permutation(len(paths))
        self.pattern.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".packing-", dir=self.pattern.parent))
        try:
            counts = self._fill(folder, [paths[n] for n in order])
            entries = {name: (images, (folder / name).stat().st_size) for name, images in counts.items()}
            for name in entries:
                (folder / name).replace(self.pattern.with_name(name))
            write_text(index_of(str(self.pattern.with_name(next(iter(entries))))), index_text(entries))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.shards = list(entries)
        images = sum(counts.values())
        print(f"{images} images in {len(entries)} shards, {self.braces()}" + (
            f"; {len(self.broken)} left out, which can't be read" if self.broken else ""))  # fmt: skip

    def _fill(self, folder: Path, paths: Sequence[Path | str]) -> dict[str, int]:
        """Write the shards into a folder; how many images each has."""
        counts: dict[str, int] = {}
        by_size = self.args.shard_mb is not None
        writer = ShardWriter(
            f"{str(folder).replace('%', '%%')}/{self.pattern.name}", maxcount=sys.maxsize if by_size else
            self.args.shard_images, maxsize=self.args.shard_mb * 1e6 if by_size else LARGEST_GB * 1e9, verbose=0,
            encoder=False, mtime=0,
        )  # fmt: skip
        with writer, Meter(len(paths), 0, "image") as meter:
            for number, (path, packed) in enumerate(self._contents(paths)):
                meter.step()
                if isinstance(packed, BadImage):
                    self.broken.append(packed)
                    print(f"left out: {path} ({packed.fault})", file=sys.stderr)
                    continue
                suffix, content = packed
                writer.write({"__key__": _key(number, path), suffix: content})
                name = Path(writer.fname).name
                counts[name] = counts.get(name, 0) + 1
        if not counts:
            raise UserError(f"none of {len(paths)} images can be read, so nothing is written")
        return counts

    def _contents(self, paths: Sequence[Path | str]) -> Iterator[tuple[Path | str, tuple[str, bytes] | BadImage]]:
        """What to pack of each image: suffix and bytes, or why it can't be read."""
        waiting = iter(paths)
        with ThreadPoolExecutor(self.args.workers) as threads:
            while some := list(islice(waiting, 16 * self.args.workers)):  # as many as are held at once
                yield from zip(some, threads.map(self._content, some), strict=True)

    def _content(self, path: Path | str) -> tuple[str, bytes] | BadImage:
        if not is_image(PurePath(path)):
            return BadImage(path, "its name does not end as that of an image")
        try:
            content = Path(path).read_bytes()
            image = decode_image(BytesIO(content), path)
        except BadImage as fault:
            return fault
        except (OSError, ValueError) as error:
            return BadImage(path, reason(error))
        most = self.args.max_size
        scale = 1 if most is None else most / min(image.size)
        size = round(image.width * scale), round(image.height * scale)
        if scale >= 1 or max(size) > LONGEST_SIDE[f".{self.args.format}"]:
            return Path(path).suffix[1:].lower(), content
        encoded = BytesIO()
        image.resize(size, Image.Resampling.LANCZOS).save(
            encoded, {"jpg": "JPEG", "webp": "WEBP"}[self.args.format], quality=self.args.quality,
            **({"subsampling": 0} if self.args.format == "jpg" else {}),  # lines of color stay sharp
        )  # fmt: skip
        return self.args.format, encoded.getvalue()

    def braces(self) -> str:
        """The shards as --dataroot names them."""
        before = self.pattern.name.partition("%")[0]
        numbers = [name[len(before) : -len(".tar")] for name in self.shards]
        ranges = []
        for _, some in groupby(numbers, len):  # numbers that outgrow their zeros are of another length
            first, *_, last = [*some] * 2
            numbered = first if first == last else f"{{{first}..{last}}}"
            ranges.append(str(self.pattern.with_name(f"{before}{numbered}.tar")))
        return "::".join(ranges)


def _key(number: int, path: Path | str) -> str:
    """What an image is called in its shard: its number, and its name without what tar and webdataset can't have."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", Path(path).stem)[:60].strip("_")
    return f"{number:08d}-{name}" if name else f"{number:08d}"


if __name__ == "__main__":
    with reported():
        sys.exit(main())
