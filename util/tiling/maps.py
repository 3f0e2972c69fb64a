"""Maps whose rows are computed when they are asked for, and kept where they are asked for often."""
from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np
import torch

Rows = Callable[[int, int], torch.Tensor]  # (top, bottom) → (1, C, bottom - top, W)
Handler = Callable[..., Any]

CHANNELS = 64  # of the widest maps of common networks at full size: what a tile of N × N pixels is counted with
KEPT_IN_MEMORY = 2**22  # values of a map: 16 MiB of float32
MOST_READS = 2  # kept maps that one band may be put together from, before the sum is kept itself


class NotTileable(TypeError):
    """An operation that can't be computed band by band."""


@dataclass(frozen=True)
class Tiles:
    """How a page is cut: bands that hold as many values as `side` × `side` pixels with 64 channels; where they are
    computed; and the folder of the temporary files (None: the system's)."""

    side: int
    device: torch.device
    folder: Path | None = None

    def page(self, pixels: np.ndarray) -> PagedMap:
        """(H, W) or (H, W, 3) uint8 → a map of 1 or 3 channels in [-1, 1]."""
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        height, width, channels = pixels.shape

        def rows(top: int, bottom: int) -> torch.Tensor:
            band = torch.from_numpy(pixels[top:bottom].copy()).to(self.device)
            return band.permute(2, 0, 1)[None].float() / 127.5 - 1

        return PagedMap(self, channels, height, width, rows)


class PagedMap:
    """A map of (1, channels, height, width) whose rows are computed on demand, for use in place of a tensor."""

    def __init__(
        self, tiles: Tiles, channels: int, height: int, width: int, rows: Rows, sources: Sequence[PagedMap] = (),
        convolves: bool = False, reach: float = 1.0,
    ) -> None:  # fmt: skip
        """
        sources: the maps that `rows` reads. convolves: whether `rows` is costly, so that asking twice for the same
        rows would hurt. reach: rows of the sources that one row needs.
        """
        self.tiles, self.channels, self.height, self.width = tiles, channels, height, width
        self.rows = rows
        self.pending: bool = convolves or any(source.pending for source in sources)
        self.reads: int = sum(source.reads for source in sources)
        # Values that are held for each row that is computed.
        self.row_values: int = max([channels * width, *(ceil(source.row_values * reach) for source in sources)])

    @property
    def shape(self) -> torch.Size:
        return torch.Size((1, self.channels, self.height, self.width))

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        return 4

    def bands(self) -> Iterator[tuple[int, torch.Tensor]]:
        """The whole map from top to bottom: the first row of each band, and the band (1, C, rows, W)."""
        step = max(1, CHANNELS * self.tiles.side**2 // self.row_values)
        for top in range(0, self.height, step):
            yield top, self.rows(top, min(top + step, self.height))

    def keep(self) -> PagedMap:
        """Compute the map once, here, if it is costly to ask for; the maps that it came from can then be freed."""
        if self.pending or self.reads > MOST_READS:
            self._compute()
        return self

    def statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and variance (biased) of each channel over the page, float64 of (channels,) on the CPU."""
        moments: list[tuple[int, torch.Tensor, torch.Tensor]] = []

        def observe(band: torch.Tensor) -> None:
            variance, mean = torch.var_mean(band.float(), dim=(0, 2, 3), correction=0)
            moments.append((band.shape[2], mean.cpu().double(), variance.cpu().double()))

        if self.pending or self.reads > MOST_READS:
            self._compute(observe)
        else:
            for _, band in self.bands():
                observe(band)
        share = torch.tensor([rows / self.height for rows, _, _ in moments], dtype=torch.float64)[:, None]
        means, variances = (torch.stack(parts) for parts in list(zip(*moments, strict=True))[1:])
        mean = (share * means).sum(0)
        return mean, (share * (variances + (means - mean) ** 2)).sum(0)

    def _compute(self, observe: Callable[[torch.Tensor], None] = lambda band: None) -> None:
        kept: _Kept | None = None
        for top, band in self.bands():
            kept = kept or _Kept(self.shape, band.dtype, self.tiles)
            kept.write(top, band)
            observe(band)
        assert kept is not None
        self.rows = kept.read
        self.pending, self.reads = False, 1
        self.row_values = self.channels * self.width

    # What Python and torch call in the code of a network

    def __getitem__(self, key: tuple[EllipsisType, slice, slice]) -> PagedMap:
        """`[..., :height, :width]`: the upper left corner."""
        dots, down, across = key
        if dots is not ... or down.start or across.start or down.step or across.step:
            raise NotTileable("only the upper left corner of a paged map can be cut out")
        height, width = (len(range(size)[cut]) for size, cut in ((self.height, down), (self.width, across)))
        return PagedMap(
            self.tiles, self.channels, height, width, lambda top, bottom: self.rows(top, bottom)[..., :width], [self]
        )

    def float(self) -> PagedMap:
        return pointwise(torch.Tensor.float, self)

    def __add__(self, other: Any) -> PagedMap:
        return pointwise(torch.add, self, other)

    def __sub__(self, other: Any) -> PagedMap:
        return pointwise(torch.sub, self, other)

    def __mul__(self, other: Any) -> PagedMap:
        return pointwise(torch.mul, self, other)

    def __truediv__(self, other: Any) -> PagedMap:
        return pointwise(torch.div, self, other)

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        handler = HANDLERS.get(function)
        if handler is None:
            raise NotTileable(f"{getattr(function, '__name__', function)} can't be computed band by band")
        return handler(*args, **(kwargs or {}))


class _Kept:
    """The values of a whole map, laid out row by row (height, width, channels), so that a band is one piece."""

    def __init__(self, shape: torch.Size, dtype: torch.dtype, tiles: Tiles) -> None:
        _, self.channels, self.height, self.width = shape
        self.dtype, self.device = dtype, tiles.device
        self.memory = self.file = None
        if shape.numel() <= KEPT_IN_MEMORY:
            self.memory = self._empty(self.height)
        else:
            # Closed, and so removed, when nothing reads it any more.
            self.file = tempfile.TemporaryFile(dir=tiles.folder)  # noqa: SIM115

    def write(self, top: int, band: torch.Tensor) -> None:
        rows = band[0].permute(1, 2, 0)
        if self.memory is not None:
            self.memory[top : top + len(rows)] = rows
        elif self.file is not None:
            self.file.seek(top * self._row_bytes())
            self.file.write(_bytes(rows.to("cpu").contiguous()))

    def read(self, top: int, bottom: int) -> torch.Tensor:
        if self.memory is not None:
            rows = self.memory[top:bottom]
        elif self.file is not None:
            rows = self._empty(bottom - top)
            self.file.seek(top * self._row_bytes())
            self.file.readinto(_bytes(rows))
        return rows.to(self.device).permute(2, 0, 1)[None]

    def _empty(self, rows: int) -> torch.Tensor:
        return torch.empty((rows, self.width, self.channels), dtype=self.dtype)

    def _row_bytes(self) -> int:
        return self.width * self.channels * self.dtype.itemsize


def _bytes(rows: torch.Tensor) -> memoryview:
    """The memory of a tensor that lies in one piece."""
    return rows.view(torch.uint8).numpy().reshape(-1).data


def pointwise(function: Callable[..., torch.Tensor], *operands: Any, channels: int | None = None) -> PagedMap:
    """A function that works on each position by itself, of maps of one size and of what is the same everywhere.

    channels: of the result; None: as broadcasting tells.
    """
    maps = [operand for operand in operands if isinstance(operand, PagedMap)]
    first = maps[0]
    if channels is None:
        shapes = [o.shape for o in operands if isinstance(o, PagedMap | torch.Tensor) and o.dim()]
        channels = max(shape[-3] for shape in shapes)

    def rows(top: int, bottom: int) -> torch.Tensor:
        return function(*(o.rows(top, bottom) if isinstance(o, PagedMap) else o for o in operands))

    return PagedMap(first.tiles, channels, first.height, first.width, rows, maps)


# What is registered in operations.py

HANDLERS: dict[Callable[..., Any], Handler] = {}


def computes(*functions: Callable[..., Any]) -> Callable[[Handler], Handler]:
    """Registers a handler for some functions of torch, whose signature it has."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(functions, handler))
        return handler

    return register
