"""Scans made of colored drawings by taking their ink off."""
import cv2
import numpy as np
import pytest
from PIL import Image

from coloring.ink import InkStyle, extracted_ink
from scripts import extract_scans
from tests.helpers import run_main
from util.errors import UserError


def colored() -> np.ndarray:
    """An orange disc with a dark outline on a blue ground, and a black rectangle."""
    drawing = np.full((400, 400, 3), (120, 170, 230), np.uint8)
    cv2.circle(drawing, (200, 200), 100, (230, 150, 60), -1)
    cv2.circle(drawing, (200, 200), 100, (40, 20, 20), 4)
    cv2.rectangle(drawing, (20, 20), (90, 90), (8, 8, 8), -1)
    return drawing


def test_lines_and_black_stay_and_colors_become_paper():
    scan = extracted_ink(colored())
    assert scan.shape == (400, 400)
    assert scan[200, 200] == scan[380, 380] == 255  # orange and blue
    assert scan[200, 100] < 40  # the outline
    assert scan[55, 55] < 40  # solid black


def test_a_wash_keeps_light_and_shade():
    light, dark = (extracted_ink(colored(), InkStyle(wash=wash)) for wash in (0.0, 0.6))
    assert light[380, 200] == 255
    assert 120 < dark[380, 200] < 235
    assert dark[200, 100] < 40


def test_styles_differ_and_are_drawn_from_a_seed():
    first, second, again = (InkStyle.drawn(np.random.default_rng(seed)) for seed in (1, 2, 1))
    assert first == again != second


def test_pairs_of_a_folder(tmp_path):
    (tmp_path / "pages" / "one").mkdir(parents=True)
    Image.fromarray(colored()).save(tmp_path / "pages" / "one" / "a.png")
    run_main(extract_scans, str(tmp_path / "pages"), "--out", str(tmp_path / "pairs"), "--copies", "2", "--size", "200")
    for side, mode in (("trainA", "L"), ("trainB", "RGB")):
        images = sorted((tmp_path / "pairs" / side).iterdir())
        assert [path.name for path in images] == ["one_a_0.png", "one_a_1.png"]
        assert all(Image.open(path).size == (200, 200) and Image.open(path).mode == mode for path in images)
    with pytest.raises(UserError, match="exists"):
        run_main(extract_scans, str(tmp_path / "pages"), "--out", str(tmp_path / "pairs"))
