"""The scan generator of the OnePunch method: deliberately weak, so that it takes away color and shading and can do
little else."""
import math

import torch
from torch import nn

from models.networks.layers import SubpixelConv2d, run_padded
from models.networks.resnet import ResnetBlock


class ScanGenerator(nn.Module):
    """Two halvings, six residual blocks with a skip around all of them, two pixel-shuffle doublings, tanh.

    Takes (N, input_nc, H, W) in [-1, 1] of any size, gives (N, output_nc, H, W) in [-1, 1]. Its norms are fixed:
    group norm of 32 groups (fewer where `ngf` is no multiple of 32), instance norm in the residual blocks.
    use_dropout: in the residual blocks.
    """

    stride = 4

    def __init__(
        self, input_nc: int, output_nc: int, ngf: int = 64, norm: str = "instance", use_dropout: bool = False,
        n_blocks: int = 6,
    ) -> None:  # fmt: skip
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(input_nc, ngf, 3, padding=1, padding_mode="reflect"), _group_norm(ngf), nn.ReLU(True)
        )
        self.down = nn.Sequential(  # H → H/2 → H/4
            nn.Conv2d(ngf, 2 * ngf, 3, stride=2, padding=1), _group_norm(2 * ngf), nn.ReLU(True),
            nn.Conv2d(2 * ngf, 4 * ngf, 3, stride=2, padding=1), _group_norm(4 * ngf), nn.ReLU(True),
        )  # fmt: skip
        self.blocks = nn.Sequential(*(ResnetBlock(4 * ngf, "instance", use_dropout) for _ in range(n_blocks)))
        self.up = nn.Sequential(_up_block(4 * ngf, 2 * ngf), _up_block(2 * ngf, ngf))  # H/4 → H/2 → H
        self.last = nn.Sequential(nn.Conv2d(2 * ngf, output_nc, 1), nn.Tanh())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # Below 8 pixels the innermost maps have one row, which can be neither reflected nor normalised.
        return run_padded(self._run, x, multiple=self.stride, minimum=8)

    def _run(self, x: torch.Tensor) -> torch.Tensor:
        first = self.first(x)
        small = self.down(first)
        return self.last(torch.cat([self.up(small + self.blocks(small)), first], 1))


def _up_block(input_nc: int, output_nc: int) -> nn.Sequential:
    """(N, input_nc, H, W) → (N, output_nc, 2H, 2W)."""
    return nn.Sequential(
        SubpixelConv2d(input_nc, output_nc), nn.ReLU(True), nn.PixelShuffle(2), _group_norm(output_nc),
        nn.Conv2d(output_nc, output_nc, 3, padding=1), nn.Conv2d(output_nc, output_nc, 3, padding=1), nn.ReLU(True),
    )  # fmt: skip


def _group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(math.gcd(32, channels), channels)
