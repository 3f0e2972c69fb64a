"""How the operations of networks are computed for some rows of their result, by handlers that have the signatures of
the functions that they stand for."""
from collections.abc import Callable, Sequence
from math import ceil, inf
from typing import Any

import torch
import torch.nn.functional as F

from util.tiling.maps import NotTileable, PagedMap, computes, pointwise


@computes(torch.Tensor.mul)
def _times(factor: torch.Tensor, x: PagedMap) -> PagedMap:
    return pointwise(torch.mul, factor, x)


@computes(torch.tanh)
def _tanh(x: PagedMap) -> PagedMap:
    return pointwise(torch.tanh, x)


@computes(torch.sigmoid)
def _sigmoid(x: PagedMap) -> PagedMap:
    return pointwise(torch.sigmoid, x)


@computes(torch.softmax)
def _softmax(x: PagedMap, dim: int) -> PagedMap:
    if dim != 1:
        raise NotTileable("shares are of channels only")
    return pointwise(torch.softmax, x, 1)


@computes(torch.clamp)
def _clamp(x: PagedMap, least: float, most: float) -> PagedMap:
    return pointwise(torch.clamp, x, least, most)


@computes(F.relu)
def _relu(x: PagedMap, inplace: bool = False) -> PagedMap:
    return pointwise(torch.relu, x)


@computes(F.leaky_relu)
def _leaky_relu(x: PagedMap, negative_slope: float = 0.01, inplace: bool = False) -> PagedMap:
    return pointwise(F.leaky_relu, x, negative_slope)


@computes(F.dropout)
def _dropout(x: PagedMap, p: float = 0.5, training: bool = True, inplace: bool = False) -> PagedMap:
    if training and p:
        raise NotTileable("dropout draws anew for every band: switch it off")
    return x


@computes(torch.cat)
def _cat(maps: Sequence[PagedMap], dim: int = 0) -> PagedMap:
    if dim != 1:
        raise NotTileable("maps can be laid beside each other as channels only")
    return pointwise(lambda *bands: torch.cat(bands, 1), *maps, channels=sum(m.channels for m in maps))


@computes(torch.einsum)
def _einsum(equation: str, first: Any, second: PagedMap) -> Any:
    """The two sums of self-attention: moments of the channels over all positions, and a mixture of channels."""
    if equation == "nihw,njhw->nij" and first is second:
        second.keep()
        return sum(_sum_of_products(equation, band.float()) for _, band in second.bands())
    if equation == "nij,njhw->nihw" and isinstance(first, torch.Tensor):
        return pointwise(lambda band: torch.einsum(equation, first, band), second, channels=first.shape[1])
    raise NotTileable(f"the sum {equation} can't be computed band by band")


def _sum_of_products(equation: str, band: torch.Tensor) -> torch.Tensor:
    """In float32, whatever the network computes with: 16 bits do not hold a sum over the page."""
    with torch.autocast(band.device.type, enabled=False):
        return torch.einsum(equation, band, band)


@computes(F.instance_norm)
def _instance_norm(
    x: PagedMap, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> PagedMap:  # fmt: skip
    mean, variance = x.statistics() if use_input_stats else (running_mean, running_var)
    return _normalized(x, mean, variance, weight, bias, eps)


@computes(F.batch_norm)
def _batch_norm(
    x: PagedMap, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> PagedMap:  # fmt: skip
    return _instance_norm(x, running_mean, running_var, weight, bias, training, momentum, eps)


@computes(F.group_norm)
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
    scale = (variance.cpu().double() + eps).rsqrt()
    scale = scale if weight is None else scale * weight.cpu().double()
    shift = -mean.cpu().double() * scale
    shift = shift if bias is None else shift + bias.cpu().double()
    scale, shift = (part.float().to(x.tiles.device).view(1, -1, 1, 1) for part in (scale, shift))
    return pointwise(lambda band: torch.addcmul(shift, band, scale).to(band.dtype), x)


@computes(F.conv2d)
def _conv2d(
    x: PagedMap, weight: torch.Tensor, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> PagedMap:  # fmt: skip
    strides, paddings, dilations = _pair(stride), _pair(padding), _pair(dilation)
    extent = [(size - 1) * step + 1 for size, step in zip(weight.shape[-2:], dilations, strict=True)]

    def convolve(band: torch.Tensor) -> torch.Tensor:
        return F.conv2d(band, weight, bias, strides, 0, dilations, groups)

    if extent == [1, 1] and strides == (1, 1) and paddings == (0, 0):
        return pointwise(convolve, x, channels=weight.shape[0])
    return _windows(x, convolve, weight.shape[0], extent, strides, paddings)


@computes(F.max_pool2d)
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


@computes(F.conv_transpose2d)
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


@computes(F.pixel_shuffle)
def _pixel_shuffle(x: PagedMap, upscale_factor: int) -> PagedMap:
    factor = upscale_factor

    def rows(top: int, bottom: int) -> torch.Tensor:
        first = top // factor
        band = F.pixel_shuffle(x.rows(first, -(-bottom // factor)), factor)
        return band[:, :, top - first * factor : bottom - first * factor]

    channels = x.channels // factor**2
    return PagedMap(x.tiles, channels, x.height * factor, x.width * factor, rows, [x], reach=1 / factor)


@computes(F.pad)
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
