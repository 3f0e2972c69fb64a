"""Where the results of volumes go and in which form: images, archives, and pages to look at them."""
from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from math import inf
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from coloring.colored_page import ColoredPage
from coloring.layers.errors import LayersError
from coloring.layers.files import LAYER_FORMATS, write_layers
from coloring.viewer import layer_picture, region_picture
from data.pages import Page, PageError, Volume, write_cbz, write_pdf
from data.pages.names import Names
from util.errors import UserError
from util.files import remove_empty_folders, write_bytes
from util.images import JPEG, LONGEST_SIDE, save_image
from util.volume_page import ShownPage, ShownVolume, write_index, write_volume_page

FORMATS = ("same", "folder", "cbz", "pdf")
IMAGE_FORMATS = ("png", "jpg", "webp")
WRITABLE = (".png", *JPEG, ".webp")  # what a colored page may stay
SHOWABLE = (*WRITABLE, ".gif", ".bmp", ".avif")  # what every browser shows
THUMBNAIL = (240, 360)  # pixels at most
INDEX = "index.html"


@dataclass(frozen=True)
class Done:
    """What became of a page: colored, kept as it was (note says why), or failed (note says why).

    image: the result, original: the page before, thumbnail: paths in the folder of the results, "" where there is
    none. stamp: size and time of the image, by which it is known again. size: width and height in pixels. layers:
    paths of the files that a person finishes the page with. regions: path of a picture of the page's regions, pictures:
    the name of each layer and the path of a picture of it; what the page to look at shows.
    """

    volume: str
    page: str
    identity: str
    outcome: str
    image: str = ""
    original: str = ""
    thumbnail: str = ""
    stamp: str = ""
    size: tuple[int, int] = (0, 0)
    note: str = ""
    layers: tuple[str, ...] = ()
    regions: str = ""
    pictures: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_entry(cls, entry: dict[str, Any]) -> Done | None:
        """From the JSON of its fields; None if it is that of something else, or names files elsewhere."""
        values: dict[str, Any] = {field.name: entry.get(field.name) for field in fields(cls)}
        lists = {name: values.pop(name) for name in ("size", "layers", "pictures")}
        match list(lists.values()):
            case [[int(width), int(height)], [*layers], [*pictures]] if (
                _are_texts([*values.values(), *layers])
                and all(isinstance(pair, list) and len(pair) == 2 and _are_texts(pair) for pair in pictures)
            ):
                pairs = tuple((name, path) for name, path in pictures)
                done = cls(**values, size=(width, height), layers=tuple(layers), pictures=pairs)
            case _:
                return None
        return done if all(_stays_below(path) for path in done.files) else None

    @property
    def files(self) -> list[str]:
        pictures = [path for _, path in self.pictures]
        return [path for path in (self.image, self.original, self.thumbnail, self.regions) if path] + [
            *self.layers, *pictures
        ]  # fmt: skip

    @property
    def is_problem(self) -> bool:
        """Whether something went wrong that note states."""
        return self.outcome == "failed" or (self.outcome == "colored" and bool(self.note))


class Results:
    """Writes into a folder: images/VOLUME/PAGE, VOLUME.cbz or VOLUME.pdf and layers/VOLUME/PAGE where these are wanted,
    and, to look at it all, inputs/, thumbnails/ and an HTML page for each volume."""

    def __init__(
        self, folder: Path, form: str = "same", image_format: str | None = None, quality: int = 92,
        aspect_ratio: float = 1.0, pages_to_look_at: bool = True, layer_format: str | None = None,
    ) -> None:  # fmt: skip
        """
        form: one of FORMATS; same: as the volume came. image_format: one of IMAGE_FORMATS; None: each page's own.
        quality: of JPEG and WebP, 1 to 100. aspect_ratio: stretches results, as CycleGAN's option does. layer_format:
        one of LAYER_FORMATS, for the layers of each colored page; None: no layers.
        """
        self.folder, self.form, self.image_format, self.quality = folder, form, image_format, quality
        self.aspect_ratio, self.pages_to_look_at = aspect_ratio, pages_to_look_at
        self.layer_format = layer_format
        self._volumes: Sequence[Volume] = ()
        self._names: dict[str, dict[str, str]] = {}
        self._layer_paths: dict[tuple[str, str], str] = {}
        self._targets: dict[str, Path | None] = {}
        self._pages: dict[str, str] = {}

    def plan(self, volumes: Sequence[Volume]) -> None:
        """Choose the names of all results."""
        names = Names()
        for taken in (INDEX, "images", "inputs", "layers", "thumbnails"):
            names.claim(taken)
        self._volumes = volumes
        for volume in volumes:
            wanted = f".{self.image_format}" if self.image_format else ".jpg" if volume.kind == "pdf" else None
            self._names[volume.name] = result_names([page.name for page in volume.pages], wanted)
            form = {"archive": "cbz"}.get(volume.kind, volume.kind) if self.form == "same" else self.form
            own = volume.name or "pages"
            file = f"{own.removesuffix(f'.{form}')}.{form}"  # volumes of the same stem are called as their files
            self._targets[volume.name] = None if form == "folder" else self.folder / names.claim(file)
            self._pages[volume.name] = INDEX if len(volumes) == 1 else names.claim(f"{own}.html")
        if self.layer_format:
            pages = [(volume.name, page.name) for volume in volumes for page in volume.pages]
            self._layer_paths = layer_paths(pages, LAYER_FORMATS[self.layer_format])

    def target(self, volume: Volume) -> Path | None:
        """The file that a volume becomes, None where it stays a folder of images."""
        return self._targets[volume.name]

    def has(self, done: Done) -> bool:
        """Whether the files of a page are there, and its image is the one that was made then."""
        return all((self.folder / path).is_file() for path in done.files) and done.stamp == self._stamp(done.image)

    def _stamp(self, image: str) -> str:
        if not image:
            return ""
        status = (self.folder / image).stat()
        return f"{status.st_size}-{status.st_mtime_ns}"

    # One page; several threads may be at work

    def failed(self, volume: Volume, page: Page, reason: str) -> Done:
        """Pass on a page that can't be read, as it was."""
        return Done(volume.name, page.name, "", "failed", self._pass_on(volume, page), note=reason)

    def kept(self, volume: Volume, page: Page, identity: str, picture: Image.Image, reason: str) -> Done:
        """Pass on a page that is left alone."""
        image = self._pass_on(volume, page, picture)
        done = Done(volume.name, page.name, identity, "kept", image, note=reason, stamp=self._stamp(image))
        original = image
        if self.pages_to_look_at and not _is_showable(image):
            original = self._save(picture, self._place("thumbnails", volume, f"{_short(page)}_before.jpg"))
        return self._to_look_at(done, page, picture, original)

    def colored(
        self, volume: Volume, page: Page, identity: str, picture: Image.Image, colored: ColoredPage
    ) -> Done:
        """Save the colored page, its layers, and pictures of these."""
        path = self._place("images", volume, self._names[volume.name][page.name])
        image = self._save(colored.image, path, stretched=True)
        done = Done(volume.name, page.name, identity, "colored", image, stamp=self._stamp(image))
        if self.layer_format:
            done = self._with_layers(done, volume, page, colored, self.layer_format)
        if not self.pages_to_look_at:
            return done
        done = self._with_pictures(done, volume, page, picture, colored)
        return self._to_look_at(done, page, colored.image, self._keep_original(volume, page, picture))

    def _with_layers(self, done: Done, volume: Volume, page: Page, colored: ColoredPage, layer_format: str) -> Done:
        """Save the layers of a page; where that cannot be done, note why."""
        path = self.folder / "layers" / self._layer_paths[volume.name, page.name]
        try:
            files = write_layers(colored.layers, path, layer_format)
        except LayersError as error:
            return replace(done, note=str(error))
        return replace(done, layers=tuple(file.relative_to(self.folder).as_posix() for file in files))

    def _with_pictures(
        self, done: Done, volume: Volume, page: Page, picture: Image.Image, colored: ColoredPage
    ) -> Done:
        """Save what the page to look at shows of the regions and layers of a page."""
        if colored.regions is not None:
            regions = region_picture(colored.regions, picture)
            done = replace(done, regions=self._write_picture(regions, volume, page, "regions.png"))
        pictures = []
        for number, layer in enumerate(colored.layers, start=1):
            content, suffix = layer_picture(layer)
            pictures.append((layer.name, self._write_picture(content, volume, page, f"layer{number}{suffix}")))
        return replace(done, pictures=tuple(pictures))

    def _write_picture(self, content: bytes, volume: Volume, page: Page, name: str) -> str:
        """Write a small picture of a page beside its thumbnail; gives its path."""
        path = self._place("thumbnails", volume, f"{_short(page)}_{name}")
        write_bytes(self.folder / path, content)
        return path

    def _to_look_at(self, done: Done, page: Page, picture: Image.Image, original: str) -> Done:
        """With its thumbnail, if there will be a page to look at."""
        if not self.pages_to_look_at:
            return done
        factor = min(1, *(most / side for most, side in zip(THUMBNAIL, picture.size, strict=True)))
        width, height = (max(1, round(side * factor)) for side in picture.size)
        thumbnail = picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2)
        path = str(PurePosixPath("thumbnails", done.volume, f"{_short(page)}.jpg"))
        save_image(thumbnail, self.folder / path, quality=80)
        return replace(done, original=original, thumbnail=path, size=picture.size)

    def _pass_on(self, volume: Volume, page: Page, picture: Image.Image | None = None) -> str:
        """The page's own file among the results, or else its picture, if it has either and it is needed there."""
        if self.target(volume) is not None and not self.pages_to_look_at and not self._unpacks_pdf(volume):
            return ""
        path = self._place("images", volume, page.name)
        try:
            write_bytes(self.folder / path, volume.read(page))
        except PageError:
            if picture is None:
                return ""
            path = self._save(picture, self._place("images", volume, self._names[volume.name][page.name]))
        return path

    def _unpacks_pdf(self, volume: Volume) -> bool:
        """Whether pages have to become images that were none."""
        target = self.target(volume)
        return volume.kind == "pdf" and (target is None or target.suffix != ".pdf")

    def _keep_original(self, volume: Volume, page: Page, picture: Image.Image) -> str:
        """The page before it was colored, beside the results, in a format that browsers show."""
        path = self._place("inputs", volume, page.name)
        try:
            if not _is_showable(path):
                raise PageError("a format that browsers do not show")
            write_bytes(self.folder / path, volume.read(page))
        except PageError:
            path = self._save(picture, self._place("thumbnails", volume, f"{_short(page)}_before.jpg"))
        return path

    def _save(self, picture: Image.Image, path: str, stretched: bool = False) -> str:
        """Save a picture, as PNG if it is too large for its format; gives its path."""
        ratio = self.aspect_ratio if stretched else 1.0
        longest = max(picture.width * max(ratio, 1), picture.height / min(ratio, 1))
        if longest > LONGEST_SIDE.get(PurePosixPath(path).suffix.lower(), inf):
            path += ".png"
        save_image(picture, self.folder / path, ratio, self.quality)
        return path

    def _place(self, kind: str, volume: Volume, name: str) -> str:
        return str(PurePosixPath(kind, volume.name, name))

    # Whole volumes

    def write_volume(self, volume: Volume, done: Mapping[tuple[str, str], Done]) -> list[str]:
        """The archive or PDF of a volume, if it becomes one; pages that were not colored are in it as they were.

        Gives what had to be left out, "NAME: reason" each.
        """
        target = self.target(volume)
        if target is None:
            return []
        pages = [done[volume.name, page.name] for page in volume.pages if (volume.name, page.name) in done]
        replaced = ("colored", "kept") if self._unpacks_pdf(volume) else ("colored",)
        colored = {page.page: self.folder / page.image for page in pages if page.outcome in replaced}
        if target.suffix == ".cbz":
            return write_cbz(target, volume, colored)
        return write_pdf(target, volume, colored, self.quality)

    def tidy(self) -> None:
        """Remove the images that were made for archives and PDFs only."""
        if self.pages_to_look_at:
            return
        for volume in self._volumes:
            folder = self.folder / "images" / volume.name
            if self.target(volume) is not None:
                for name in self._names[volume.name].values():
                    for written in (name, f"{name}.png"):  # the latter where it was too large for its format
                        (folder / written).unlink(missing_ok=True)
                remove_empty_folders(folder, self.folder)

    def write_pages(
        self, volumes: Sequence[Volume], done: Mapping[tuple[str, str], Done], title: str, details: Sequence[str],
        problems: Sequence[str],
    ) -> Path:  # fmt: skip
        """A page to look at for each volume of which pages were done, and a list of them if there are several. Gives
        the first to open."""
        volumes = [volume for volume in volumes if any((volume.name, page.name) in done for page in volume.pages)]
        alone = len(volumes) == 1
        shown = []
        for volume in volumes:
            page = self._pages[volume.name]
            pages = [done[volume.name, p.name] for p in volume.pages if (volume.name, p.name) in done]
            self._write_page(page, volume, pages, title, [*details, *(problems if alone else volume.problems)], alone)
            cover = next((p.thumbnail for p in pages if p.thumbnail), "")
            failed = sum(p.outcome == "failed" for p in pages)
            note = f"{failed} could not be read" if failed else ""
            shown.append(ShownVolume(volume.name or title, page, cover, len(pages), note))
        if not alone:
            write_index(self.folder, title, shown, details, problems)
        return self.folder / INDEX

    def _write_page(
        self, page: str, volume: Volume, pages: Sequence[Done], title: str, details: Sequence[str], alone: bool
    ) -> None:
        file = self.folder / page

        def here(path: str | Path) -> str:
            return Path(os.path.relpath(self.folder / path, file.parent)).as_posix() if path else ""

        links = {} if alone else {"all volumes": here(INDEX)}
        target = self.target(volume)
        if target is not None:
            links[target.name] = here(target)
        shown = [
            ShownPage(
                p.page, here(p.original), here(p.image if _is_showable(p.image) else p.original), here(p.thumbnail),
                p.size, p.note, p.outcome == "failed", here(p.regions),
                [(name, here(path)) for name, path in p.pictures],
            )
            for p in pages
        ]  # fmt: skip
        title = f"{volume.name} · {title}" if volume.name else title
        write_volume_page(file.parent, file.name, title, shown, details, links)


def _short(page: Page) -> str:
    """A file name for what is made of a page, which stays the same where pages come or go beside it."""
    return sha256(page.name.encode(errors="surrogateescape")).hexdigest()[:20]


def _is_showable(path: str) -> bool:
    """Whether browsers show an image file."""
    return PurePosixPath(path).suffix.lower() in SHOWABLE


def _stays_below(path: str) -> bool:
    """Whether a relative path leads to no place outside of the folder that it starts from."""
    return "\0" not in path and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts


def _are_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def layer_paths(pages: Sequence[tuple[str, str]], suffix: str) -> dict[tuple[str, str], str]:
    """Where the layers of some pages lie, each given by the names of its volume and itself: under these, with another
    suffix (or none, for a folder), and with a number where that name is taken."""
    free = Names()
    paths = {page: PurePosixPath(*page).with_suffix(suffix) for page in pages}
    # The deepest first, so that the folder of a page's layers is never one that other pages lie in.
    deepest_first = sorted(pages, key=lambda page: len(paths[page].parts), reverse=True)
    return {page: free.claim(str(paths[page])) for page in deepest_first}


def result_names(names: Sequence[str], suffix: str | None) -> dict[str, str]:
    """What the results of some pages are called: their own names, with another suffix where that is wanted (or where
    theirs can't be written), and with a number where that name is taken."""
    wanted = {}
    for name in names:
        own = PurePosixPath(name).suffix
        new = suffix or (own if own.lower() in WRITABLE else ".png")
        wanted[name] = name if new == own.lower() else str(PurePosixPath(name).with_suffix(new))
    free = Names()
    same = {name: free.claim(name) for name, new in wanted.items() if new == name}
    # Other pages may be passed on under the names that they have.
    for name in names:
        if name not in same:
            free.claim(name)
    return same | {name: free.claim(new) for name, new in wanted.items() if new != name}


@contextmanager
def writing_results() -> Iterator[None]:
    """Turn what goes wrong with files into a UserError."""
    try:
        yield
    except OSError as error:
        raise UserError(f"can't write the results ({error}): mend that, and the same command goes on") from error
