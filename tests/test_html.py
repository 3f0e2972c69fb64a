"""Pages of images: what they say, what they lead to, and what writing them costs."""
import os
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from tests.pages import HOSTILE, Page
from util.html import HTML, TrainingPage


def picture() -> np.ndarray:
    return np.full((4, 6, 3), 200, np.uint8)


def update(web_dir: Path, *epochs: int, labels: tuple[str, ...] = ("real_A", "fake_B"), **options) -> None:
    page = TrainingPage(web_dir, "onepiece", 128, **options)
    for epoch in epochs:
        page.update(epoch, {label: picture() for label in labels})


def shown_epochs(path: Path) -> list[int]:
    return [int(text.removeprefix("epoch ")) for text in Page(path).texts if text.startswith("epoch ")]


def reachable(web_dir: Path) -> dict[str, list[int]]:
    """Page name → epochs shown, for all pages that links lead to from index.html."""
    found: dict[str, list[int]] = {}
    waiting = ["index.html"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = shown_epochs(web_dir / name)
            waiting += [href for href in Page(web_dir / name).values("a", "href") if href.endswith(".html")]
    return found


def test_row_shows_images_with_captions_and_links(tmp_path):
    web = HTML(tmp_path, "results")
    web.add_header("page 1")
    web.add_text("three colors")
    web.add_images([Path("images/v1/a.png"), "b.png"], ["scan", "coloring"], ["inputs/a.png", "b.png"], 300)
    web.save()
    page = Page(tmp_path / "index.html")
    assert page.values("img", "src") == ["images/v1/a.png", "b.png"]
    assert page.values("img", "width") == ["300", "300"]
    assert page.values("img", "loading") == ["lazy", "lazy"]
    assert page.values("a", "href") == ["inputs/a.png", "b.png"]
    assert [text for text in page.texts[page.texts.index("page 1"):] if text] \
        == ["page 1", "three colors", "scan", "coloring"]


def test_lists_of_unequal_length_are_refused(tmp_path):
    with pytest.raises(ValueError, match="shorter"):
        HTML(tmp_path, "results").add_images(["a.png", "b.png"], ["a"], ["a.png", "b.png"], 100)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(tmp_path, name):
    web = HTML(tmp_path, name)
    web.add_header(name)
    web.add_text(name)
    web.add_images([f"{name}/{name}.png"], [name], [f"{name}.png"], 100)
    web.save()
    page = Page(tmp_path / "index.html")
    assert page.texts.count(name) == 5  # title, its heading, header, text, caption
    assert [unquote(src) for src in page.values("img", "src")] == [f"{name}/{name}.png"]
    assert page.values("img", "alt") == [name]
    assert not set("#?<>\"' ") & set(page.values("img", "src")[0] + page.values("a", "href")[0])
    assert "script" not in [tag for tag, _ in page.tags]


def test_name_that_is_no_unicode_is_shown_and_linked(tmp_path):
    name = os.fsdecode("第1話".encode("shift_jis"))
    web = HTML(tmp_path, name)
    web.add_images([f"{name}.png"], [name], [f"{name}.png"], 100)
    web.save()
    (src,) = Page(tmp_path / "index.html").values("img", "src")
    assert os.fsdecode(unquote(src, errors="surrogateescape")) == f"{name}.png"


@pytest.mark.parametrize(("refresh", "expected"), [(0, []), (45, ["45"])])
def test_page_reloads_only_if_told(tmp_path, refresh, expected):
    HTML(tmp_path, "t", refresh=refresh).save()
    metas = [attributes for tag, attributes in Page(tmp_path / "index.html").tags if tag == "meta"]
    assert [meta["content"] for meta in metas if meta.get("http-equiv") == "refresh"] == expected


def test_head_suits_any_screen_and_asks_for_no_favicon(tmp_path):
    HTML(tmp_path, "t").save()
    page = Page(tmp_path / "index.html")
    assert ("meta", {"charset": "utf-8"}) in page.tags
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags
    assert ("link", {"rel": "icon", "href": "data:,"}) in page.tags


def test_failed_save_leaves_the_page_before(tmp_path, monkeypatch):
    def full_disk(self, text, **_):
        self.write_bytes(text[:20].encode())
        raise OSError("no space left on device")

    HTML(tmp_path, "first").save()
    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(OSError, match="no space"):
        HTML(tmp_path, "second").save()
    assert "first" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_training_page_shows_newest_epoch_first(tmp_path):
    update(tmp_path, 1, 2, 3)
    assert shown_epochs(tmp_path / "index.html") == [3, 2, 1]
    assert Page(tmp_path / "index.html").values("img", "src")[:2] \
        == ["images/epoch003_real_A.png", "images/epoch003_fake_B.png"]
    assert (tmp_path / "images/epoch001_fake_B.png").stat().st_size > 0


def test_only_the_index_reloads_itself(tmp_path):
    update(tmp_path, 1, refresh=20)
    assert 'content="20"' in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'http-equiv="refresh"' not in (tmp_path / "epochs_001-025.html").read_text(encoding="utf-8")


def test_restarted_run_carries_on_the_page(tmp_path):
    update(tmp_path, 1, 2)
    update(tmp_path, 3)
    assert shown_epochs(tmp_path / "index.html") == [3, 2, 1]


def test_epochs_without_images_are_passed_over(tmp_path):
    update(tmp_path, 2, 5, 90)
    assert shown_epochs(tmp_path / "epochs_001-025.html") == [5, 2]
    assert reachable(tmp_path) == {"index.html": [90], "epochs_001-025.html": [5, 2],
                                   "epochs_076-100.html": [90]}


def test_run_taken_back_to_an_earlier_epoch_hides_what_lay_beyond(tmp_path):
    update(tmp_path, *range(1, 9), epochs_per_page=3)
    update(tmp_path, 2, epochs_per_page=3)
    assert reachable(tmp_path) == {"index.html": [2, 1]}
    update(tmp_path, 3, 4, epochs_per_page=3)
    assert reachable(tmp_path) == {"index.html": [4], "epochs_001-003.html": [3, 2, 1],
                                   "epochs_004-006.html": [4]}


def test_two_hundred_epochs_are_reachable_at_constant_cost(tmp_path, monkeypatch):
    written = []
    replace = Path.replace

    def recording(self, target):
        written.append(Path(target).name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", recording)
    looked_up = []
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda self: looked_up.append(self) or exists(self))
    costs = {}
    for epoch in range(1, 201):
        written.clear()
        looked_up.clear()
        update(tmp_path, epoch, labels=("fake_B",))  # a new object each time: nothing is remembered
        costs[epoch] = (sorted(written), len(looked_up))

    assert costs[60][0] == ["epoch060_fake_B.png", "epochs_051-075.html", "index.html"]
    assert costs[76][0] == ["epoch076_fake_B.png", "epochs_051-075.html", "epochs_076-100.html", "index.html"]
    assert costs[200][1] <= costs[50][1]  # the last epochs of the eighth block and of the second

    pages = reachable(tmp_path)
    assert pages.pop("index.html") == list(range(200, 175, -1))
    assert sorted(epoch for epochs in pages.values() for epoch in epochs) == list(range(1, 201))
    forward = Page(tmp_path / "epochs_001-025.html").values("a", "href")
    assert "epochs_026-050.html" in forward
