"""Running a convolutional network over a page of any size in bounded memory, with the result of the whole page.

A `PagedMap` takes the place of the tensor: `net(page_map)` runs the network's own code, and each operation gives
another map that knows how to compute any band of its rows. Bands are computed when they are asked for. Where an
operation needs the whole map (the statistics of a norm, the moments of an attention) or would be computed again and
again (a convolution below another), the map is computed once, band by band, and kept: small maps in memory, large ones
in a temporary file. So no seam can show: each value is what the whole page would give, but for rounding.
"""
from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, inf
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

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
            band = torch.from_numpy(np.ascontiguousarray(pixels[top:bottom])).to(self.device)
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
        self.pending = convolves or any(source.pending for source in sources)
        self.reads = sum(source.reads for source in sources)
        # Values that are held for each row that is computed.
        self.row_values = max([channels * width, *(ceil(source.row_values * reach) for source in sources)])

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
            moments.append((band.shape[2], mean.double().cpu(), variance.double().cpu()))

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

    def __add__(self, other: Any) -> PagedMap:
        return _pointwise(torch.add, self, other)

    def __sub__(self, other: Any) -> PagedMap:
        return _pointwise(torch.sub, self, other)

    def __mul__(self, other: Any) -> PagedMap:
        return _pointwise(torch.mul, self, other)

    def __truediv__(self, other: Any) -> PagedMap:
        return _pointwise(torch.div, self, other)

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        handler = _HANDLERS.get(function)
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
            self.file.write(memoryview(_bytes(rows.to("cpu").contiguous())))

    def read(self, top: int, bottom: int) -> torch.Tensor:
        if self.memory is not None:
            rows = self.memory[top:bottom]
        elif self.file is not None:
            rows = self._empty(bottom - top)
            self.file.seek(top * self._row_bytes())
            self.file.readinto(memoryview(_bytes(rows)))
        return rows.to(self.device).permute(2, 0, 1)[None]

    def _empty(self, rows: int) -> torch.Tensor:
        return torch.empty((rows, self.width, self.channels), dtype=self.dtype)

    def _row_bytes(self) -> int:
        return self.width * self.channels * self.dtype.itemsize


def _bytes(rows: torch.Tensor) -> np.ndarray:
    """The memory of a tensor that lies in one piece."""
    return rows.view(torch.uint8).numpy().reshape(-1)


# How each operation of a network is computed for some rows

_HANDLERS: dict[Callable[..., Any], Handler] = {}


def _computes(*functions: Callable[..., Any]) -> Callable[[Handler], Handler]:
    """Registers a handler for some functions of torch, whose signature it has."""

    def register(handler: Handler) -> Handler:
        _HANDLERS.update(dict.fromkeys(functions, handler))
        return handler

    return register


def _pointwise(function: Callable[..., torch.Tensor], *operands: Any, channels: int | None = None) -> PagedMap:
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


@_computes(torch.Tensor.mul)
def _times(factor: torch.Tensor, x: PagedMap) -> PagedMap:
    return _pointwise(torch.mul, factor, x)


@_computes(torch.tanh)
def _tanh(x: PagedMap) -> PagedMap:
    return _pointwise(torch.tanh, x)


@_computes(F.relu)
def _relu(x: PagedMap, inplace: bool = False) -> PagedMap:
    return _pointwise(torch.relu, x)


@_computes(F.leaky_relu)
def _leaky_relu(x: PagedMap, negative_slope: float = 0.01, inplace: bool = False) -> PagedMap:
    return _pointwise(F.leaky_relu, x, negative_slope)


@_computes(F.dropout)
def _dropout(x: PagedMap, p: float = 0.5, training: bool = True, inplace: bool = False) -> PagedMap:
    if training and p:
        raise NotTileable("dropout draws anew for every band: switch it off")
    return x


@_computes(torch.cat)
def _cat(maps: Sequence[PagedMap], dim: int = 0) -> PagedMap:
    if dim != 1:
        raise NotTileable("maps can be laid beside each other as channels only")
    return _pointwise(lambda *bands: torch.cat(bands, 1), *maps, channels=sum(m.channels for m in maps))


@_computes(torch.einsum)
def _einsum(equation: str, first: Any, second: PagedMap) -> Any:
    """The two sums of self-attention: moments of the channels over all positions, and a mixture of channels."""
    if equation == "nihw,njhw->nij" and first is second:
        second.keep()
        return sum(torch.einsum(equation, band, band) for _, band in second.bands())
    if equation == "nij,njhw->nihw" and isinstance(first, torch.Tensor):
        return _pointwise(lambda band: torch.einsum(equation, first, band), second, channels=first.shape[1])
    raise NotTileable(f"the sum {equation} can't be computed band by band")


@_computes(F.instance_norm)
def _instance_norm(
    x: PagedMap, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> PagedMap:  # fmt: skip
    mean, variance = x.statistics() if use_input_stats else (running_mean, running_var)
    return _normalized(x, mean, variance, weight, bias, eps)


@_computes(F.batch_norm)
def _batch_norm(
    x: PagedMap, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> PagedMap:  # fmt: skip
    return _instance_norm(x, running_mean, running_var, weight, bias, training, momentum, eps)


@_computes(F.group_norm)
def _group_norm(
    x: PagedMap, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> PagedMap:
    means, variances = (part.view(num_groups, -1) for part in x.statistics())
    mean = means.mean(1, keepdim=True)
    variance = (variances + (means - mean) ** 2).mean(1, keepdim=True)
    mean, variance = (part.expand_as(means).flatten() for part in (mean, variance))
    return _normalized(x, mean, variance, weight, bias, eps)


def _normalized(
    x: PagedMap, mean: torch.Tensor, variance: torch.Tensor, weight: Any, bias: Any, eps: float
) -> PagedMap:
    scale = (variance.double().cpu() + eps).rsqrt()
    scale = scale if weight is None else scale * weight.double().cpu()
    shift = -mean.double().cpu() * scale
    shift = shift if bias is None else shift + bias.double().cpu()
    scale, shift = (part.float().to(x.tiles.device).view(1, -1, 1, 1) for part in (scale, shift))
    return _pointwise(lambda band: torch.addcmul(shift, band, scale), x)


@_computes(F.conv2d)
def _conv2d(
    x: PagedMap, weight: torch.Tensor, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> PagedMap:  # fmt: skip
    strides, paddings, dilations = _pair(stride), _pair(padding), _pair(dilation)
    extent = [(size - 1) * step + 1 for size, step in zip(weight.shape[-2:], dilations, strict=True)]

    def convolve(band: torch.Tensor) -> torch.Tensor:
        return F.conv2d(band, weight, bias, strides, 0, dilations, groups)

    if extent == [1, 1] and strides == (1, 1) and paddings == (0, 0):
        return _pointwise(convolve, x, channels=weight.shape[0])
    return _windows(x, convolve, weight.shape[0], extent, strides, paddings)


@_computes(F.max_pool2d)
def _max_pool2d(
    x: PagedMap, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> PagedMap:  # fmt: skip
    kernel, strides = _pair(kernel_size), _pair(stride or kernel_size)
    if _pair(dilation) != (1, 1) or ceil_mode or return_indices:
        raise NotTileable("only plain max pooling can be computed band by band")

    def pool(band: torch.Tensor) -> torch.Tensor:
        return F.max_pool2d(band, kernel, strides)

    return _windows(x, pool, x.channels, kernel, strides, _pair(padding), -inf)


def _windows(
    x: PagedMap, function: Callable[[torch.Tensor], torch.Tensor], channels: int, extent: Sequence[int],
    stride: tuple[int, int], padding: tuple[int, int], fill: float = 0.0,
) -> PagedMap:  # fmt: skip
    """A function of windows of `extent` rows and columns, every `stride` of them, of a map padded with `fill`."""
    x = x.keep()
    height, width = (
        (size + 2 * pad - window) // step + 1
        for size, pad, window, step in zip((x.height, x.width), padding, extent, stride, strict=True)
    )

    def rows(top: int, bottom: int) -> torch.Tensor:
        first, last = top * stride[0] - padding[0], (bottom - 1) * stride[0] - padding[0] + extent[0]
        band = x.rows(max(first, 0), min(last, x.height))
        pads = (padding[1], padding[1], max(-first, 0), max(last - x.height, 0))
        return function(F.pad(band, pads, value=fill) if any(pads) else band)

    return PagedMap(x.tiles, channels, height, width, rows, [x], convolves=True, reach=stride[0])


@_computes(F.conv_transpose2d)
def _conv_transpose2d(
    x: PagedMap, weight: torch.Tensor, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> PagedMap:  # fmt: skip
    (down, across), (above, beside), extra = _pair(stride), _pair(padding), _pair(output_padding)
    if _pair(dilation) != (1, 1) or extra[0] > above or extra[1] > beside:
        raise NotTileable("a transposed convolution can be computed band by band only where it leaves no row out")
    x = x.keep()
    tall, wide = weight.shape[-2:]
    height = (x.height - 1) * down - 2 * above + tall + extra[0]
    width = (x.width - 1) * across - 2 * beside + wide + extra[1]

    def rows(top: int, bottom: int) -> torch.Tensor:
        # Row i of x reaches the rows from i · down - above to tall rows further.
        first = max(0, ceil((top + above - tall + 1) / down))
        last = min(x.height, (bottom - 1 + above) // down + 1)
        band = F.conv_transpose2d(x.rows(first, last), weight, bias, (down, across), 0, 0, groups)
        start = top - (first * down - above)
        return band[:, :, start : start + bottom - top, beside : beside + width]

    channels = weight.shape[1] * groups
    return PagedMap(x.tiles, channels, height, width, rows, [x], convolves=True, reach=1 / down)


@_computes(F.pixel_shuffle)
def _pixel_shuffle(x: PagedMap, upscale_factor: int) -> PagedMap:
    factor = upscale_factor

    def rows(top: int, bottom: int) -> torch.Tensor:
        first = top // factor
        band = F.pixel_shuffle(x.rows(first, -(-bottom // factor)), factor)
        return band[:, :, top - first * factor : bottom - first * factor]

    channels = x.channels // factor**2
    return PagedMap(x.tiles, channels, x.height * factor, x.width * factor, rows, [x], reach=1 / factor)


@_computes(F.pad)
def _pad(x: PagedMap, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> PagedMap:
    left, right, above, below = pad
    if mode not in ("reflect", "replicate"):
        raise NotTileable(f"{mode} padding can't be computed band by band")

    def source(row: int) -> int:
        """The row of x that lies at a row of the padded map."""
        row -= above
        if mode == "replicate":
            return min(max(row, 0), x.height - 1)
        return x.height - 1 - abs(x.height - 1 - abs(row))

    def rows(top: int, bottom: int) -> torch.Tensor:
        wanted = [source(row) for row in range(top, bottom)]
        first, last = min(wanted), max(wanted)
        band = x.rows(first, last + 1)
        if wanted != list(range(first, last + 1)):
            band = band.index_select(2, torch.tensor(wanted, device=band.device) - first)
        return F.pad(band, (left, right, 0, 0), mode=mode) if left or right else band

    return PagedMap(x.tiles, x.channels, x.height + above + below, x.width + left + right, rows, [x])


def _pair(value: Any) -> tuple[int, int]:
    """What torch takes as one number or as one for each side."""
    return (value, value) if isinstance(value, int) else (value[0], value[-1])
