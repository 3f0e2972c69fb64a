"""Discriminators of pix2pix and CycleGAN (Isola et al. 2017), keys as in their code, and the PatchGAN with
attention. No sigmoid at the end: the losses take logits."""
import torch
from torch import nn

from models.networks.layers import SelfAttention, get_norm_layer, needs_bias
from util.errors import UserError


class NLayerDiscriminator(nn.Module):
    """PatchGAN: one logit for each overlapping patch; three layers see 70 × 70 pixels.

    Takes (N, input_nc, H, W), gives (N, 1, about H / 2**n_layers, about W / 2**n_layers).
    attention: self-attention after each of the first `attention` blocks.
    """

    def __init__(
        self, input_nc: int, ndf: int = 64, n_layers: int = 3, norm: str = "batch", attention: int = 0
    ) -> None:
        super().__init__()
        norm_layer, bias = get_norm_layer(norm), needs_bias(norm)
        layers: list[nn.Module] = [nn.Conv2d(input_nc, ndf, 4, stride=2, padding=1), nn.LeakyReLU(0.2, True)]
        if attention > 0:
            layers.append(SelfAttention(ndf))
        channels = ndf
        for n in range(1, n_layers + 1):
            widened = ndf * min(2**n, 8)
            stride = 2 if n < n_layers else 1
            layers += [
                nn.Conv2d(channels, widened, 4, stride, padding=1, bias=bias),
                norm_layer(widened),
                nn.LeakyReLU(0.2, True),
            ]
            if attention > n:
                layers.append(SelfAttention(widened))
            channels = widened
        layers.append(nn.Conv2d(channels, 1, 4, stride=1, padding=1))
        self.model = nn.Sequential(*layers)
        self.smallest = self.smallest_input(n_layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if min(x.shape[-2:]) < self.smallest:
            raise UserError(
                f"an image of {x.shape[-1]} x {x.shape[-2]} pixels is too small for the discriminator, which needs "
                f"{self.smallest} x {self.smallest}: remove it, or train with a larger --loadSize, or --netD pixel"
            )
        return self.model(x)

    @staticmethod
    def smallest_input(n_layers: int) -> int:
        """The height and width, in pixels, below which the last normalised map would be a single point."""
        return 3 * 2**n_layers


class PixelDiscriminator(nn.Module):
    """1 × 1 PatchGAN: judges every pixel by its color alone. (N, input_nc, H, W) → (N, 1, H, W)."""

    def __init__(self, input_nc: int, ndf: int = 64, norm: str = "batch") -> None:
        super().__init__()
        bias = needs_bias(norm)
        self.net = nn.Sequential(
            nn.Conv2d(input_nc, ndf, 1),
            nn.LeakyReLU(0.2, True),
            nn.Conv2d(ndf, 2 * ndf, 1, bias=bias),
            get_norm_layer(norm)(2 * ndf),
            nn.LeakyReLU(0.2, True),
            nn.Conv2d(2 * ndf, 1, 1, bias=bias),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)
