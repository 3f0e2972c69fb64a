"""A U-Net that chooses the color of every place from a palette, for colors that depend on who is drawn."""
from itertools import product

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.resnet import BasicBlock

from models.networks.layers import SubpixelConv2d, get_norm_layer, needs_bias, pad_to_multiple, run_padded
from util.color import without_lines

LEVELS = 5  # of each channel: the palette begins as a lattice of 5³ colors
BLOCKS = (0, 2, 2, 2, 1)  # residual ones, of the maps H/2, H/4 … H/32
SCALE = 4  # of the choices: one for 4 × 4 pixels


class PaletteUnet(nn.Module):
    """Five halvings with residual blocks, three doublings with skips. At a quarter of the size, a distribution over the
    colors of a palette; its expectation is the color, to which every pixel adds a detail, and leaves what is no ink.

    Colors are learned as classes, not as distances (Zhang, Isola and Efros, "Colorful Image Colorization", 2016):
    what is uncertain is a distribution, of which squared errors would know the mean only. The palette is learned,
    too: its colors become the means of those that they are the nearest of (as in van den Oord et al., "Neural Discrete
    Representation Learning", 2017).

    Takes (N, input_nc, H, W) in [-1, 1] of any size, gives (N, output_nc, H, W) in [-1, 1]. With a truth of the shape
    of the result, gives the loss of its choices, too, a scalar ≥ 0: for the true colors without their lines, the cross
    entropy, and the mean squared error of the nearest colors of the palette.
    """

    stride = 32
    upscaling: torch.Tensor
    smoothing: torch.Tensor

    def __init__(
        self, input_nc: int, output_nc: int, ngf: int = 64, norm: str = "batch", use_dropout: bool = False
    ) -> None:
        super().__init__()
        widths = (ngf, 2 * ngf, 4 * ngf, 8 * ngf, 8 * ngf)
        inputs = (input_nc, *widths)
        self.encoder = nn.ModuleList(
            _encoder_level(before, width, blocks, norm)
            for before, width, blocks in zip(inputs, widths, BLOCKS, strict=False)
        )
        self.decoder = nn.ModuleList(
            _DecoderLevel(below, width, norm) for below, width in zip(widths[:1:-1], widths[-2:0:-1], strict=True)
        )
        self.dropout = nn.Dropout(0.5 if use_dropout else 0.0)
        levels = [2 * level / (LEVELS - 1) - 1 for level in range(LEVELS)]
        self.palette = nn.Parameter(torch.tensor(list(product(levels, repeat=output_nc))))
        self.choose = nn.Conv2d(widths[1], len(self.palette), 1)
        self.detail = SubpixelConv2d(widths[1], output_nc, SCALE)
        self.ink = SubpixelConv2d(widths[1], 1, SCALE)
        self.ink_detail = nn.Sequential(
            nn.Conv2d(input_nc, 8, 3, padding=1), nn.ReLU(True), nn.Conv2d(8, 1, 3, padding=1)
        )
        self.register_buffer("upscaling", _bilinear(SCALE).repeat(output_nc, 1, 1, 1), persistent=False)
        self.register_buffer("smoothing", _without_period(SCALE), persistent=False)

    def forward(
        self, x: torch.Tensor, truth: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if truth is None:
            return run_padded(lambda padded: self._paint(padded, *self._see(padded)), x, self.stride, 2 * self.stride)
        height, width = x.shape[-2:]
        padded = pad_to_multiple(x, self.stride, 2 * self.stride)
        seen, choices = self._see(padded)
        coloring = self._paint(padded, seen, choices)[..., :height, :width]
        colors = without_lines(truth)[..., SCALE // 2 :: SCALE, SCALE // 2 :: SCALE]
        return coloring, choice_loss(choices[..., : colors.shape[2], : colors.shape[3]], self.palette, colors)

    def painted_with_choices(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The coloring of (N, input_nc, H, W), as `forward` gives it, and what its colors were chosen from:
        (N, K, h, w) shares of the K colors of `palette`, sums of 1, for cells of SCALE × SCALE pixels, h = ⌈H / SCALE⌉.
        """
        height, width = x.shape[-2:]
        padded = pad_to_multiple(x, self.stride, 2 * self.stride)
        seen, choices = self._see(padded)
        coloring = self._paint(padded, seen, choices)[..., :height, :width]
        shares = torch.softmax(choices.float(), 1)
        return coloring, shares[..., : (height + SCALE - 1) // SCALE, : (width + SCALE - 1) // SCALE]

    def _see(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What is where, (N, 2 · ngf, H/4, W/4), and the logits of the palette's colors there."""
        maps = []
        for level in self.encoder:
            x = level(x)
            maps.append(x)
        x = self.dropout(x)
        for level, skip in zip(self.decoder, maps[-2:0:-1], strict=True):
            x = level(x, skip)
        return x, self.choose(x)

    def _paint(self, x: torch.Tensor, seen: torch.Tensor, choices: torch.Tensor) -> torch.Tensor:
        colors = F.conv2d(torch.softmax(choices.float(), 1), self.palette.T[..., None, None])
        smooth = F.conv_transpose2d(
            F.pad(colors, (1, 1, 1, 1), mode="replicate"), self.upscaling, stride=SCALE, padding=SCALE + SCALE // 2,
            groups=colors.shape[1],
        )  # fmt: skip
        painted = torch.clamp(smooth + self._shuffled(self.detail(seen)), -1, 1)
        left = torch.sigmoid(self._shuffled(self.ink(seen)) + self.ink_detail(x))
        return (painted + 1) * left - 1

    def _shuffled(self, cells: torch.Tensor) -> torch.Tensor:
        """(N, C · SCALE², h, w) → (N, C, SCALE · h, SCALE · w), without the grid of the cells: the sub-pixels of a cell
        are learned apart, so where all cells are alike (on paper) their differences repeat with the cells' period.

        A fixed filter behind the shuffle removes that period and its harmonics (Sugawara et al., "Super-resolution
        using convolutional neural networks without any checkerboard artifacts", 2018).
        """
        pixels = F.pixel_shuffle(cells, SCALE)
        channels, margin = pixels.shape[1], SCALE // 2
        padded = F.pad(pixels, (margin, margin, margin, margin), mode="replicate")
        return F.conv2d(padded, self.smoothing.repeat(channels, 1, 1, 1), groups=channels)


class _DecoderLevel(nn.Module):
    """(N, below, H, W) and its skip (N, width, 2H, 2W) → (N, width, 2H, 2W)."""

    def __init__(self, below: int, width: int, norm: str) -> None:
        super().__init__()
        norm_layer = get_norm_layer(norm)
        self.up = nn.Sequential(SubpixelConv2d(below, width), nn.PixelShuffle(2), norm_layer(width), nn.ReLU(True))
        self.join = nn.Sequential(
            nn.Conv2d(2 * width, width, 3, padding=1, bias=needs_bias(norm)), norm_layer(width), nn.ReLU(True)
        )

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return self.join(torch.cat([self.up(x), skip], 1))


def _encoder_level(input_nc: int, width: int, blocks: int, norm: str) -> nn.Sequential:
    """(N, input_nc, H, W) → (N, width, H/2, W/2)."""
    norm_layer = get_norm_layer(norm)
    return nn.Sequential(
        nn.Conv2d(input_nc, width, 4, stride=2, padding=1, bias=needs_bias(norm)), norm_layer(width), nn.ReLU(True),
        *(BasicBlock(width, width, norm_layer=norm_layer) for _ in range(blocks)),
    )  # fmt: skip


def _bilinear(factor: int) -> torch.Tensor:
    """The kernel of a transposed convolution that enlarges bilinearly, (1, 1, 2 · factor, 2 · factor)."""
    ramp = 1 - (torch.arange(2 * factor) + 0.5 - factor).abs() / factor
    return (ramp[:, None] * ramp)[None, None]


def _without_period(period: int) -> torch.Tensor:
    """The kernel of a symmetric low-pass filter that removes an even period and its harmonics,
    (1, 1, period + 1, period + 1)."""
    box = torch.ones(period + 1)
    box[0] = box[-1] = 0.5
    return (box[:, None] * box)[None, None] / period**2


def choice_loss(choices: torch.Tensor, palette: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """How unlikely the nearest colors of the palette are, and how far they lie from the true ones: a scalar ≥ 0.

    choices: (N, K, H, W), logits; palette: (K, C) in [-1, 1]; truth: (N, C, H, W) in [-1, 1].
    """
    colors = truth.float().movedim(1, -1)
    nearest = torch.cdist(colors.flatten(0, 2), palette.detach()).argmin(1).view(colors.shape[:3])
    return F.cross_entropy(choices.float(), nearest) + F.mse_loss(F.embedding(nearest, palette), colors)
