"""The residual generator of CycleGAN (Zhu et al. 2017), after Johnson et al. 2016; keys as in its code."""
import torch
from torch import nn

from models.networks.layers import get_norm_layer, needs_bias, run_padded


class ResnetBlock(nn.Module):
    """x + two 3×3 convolutions of x, each reflect-padded and normalised."""

    def __init__(self, channels: int, norm: str, use_dropout: bool) -> None:
        super().__init__()
        norm_layer, bias = get_norm_layer(norm), needs_bias(norm)
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=bias), norm_layer(channels), nn.ReLU(True)
        ]  # fmt: skip
        if use_dropout:
            layers.append(nn.Dropout(0.5))
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=bias), norm_layer(channels)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    """Two stride-2 convolutions, residual blocks at a quarter of the size, two transposed convolutions, tanh.

    Takes (N, input_nc, H, W) in [-1, 1] of any size, gives (N, output_nc, H, W) in [-1, 1].
    """

    stride = 4

    def __init__(
        self, input_nc: int, output_nc: int, ngf: int = 64, norm: str = "batch", use_dropout: bool = False,
        n_blocks: int = 9,
    ) -> None:  # fmt: skip
        super().__init__()
        norm_layer, bias = get_norm_layer(norm), needs_bias(norm)
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3), nn.Conv2d(input_nc, ngf, 7, bias=bias), norm_layer(ngf), nn.ReLU(True)
        ]  # fmt: skip
        for channels in (ngf, 2 * ngf):  # H → H/2 → H/4
            layers += [
                nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1, bias=bias),
                norm_layer(2 * channels),
                nn.ReLU(True),
            ]
        layers += [ResnetBlock(4 * ngf, norm, use_dropout) for _ in range(n_blocks)]
        for channels in (4 * ngf, 2 * ngf):  # H/4 → H/2 → H
            layers += [
                nn.ConvTranspose2d(channels, channels // 2, 3, 2, padding=1, output_padding=1, bias=bias),
                norm_layer(channels // 2),
                nn.ReLU(True),
            ]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, output_nc, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # Below 8 pixels the innermost maps have one row, which can be neither reflected nor normalised.
        return run_padded(self.model, x, multiple=self.stride, minimum=8)
