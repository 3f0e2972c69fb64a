"""Whole pages through a generator: at the scale it was trained at, in bounded memory, with their own ink.

    from models.page_colorizer import PageColorizer

    colorizer = PageColorizer.from_checkpoint("checkpoints/onepiece")
    colorizer.colorize(Image.open("page.png")).save("colored.png")
"""
from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from tqdm import tqdm

from coloring.colored_page import ColoredPage
from coloring.composition import compose, with_paper
from coloring.painting import Choices, Painting
from coloring.structure import PageStructure, find_structure
from data.image_folder import to_paper
from data.transforms import PageScale
from models.networks.palette_unet import SCALE, PaletteUnet
from models.trained import load_generator, locate_generator, needs_eval
from util.colored_pages import is_colored
from util.device import best_device, free_memory, is_out_of_memory
from util.errors import UserError
from util.images import is_blank, tensor2im
from util.paper import with_clean_paper
from util.precision import choose_dtype, computing_in
from util.tiling import NotTileable, Tiles

TILE = 512  # side, in pixels, of the tiles of large pages
SMALLEST_TILE = 64
# Pixels up to which a page is computed in one go on the CPU. More would be no faster.
WHOLE = 1024 * 512
# Bytes that a common generator (64 channels at full size) needs at the same time for each pixel, by those of a number
# that it computes with. Not half with 16 bits, for some norms and the moments of attention stay float32.
BYTES_PER_PIXEL = {4: 2048, 2: 1536}
INDEXABLE = 2**31 // 64 - 2**20  # pixels up to which its maps can be indexed by 32 bits, as some operations do


class PageColorizer:
    """Colors pages of any size. One thread at a time may call `run`; `prepare` and `finish` may run beside it."""

    def __init__(
        self, net: nn.Module, input_nc: int, scale: PageScale, device: torch.device, *, makes_colorings: bool = True,
        keep_lines: bool | None = None, tile: str | int = "auto", eval_norms: bool = False, folder: Path | None = None,
        precision: str = "auto", clean_paper: bool = True, flats: str = "auto",
    ) -> None:  # fmt: skip
        """
        net: a generator of (1, input_nc, H, W) in [-1, 1]. scale: how large pages are shown to it. makes_colorings:
        whether it colors scans; else it makes scans. keep_lines: lay the page's own ink over the colors; None: where
        it colors. tile: `auto`, `off` (every page in one go), or the side of the tiles in pixels. eval_norms: batch
        norms use the statistics of their training, not those of the page. folder: of temporary files; None: the
        system's. precision: one of PRECISIONS, what the network computes with. clean_paper: scans are shown to the
        network with white paper and black ink, for on old ones these look like tones. flats: where regions get one flat
        color each, one of FLATS; see `compose`.
        """
        self.net = net.to(device).train(not eval_norms)
        for module in net.modules():
            if isinstance(module, nn.modules.dropout._DropoutNd):
                module.eval()
        self.input_nc, self.scale, self.device = input_nc, scale, device
        self.makes_colorings = makes_colorings
        self.keep_lines = makes_colorings if keep_lines is None else keep_lines
        self.clean_paper = makes_colorings and clean_paper
        self.tile, self.folder, self.flats = tile, folder, flats
        self.dtype = choose_dtype(precision, device)
        # What did not fit into the memory is not tried again: tiles of this side, and pages of this many pixels, do.
        self._largest_tile, self._largest_whole = TILE, inf

    @classmethod
    def from_checkpoint(
        cls, path: Path | str, device: torch.device | str | None = None, *, epoch: str = "latest",
        direction: str | None = None, page_size: float | None = None, keep_lines: bool | None = None,
        tile: str | int = "auto", precision: str = "auto", averaged: bool = True, clean_paper: bool = True,
        flats: str = "auto",
    ) -> PageColorizer:  # fmt: skip
        """The generator of a run (its folder, or one file of weights), ready to color.

        device: None takes CUDA or MPS where there is one. direction: AtoB or BtoA; None: that of the training.
        page_size: the shorter side, in pixels, of the pages that the network sees; None: as in its training; infinity:
        pages at their own size. keep_lines, tile, precision, clean_paper, flats: see the constructor. averaged: the
        averaged weights, where there are any. Raises UserError for weights that can't be used.
        """
        found, saved = locate_generator(Path(path), epoch, direction, averaged)
        scale = PageScale.from_options(saved if page_size is None else saved | {"page_size": page_size})
        where = best_device() if device is None else torch.device(device)
        return cls(
            load_generator(found), found.architecture["input_nc"], scale, where, makes_colorings=found.forward,
            keep_lines=keep_lines, tile=tile, eval_norms=needs_eval(saved | found.architecture), precision=precision,
            clean_paper=clean_paper, flats=flats,
        )  # fmt: skip

    def colorize(self, image: Image.Image) -> Image.Image:
        """A page of any size and mode → the colored page of that size, RGB, or L where the generator makes scans. A
        blank page stays as it is."""
        page = to_paper(image, 3)
        if is_blank(page):  # norms would blow its grain up to colors
            return page
        if self.makes_colorings and is_colored(page):
            page = page.convert("L")  # scans are what the network knows
        structure = self.structure(page)
        return self.finish(page, self.run(self.prepare(page, structure)), structure).image

    def structure(self, page: Image.Image) -> PageStructure | None:
        """Find the panels, balloons and lettering of a page (mode L or RGB); None for a generator that makes scans."""
        return find_structure(np.asarray(page.convert("L"))) if self.makes_colorings else None

    def prepare(self, page: Image.Image, structure: PageStructure | None = None) -> np.ndarray:
        """What the network will see of a page (mode L or RGB): (h, w) or (h, w, 3) uint8."""
        panel = 0.0
        if self.scale.by_panels:
            structure = structure or self.structure(page)
            panel = structure.panel_extent if structure else 0.0
        page = page.convert("L" if self.input_nc == 1 else "RGB")
        page = with_clean_paper(page) if self.clean_paper else page
        size = self.scale.size(page.size, panel)
        return np.asarray(page if size == page.size else page.resize(size, Image.Resampling.BICUBIC))

    def run(self, pixels: np.ndarray) -> Painting:
        """Paint what `prepare` gave. Raises UserError where memory does not suffice."""
        side = self._side(pixels)
        while True:
            try:
                with torch.inference_mode(), computing_in(self.dtype, self.device):
                    return self._whole(pixels) if side is None else self._tiled(pixels, side)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                side = self._smaller(pixels, side, error)
            except NotTileable as error:
                if self.tile != "auto":
                    raise UserError(f"--tile {self.tile}: {error}; give --tile off") from error
                tqdm.write(f"{error}: pages are computed in one go")
                self.tile, side = "off", None

    def finish(
        self, page: Image.Image, painting: Painting, structure: PageStructure | None = None
    ) -> ColoredPage:
        """Make a page of the painting of it: at the size of the page, and, where the page's ink is kept, of layers.

        structure: what `structure` gave for the page, if it has been asked.
        """
        if painting.coloring.ndim == 3 and self.keep_lines:
            return compose(page, painting, self.flats, structure)
        picture = Image.fromarray(painting.coloring)
        if picture.size != page.size:
            picture = picture.resize(page.size, Image.Resampling.BICUBIC)
        structure = structure or self.structure(page)
        return ColoredPage(with_paper(picture, page, structure) if structure else picture)

    def _side(self, pixels: np.ndarray) -> int | None:
        """The side of the tiles for a page, None for one go."""
        if isinstance(self.tile, int):
            return self.tile
        whole: float = WHOLE
        if self.device.type == "cuda":
            whole = min(INDEXABLE, free_memory(self.device) / BYTES_PER_PIXEL[self.dtype.itemsize])
        fits = _area(pixels) <= min(whole, self._largest_whole)
        return None if self.tile == "off" or fits else self._largest_tile

    def _smaller(self, pixels: np.ndarray, side: int | None, error: RuntimeError) -> int:
        """The side to try after `side` was too large for the memory, which is told."""
        error.__traceback__ = None  # its frames hold what did not fit
        smaller = TILE if side is None else side // 2
        if side is None:
            self._largest_whole = _area(pixels) - 1
        torch.cuda.empty_cache()
        if self.tile == "off" or smaller < SMALLEST_TILE:
            raise UserError(
                f"the memory of {self.device} does not suffice: give --tile {TILE // 2}, a smaller --page_size or "
                "--gpu_ids -1"
            ) from error
        tqdm.write(f"the memory of {self.device} did not suffice: going on with tiles of {smaller} pixels")
        self._largest_tile = smaller
        if isinstance(self.tile, int):
            self.tile = smaller
        return smaller

    def _whole(self, pixels: np.ndarray) -> Painting:
        page = torch.from_numpy(pixels.copy()).to(self.device).view(*pixels.shape[:2], -1)
        output, shares = self._painted(page.permute(2, 0, 1)[None].float() / 127.5 - 1)
        return Painting(_picture(output), None if shares is None else self._choices(_shares(shares)))

    def _tiled(self, pixels: np.ndarray, side: int) -> Painting:
        try:
            output, shares = self._painted(Tiles(side, self.device, self.folder).page(pixels))
            picture = np.empty((*pixels.shape[:2], 3)[: 2 + (output.channels > 1)], np.uint8)
            for top, band in output.bands():
                picture[top : top + band.shape[2]] = _picture(band)
            if shares is None:
                return Painting(picture)
            return Painting(picture, self._choices(np.concatenate([_shares(band) for _, band in shares.bands()])))
        except OSError as error:
            raise UserError(
                f"no room for the maps of a large page ({error.strerror}): make some, or set TMPDIR"
            ) from error


    def _painted(self, page: Any) -> tuple[Any, Any]:
        """The network's output for a page, a tensor or a paged map, and its shares of colors, None if it has none."""
        return self.net.painted_with_choices(page) if isinstance(self.net, PaletteUnet) else (self.net(page), None)

    def _choices(self, shares: np.ndarray) -> Choices:
        assert isinstance(self.net, PaletteUnet)
        palette = (self.net.palette.detach().float().cpu().numpy() + 1) / 2
        return Choices(shares, palette.clip(0, 1), SCALE)


def _area(pixels: np.ndarray) -> int:
    return pixels.shape[0] * pixels.shape[1]


def _shares(output: torch.Tensor) -> np.ndarray:
    """(1, K, h, w) → (h, w, K) float16."""
    return output[0].permute(1, 2, 0).half().cpu().numpy()


def _picture(output: torch.Tensor) -> np.ndarray:
    """(1, 1 or 3, h, w) in [-1, 1] → (h, w) or (h, w, 3) uint8."""
    picture = tensor2im(output)
    return picture[..., 0] if output.shape[1] == 1 else picture
