"""Label maps: which part of which character each pixel of a drawing shows.

A data set has `labels.json`, the list of all its parts, [null, {"name": "ren.hair", "owner": "ren", "color":
[r, g, b]}, …], and for each drawing a 16-bit grey PNG of its size: n for entry n of the list, 0 for nothing (ink,
paper, lettering).

Beside label maps there may be a panel map and a text map of a drawing, 16-bit grey PNGs too. Panel map: n inside the
nth panel, 0 in gutters and margins. Text map: n inside the nth balloon, plus 1000 where there is the ink of letters.
"""
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import maximum_filter, minimum_filter

from util.errors import UserError, reason

FILE = "labels.json"
LETTERING = 1000  # is added in text maps where there is the ink of letters
_MODES = ("I;16", "I;16B", "I", "L")


@dataclass(frozen=True)
class Part:
    """An entry of the list. owner: the character that it belongs to; None for a sky, a wall. color: RGB, 0 to 255."""

    name: str
    owner: str | None
    color: tuple[int, int, int]


def read_parts(dataroot: Path) -> dict[int, Part]:
    """The parts of a data set by their numbers in label maps. Raises UserError if its list can't be used."""
    path = dataroot / FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        if entries[0] is not None:
            raise ValueError("entry 0 should be null")
        return {number: _part(entry) for number, entry in enumerate(entries[1:], start=1)}
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise UserError(f"{path} is no list of parts ({reason(error)}): mend or remove it") from error


def _part(entry: dict) -> Part:
    red, green, blue = map(int, entry["color"])
    owner = entry["owner"]
    return Part(str(entry["name"]), None if owner is None else str(owner), (red, green, blue))


def read_label_map(path: Path) -> np.ndarray:
    """(H, W) int32. Raises UserError if the file is no label map."""
    try:
        with Image.open(path) as image:
            if image.mode not in _MODES:
                raise ValueError(f"mode {image.mode}, not 16 bits of grey")
            labels = np.asarray(image, dtype=np.int32)
    except Exception as error:  # damaged bytes make the decoders raise nearly anything
        raise UserError(f"{path} is no label map ({reason(error)}): mend or remove it") from error
    if labels.min(initial=0) < 0 or labels.max(initial=0) > 65535:
        raise UserError(f"{path} is no label map (numbers outside 0 to 65535): mend or remove it")
    return labels


def read_paper(panels: Path, text: Path) -> np.ndarray:
    """(H, W) int32, 1 where a drawing must stay paper: outside of panels, and in balloons but for the letters.

    panels, text: its panel map and its text map. Raises UserError if they are no maps of one size.
    """
    panel_numbers, text_numbers = read_label_map(panels), read_label_map(text)
    if panel_numbers.shape != text_numbers.shape:
        raise UserError(f"{panels} and {text} must have one size: make them again")
    in_balloon = (text_numbers > 0) & (text_numbers < LETTERING)
    return (((panel_numbers == 0) & (text_numbers == 0)) | in_balloon).astype(np.int32)


def scaled_labels(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A label map at another width and height. Where pixels of several parts, or a part and ink, fall together, there
    is nothing: their color is a mixture."""
    height, width = labels.shape
    if (width, height) == size:
        return labels
    sides = (height, size[1]), (width, size[0])
    window = [2 * round(old / new / 2) + 1 if old > new else 1 for old, new in sides]
    pure = np.where(minimum_filter(labels, window) == maximum_filter(labels, window), labels, 0)
    rows, columns = (((np.arange(new) + 0.5) * old / new).astype(int) for old, new in sides)
    return pure[rows[:, None], columns]
