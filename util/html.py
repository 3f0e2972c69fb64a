"""Pages to look at images with: a plain results page, and one that shows what training looks like."""
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from urllib.parse import quote

import numpy as np
from dominate import document
from dominate.tags import a, div, figcaption, figure, h1, h2, img, link, meta, nav, p, style
from dominate.util import raw

from util.curves import Curve, curve
from util.files import write_text
from util.images import save_image

INDEX = "index.html"

# What every page looks like.
BASE_STYLE = """
:root { color-scheme: light dark; --ink: #1d1f23; --quiet: #666b74; --paper: #fbfaf8; --line: #dedcd6;
  --link: #1f5fbf; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e4df; --quiet: #9a9ea6; --paper: #17181b; --line: #34363b; --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1.5rem 3rem; font: 16px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
h2 { font-size: 1rem; margin: 2rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--line); }
a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; margin: .5rem 0; }
@media (max-width: 40rem) { body { padding: 1rem 1rem 2rem; } }
"""
# On a phone two figures share a line, whatever their width, so that scan and coloring stay side by side.
ROW_STYLE = """
.row { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; max-width: 100%; }
img { display: block; max-width: 100%; height: auto; image-rendering: auto; outline: 1px solid var(--line); }
figcaption { margin-top: .3rem; font-size: .85rem; color: var(--quiet); }
@media (max-width: 40rem) {
  .row { gap: .75rem; }
  figure { width: calc(50% - .375rem) !important; } }
"""


class HTML:
    """A page of headers, texts and rows of images, written to a folder by `save`.

    Whatever is shown is escaped and every path percent-encoded, so file names may hold anything.
    """

    def __init__(self, web_dir: Path | str, title: str, refresh: int = 0) -> None:
        """
        web_dir: folder of the page, to which the paths of images and links are relative.
        refresh: seconds after which the browser loads the page again; 0 for never.
        """
        self.web_dir = Path(web_dir)
        self.doc = empty_page(title, BASE_STYLE + ROW_STYLE)
        if refresh > 0:
            self.doc.head.add(meta(http_equiv="refresh", content=str(refresh)))
        self.doc.add(h1(printable(title)))

    def add_header(self, text: str) -> None:
        """Add a heading, which a line sets off from what comes before."""
        self.doc.add(h2(printable(text)))

    def add_text(self, text: str) -> None:
        """Add a paragraph."""
        self.doc.add(p(printable(text)))

    def add_links(self, links: Mapping[str, Path | str]) -> None:
        """Add a line of links: what each says, and the file that it leads to."""
        self.doc.add(line_of_links(links))

    def add_images(self, images: Sequence[Path | str], captions: Sequence[str],
                   links: Sequence[Path | str], width: int) -> None:
        """Add one row of figures: an image, `width` CSS pixels wide, that leads to a file, and its caption.

        Raises ValueError where the three sequences differ in length.
        """
        figures = zip(images, captions, links, strict=True)
        self.doc.add(div(*(_figure(*parts, width) for parts in figures), cls="row"))

    def save(self, file_name: str = INDEX) -> None:
        """Write the page into its folder, whole or not at all."""
        write_text(self.web_dir / file_name, self.doc.render())


class TrainingPage:
    """What training looks like: `index.html` with the newest epochs, and a page for each block of epochs.

    An update writes the images of one epoch and the pages of its block, so its cost stays the same however
    long training goes on. What earlier epochs left is found on disk: a continued run carries on the pages of
    the run before. The pages end at the epoch updated last; what lies beyond is left from a run that was
    taken back to an earlier epoch.
    """

    def __init__(self, web_dir: Path | str, title: str, image_width: int, refresh: int = 30,
                 epochs_per_page: int = 25) -> None:
        """
        image_width: CSS pixels an image takes up on the page.
        refresh: seconds after which index.html loads itself again; the other pages never do.
        """
        self.web_dir = Path(web_dir)
        self.title = title
        self.image_width = image_width
        self.refresh = refresh
        self.epochs_per_page = epochs_per_page
        self._curves: Mapping[str, Curve] = {}
        self._newest: tuple[int, list[str]] | None = None

    def show_curves(self, curves: Mapping[str, Curve]) -> None:
        """Draw these, by title, above the newest images."""
        self._curves = curves
        if self._newest is not None:
            epoch, labels = self._newest
            self._write(INDEX, (epoch - 1) // self.epochs_per_page, epoch, labels)

    def update(self, epoch: int, images: Mapping[str, np.ndarray]) -> None:
        """Save the images (label → HWC uint8) of `epoch`, counted from 1, and show them on the pages."""
        for label, image in images.items():
            save_image(image, self.web_dir / _epoch_image(epoch, label))
        labels = list(images)
        self._newest = epoch, labels
        block = (epoch - 1) // self.epochs_per_page
        self._write(self._page_name(block), block, epoch, labels)
        self._link_from_older(block, labels)
        self._write(INDEX, block, epoch, labels)

    def _link_from_older(self, block: int, labels: Sequence[str]) -> None:
        """Write the page before `block` once more if it does not yet lead on to `block`."""
        older = self._older(block)
        if older is None:
            return
        text = (self.web_dir / self._page_name(older)).read_text(encoding="utf-8")
        if self._page_name(block) not in text:
            self._write(self._page_name(older), older, self._epochs(older)[-1], labels, newer=block)

    def _write(self, file_name: str, block: int, newest: int, labels: Sequence[str],
               newer: int | None = None) -> None:
        """Write the epochs of `block` up to `newest`, newest first, and the links to the pages around it."""
        is_index = file_name == INDEX
        page = HTML(self.web_dir, self.title, self.refresh if is_index else 0)
        links = self._links(block, newer, is_index)
        page.add_links(links)
        if is_index and self._curves:
            page.doc.add(div(*(curve(title, points) for title, points in self._curves.items()), cls="row"))
        for epoch in range(newest, self._epochs(block)[0] - 1, -1):
            self._add_epoch(page, epoch, labels)
        page.add_links(links)
        page.save(file_name)

    def _links(self, block: int, newer: int | None, is_index: bool) -> dict[str, str]:
        """What the links of a page say, and the page that each leads to."""
        links = {} if is_index else {"newest": INDEX}
        if newer is not None:
            links[f"← newer: {self._describe(newer)}"] = self._page_name(newer)
        older = self._older(block)
        if older is not None:
            links[f"older: {self._describe(older)} →"] = self._page_name(older)
        return links

    def _add_epoch(self, page: HTML, epoch: int, labels: Iterable[str]) -> None:
        """Add the images that `epoch` left on disk, in the order of `labels`, if there are any."""
        # Asked for by name: listing the folder would take longer with every epoch trained.
        shown = {label: path for label in labels
                 if (self.web_dir / (path := _epoch_image(epoch, label))).exists()}
        if shown:
            paths = list(shown.values())
            page.add_header(f"epoch {epoch}")
            page.add_images(paths, list(shown), paths, self.image_width)

    def _epochs(self, block: int) -> range:
        first = block * self.epochs_per_page + 1
        return range(first, first + self.epochs_per_page)

    def _page_name(self, block: int) -> str:
        epochs = self._epochs(block)
        return f"epochs_{epochs[0]:03d}-{epochs[-1]:03d}.html"

    def _describe(self, block: int) -> str:
        epochs = self._epochs(block)
        return f"epochs {epochs[0]}–{epochs[-1]}"

    def _older(self, block: int) -> int | None:
        """The nearest block before `block` that has a page: blocks in which nothing was shown have none."""
        older = (number for number in range(block - 1, -1, -1)
                 if (self.web_dir / self._page_name(number)).exists())
        return next(older, None)


def empty_page(title: str, style_sheet: str) -> document:
    """A page that looks as `style_sheet` says, on any screen, and holds nothing yet."""
    page = document(title=printable(title), lang="en")
    with page.head:
        meta(charset="utf-8")
        meta(name="viewport", content="width=device-width, initial-scale=1")
        # Browsers ask for /favicon.ico otherwise, and complain in the console that there is none.
        link(rel="icon", href="data:,")
        style(raw(style_sheet))
    return page


def line_of_links(links: Mapping[str, Path | str]) -> nav:
    """What each link says, and the file that it leads to."""
    return nav(*(a(printable(text), href=relative_url(path)) for text, path in links.items()))


def relative_url(path: Path | str) -> str:
    """A relative path as a URL; in bytes, for names on disk need not be UTF-8."""
    return "/".join(quote(os.fsencode(part), safe="") for part in PurePath(path).parts)


def printable(text: str) -> str:
    """Text that UTF-8 can hold: bytes of a file name that mean no character become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _epoch_image(epoch: int, label: str) -> str:
    return f"images/epoch{epoch:03d}_{label}.png"


def _figure(image: Path | str, caption: str, target: Path | str, width: int) -> figure:
    picture = img(src=relative_url(image), alt=printable(caption), width=width, loading="lazy")
    # The width is repeated on the figure so that a long caption breaks instead of pushing its neighbor away.
    return figure(a(picture, href=relative_url(target)), figcaption(printable(caption)), style=f"width: {width}px")
