"""Balloons, lettering and paper."""
import numpy as np
import pytest

from coloring.structure import find_structure
from tests.coloring.structure.pages import HEIGHT, WIDTH, Page, overlap, rectangle

BOX = (80, 80, 240, 170)


def page_with_panel() -> Page:
    return Page().panel(rectangle(30, 30, 570, 830), fill=255)


def inside(*box: int) -> np.ndarray:
    left, top, right, bottom = box
    there = np.zeros((HEIGHT, WIDTH), bool)
    there[top:bottom, left:right] = True
    return there


@pytest.mark.parametrize("shape", ["ellipse", "rectangle"])
@pytest.mark.parametrize("text", ["WAIT\nFOR ME", "NOT\nYET", "Really?"])
def test_balloons_and_captions(shape, text):
    page = page_with_panel().balloon(BOX, text, shape)
    structure = find_structure(page.pixels)
    assert structure.balloons.max() == 1
    balloon = structure.balloons == 1
    assert overlap(balloon, inside(*BOX)) > (0.7 if shape == "ellipse" else 0.88)
    assert not balloon[:, : BOX[0]].any()  # nothing beyond the outline
    assert structure.paper[balloon].all()
    ink = (page.pixels < 128) & inside(100, 95, 220, 155)
    assert structure.lettering[ink].mean() > 0.95
    assert structure.balloon_boxes[0] == pytest.approx(BOX, abs=6)


def test_two_balloons_are_numbered_apart():
    page = page_with_panel().balloon(BOX, "HEY!").balloon((300, 100, 500, 200), "IT'S YOU")
    assert find_structure(page.pixels).balloons.max() == 2


def test_a_balloon_cut_off_by_the_frame():
    page = page_with_panel()
    page.pen.ellipse((-40, 100, 200, 220), fill=255, outline=0, width=3)
    page.pen.rectangle((0, 80, 29, 240), fill=255)
    page.pen.line((31, 80, 31, 240), fill=0, width=4)
    page.write((105, 160), "LOOK\nUP THERE")
    assert find_structure(page.pixels).balloons.max() == 1


def test_a_gap_in_the_outline_does_not_matter():
    page = page_with_panel().balloon(BOX, "GOOD\nNIGHT")
    page.pen.rectangle((236, 123, 246, 126), fill=255)
    assert find_structure(page.pixels).balloons.max() == 1


def test_faces_eyes_windows_and_patterns_are_none():
    page = page_with_panel()
    page.pen.ellipse((100, 100, 260, 280), outline=0, width=3)  # a face
    for x in (140, 200):
        page.pen.ellipse((x, 160, x + 22, 195), fill=0)
        page.pen.line((x - 4, 145, x + 26, 140), fill=0, width=4)
    page.pen.line((165, 245, 200, 245), fill=0, width=4)
    page.pen.ellipse((400, 100, 480, 200), outline=0, width=3)  # an eye
    page.pen.ellipse((425, 130, 455, 170), outline=0, width=4)
    page.pen.ellipse((434, 142, 446, 158), fill=0)
    page.pen.rectangle((100, 400, 300, 560), outline=0, width=3)  # a house with windows
    for x in range(120, 280, 50):
        for y in (420, 490):
            page.pen.rectangle((x, y, x + 24, y + 34), outline=0, width=3)
    page.pen.rectangle((350, 400, 540, 560), outline=0, width=3)  # dots
    for x in range(362, 530, 16):
        for y in range(412, 550, 16):
            page.pen.ellipse((x, y, x + 8, y + 8), fill=0)
    structure = find_structure(page.pixels)
    assert structure.balloons.max() == 0
    assert not structure.lettering.any()


def test_text_outside_of_balloons_is_lettering():
    page = page_with_panel().write((300, 450), "LONG AGO THERE WAS\nA DRAGON IN THE SEA", 22)
    structure = find_structure(page.pixels)
    ink = (page.pixels < 128) & inside(150, 420, 450, 480)
    assert structure.lettering[ink].mean() > 0.9
    assert not structure.balloons.any()


def test_paper_is_margins_and_balloons_not_the_inside_of_panels():
    page = Page(235).panel(rectangle(60, 60, 540, 800)).balloon((90, 90, 250, 180), "HOME\nAGAIN")
    structure = find_structure(page.pixels)
    assert structure.paper[:50].all()
    assert not structure.paper[400:700, 80:520].any()
    assert structure.paper[135, 100]
