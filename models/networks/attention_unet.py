"""The colorizer of the OnePunch method: a U-Net with pixel shuffle and self-attention."""
import torch
from torch import nn

from models.networks.encoders import RESNETS, ConvEncoder, Encoder, ResnetEncoder
from models.networks.layers import SelfAttention, SubpixelConv2d, run_padded

ENCODERS = ("conv", *RESNETS)


class AttentionUnet(nn.Module):
    """An encoder of five halvings with skips at every scale, five decoder blocks, self-attention after the three
    largest of them, a 1×1 convolution that sees the input too, tanh.

    Takes (N, input_nc, H, W) in [-1, 1] of any size, gives (N, output_nc, H, W) in [-1, 1].
    encoder: one of ENCODERS; the ResNets have the usual widths, `ngf` then counts for the decoder only. Norms are
    fixed: instance norm, in the ResNets batch norm. use_dropout: after the two smallest decoder blocks.
    """

    stride = 32

    def __init__(
        self, input_nc: int, output_nc: int, ngf: int = 64, norm: str = "instance", use_dropout: bool = False,
        encoder: str = "conv",
    ) -> None:  # fmt: skip
        super().__init__()
        self.encoder: Encoder = ConvEncoder(input_nc, ngf) if encoder == "conv" else ResnetEncoder(encoder)
        skips = self.encoder.channels  # of the maps H/2, H/4 … H/32
        self.middle = nn.Sequential(_conv(skips[-1], 8 * ngf), nn.ReLU(True))
        widths = (8 * ngf, 4 * ngf, 2 * ngf, ngf, ngf)  # of the maps H/16, H/8 … H
        channels = 8 * ngf
        self.decoder = nn.ModuleList()
        for place, (skip, width) in enumerate(zip(reversed(skips), widths, strict=True)):
            dropout = use_dropout and place < 2
            self.decoder.append(DecoderBlock(channels + skip, width, attention=place >= 2, dropout=dropout))
            channels = width
        self.last = nn.Sequential(nn.Conv2d(ngf + input_nc, output_nc, 1), nn.Tanh())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # Below 64 pixels the innermost map may be a single point, which can't be normalised.
        return run_padded(self._run, x, multiple=self.stride, minimum=2 * self.stride)

    def _run(self, x: torch.Tensor) -> torch.Tensor:
        skips = self.encoder(x)
        y = self.middle(skips[-1])
        for block, skip in zip(self.decoder, reversed(skips), strict=True):
            y = block(torch.cat([y, skip], 1))
        return self.last(torch.cat([y, x], 1))


class DecoderBlock(nn.Module):
    """(N, input_nc, H, W), the map below beside its skip → (N, output_nc, 2H, 2W)."""

    def __init__(self, input_nc: int, output_nc: int, attention: bool, dropout: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            SubpixelConv2d(input_nc, output_nc), nn.ReLU(True), nn.PixelShuffle(2),
            nn.InstanceNorm2d(output_nc, affine=True), _conv(output_nc, output_nc), _conv(output_nc, output_nc),
            nn.ReLU(True),
        ]  # fmt: skip
        if attention:
            layers.append(SelfAttention(output_nc))
        if dropout:
            layers.append(nn.Dropout(0.5))
        self.model = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.model(x)


def _conv(input_nc: int, output_nc: int) -> nn.Conv2d:
    return nn.Conv2d(input_nc, output_nc, 3, padding=1)
