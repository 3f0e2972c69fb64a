"""Write the layers of a page in a format that painting programs open."""
from collections.abc import Sequence
from pathlib import Path

from coloring.layers.errors import LayersError
from coloring.layers.layer import Layer
from coloring.layers.numbered_images import write_numbered_images
from coloring.layers.openraster import write_openraster
from coloring.layers.photoshop import write_photoshop

# Format → what is added to the name of a page; the layers of a page as PNG files lie in a folder.
LAYER_FORMATS = {"ora": ".ora", "psd": ".psd", "png": ""}


def write_layers(layers: Sequence[Layer], path: Path, form: str) -> list[Path]:
    """Write layers of one size, the lowest one first, and give the files that were written.

    path: the file, or with `png` the folder. form: one of LAYER_FORMATS. Raises LayersError if there are no layers or
    the format cannot hold them.
    """
    if not layers:
        raise LayersError("it was not made of layers. Drop --layers.")
    if form == "png":
        return write_numbered_images(layers, path)
    if form == "ora":
        write_openraster(layers, path)
    else:
        write_photoshop(layers, path)
    return [path]
