"""Running a convolutional network over a page of any size in bounded memory, with the result of the whole page.

A `PagedMap` takes the place of the tensor: `net(page_map)` runs the network's own code, and each operation gives
another map that knows how to compute any band of its rows. Bands are computed when they are asked for. Where an
operation needs the whole map (the statistics of a norm, the moments of an attention) or would be computed again and
again (a convolution below another), the map is computed once, band by band, and kept: small maps in memory, large ones
in a temporary file. So no seam can show: each value is what the whole page would give, but for rounding.
"""
from util.tiling import operations  # noqa: F401 (registers what maps can be computed with)
from util.tiling.maps import NotTileable, PagedMap, Tiles

__all__ = ["NotTileable", "PagedMap", "Tiles"]
