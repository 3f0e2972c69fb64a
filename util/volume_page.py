"""What a colored volume is looked at with: a grid of its pages that open in a viewer, and a list of volumes.

The pages hold all that they need but the images, so they work from disk. The style sheet and the script are
files beside this one: `volume_page.css` and `volume_page.js`.
"""
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dominate.dom_tag import dom_tag
from dominate.svg import path as svg_path
from dominate.svg import svg
from dominate.tags import a, button, div, figcaption, figure, h1, h2, header, img, li, main, script, section, span, ul
from dominate.util import raw

from util.files import write_text
from util.html import BASE_STYLE, INDEX, empty_page, line_of_links, printable, relative_url

# Of a page that could not be read, whose thumbnail still takes up room in the grid.
USUAL_SIZE = (1000, 1414)
CHEVRON_LEFT, CHEVRON_RIGHT = "M15 5 8 12 15 19", "M9 5 16 12 9 19"
CROSS = "M6 6 18 18M18 6 6 18"
CORNERS = "M4 9V4H9M15 4H20V9M20 15V20H15M9 20H4V15"
BOOK_AND_ARROW = "M12 5C9 3 6 3 3 4V13C6 12 9 12 12 14 15 12 18 12 21 13V4C18 3 15 3 12 5V14M20 19H5M8 16 5 19 8 22"
CHEVRONS_APART = "M9 8 5 12 9 16M15 8 19 12 15 16"


@dataclass(frozen=True)
class ShownPage:
    """One page of a volume; paths are relative to the folder of the HTML file, "" where there is no such image."""

    name: str
    before: str
    after: str
    thumbnail: str
    size: tuple[int, int]  # width and height; `before` and `after` are both laid over a box of this size
    note: str = ""  # what a reader should know, as that it was colored already
    failed: bool = False  # could not be read; `after` may be what there was
    regions: str = ""  # a picture of the regions that the page was divided into
    layers: Sequence[tuple[str, str]] = ()  # name and picture of each layer that the page was made of, the lowest first


@dataclass(frozen=True)
class ShownVolume:
    """One volume in a list of volumes; paths are relative to the folder of the list."""

    title: str
    page: str
    cover: str  # a small image, "" where there is none
    count: int  # its pages
    note: str = ""


def write_volume_page(web_dir: Path, file_name: str, title: str, pages: Sequence[ShownPage],
                      details: Sequence[str] = (), links: Mapping[str, str] = {}) -> None:
    """Write the page of a volume: its pages in a grid, each of which opens in a viewer.

    details: lines about the volume, as what it was colored with.
    links: what a link says → the relative path that it leads to.
    """
    grid = div((_page_figure(number, page) for number, page in enumerate(pages, start=1)), cls="pages")
    doc = empty_page(title, BASE_STYLE + _beside("css"))
    doc.add(main(_heading(title, _count(len(pages)), details, links), grid))
    doc.add(_viewer())
    doc.add(script(raw(_beside("js"))))
    write_text(web_dir / file_name, doc.render())


def write_index(web_dir: Path, title: str, volumes: Sequence[ShownVolume], details: Sequence[str] = (),
                problems: Sequence[str] = ()) -> None:
    """Write index.html: the volumes with their covers, and what went wrong."""
    content = main(_heading(title, _count(len(volumes), "volume"), details, {}))
    if problems:
        content.add(section(h2("Problems"), _list(problems), cls="problems"))
    content.add(div((_volume_figure(volume) for volume in volumes), cls="volumes"))
    doc = empty_page(title, BASE_STYLE + _beside("css"))
    doc.add(content)
    write_text(web_dir / INDEX, doc.render())


def _heading(title: str, count: str, details: Sequence[str], links: Mapping[str, str]) -> header:
    parts = [h1(printable(title), " ", span(count, cls="count"))]
    if links:
        parts.append(line_of_links(links))
    if details:
        parts.append(_list(details))
    return header(parts)


def _page_figure(number: int, page: ShownPage) -> figure:
    """A page in the grid. Its link holds what the viewer shows; without JavaScript it leads to an image."""
    width, height = page.size if all(page.size) else USUAL_SIZE
    link = a(_picture(page.thumbnail, page.name, width, height),
             href=relative_url(page.after or page.before) or f"#page-{number}",
             data_before=relative_url(page.before), data_after=relative_url(page.after),
             data_name=printable(page.name), data_note=printable(page.note), data_width=width, data_height=height,
             **_pictures(page))
    kinds = {"spread": width > height, "failed": page.failed}
    return figure(link, _caption(page.name, page.note),
                  cls=" ".join(kind for kind, applies in kinds.items() if applies))


def _pictures(page: ShownPage) -> dict[str, str]:
    """What the link holds of regions and layers, where the page has any."""
    found = {"data_regions": relative_url(page.regions)} if page.regions else {}
    if page.layers:
        names = _numbered(printable(name) for name, _ in page.layers)
        layers = [(name, relative_url(path)) for name, (_, path) in zip(names, page.layers, strict=True)]
        found["data_layers"] = json.dumps(layers, ensure_ascii=False)
    return found


def _numbered(names: Iterable[str]) -> Iterator[str]:
    """The names, those that occurred before with a number."""
    count: Counter[str] = Counter()
    for name in names:
        count[name] += 1
        yield name if count[name] == 1 else f"{name} ({count[name]})"


def _volume_figure(volume: ShownVolume) -> figure:
    cover = _picture(volume.cover, "", *USUAL_SIZE)  # without a text: the title is part of the same link
    link = a(cover, span(printable(volume.title), cls="name"), href=relative_url(volume.page))
    return figure(link, _caption(_count(volume.count), volume.note))


def _picture(path: str, text: str, width: int, height: int) -> dom_tag:
    """A small image, or a blank sheet where there is none, that takes up its room before it is loaded."""
    ratio = f"aspect-ratio: {width} / {height}"
    if not path:
        return span("no picture", cls="blank", style=ratio)
    return img(src=relative_url(path), alt=printable(text), loading="lazy", style=ratio)


def _caption(text: str, note: str) -> figcaption:
    parts = [span(printable(text), cls="name")]
    if note:
        parts.append(span(printable(note), cls="note"))
    return figcaption(parts)


def _viewer() -> section:
    """One page in the whole window; the script fills and opens it."""
    info = div(span(cls="name"), div(span(cls="position"), span(cls="note")), cls="info", role="status")
    modes = div(_button("before", "The page before coloring (b)", "Before"),
                _button("compare", "Before and after, with a line between them to drag (b)", "Compare"),
                _button("after", "The colored page (b)", "After"),
                cls="modes", role="group", aria_label="What is shown")
    window = div(_button("direction", "Read from right to left (r)", _icon(BOOK_AND_ARROW)),
                 _button("fullscreen", "Full screen (f)", _icon(CORNERS)),
                 _button("close", "Close (Escape)", _icon(CROSS)), cls="window")
    return section(
        info,
        _button("previous", "Previous page", _icon(CHEVRON_LEFT)),
        _stage(),
        _button("next", "Next page", _icon(CHEVRON_RIGHT)),
        div(modes, _button("zoom", "Full size (z)", "1:1"), cls="tools"),
        div(cls="pictures", role="group", aria_label="Regions and layers"),
        window,
        cls="viewer", role="dialog", aria_modal="true", aria_label="Page viewer", hidden=True)


def _stage() -> div:
    """Where the page lies: its thumbnail until it is loaded, both images over it and the line between them, or a
    picture of its regions or of a layer."""
    kinds = ("placeholder", "after", "before", "picture")
    images = [img(cls=kind, alt="", draggable="false", decoding="sync") for kind in kinds]
    handle = div(div(_icon(CHEVRONS_APART), cls="knob"), cls="handle", role="slider", tabindex="0",
                 aria_label="How much of the page is shown before coloring", aria_valuemin="0", aria_valuemax="100")
    missing = span("There is no picture of this page.", cls="missing")
    return div(div(images, missing, handle, cls="sheet"), cls="stage", tabindex="-1")


def _button(action: str, label: str, content: dom_tag | str) -> button:
    """A button that does what the script knows as `action`; its label names the key that does so too."""
    return button(content, type="button", name=action, title=label)


def _icon(line: str) -> svg:
    return svg(svg_path(d=line), viewBox="0 0 24 24", aria_hidden="true")


def _list(lines: Sequence[str]) -> ul:
    return ul(li(printable(line)) for line in lines)


def _count(number: int, what: str = "page") -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _beside(suffix: str) -> str:
    """The text of the file beside this one that has another suffix."""
    return Path(__file__).with_suffix(f".{suffix}").read_text(encoding="utf-8")
