"""Write layers as a folder of PNG files."""
import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from coloring.layers.images import encoded_png
from coloring.layers.layer import Layer
from data.pages.names import safe_name
from util.files import write_bytes

_NUMBERED = re.compile(r"\d+_.*\.png")


def write_numbered_images(layers: Sequence[Layer], folder: Path) -> list[Path]:
    """Write layers as 1_NAME.png (the lowest one), 2_NAME.png and so on; the paths of these.

    Grey layers stay grey. Numbered images that an earlier run left in the folder are removed.
    """
    digits = len(str(len(layers)))  # so that names in alphabetical order are in the order of the stack
    paths = [
        folder / f"{number:0{digits}d}_{safe_name(layer.name.replace('/', '_'))}.png"
        for number, layer in enumerate(layers, start=1)
    ]
    for layer, path in zip(layers, paths, strict=True):
        write_bytes(path, encoded_png(Image.fromarray(layer.pixels)))
    for path in folder.iterdir():
        if _NUMBERED.fullmatch(path.name) and path not in paths:
            path.unlink()
    return paths
