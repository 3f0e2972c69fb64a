"""The U-Net generator of pix2pix (Isola et al. 2017); keys as in its code."""
import torch
from torch import nn

from models.networks.layers import get_norm_layer, needs_bias, run_padded


class UnetBlock(nn.Module):
    """One level: halve the size, run the level below, double the size; the input goes along beside it.

    outer_nc channels come in; 2 × outer_nc go out (outer_nc, without the skip, at the outermost level).
    """

    def __init__(
        self, outer_nc: int, inner_nc: int, input_nc: int | None = None, below: nn.Module | None = None,
        outermost: bool = False, norm: str = "batch", use_dropout: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.outermost = outermost
        norm_layer, bias = get_norm_layer(norm), needs_bias(norm)
        down = nn.Conv2d(outer_nc if input_nc is None else input_nc, inner_nc, 4, 2, padding=1, bias=bias)
        up_nc = inner_nc if below is None else 2 * inner_nc
        up = nn.ConvTranspose2d(up_nc, outer_nc, 4, 2, padding=1, bias=bias or outermost)
        layers: list[nn.Module]
        if below is None:
            # The innermost map may be a single pixel: nothing to normalise on the way down.
            layers = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, norm_layer(outer_nc)]
        elif outermost:
            layers = [down, below, nn.ReLU(), up, nn.Tanh()]
        else:
            layers = [nn.LeakyReLU(0.2), down, norm_layer(inner_nc), below, nn.ReLU(), up, norm_layer(outer_nc)]
            if use_dropout:
                layers.append(nn.Dropout(0.5))
        self.model = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.outermost:
            return self.model(x)
        return torch.cat([x, self.model(x)], 1)


class UnetGenerator(nn.Module):
    """`num_downs` halvings down to a single pixel at the trained size (7 → 128, 8 → 256), skips at every scale.

    Takes (N, input_nc, H, W) in [-1, 1] of any size, gives (N, output_nc, H, W) in [-1, 1].
    """

    def __init__(
        self, input_nc: int, output_nc: int, num_downs: int, ngf: int = 64, norm: str = "batch",
        use_dropout: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.stride = 2**num_downs
        block = UnetBlock(8 * ngf, 8 * ngf, norm=norm)
        for _ in range(num_downs - 5):
            block = UnetBlock(8 * ngf, 8 * ngf, below=block, norm=norm, use_dropout=use_dropout)
        for outer in (4, 2, 1):
            block = UnetBlock(outer * ngf, 2 * outer * ngf, below=block, norm=norm)
        self.model = UnetBlock(output_nc, ngf, input_nc, block, outermost=True, norm=norm)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return run_padded(self.model, x, multiple=self.stride)
