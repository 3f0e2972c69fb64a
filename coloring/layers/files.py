"""Write the layers of a page in a format that painting programs open."""
from collections.abc import Sequence
from pathlib import Path

from coloring.layers.layer import Layer
from coloring.layers.numbered_images import write_numbered_images
from coloring.layers.openraster import write_openraster
from coloring.layers.photoshop import LONGEST_SIDE, write_photoshop

# Format → what is added to the name of a page; the layers of a page as PNG files lie in a folder.
LAYER_FORMATS = {"ora": ".ora", "psd": ".psd", "png": ""}


class LayersError(Exception):
    """Layers that a format cannot hold; the message states the problem and the fix."""


def write_layers(layers: Sequence[Layer], path: Path, form: str) -> list[Path]:
    """Write layers of one size, the lowest one first, and give the files that were written.

    path: the file, or with `png` the folder. form: one of LAYER_FORMATS. Raises LayersError if there are no layers or
    the format cannot hold them.
    """
    if not layers:
        raise LayersError("the page was not made of layers; drop --layers")
    if form == "png":
        return write_numbered_images(layers, path)
    if form == "ora":
        write_openraster(layers, path)
    else:
        height, width = layers[0].pixels.shape[:2]
        if max(height, width) > LONGEST_SIDE:
            raise LayersError(
                f"no PSD of its layers: {width} × {height} pixels are more than the {LONGEST_SIDE} a side that PSD "
                "holds; use --layers ora"
            )
        write_photoshop(layers, path)
    return [path]
