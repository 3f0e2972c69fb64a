"""The readers of files that come from outside: what to feed each of them, and what it may make of that."""
import argparse
import contextlib
import io
import json
import struct
import warnings
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from pathlib import Path
from random import Random
from typing import ClassVar

import torch
from PIL import Image
from torch import nn

import test
from data.image_folder import BadImage, read_image, read_list
from data.pages import Limits, NothingToWrite, PageError, Volume, find_volumes
from data.pages.archives import PackedVolume
from data.shard_index import counted, index_text
from data.shards import count_images, read_images
from data.transforms import PageScale
from models.page_colorizer import PageColorizer
from models.trained import load_generator, locate_generator, saved_options
from models.volume_colorizer import VolumeColorizer
from models.volume_results import Results
from options.test_options import TestOptions
from options.train_options import TrainOptions
from scripts.fuzzing import seeds
from scripts.fuzzing.mutations import INTEGERS, VALUES, mutated, mutated_json
from scripts.fuzzing.reader import Reader, check_message
from scripts.fuzzing.weights import Weights
from scripts.select_danbooru import Criteria, sift
from util.errors import UserError
from util.journal import Journal
from util.line_chunks import chunks

_SCALE = PageScale.from_options(seeds.options())


class Images(Reader):
    name, file = "images", "a.png"

    def whole_files(self) -> list[bytes]:
        return seeds.images()

    def make(self, chance: Random) -> bytes:
        if chance.randrange(100):
            return super().make(chance)
        mode, form = chance.choice((("1", "PNG"), ("L", "PNG"), ("RGB", "WEBP"), ("RGBA", "PNG"), ("LA", "PNG"),
                                    ("I;16", "PNG"), ("F", "TIFF"), ("P", "GIF"), ("RGB", "JPEG")))  # fmt: skip
        options = {"compression": "tiff_adobe_deflate"} if form == "TIFF" else {}
        return seeds.encoded(Image.new(mode, (5000, 5000)), form, **options)

    def allowance(self, content: bytes) -> float:
        """26 bytes for each pixel that the file claims; Pillow refuses what claims more than 179 million."""
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as image:
                return self.most_mib + 26 * image.width * image.height / 2**20
        return super().allowance(content)

    def attempt(self, path: Path, out: Path) -> bool:
        read = 0
        for channels, mode in ((3, "RGB"), (1, "L")):
            try:
                image = read_image(path, channels)
                assert image.mode == mode
                read += 1
            except UserError as error:
                check_message(error, path)
        return read == 2


class _Volumes(Reader):
    limits = Limits(megapixels=5, entry_mb=20, volume_gb=0.2, entries=1000)
    forms: tuple[str, ...] = ("same", "folder", "pdf")  # as which they are written
    most_mib = 600  # of three pages of up to 5 megapixels at once, which the network sees larger where they are narrow

    def attempt(self, path: Path, out: Path) -> bool:
        try:
            volumes, problems = find_volumes([path], self.limits)
        except UserError as error:
            check_message(error, path)
            return False
        for problem in [*problems, *(problem for volume in volumes for problem in volume.problems)]:
            check_message(Exception(problem))
        for volume in volumes:
            with volume:
                self.open_all(volume)
        with contextlib.redirect_stderr(io.StringIO()):
            self.color(volumes, out)
        return True

    def open_all(self, volume: Volume) -> None:
        """Every page, and every other entry of an archive."""
        attempts: list[Callable[[], object]] = [partial(volume.open, page) for page in volume.pages[:50]]
        if isinstance(volume, PackedVolume):
            attempts += [partial(volume.unpack, entry.info) for entry in volume.entries[:50] if entry.info]
        for attempt in attempts:
            try:
                attempt()
            except PageError as error:
                check_message(error)

    def color(self, volumes: list[Volume], out: Path) -> None:
        """The first pages as test.py does it, with a network that is one convolution."""
        network = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Tanh())
        network.stride = 1  # type: ignore[assignment]
        for form in self.forms:
            colorizer = PageColorizer(network, 3, _SCALE, torch.device("cpu"))
            coloring = VolumeColorizer(colorizer, Results(out / form, form), {}, recolor=True)
            try:
                done = coloring.color(volumes, 3)
                coloring.results.write_pages(volumes, done, "title", [], [])
            except NothingToWrite as error:
                check_message(error)
            for problem in coloring.left_out:
                check_message(Exception(problem))


class Archives(_Volumes):
    name, file = "archives", "volume.cbz"
    _PARTS = ("..", ".", "", "a", "A", "CON", "C:", "\\", "\\\\host", "~", "-", "\0", "\n", "\u202e", "é", "e\u0301",
              "x" * 300, ".hidden", "__MACOSX", "index.html", "images", "a.png", "1.png", "1.PNG", "ß", "SS",
              "\ud800")  # fmt: skip

    def whole_files(self) -> list[bytes]:
        return seeds.archives()

    def make(self, chance: Random) -> bytes:
        kind = chance.randrange(4)
        if kind == 0:
            names = ["".join((chance.choice(("", "", "/", "../", "C:\\", "//")), *self._path(chance)))
                     for _ in range(chance.randint(1, 6))]  # fmt: skip
            data = seeds.names_of(names)
            return data if chance.randrange(2) else mutated(data, self.seeds, chance)
        if kind == 1:
            return self._crooked_entry(chance)
        return super().make(chance)

    def _path(self, chance: Random) -> list[str]:
        parts = [chance.choice(self._PARTS) + chance.choice(("/", "/", "\\")) for _ in range(chance.randrange(4))]
        return [*parts, chance.choice(self._PARTS), chance.choice((".png", ".jpg", ".txt", "", "/"))]

    def _crooked_entry(self, chance: Random) -> bytes:
        """An archive of which one field of an entry in the directory is something else."""
        data = bytearray(chance.choice(self.seeds))
        places = [place for place in range(len(data)) if data.startswith(b"PK\x01\x02", place)]
        if places:
            # Version, flags, method, time, CRC, packed size, size, lengths of texts, attributes, place.
            place, (offset, kind) = chance.choice(places), chance.choice(
                [(4, "<H"), (8, "<H"), (10, "<H"), (12, "<I"), (16, "<I"), (20, "<I"), (24, "<I"), (28, "<H"),
                 (30, "<H"), (32, "<H"), (38, "<I"), (42, "<I")])  # fmt: skip
            value = chance.choice((*INTEGERS, 0xA0000000, 8, 12, 14, 0x41, chance.getrandbits(32)))
            struct.pack_into(kind, data, place + offset, value % 256 ** struct.calcsize(kind))
        return bytes(data)


class Streams(_Volumes):
    name, file = "streams", "volume.cb7"

    def whole_files(self) -> list[bytes]:
        return seeds.streams()


class Epubs(_Volumes):
    name, file = "epubs", "volume.epub"

    def whole_files(self) -> list[bytes]:
        return seeds.epubs()


class Pdfs(_Volumes):
    name, file = "pdfs", "volume.pdf"
    forms = ("same", "cbz")

    def whole_files(self) -> list[bytes]:
        return seeds.pdfs()

    def make(self, chance: Random) -> bytes:
        if chance.randrange(2):
            return super().make(chance)
        # A number of the document, as text: sizes, references, places.
        data = bytearray(chance.choice(self.seeds))
        for _ in range(chance.randint(1, 3)):
            digits = [place for place in range(len(data)) if data[place : place + 1].isdigit()]
            place = chance.choice(digits)
            data[place : place + 1] = str(chance.choice((*INTEGERS, -1, 0.001))).encode()
        return bytes(data)


class Options(Reader):
    name, file = "options", "runs/run/opt.json"

    def whole_files(self) -> list[bytes]:
        return [json.dumps(seeds.options(), indent=1).encode(), b"{}"]

    def make(self, chance: Random) -> bytes:
        return super().make(chance) if chance.randrange(4) == 0 else mutated_json(seeds.options(), chance)

    @cached_property
    def _weights(self) -> bytes:
        return seeds.saved(seeds.generators()["resnet"].state_dict())

    def prepare(self, folder: Path) -> None:
        (folder / "runs" / "run" / "latest_net_G.pth").write_bytes(self._weights)

    def attempt(self, path: Path, out: Path) -> bool:
        run = ["--checkpoints_dir", str(path.parent.parent), "--name", "run"]
        attempts = [
            lambda: saved_options(path.parent),
            lambda: load_generator(locate_generator(path.parent)[0]),
            lambda: self._train([*run, "--continue_train"]),
            lambda: TestOptions().parse([*run, "--dataroot", "pages"]),
            lambda: TestOptions().parse([*run, "--dataroot", "pages", "--model", "pix2pix"]),
            lambda: TestOptions().parse([*run, "--dataroot", "pages", "--direction", "BtoA"]),
        ]
        read = 0
        for attempt in attempts:
            try:
                attempt()
                read += 1
            except UserError as error:
                check_message(error)
        return read > 0

    def _train(self, argv: list[str]) -> None:
        options = TrainOptions()
        opt: argparse.Namespace = options.parse(argv)
        options.text(opt)
        json.dumps(vars(opt) | {"explicit": 0})


class Histories(Reader):
    name, file = "histories", "runs/run/training.json"

    def whole_files(self) -> list[bytes]:
        return [json.dumps(seeds.history(), indent=1).encode()]

    def make(self, chance: Random) -> bytes:
        return super().make(chance) if chance.randrange(3) == 0 else mutated_json(seeds.history(), chance)

    def attempt(self, path: Path, out: Path) -> bool:
        opt = argparse.Namespace(checkpoints_dir=str(path.parent.parent), name="run")
        try:
            for line in test.history(opt):
                line.encode()
                assert len(line.splitlines()) == 1
            return True
        except UserError as error:
            check_message(error, path)
            return False


class Lists(Reader):
    name, file = "lists", "images.txt"

    def whole_files(self) -> list[bytes]:
        return seeds.list_files()

    def attempt(self, path: Path, out: Path) -> bool:
        try:
            found = read_list(path)
            assert all(Path(name).is_absolute() for name in found)
            (volume,), problems = find_volumes([path])
        except UserError as error:
            check_message(error, path)
            return False
        for problem in (*problems, *volume.problems):
            check_message(Exception(problem))
        for page in (*volume.pages[:10], *volume.pages[-10:]):
            with contextlib.suppress(PageError):
                volume.identity(page)
                volume.open(page)
        return True


class Shards(Reader):
    name, file = "shards", "color-0.tar"

    def whole_files(self) -> list[bytes]:
        return seeds.shards()

    def make(self, chance: Random) -> bytes:
        """Half of them with another number, kind or name in a header whose checksum is right."""
        if chance.randrange(2):
            return super().make(chance)
        data = bytearray(self.seeds[0])
        place = 512 * chance.choice([n for n in range(len(data) // 512) if data[512 * n + 257 :][:5] == b"ustar"])
        offset, value = chance.choice((
            (124, _tar_size(chance.choice((*INTEGERS, -512, -1024, -(2**40), 2**62)))),
            (156, chance.choice((b"x", b"g", b"L", b"K", b"S", b"1", b"2", b"5", b"7", b"V"))),
            (0, chance.choice((b"\n.png", b"\xff.png", b"../../a.png", b"/a.png", b"\x1b[2J.png")) + bytes(20)),
        ))  # fmt: skip
        data[place + offset : place + offset + len(value)] = value
        data[place + 148 : place + 156] = b" " * 8
        data[place + 148 : place + 156] = b"%06o\0 " % sum(data[place : place + 512])
        return bytes(data)

    def attempt(self, path: Path, out: Path) -> bool:
        """As a file and as a stream, with an index of what else there is."""
        read = 0
        for location in (str(path), path.as_uri()):
            try:
                images = count_images(location)
                for _, packed in read_images(location, range(images)) if images else ():
                    check_message(BadImage(packed.path, "bad"), path)
                read += 1
            except UserError as error:
                check_message(error, path)
        return read == 2


def _tar_size(size: int) -> bytes:
    """The field of a size as GNU tar writes what octal digits can't hold."""
    if 0 <= size < 8**11:
        return b"%011o\0" % size
    return bytes([0x80 if size > 0 else 0xFF]) + size.to_bytes(11, "big", signed=True)


class ShardIndexes(Reader):
    name, file = "shard_indexes", "color-index.json"

    def whole_files(self) -> list[bytes]:
        return [index_text({"color-0.tar": (2, len(seeds.shards()[0]))}).encode()]

    def make(self, chance: Random) -> bytes:
        if chance.randrange(3) == 0:
            return super().make(chance)
        index = json.loads(self.seeds[0])
        if chance.randrange(2):
            return mutated_json(index, chance)
        return b'{"shardlist": [%b]}' % mutated_json(index["shardlist"][0], chance)

    def prepare(self, folder: Path) -> None:
        (folder / "color-0.tar").write_bytes(seeds.shards()[0])

    def attempt(self, path: Path, out: Path) -> bool:
        try:
            (shard,) = counted([str(path.with_name("color-0.tar"))], out)
        except UserError as error:
            check_message(error)
            return False
        return shard.images > 0


class Journals(Reader):
    name, file = "journals", "given.jsonl"
    _SETTINGS: ClassVar[dict[str, int]] = {"size": 1}

    def whole_files(self) -> list[bytes]:
        lines = [{"settings": self._SETTINGS}, *(seeds.entry() | {"page": f"{n}.png"} for n in range(4))]
        return [seeds.json_lines(lines), seeds.json_lines(lines[:1])]

    def make(self, chance: Random) -> bytes:
        if chance.randrange(3) == 0:
            return super().make(chance)
        lines = [json.dumps({"settings": self._SETTINGS}).encode()]
        lines += [mutated_json(seeds.entry(), chance) for _ in range(chance.randint(1, 3))]
        lines += [json.dumps(chance.choice(VALUES)).encode()] if chance.randrange(2) else []
        return b"\n".join(lines) + b"\n" * chance.randrange(2)

    def attempt(self, path: Path, out: Path) -> bool:
        journal = Journal(out, self._SETTINGS, "process0")
        out.mkdir()
        journal.path.write_bytes(path.read_bytes())
        before = journal.entries()
        results = Results(out / "results")
        colorizer = PageColorizer(nn.Identity(), 3, _SCALE, torch.device("cpu"))
        coloring = VolumeColorizer(colorizer, results, self._SETTINGS)
        coloring.journal = journal
        coloring.color([])
        assert journal.entries() == before
        journal.append(seeds.entry())
        assert journal.entries() == [*before, seeds.entry()]
        return bool(before)


class Metadata(Reader):
    name, file = "metadata", "posts.json"

    def whole_files(self) -> list[bytes]:
        lines = seeds.json_lines(seeds.posts() * 3)
        return [lines, seeds.packed(lines), seeds.json_lines(seeds.posts()[:1])]

    def make(self, chance: Random) -> bytes:
        if chance.randrange(2):
            return super().make(chance)
        lines = b"\n".join(mutated_json(post, chance) for post in seeds.posts())
        return lines if chance.randrange(3) else seeds.packed(lines)

    def attempt(self, path: Path, out: Path) -> bool:
        wanted: Iterable[str] = ("solo", "character:saitama")
        nothing: frozenset[str] = frozenset()
        criteria = Criteria(
            frozenset("gs"), frozenset(["jpg"]), 0, 2.0, nothing, frozenset(wanted), nothing, False, True, "512px", None
        )
        try:
            found = [sift(criteria, chunk) for chunk in chunks([path])]
        except UserError as error:
            check_message(error, path)
            return False
        for part in found:
            "".join(part.images).encode()
        return True


READERS: dict[str, type[Reader]] = {
    reader.name: reader
    for reader in (Images, Archives, Streams, Epubs, Pdfs, Options, Histories, Lists, Shards, ShardIndexes, Weights,
                   Journals, Metadata)
}  # fmt: skip
