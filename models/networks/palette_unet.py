"""A U-Net that chooses the color of every place from a palette, for colors that depend on who is drawn."""
from itertools import product

import torch
import torch.nn.functional as F
from torch import nn

from models.networks.layers import SubpixelConv2d, get_norm_layer, needs_bias, pad_to_multiple, run_padded
from models.networks.resnet import ResnetBlock
from util.color import without_lines

LEVELS = 4  # of each channel: the palette is a lattice of 4³ colors
BLOCKS = (0, 2, 2, 2, 2)  # residual ones, of the maps H/2, H/4 … H/32
SCALE = 4  # of the choices: one for 4 × 4 pixels
NEIGHBORS = 9


class PaletteUnet(nn.Module):
    """Five halvings with residual blocks, three doublings with skips. At a quarter of the size, a distribution over the
    colors of a palette; its expectation is the color, of which every pixel takes a learned mean of the nine around it
    (Teed and Deng, "RAFT", 2020) and leaves what is no ink.

    Colors are learned as classes, not as distances (Zhang, Isola and Efros, "Colorful Image Colorization", 2016):
    what is uncertain is a distribution, of which squared errors would know the mean only.

    Takes (N, input_nc, H, W) in [-1, 1] of any size, gives (N, output_nc, H, W) in [-1, 1]. With a truth of the shape
    of the result, gives the cross entropy, too: a scalar, of the true colors without their lines.
    """

    stride = 32
    palette: torch.Tensor
    around: torch.Tensor
    for_channels: torch.Tensor
    over_neighbors: torch.Tensor

    def __init__(
        self, input_nc: int, output_nc: int, ngf: int = 64, norm: str = "batch", use_dropout: bool = False
    ) -> None:
        super().__init__()
        widths = (ngf, 2 * ngf, 4 * ngf, 8 * ngf, 8 * ngf)
        inputs = (input_nc, *widths)
        self.encoder = nn.ModuleList(
            _encoder_level(before, width, blocks, norm, use_dropout)
            for before, width, blocks in zip(inputs, widths, BLOCKS, strict=False)
        )
        self.decoder = nn.ModuleList(
            _DecoderLevel(below, width, norm) for below, width in zip(widths[:1:-1], widths[-2:0:-1], strict=True)
        )
        self.choose = nn.Conv2d(widths[1], LEVELS**output_nc, 1)
        self.mix = SubpixelConv2d(widths[1], NEIGHBORS, SCALE)
        self.ink = SubpixelConv2d(widths[1], 1, SCALE)
        self.ink_detail = nn.Sequential(
            nn.Conv2d(input_nc, 8, 3, padding=1), nn.ReLU(True), nn.Conv2d(8, 1, 3, padding=1)
        )
        # What never changes, as weights of convolutions: the palette, the colors around a place for each of its pixels,
        # the shares for each channel, and the sum over the neighbors.
        levels = [2 * level / (LEVELS - 1) - 1 for level in range(LEVELS)]
        around = torch.eye(NEIGHBORS).view(NEIGHBORS, 1, 3, 3).repeat(output_nc, 1, 1, 1)
        constants = {
            "palette": torch.tensor(list(product(levels, repeat=output_nc))).T[..., None, None],
            "around": around.repeat_interleave(SCALE**2, 0),
            "for_channels": torch.eye(NEIGHBORS).repeat(output_nc, 1)[..., None, None],
            "over_neighbors": torch.eye(output_nc).repeat_interleave(NEIGHBORS, 1)[..., None, None],
        }
        for name, values in constants.items():
            self.register_buffer(name, values, persistent=False)
        self.output_nc = output_nc

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
        return coloring, cross_entropy(choices[..., : colors.shape[2], : colors.shape[3]], colors)

    def _see(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What is where, (N, 2 · ngf, H/4, W/4), and the logits of the palette's colors there."""
        maps = []
        for level in self.encoder:
            x = level(x)
            maps.append(x)
        for level, skip in zip(self.decoder, maps[-2:0:-1], strict=True):
            x = level(x, skip)
        return x, self.choose(x).float()

    def _paint(self, x: torch.Tensor, seen: torch.Tensor, choices: torch.Tensor) -> torch.Tensor:
        colors = F.conv2d(torch.softmax(choices, 1), self.palette)
        around = F.conv2d(F.pad(colors, (1, 1, 1, 1), mode="replicate"), self.around, groups=self.output_nc)
        shares = torch.softmax(F.pixel_shuffle(self.mix(seen), SCALE).float(), 1)
        mixed = F.conv2d(shares, self.for_channels) * F.pixel_shuffle(around, SCALE)
        colors = F.conv2d(mixed, self.over_neighbors)
        left = torch.sigmoid(F.pixel_shuffle(self.ink(seen), SCALE) + self.ink_detail(x))
        return (colors + 1) * left - 1


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


def _encoder_level(input_nc: int, width: int, blocks: int, norm: str, use_dropout: bool) -> nn.Sequential:
    """(N, input_nc, H, W) → (N, width, H/2, W/2)."""
    return nn.Sequential(
        nn.Conv2d(input_nc, width, 4, stride=2, padding=1, bias=needs_bias(norm)), get_norm_layer(norm)(width),
        nn.ReLU(True), *(ResnetBlock(width, norm, use_dropout) for _ in range(blocks)),
    )  # fmt: skip


def cross_entropy(choices: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """How unlikely the true colors are, as a scalar ≥ 0: (N, LEVELS**C, H, W) logits and (N, C, H, W) in [-1, 1].

    A color between those of the palette counts as those at the corners of its cell, by how near it lies to each, so
    that their expectation is the color itself.
    """
    likely = F.log_softmax(choices, 1)
    place = ((truth.float() + 1) / 2).clamp(0, 1) * (LEVELS - 1)
    corner = place.floor().clamp(max=LEVELS - 2)
    beyond = place - corner
    total = likely.new_zeros(())
    for steps in product((0, 1), repeat=truth.shape[1]):
        index = torch.zeros_like(corner[:, :1], dtype=torch.long)
        share = torch.ones_like(beyond[:, :1])
        for channel, step in enumerate(steps):
            part = slice(channel, channel + 1)
            index = index * LEVELS + corner[:, part].long() + step
            share = share * (beyond[:, part] if step else 1 - beyond[:, part])
        total = total - (share * likely.gather(1, index)).mean()
    return total
