"""Label maps: the list of parts, 16-bit maps, other sizes."""
import json

import numpy as np
import pytest
from PIL import Image

from util.errors import UserError
from util.label_maps import LETTERING, Part, read_label_map, read_paper, read_parts, scaled_labels

ENTRIES = [None, {"name": "ren.hair", "owner": "ren", "color": [9, 8, 7]},
           {"name": "sky", "owner": None, "color": [1, 2, 3]}]  # fmt: skip


def save_map(path, labels):
    Image.fromarray(np.asarray(labels, np.uint16)).save(path)
    return path


def test_parts_by_their_numbers(tmp_path):
    (tmp_path / "labels.json").write_text(json.dumps(ENTRIES), encoding="utf-8")
    assert read_parts(tmp_path) == {1: Part("ren.hair", "ren", (9, 8, 7)), 2: Part("sky", None, (1, 2, 3))}


@pytest.mark.parametrize("entries", ["", "{}", "[]", json.dumps(ENTRIES[1:]), '[null, {"name": "x"}]', "[null, 3]"])
def test_a_bad_list_is_told_in_one_line(tmp_path, entries):
    (tmp_path / "labels.json").write_text(entries, encoding="utf-8")
    with pytest.raises(UserError, match=r"labels.json is no list of parts"):
        read_parts(tmp_path)


def test_maps_keep_their_16_bits(tmp_path):
    labels = np.array([[0, 1, 300], [2, 65535, 256]])
    path = save_map(tmp_path / "a.png", labels)
    assert Image.open(path).mode == "I;16"
    assert (read_label_map(path) == labels).all()


def test_what_is_no_map_is_told(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no image")
    for name in ("a.png", "b.png", "c.png"):
        with pytest.raises(UserError, match=f"{name} is no label map"):
            read_label_map(tmp_path / name)


def test_paper_is_gutters_and_balloons_without_their_letters(tmp_path):
    panels = save_map(tmp_path / "panels.png", [[0, 0, 1, 1, 2, 2]])
    text = save_map(tmp_path / "text.png", [[0, LETTERING, 0, 3, 3 + LETTERING, 0]])
    assert read_paper(panels, text).tolist() == [[1, 0, 0, 1, 0, 0]]
    with pytest.raises(UserError, match="must have one size"):
        read_paper(panels, save_map(tmp_path / "other.png", [[0]]))


def test_smaller_maps_leave_out_mixtures():
    labels = np.zeros((12, 24), int)
    labels[:, :11], labels[:, 13:] = 5, 9
    small = scaled_labels(labels, (8, 4))
    assert small.shape == (4, 8)
    assert small.tolist() == [[5, 5, 5, 0, 0, 9, 9, 9]] * 4
    assert scaled_labels(labels, (24, 12)) is labels


def test_larger_maps_have_the_same_parts_in_the_same_places():
    assert scaled_labels(np.array([[1, 2]]), (4, 2)).tolist() == [[1, 1, 2, 2]] * 2
