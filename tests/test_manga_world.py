"""The invented world: pages at two levels, and label maps that know the color of every part."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts.make_demo_dataset import main
from scripts.manga_world import LEVELS, label_table, render_page, render_page_and_structure
from scripts.manga_world.canvas import Canvas, Numbers, Pen
from scripts.manga_world.emblems import EMBLEMS
from scripts.manga_world.figure import Act, draw_character
from scripts.manga_world.finish import Finish, finished
from scripts.manga_world.page import RULES
from scripts.manga_world.palette import EASY_TONES
from scripts.manga_world.panels import panels, reading_order
from scripts.manga_world.parts import world_parts
from scripts.manga_world.people import PEOPLE, Person, colors_of
from scripts.manga_world.scenery import PLACES
from scripts.manga_world.tone_planes import TonePlanes
from scripts.manga_world.tones import TONES
from util.label_maps import LETTERING

Page = tuple[np.ndarray, np.ndarray, np.ndarray]


def _page(level: str, index: int, width: int = 160, height: int = 230) -> Page:
    """A page's scan (h, w), coloring (h, w, 3) and labels (h, w), as integers."""
    scan, coloring, labels = render_page(3, index, width, height, level)
    return np.asarray(scan).astype(int), np.asarray(coloring).astype(int), np.asarray(labels).astype(int)


def _flat_and_shade(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The flat color and the shadow color of every pixel's label, each (h, w, 3)."""
    by_label = {part.label: part for part in world_parts("easy").values() if not part.woven}
    flat, shade = (np.zeros((len(label_table()), 3), int) for _ in range(2))
    for label, part in by_label.items():
        flat[label] = part.color
        shade[label] = np.array(part.color) * [0.74, 0.69, 0.8] - 1
    return flat[labels], shade[labels]


@pytest.fixture(scope="module")
def pages() -> dict[str, list[Page]]:
    return {level: [_page(level, index) for index in range(8)] for level in LEVELS}


@pytest.mark.parametrize("level", LEVELS)
def test_pages_are_deterministic_and_of_the_asked_size(level: str):
    first, again = (render_page(5, 2, 100, 140, level) for _ in range(2))
    assert [picture.mode for picture in first] == ["L", "RGB", "I;16"]
    assert {picture.size for picture in first} == {(100, 140)}
    assert [picture.tobytes() for picture in first] == [picture.tobytes() for picture in again]
    for other in ((5, 3), (6, 2)):
        assert first[1].tobytes() != render_page(*other, 100, 140, level)[1].tobytes()


def test_levels_are_other_pages():
    assert len({render_page(5, 2, 100, 140, level)[1].tobytes() for level in LEVELS}) == len(LEVELS)


def test_a_larger_page_is_the_same_drawing():
    large = Image.fromarray(_page("easy", 1, 384, 552)[1].astype(np.uint8)).resize((128, 184), Image.Resampling.BOX)
    same, other = (np.abs(np.asarray(large).astype(int) - _page("easy", index, 128, 184)[1]).mean() for index in (1, 2))
    assert 3 * same < other


def test_easy_pages_have_every_labelled_pixel_in_its_flat_color(pages: dict[str, list[Page]]):
    for _, coloring, labels in pages["easy"]:
        flat, _ = _flat_and_shade(labels)
        assert (coloring == flat)[labels > 0].all()


def test_hard_pages_have_flat_colors_and_shadows(pages: dict[str, list[Page]]):
    shaded, hair = 0, [part.label for name, part in world_parts("hard").items() if name.endswith(".hair")]
    for _, coloring, labels in pages["hard"]:
        flat, shade = _flat_and_shade(labels)
        assert ((coloring <= flat) & (coloring >= shade))[labels > 0].all()
        for label in np.unique(labels[labels > 0]):
            here = labels == label
            if here.sum() > 20:
                median = np.median(coloring[here], 0)
                assert min(np.abs(median - flat[here][0]).max(), np.abs(median - shade[here][0]).max()) < 40
        shaded += int((coloring < flat).any(2)[np.isin(labels, hair)].sum())
    assert shaded > 1000


def test_shadows_of_hard_pages_are_tones_in_the_scan(pages: dict[str, list[Page]]):
    dark, light = [], []
    for scan, coloring, labels in pages["hard"]:
        flat, _ = _flat_and_shade(labels)
        for name in ("fair", "white"):
            part = [number for number, entry in enumerate(label_table()) if entry and entry["owner"]
                    and entry["color"] == {"fair": [255, 222, 196], "white": [255, 255, 255]}[name]]
            here = np.isin(labels, part)
            dark.append(scan[here & (coloring < flat).any(2)])
            light.append(scan[here & (coloring == flat).all(2)])
    assert np.concatenate(dark).mean() < np.concatenate(light).mean() - 25


def test_woven_patterns_have_two_colors_and_the_pattern_in_the_scan():
    canvas = Canvas(Numbers(), 4.0, (0, 0, 768, 768))
    draw_character(canvas, Pen(canvas, 96, 40, 40), "xeno", Act())
    scan, coloring, labels = map(np.asarray, finished(canvas, Finish("easy", (256, 256), 3, set(), False, "shade_dots",
                                                                     None)))
    parts = world_parts("easy")
    for name, inked in (("xeno.top", False), ("xeno.weave", True)):
        here = labels == parts[name].label
        assert here.sum() > 200
        assert ((scan[here] < 60) == inked).mean() > 0.95
        assert (np.median(coloring[here], 0) == parts[name].color).all()


@pytest.mark.parametrize("level", LEVELS)
def test_ink_paper_and_margins_have_no_label(level: str, pages: dict[str, list[Page]]):
    for scan, coloring, labels in pages[level]:
        ink = (coloring == (14, 12, 20)).all(2)
        assert ink.mean() > 0.03
        assert (labels[ink] == 0).all()
        assert (labels[:3] == 0).all()
        assert (labels[:, -3:] == 0).all()
        assert 0.2 < (labels > 0).mean() < 0.95
        assert scan.min() < 60 < 200 < scan.max()


def test_every_character_and_place_appears():
    found: Counter = Counter()
    table = label_table()
    for level in LEVELS:
        for index in range(45):
            labels = _page(level, index, 64, 92)[2]
            found.update({table[label]["name"] for label in np.unique(labels[labels > 0])})
    assert {f"{person.name}.hair" for person in PEOPLE if person.hair[:2] != ("bald", "bald")} <= set(found)
    assert {f"{person.name}.top" for person in PEOPLE} <= set(found)
    assert {"sea", "leaf", "wall", "brick", "lava", "snow", "stone", "pyramid", "torii", "cavern", "tile"} <= set(found)


def test_hard_pages_have_more_panels_and_smaller_figures(pages: dict[str, list[Page]]):
    most_easy = max(sum(layout) for layout in RULES["easy"].layouts)
    assert most_easy < min(sum(layout) for layout in RULES["hard"].layouts)
    skins = {part.label for name, part in world_parts("easy").items() if name.endswith(".skin")}
    kinds = {level: np.mean([len(np.unique(labels)) for *_, labels in pages[level]]) for level in LEVELS}
    skin = {level: np.mean([np.isin(labels, list(skins)).mean() for *_, labels in pages[level]]) for level in LEVELS}
    assert kinds["hard"] > 1.5 * kinds["easy"]
    assert skin["easy"] > skin["hard"]


def test_characters_can_be_told_apart():
    assert len(PEOPLE) >= 24
    assert len(PLACES) >= 10
    def pieces(person: Person) -> tuple[str, ...]:
        return tuple(color for name, color in colors_of(person).items() if not name.endswith(".weave"))

    for looks in ([person.name for person in PEOPLE], [person.hair[:2] for person in PEOPLE],
                  [person.emblem[0] for person in PEOPLE], [pieces(person) for person in PEOPLE]):
        assert len(set(looks)) == len(PEOPLE)
    assert {person.emblem[0] for person in PEOPLE} <= set(EMBLEMS)


def test_an_easy_tone_gives_the_color_away_and_a_hard_one_does_not():
    assert {tone for tone, uses in Counter(EASY_TONES.values()).items() if uses > 1} == {"blank"}
    hard: dict[str, set] = {}
    for part in world_parts("hard").values():
        if part.owner and not part.woven:
            hard.setdefault(part.tone, set()).add(part.color)
    assert len(hard) < 8
    assert min(len(colors) for colors in hard.values()) >= 4
    assert {level: {part.tone for part in world_parts(level).values()} - set(TONES) for level in LEVELS} == {
        level: set() for level in LEVELS}


def test_every_tone_has_a_bit_of_its_own():
    planes = TonePlanes(64, 64, 1.0)
    first = planes.bits({"black", "blank", "waves"})
    bits = planes.bits(set(TONES))
    assert all(bits[name] == bit for name, bit in first.items())
    assert bits["blank"] == 0
    assert len(set(bits.values())) == len(TONES)
    assert max(bits.values()) < 2**64
    assert (planes.planes & np.uint64(bits["black"]) > 0).all()
    inked = {name: (planes.planes & np.uint64(bit) > 0).mean() for name, bit in bits.items() if bit}
    assert all(0 < share < 1 for name, share in inked.items() if name != "black")


def test_command_writes_label_maps_and_their_table(tmp_path: Path):
    out = tmp_path / "world"
    main(["--out", str(out), "--level", "hard", "--pages", "1", "--val", "2", "--test", "1", "--width", "96",
          "--height", "138", "--workers", "1"])
    table = json.loads((out / "labels.json").read_text(encoding="utf-8"))
    assert table == label_table()
    assert table[0] is None
    assert len({entry["name"] for entry in table[1:]}) == len(table) - 1
    assert {"name": "sea", "owner": None, "color": [26, 120, 204]} in table
    for split in ("val", "test"):
        names = {folder: [path.name for path in sorted((out / f"{split}{folder}").iterdir())] for folder in "ABLPT"}
        assert names["A"] == names["B"] == names["L"] == names["P"] == names["T"]
        with Image.open(out / f"{split}L" / names["L"][0]) as labels:
            assert (labels.mode, labels.size) == ("I;16", (96, 138))
            assert 0 < np.asarray(labels).max() < len(table)
    assert not (out / "trainL").exists()


def test_panels_are_numbered_in_reading_order():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        quads = panels(rng, 368.0, RULES["hard"].layouts)
        numbers = reading_order(quads)
        assert sorted(numbers) == list(range(1, len(quads) + 1))
        centers = np.array([quad.mean(0) for quad in quads])[np.argsort(numbers)]
        assert all(x1 > x2 or y1 < y2 for (x1, y1), (x2, y2) in pairwise(centers))


@pytest.mark.parametrize("level", LEVELS)
def test_structure_maps_show_panels_balloons_and_letters(level: str):
    balloons_seen = letters_seen = 0
    for index in range(6):
        *pictures, panel_map, text_map = render_page_and_structure(3, index, 300, 430, level)
        assert [picture.tobytes() for picture in pictures] == [
            picture.tobytes() for picture in render_page(3, index, 300, 430, level)]
        assert [picture.mode for picture in (panel_map, text_map)] == ["I;16", "I;16"]
        scan, coloring, labels, in_panel, text = (np.asarray(picture).astype(int)
                                                  for picture in (*pictures, panel_map, text_map))
        assert set(np.unique(in_panel)) == set(range(in_panel.max() + 1))
        assert (labels[in_panel == 0] == 0).all()
        assert np.median(scan[in_panel == 0]) > 200
        inside, ink = (text > 0) & (text < LETTERING), text > LETTERING
        assert (in_panel[inside] > 0).all()
        assert (labels[inside] == 0).all()
        assert (coloring[inside] > 240).all(axis=1).sum() >= 0.75 * inside.sum()  # others are soft edges
        assert (scan[ink] < 120).sum() >= 0.7 * ink.sum()
        balloons_seen += len(np.unique(text[inside]))
        letters_seen += int((text == LETTERING).sum())
    assert balloons_seen > 2
    assert letters_seen > 0 or level == "easy"  # which has few sound effects


def test_letters_lie_in_the_balloon_of_their_number():
    text = np.asarray(render_page_and_structure(3, 1, 600, 860, "hard")[4]).astype(int)
    for number in np.unique(text[text > LETTERING]) - LETTERING:
        ys, xs = np.nonzero(text == number)
        letter_ys, letter_xs = np.nonzero(text == number + LETTERING)
        assert ys.min() < letter_ys.min() <= letter_ys.max() < ys.max()
        assert xs.min() < letter_xs.min() <= letter_xs.max() < xs.max()
