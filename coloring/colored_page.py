"""What a page becomes: its colored image, and the layers and regions that it was made of."""
from dataclasses import dataclass

import numpy as np
from PIL import Image

from coloring.layers import Layer


@dataclass(frozen=True)
class ColoredPage:
    """A colored page at its own size.

    image: RGB; L where a generator makes scans. layers: from the lowest to the highest, `flatten(layers)` is the image;
    empty where the page was not made of layers. regions: (H, W) int32 label map from 0; None where no regions were
    looked for.
    """

    image: Image.Image
    layers: tuple[Layer, ...] = ()
    regions: np.ndarray | None = None
