"""The page of a colored volume and the list of volumes: what they say, and what they lead to."""
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.pages import HOSTILE, Page
from util.volume_page import ShownPage, ShownVolume, write_index, write_volume_page


def shown_page(name: str = "p1", size: tuple[int, int] = (700, 1000), note: str = "") -> ShownPage:
    return ShownPage(name, f"before/{name}.png", f"after/{name}.jpg", f"small/{name}.jpg", size, note)


def written(web_dir: Path, *pages: ShownPage, **options) -> Page:
    write_volume_page(web_dir, "volume.html", "Volume 1", pages, **options)
    return Page(web_dir / "volume.html")


def shown_links(page: Page) -> list[dict[str, str | None]]:
    return [attributes for tag, attributes in page.tags if tag == "a" and "data-name" in attributes]


def said(page: Page) -> list[str]:
    return [text for text in page.texts if text]


def test_page_is_a_lazy_thumbnail_that_leads_to_its_coloring(tmp_path):
    page = written(tmp_path, shown_page("p1"), shown_page("p2", note="was colored already"))
    first, second = shown_links(page)
    assert first == {"href": "after/p1.jpg", "data-before": "before/p1.png", "data-after": "after/p1.jpg",
                     "data-name": "p1", "data-note": "", "data-width": "700", "data-height": "1000"}
    assert second["data-note"] == "was colored already"
    thumbnails = [attributes for tag, attributes in page.tags if tag == "img" and "src" in attributes]
    assert thumbnails[0] == {"src": "small/p1.jpg", "alt": "p1", "loading": "lazy", "style": "aspect-ratio: 700 / 1000"}
    assert len(thumbnails) == 2
    assert {"p1", "p2", "was colored already", "2 pages"} <= set(said(page))


def test_link_holds_the_pictures_of_regions_and_layers(tmp_path):
    layers = [("線画 <&\">", "small/1 1.jpg"), ("flats", "small/2.webp"), ("flats", "small/3.webp")]
    shown = ShownPage("p", "b.png", "a.png", "", (700, 1000), regions="small/r #1.png", layers=layers)
    (link,) = shown_links(written(tmp_path, shown))
    assert link["data-regions"] == "small/r%20%231.png"
    assert json.loads(link["data-layers"] or "") == [
        ["線画 <&\">", "small/1%201.jpg"], ["flats", "small/2.webp"], ["flats (2)", "small/3.webp"]]


def test_details_and_links_stand_above_the_pages(tmp_path):
    page = written(tmp_path, shown_page(), details=["weights: a", "2 min"],
                   links={"all volumes": "index.html", "the volume (CBZ)": "v 1.cbz"})
    assert page.values("a", "href")[:2] == ["index.html", "v%201.cbz"]
    expected = ["Volume 1", "1 page", "all volumes", "the volume (CBZ)", "weights: a", "2 min", "p1"]
    assert [text for text in said(page) if text in expected][1:] == expected  # the first is the title of the window


@pytest.mark.parametrize(("before", "after", "href"), [("b.png", "", "b.png"), ("", "a.jpg", "a.jpg"),
                                                       ("", "", "#page-1")])
def test_page_that_lacks_an_image_leads_to_the_other(tmp_path, before, after, href):
    page = written(tmp_path, ShownPage("p", before, after, "", (0, 0), "can't be read: truncated", failed=True))
    (link,) = shown_links(page)
    assert (link["href"], link["data-before"], link["data-after"]) == (href, before, after)
    assert int(link["data-width"]) > 0
    assert int(link["data-height"]) > 0
    assert {"no picture", "can't be read: truncated"} <= set(said(page))
    assert page.values("figure", "class") == ["failed"]


def test_spread_takes_the_room_of_two_pages(tmp_path):
    page = written(tmp_path, shown_page("p1"), shown_page("p2", size=(1400, 1000)))
    assert page.values("figure", "class") == ["", "spread"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(tmp_path, name):
    write_volume_page(tmp_path, "volume.html", name, [shown_page(name, note=name)], [name], {name: f"{name}.cbz"})
    page = Page(tmp_path / "volume.html")
    assert page.texts.count(name) == 6  # title, its heading, link, detail, caption, note
    (link,) = shown_links(page)
    assert (link["data-name"], link["data-note"]) == (name, name)
    assert unquote(link["data-before"]) == f"before/{name}.png"
    assert unquote(link["data-after"]) == unquote(link["href"]) == f"after/{name}.jpg"
    assert [tag for tag, _ in page.tags].count("script") == 1
    for url in (link["href"], link["data-before"], link["data-after"], page.values("a", "href")[0]):
        assert not set("#?<>\"'\\: ") & set(url)


def test_name_that_is_no_unicode_is_shown_and_linked(tmp_path):
    name = os.fsdecode("第1話".encode("shift_jis"))
    (link,) = shown_links(written(tmp_path, shown_page(name)))
    assert os.fsdecode(unquote(link["href"], errors="surrogateescape")) == f"after/{name}.jpg"


def test_nothing_is_fetched_from_elsewhere(tmp_path):
    written(tmp_path, shown_page())
    write_index(tmp_path, "Volumes", [])
    for name in ("volume.html", "index.html"):
        assert not re.search(r"https?:|@import|url\(", (tmp_path / name).read_text(encoding="utf-8"))


def test_volume_without_pages_is_written(tmp_path):
    page = written(tmp_path)
    assert "0 pages" in said(page)
    assert shown_links(page) == []


def test_index_shows_volumes_and_problems(tmp_path):
    volumes = [ShownVolume("Volume #1", "v 1.html", "small/1 1.jpg", 200),
               ShownVolume("Volume 2", "v2.html", "", 1, "3 pages could not be read")]
    write_index(tmp_path, "Colored", volumes, ["weights: a"], ["v3.pdf: can't be opened"])
    page = Page(tmp_path / "index.html")
    assert page.values("a", "href") == ["v%201.html", "v2.html"]
    assert page.values("img", "src") == ["small/1%201.jpg"]
    assert [text for text in said(page)[1:] if "{" not in text] == [
        "Colored", "2 volumes", "weights: a", "Problems", "v3.pdf: can't be opened", "Volume #1", "200 pages",
        "no picture", "Volume 2", "1 page", "3 pages could not be read"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text_in_the_index(tmp_path, name):
    write_index(tmp_path, name, [ShownVolume(name, f"{name}.html", f"{name}.jpg", 2, name)], [name], [name])
    page = Page(tmp_path / "index.html")
    assert page.texts.count(name) == 6  # title, its heading, detail, problem, volume, note
    assert unquote(page.values("a", "href")[0]) == f"{name}.html"
    assert "script" not in [tag for tag, _ in page.tags]


def test_index_without_problems_says_nothing_of_them(tmp_path):
    write_index(tmp_path, "Colored", [])
    assert "Problems" not in said(Page(tmp_path / "index.html"))
